"""The failing rows that a report holds, as CSV for a spreadsheet or a script.

A report holds up to so many samples of a cause: `count` is how many failing rows there are in truth, `shown` how many
of them are rows here, so that nobody takes a part for all. Where a cause has no sample, each line that it names is a
row; where it names none, the cause itself is one.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence

from fileproc.render.document import Document, address
from fileproc.render.text import visible

HEADER = (
    "file", "line", "record", "column", "code", "cell", "title", "found", "agreed", "fix", "severity", "count", "shown",
)  # fmt: skip

#: What a spreadsheet takes for the begin of a formula, in the wide forms of East Asian keyboards too.
FORMULA = tuple("=+-@＝＋－＠|%")

#: A plain number begins with a sign and is none.
NUMBER = re.compile(r"[-+]?\d+([.,]\d+)*(%|[eE][-+]?\d+)?")

LONGEST_CELL = 2_000


def render(documents: Sequence[Document]) -> str:
    """The table, with a header; every value on one line."""
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow(HEADER)
    for document in documents:
        path = _safe(address(document))
        for cause in document["causes"]:
            writer.writerows((path, *row) for row in _rows(cause))
    return target.getvalue()


def _rows(cause: Document) -> Iterator[tuple[str | int, ...]]:
    words = tuple(_safe(cause[key]) for key in ("title", "found", "agreed", "fix", "severity"))
    named = (_safe(cause["column"]), _safe(cause["code"]))
    places = _places(cause)
    totals = (_whole(cause["count"]), len(places))
    for line, record, cell in places:
        yield (_whole(line), _whole(record), *named, _safe(cell), *words, *totals)


def _places(cause: Document) -> list[tuple[int | None, int | None, str | None]]:
    """(line, record, cell) of every sample, else of every line that is named, else none of them once."""
    if cause["samples"]:
        return [(one["line"], one["record"], one["cell"]) for one in cause["samples"]]
    return [(line, None, None) for line in cause["lines"]] or [(None, None, None)]


def _whole(value: int | None) -> str | int:
    return "" if value is None else int(value)


def _safe(value: object) -> str:
    """The text on one line; one that a spreadsheet would run begins with an apostrophe."""
    if value is None:
        return ""
    text = visible(value, LONGEST_CELL)
    runs = text.lstrip().startswith(FORMULA) and NUMBER.fullmatch(text) is None
    return f"'{text}" if runs else text
