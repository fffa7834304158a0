"""A document from elsewhere, read so that nothing of it is dropped in silence.

Importers ask a `Part` for what they know by name. Whatever nobody asked for is told at the end, with its path in the
source; so are values of a wrong kind and those that an importer gives up with a reason of its own.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fileproc.quality.contracts.contract import Mark
from fileproc.quality.contracts.lint_finding import refused, shown
from fileproc.quality.contracts.yaml_nodes import DEEPEST, MOST_VALUES, decode
from fileproc.quality.contracts.yaml_positions import Located, load, read_bytes

#: So many losses are told one by one; more of them are counted.
MOST_LOSSES = 500

NO_WORD = "a contract has no word for it"

_PLAIN_KEY = re.compile(r"[\w$-]{1,60}")


@dataclass(frozen=True, slots=True)
class Loss:
    """What could not be carried over: its path in the source, and why."""

    where: str
    why: str
    value: str = ""

    def __str__(self) -> str:
        return f"{self.where}: {self.why}" + (f" (was {self.value})" if self.value else "")


@dataclass(slots=True)
class Losses:
    """Everything that an import gives up; `file` is what it came from."""

    file: str = ""
    entries: list[Loss] = field(default_factory=list)
    _parts: list[Part] = field(default_factory=list)

    def add(self, where: str, why: str, value: Any = None) -> None:
        self.entries.append(Loss(where, why, "" if value is None else shown(_brief(value))))

    def watch(self, part: Part) -> None:
        self._parts.append(part)

    def close(self) -> None:
        """Tell what nobody asked for."""
        for part in self._parts:
            for key in part.untaken():
                self.add(part.where(key), NO_WORD, part.value[key])
        self._parts.clear()

    def lines(self) -> list[str]:
        """One line for each, and how many more there are."""
        told = [str(one) for one in self.entries[:MOST_LOSSES]]
        more = len(self.entries) - len(told)
        return told + ([f"… and {more:,} more"] if more else [])


class Part:
    """A mapping of the source that remembers what was taken from it."""

    def __init__(self, value: dict[str, Any], path: str, losses: Losses, written: Written | None = None) -> None:
        self.value = value
        self.path = path
        self.losses = losses
        self._written = written
        self._taken: set[str] = set()
        losses.watch(self)

    def where(self, key: str | None = None) -> str:
        """The path of a key, as people write it."""
        if key is None:
            return self.path or "the whole document"
        step = key if _PLAIN_KEY.fullmatch(key) else f"[{json.dumps(key[:60])}]"
        return f"{self.path}.{step}" if self.path and not step.startswith("[") else f"{self.path}{step}"

    def untaken(self) -> list[str]:
        return [key for key in self.value if key not in self._taken]

    def take_all(self) -> None:
        """For a mapping that was told as a whole."""
        self._taken.update(self.value)

    def lose(self, key: str, why: str) -> None:
        """Give a key up, with a reason."""
        self._taken.add(key)
        self.losses.add(self.where(key), why, self.value.get(key))

    def take(self, *keys: str) -> Any:
        """The value of the first key that is there; whoever takes must carry it over."""
        found = None
        for key in keys:
            if key in self.value and found is None:
                self._taken.add(key)
                found = self.value[key]
        return found

    def text(self, key: str) -> str | None:
        """A scalar as it was written."""
        value = self.take(key)
        if value is None or isinstance(value, str):
            return value
        if isinstance(value, dict | list):
            self.lose(key, "a text is expected here")
            return None
        raw = None if self._written is None else self._written.text(key)
        return raw if raw is not None else json.dumps(value)

    def flag(self, key: str) -> bool | None:
        value = self.take(key)
        if value is None or isinstance(value, bool):
            return value
        if str(value).lower() in ("true", "false"):
            return str(value).lower() == "true"
        self.lose(key, "true or false is expected here")
        return None

    def texts(self, key: str) -> list[str]:
        """A list of texts; one alone is a list of one."""
        value = self.take(key)
        if value is None:
            return []
        values = value if isinstance(value, list) else [value]
        for index, one in enumerate(values):
            if isinstance(one, dict | list) or one is None:
                self.losses.add(f"{self.where(key)}[{index}]", "a text is expected here", one)
        return [str(one) for one in values if not isinstance(one, dict | list) and one is not None]

    def part(self, key: str) -> Part | None:
        """A mapping below this one."""
        value = self.take(key)
        if value is None:
            return None
        if not isinstance(value, dict):
            self.lose(key, "a mapping is expected here")
            return None
        return Part(value, self.where(key), self.losses, self._written and self._written.below(key))

    def parts(self, key: str) -> list[Part]:
        """The mappings of a list."""
        values = self.take(key)
        if values is None:
            return []
        if not isinstance(values, list):
            self.lose(key, "a list is expected here")
            return []
        found = []
        for index, value in enumerate(values):
            path = f"{self.where(key)}[{index}]"
            if isinstance(value, dict):
                written = self._written and self._written.below(key, index)
                found.append(Part(value, path, self.losses, written))
            else:
                self.losses.add(path, "a mapping is expected here", value)
        return found

    def named(self, key: str) -> list[tuple[str, Part]]:
        """The mappings of a mapping, by name."""
        holder = self.part(key)
        if holder is None:
            return []
        found = []
        for name in holder.value:
            if holder.value[name] is None:
                holder.take(name)
                found.append((name, Part({}, holder.where(name), self.losses)))
            elif (inner := holder.part(name)) is not None:
                found.append((name, inner))
        return found


@dataclass(frozen=True, slots=True)
class Written:
    """Scalars as they stand in a YAML source: `1.10` is a version, not the number 1.1."""

    document: Located
    path: tuple[str | int, ...] = ()

    def text(self, key: str) -> str | None:
        return self.document.text((*self.path, key))

    def below(self, *steps: str | int) -> Written:
        return Written(self.document, (*self.path, *steps))


def read_source(file: Path) -> tuple[dict[str, Any], Written | None]:
    """The document in a file, JSON or YAML by its content.

    Raises:
        UnreadableContract: it cannot be read, is neither, or is no mapping; says file, line and column.
    """
    data = read_bytes(file)
    text = decode(data, str(file))
    if text.lstrip()[:1] in ("{", "["):
        value: Any = _json(text, str(file))
        written = None
    else:
        located = load(data, str(file))
        value, written = located.value, Written(located)
    if not isinstance(value, dict):
        fix = "name a Table Schema, a Data Package or a Data Contract Specification"
        raise refused("FPC002", Mark(str(file), 1, 1), "the document is no mapping of keys to values", fix)
    return value, written


def _json(text: str, file: str) -> Any:
    """Strict JSON of a bounded size and depth."""
    start = Mark(file, 1, 1)
    try:
        value = json.loads(text, object_pairs_hook=_object, parse_constant=_constant)
    except json.JSONDecodeError as error:
        raise refused("FPC002", Mark(file, error.lineno, error.colno), f"not JSON: {error.msg}", "mend it") from None
    except (RecursionError, ValueError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise refused("FPC002", start, f"not usable JSON: {shown(reason)[1:-1]}", "mend it") from None
    if _weight(value) > MOST_VALUES:
        raise refused("FPC005", start, f"more than {MOST_VALUES:,} values, or nested too deeply", "split it")
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"the key {twice[:60]!r} stands twice in one object")
    return found


def _constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")


def _weight(value: Any) -> int:
    """How many values there are; far too many where they are nested too deeply."""
    count, level = 0, [value]
    for _ in range(DEEPEST):
        count += len(level)
        level = [
            inner
            for one in level
            if isinstance(one, dict | list)
            for inner in (one.values() if isinstance(one, dict) else one)
        ]
        if not level or count > MOST_VALUES:
            return count
    return MOST_VALUES + 1


def _brief(value: Any) -> str:
    """A value for a message; of a large one only its beginning matters."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        return "{" + ", ".join(str(key)[:40] for key in list(value)[:5]) + ("…}" if len(value) > 5 else "}")
    if isinstance(value, list):
        return (
            f"a list of {len(value)}"
            if len(value) > 4 or any(isinstance(one, dict | list) for one in value)
            else (json.dumps(value, ensure_ascii=False))
        )
    return json.dumps(value)
