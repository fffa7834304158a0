"""customProperties of a property → where its column stands in a line of fixed width."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fileproc.quality.contracts.contract import Layout, Property
from fileproc.quality.contracts.lint_finding import UnreadableContract
from fileproc.quality.contracts.odcs_dialect import meaningless, number_of, one_of, words_of
from fileproc.quality.contracts.odcs_place import Place
from fileproc.quality.contracts.odcs_words import LAYOUT_WORDS, TRIMS


def layout_of(place: Place) -> Layout | None:
    """None where nothing is said about places. Raises UnreadableContract.

    Words this plain may be somebody else's: only where they are marked as ours a value that means nothing is refused.
    """
    said = {word: entry for word, entry in words_of(place).items() if word in LAYOUT_WORDS}
    if "width" not in said:
        return None
    try:
        return _layout(said)
    except UnreadableContract:
        if any(entry.get("vendor") == "fileproc" for entry in said.values()):
            raise
        return None


def _layout(said: dict[str, Place]) -> Layout:
    return Layout(
        width=number_of("width", said["width"], least=1),
        start=number_of("start", said["start"], least=1) if "start" in said else None,
        trim=one_of("trim", said["trim"], TRIMS) if "trim" in said else "both",
        pad_char=_character(said["padChar"]) if "padChar" in said else " ",
    )


def _character(entry: Place) -> str:
    text = entry.text("value") or ""
    if len(text) != 1 or text in "\r\n":
        raise meaningless(entry, "value", "padChar must be one character", "write one character, quoted")
    return text


@dataclass(frozen=True, slots=True)
class Field:
    """A column and its places: from `start` (1 is the first) to `end`, both included."""

    column: str
    start: int
    end: int
    layout: Layout


@dataclass(frozen=True, slots=True)
class Misplaced:
    """A property whose place is not known, or is taken."""

    property: Property
    reason: str


def fields_of(properties: tuple[Property, ...]) -> Iterator[Field | Misplaced]:
    """The places of all columns, in the contract's order."""
    end, taken = 0, list[Field]()
    for prop in properties:
        if prop.layout is None:
            yield Misplaced(prop, f"nothing says how many places the column {prop.column!r} is wide")
            continue
        start = prop.layout.start or end + 1
        field = Field(prop.column, start, start + prop.layout.width - 1, prop.layout)
        end = field.end
        other = next((one for one in taken if one.start <= field.end and field.start <= one.end), None)
        if other is not None:
            places = f"{max(other.start, field.start)} to {min(other.end, field.end)}"
            yield Misplaced(prop, f"the columns {other.column!r} and {prop.column!r} share the places {places}")
        taken.append(field)
        yield field
