"""Walking a contract that may be wrong in any way: what has the expected shape is visited, the rest is not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fileproc.quality.contracts.odcs_place import Place

#: Keys below which a property has properties of its own.
NESTED = ("items", "map", "key", "value")


def mappings(place: Place, key: str) -> Iterator[Place]:
    """The mappings of a list; a list that is none, and entries that are none, are somebody else's findings."""
    entries = place.get(key)
    for index, entry in enumerate(entries if isinstance(entries, list) else []):
        if isinstance(entry, dict):
            yield Place(place.document, (*place.path, key, index), entry)


def properties(place: Place) -> Iterator[Place]:
    """Every property below a schema object, nested ones, too; depth first, in the order of the file."""
    for prop in mappings(place, "properties"):
        yield prop
        yield from properties(prop)
        yield from _nested(prop)


def _nested(place: Place) -> Iterator[Place]:
    for key in NESTED:
        child = place.child(key)
        if child is not None:
            yield child
            yield from properties(child)
            yield from _nested(child)


def is_inside(prop: Place) -> bool:
    """Whether a property is an element of a list or map, or a field of one."""
    return "items" in prop.path or "map" in prop.path


def scalar(place: Place, key: str) -> str | None:
    """A scalar as it was written, None for anything else."""
    value = place.get(key)
    return None if value is None or isinstance(value, dict | list) else place.text(key)


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
