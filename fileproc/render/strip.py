"""Where in a file the failing lines lie: numbers between 0 and 1, as far as the report knows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fileproc.render.document import SHOWN_LINES, Document
from fileproc.render.text import number

#: Parts that a strip may have at most; what is longer is none of ours.
MOST_PARTS = 600

#: Characters of the strip of a terminal, and its heights.
WIDTH = 40
HEIGHTS = "▁▂▃▄▅▆▇█"


@dataclass(frozen=True, slots=True)
class Strip:
    """The span of a cause, and marks (place, width, height) in it, all as shares; `last` is the scale's end."""

    last: int
    noun: str
    begin: float
    end: float
    marks: tuple[tuple[float, float, float], ...]
    counted: bool  # the marks are counts of all findings; else they are the few places that are named


def strip_of(cause: Document, document: Document) -> Strip | None:
    """The strip of one cause; None where the report names no place."""
    counts = _counts(cause)
    if counts is not None:
        return _counted(counts, document)
    places, noun = _places(cause)
    if not places:
        return None
    last = max([_length(document, noun), *places])
    spots = [_share(place, last) for place in places]
    return Strip(last, noun, min(spots), max(spots), tuple((spot, 0.0, 1.0) for spot in spots), counted=False)


def _counted(counts: Sequence[int], document: Document) -> Strip:
    """Counts are of parts of the rows, so the scale is rows, too."""
    highest, parts = max(counts), len(counts)
    marks = tuple(
        (part / parts, 1 / parts, max(0.15, count / highest)) for part, count in enumerate(counts) if count
    )  # fmt: skip
    return Strip(_length(document, "row"), "row", marks[0][0], marks[-1][0] + marks[-1][1], marks, counted=True)


def _counts(cause: Document) -> Sequence[int] | None:
    """The optional key `strip`, where it is a list of counts with something in it."""
    given = cause.get("strip")
    if not isinstance(given, list | tuple) or not 0 < len(given) <= MOST_PARTS:
        return None
    counts = [one for one in given if isinstance(one, int) and one >= 0]
    return counts if len(counts) == len(given) and any(counts) else None


def _places(cause: Document) -> tuple[list[int], str]:
    """Lines, or record numbers where the format has no lines."""
    lines = {*cause["lines"], cause.get("first_line"), cause.get("last_line")} - {None}
    if lines:
        return sorted(int(line) for line in lines), "line"
    records = {sample["record"] for sample in cause["samples"]} - {None}
    return sorted(int(record) for record in records), "row"


def _length(document: Document, noun: str) -> int:
    rows = document["read"].get("rows") or 0
    header = document["read"].get("header_line") or 0
    return int(rows + header) if noun == "line" else int(rows)


def _share(place: int, last: int) -> float:
    return min(1.0, max(0.0, (place - 1) / (last - 1))) if last > 1 else 0.0


def bar(cause: Document, document: Document) -> str | None:
    """The strip as one line of text, for a terminal; None where it would tell nothing that the lines do not."""
    strip = strip_of(cause, document)
    if strip is None or not strip.counted or cause["count"] <= SHOWN_LINES:
        return None
    cells = [" "] * WIDTH
    for place, _, height in strip.marks:
        cells[min(WIDTH - 1, int(place * WIDTH))] = HEIGHTS[min(len(HEIGHTS) - 1, int(height * len(HEIGHTS)))]
    return f"│{''.join(cells)}│ of {number(strip.last, strip.noun)}"
