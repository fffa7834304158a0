"""The words of `implementation: {check: fileSet, …}`: which files make one day's set, read or refused with the fix.

`files` is a location below the folder that is asked about; `{yyyy}`, `{MM}`, `{dd}`, `{HH}` and `{date}` stand for the
moment that a file is about, `*`, `?` and `**` for what nobody knows beforehand.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from fileproc.quality.contracts.elsewhere import UnclearRule, refuse_unknown

EVERY = ("hour", "day")
PLACEHOLDERS = ("yyyy", "MM", "dd", "HH", "date")
KEYS = (
    "check", "every", "files", "timezone", "dueWithin", "marker", "manifest", "filesAt", "nameAt", "rowsAt",
)  # fmt: skip

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_DURATION = re.compile(r"(\d{1,5}) ?([mhd])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}

#: The longest template; keys have 1,024 bytes.
LONGEST = 1_024


@dataclass(frozen=True, slots=True)
class FileSetWords:
    """What a file-set rule says, complete. Paths with dots lead to a value inside of JSON."""

    every: str
    files: str
    timezone: str = "UTC"
    due_within: timedelta | None = None
    marker: str | None = None
    manifest: str | None = None
    files_at: str = "files"
    name_at: str = "name"
    rows_at: str = "rows"

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


def file_set_words(written: Mapping[Any, Any]) -> FileSetWords:
    """Raises UnclearRule: what is wrong with it, and what to write instead."""
    for key in written:
        refuse_unknown(str(key), KEYS, "a file set has no key")
    every = _text(written, "every")
    if every not in EVERY:
        raise UnclearRule("`every` is hour or day: how often a file comes")
    files = _template(written, "files")
    if files is None:
        raise UnclearRule("it names no files: write `files:` with their name, such as orders-{date}-{HH}.csv")
    _refuse_timeless(files, every)
    return FileSetWords(
        every=every,
        files=files,
        timezone=_timezone(written),
        due_within=_due_within(written),
        marker=_template(written, "marker", "key"),
        manifest=_template(written, "manifest"),
        files_at=_text(written, "filesAt") or "files",
        name_at=_text(written, "nameAt") or "name",
        rows_at=_text(written, "rowsAt") or "rows",
    )


def filled(template: str, moment: datetime, key: str | None = None) -> str:
    """The template with a moment put in, and the key of a file for `{key}`."""
    words = {
        "yyyy": f"{moment.year:04}",
        "MM": f"{moment.month:02}",
        "dd": f"{moment.day:02}",
        "HH": f"{moment.hour:02}",
        "date": moment.date().isoformat(),
        "key": key or "",
    }
    return _PLACEHOLDER.sub(lambda found: words.get(found[1], found[0]), template)


def _text(written: Mapping[Any, Any], key: str) -> str | None:
    value = written.get(key)
    if value is None:
        return None
    if not isinstance(value, str) or not value or len(value) > LONGEST:
        raise UnclearRule(f"{key} is a text of up to {LONGEST:,} characters")
    return value


def _template(written: Mapping[Any, Any], key: str, *more: str) -> str | None:
    value = _text(written, key)
    for found in _PLACEHOLDER.findall(value or ""):
        refuse_unknown(found, (*PLACEHOLDERS, *more), f"{key} knows no placeholder")
    if value is not None and (value.startswith("/") or ".." in value.split("/")):
        raise UnclearRule(f"{key} is a name below the folder that is asked about: begin without a slash, without `..`")
    return value


def _refuse_timeless(files: str, every: str) -> None:
    """A name without its moment would be the same file for ever."""
    known = set(_PLACEHOLDER.findall(files))
    if not ("date" in known or {"yyyy", "MM", "dd"} <= known):
        raise UnclearRule("files says no day: put {date}, or {yyyy}, {MM} and {dd} into the name")
    if every == "hour" and "HH" not in known:
        raise UnclearRule("files says no hour: put {HH} into the name, or write every: day")


def _timezone(written: Mapping[Any, Any]) -> str:
    name = _text(written, "timezone") or "UTC"
    try:
        ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        raise UnclearRule(f"the timezone {name[:60]!r} is not known: write one such as Europe/Berlin") from None
    return name


def _due_within(written: Mapping[Any, Any]) -> timedelta | None:
    text = _text(written, "dueWithin")
    if text is None:
        return None
    found = _DURATION.fullmatch(text)
    if found is None:
        raise UnclearRule(f"dueWithin is a time after the hour or day, such as 90m, 2h or 1d, not {text[:60]!r}")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})
