"""Which files a day should have, when each is due, and where to look for them."""

from __future__ import annotations

import os
import posixpath
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from fileproc.quality.contracts.file_set_words import FileSetWords, filled
from fileproc.quality.contracts.locations import Pattern, compile_location

_VARIABLE = re.compile(r"[*?{]")


@dataclass(frozen=True, slots=True)
class Expected:
    """One file that should be there: `moment` is what it is about, `due` when it must be there."""

    name: str
    pattern: Pattern
    moment: datetime
    due: datetime


def expected_of(words: FileSetWords, day: date) -> list[Expected]:
    """The files of a day, in their order. A local day has 23 to 25 hours; an hour that comes twice is one file."""
    found: dict[str, Expected] = {}
    for moment, end in _periods(words, day):
        name = filled(words.files, moment)
        due = end + (words.due_within or timedelta())
        found[name] = Expected(name, compile_location(name), moment, due)
    return list(found.values())


def _periods(words: FileSetWords, day: date) -> list[tuple[datetime, datetime]]:
    """Beginning (local) and end of each hour, or of the day."""
    begin = datetime.combine(day, time(), words.zone).astimezone(UTC)
    end = datetime.combine(day + timedelta(days=1), time(), words.zone).astimezone(UTC)
    if words.every == "day":
        return [(begin.astimezone(words.zone), end)]
    hour = timedelta(hours=1)
    count = -(-(end - begin) // hour)
    moments = [begin + number * hour for number in range(count)]
    return [(moment.astimezone(words.zone), min(moment + hour, end)) for moment in moments]


def marker_of(words: FileSetWords, one: Expected, key: str) -> str | None:
    """The key of the marker that says that a file is complete."""
    if words.marker is None:
        return None
    if "{key}" in words.marker:
        return filled(words.marker, one.moment, key)
    return posixpath.join(posixpath.dirname(key), filled(words.marker, one.moment))


def manifest_of(words: FileSetWords, one: Expected, key: str) -> str | None:
    """The key of the manifest that lists a file."""
    if words.manifest is None:
        return None
    return posixpath.join(posixpath.dirname(key), filled(words.manifest, one.moment))


def listed_below(words: FileSetWords, expected: list[Expected]) -> str:
    """The folder below which everything lies that this set may be made of."""
    heads = [one.pattern.prefix for one in expected]
    if words.marker is not None and "{key}" in words.marker:
        heads += [_head(filled(words.marker, one.moment, one.name)) for one in expected]
    common = os.path.commonprefix(heads)  # noqa: RUF071 - keys, not paths: cut at a slash below
    return common[: common.rfind("/") + 1]


def _head(text: str) -> str:
    return _VARIABLE.split(text, maxsplit=1)[0]
