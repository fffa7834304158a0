"""Custom rules of `engine: fileproc` whose answer is not in the rows of one file: planned elsewhere, never by name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from fileproc.quality.contracts.contract import Property, QualityRule, SchemaObject
from fileproc.quality.suggest import did_you_mean

ENGINE = "fileproc"
HISTORY = "history"
FILE_SET = "fileSet"


class UnclearRule(Exception):
    """A rule that says nothing that could be run; the text says what to write."""


def check_named(rule: QualityRule) -> str | None:
    """The check that a custom rule of ours names, None for every other rule."""
    if rule.type != "custom" or (rule.engine or "").lower() != ENGINE or not isinstance(rule.implementation, dict):
        return None
    name = rule.implementation.get("check")
    return name if isinstance(name, str) else None


def asks_for(schema: SchemaObject, check: str) -> bool:
    """Whether any rule of a schema object names this check, at whatever depth."""
    rules = [*schema.quality, *(rule for prop in _all_of(schema.properties) for rule in prop.quality)]
    return any(check_named(rule) == check for rule in rules)


def _all_of(properties: Iterable[Property]) -> Iterator[Property]:
    for prop in properties:
        yield prop
        inside = (one for one in (prop.items, prop.map_key, prop.map_value) if one is not None)
        yield from _all_of((*prop.properties, *inside))


def whole_number(written: Mapping[Any, Any], key: str, default: int, *, low: int, high: int) -> int:
    """Raises UnclearRule for anything else."""
    value = written.get(key, default)
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise UnclearRule(f"{key} is a whole number from {low:,} to {high:,}, not {str(value)[:60]!r}")
    return value


def refuse_unknown(word: str, known: tuple[str, ...], what: str) -> None:
    """Raises UnclearRule with the word that was probably meant."""
    if word not in known:
        raise UnclearRule(f"{what} {word[:60]!r}: {did_you_mean(word, known)}")
