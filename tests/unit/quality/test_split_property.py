"""Any dirty file, in any dialect: accepted and rejected rows together are the file, and the accepted ones are good."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fileproc.domain.reports import Result, Severity
from fileproc.quality.check import Limits
from fileproc.quality.contracts.contract import Match
from tests.unit.quality.checking import contract
from tests.unit.quality.splitting import halves, one_engine

COLUMNS = ["id", "amount", "currency", "note"]
WORDS = st.text(alphabet="ab 9éß,;|\t\"'\n#x", max_size=8)
CELLS = {
    "id": st.sampled_from(["1", "2", "3", "40", "", "x"]),
    "amount": st.sampled_from(["1.50", "2", "-3.25", "1,5", "n/a", ""]),
    "currency": st.sampled_from(["EUR", "USD", "usd", "E"]),
    "note": WORDS,
}


@dataclass
class Style:
    """How a file is written."""

    delimiter: str
    quote: str
    doubled: bool
    end: str
    encoding: str
    header: bool
    ends: bool

    def words(self) -> dict[str, Any]:
        """The same as words of a contract."""
        escape = {} if self.doubled else {"doubleQuote": False, "escapeChar": "\\"}
        return {
            "delimiter": self.delimiter, "quoteChar": self.quote, "header": self.header, "encoding": self.encoding,
            **escape,
        }  # fmt: skip

    def cell(self, text: str) -> str:
        escape = self.quote if self.doubled else "\\"
        if not any(sign in text for sign in (self.delimiter, self.quote, "\n", "\r", "#", " ", "\\")) and text:
            return text
        if text == "":
            return ""
        return self.quote + text.replace("\\", "\\\\" if not self.doubled else "\\").replace(
            self.quote, escape + self.quote
        ) + self.quote  # fmt: skip

    def encode(self, text: str) -> bytes:
        return text.encode(self.encoding).replace(BROKEN.encode(), b"\xff")

    def rows_of(self, part: bytes) -> list[list[str]]:
        """A part, read by another reader."""
        text = io.StringIO(part.decode(self.encoding), newline="")
        escape = None if self.doubled else "\\"
        reader = csv.reader(
            text, delimiter=self.delimiter, quotechar=self.quote, doublequote=self.doubled, escapechar=escape
        )
        return [row for row in reader if row]


styles = st.builds(
    Style,
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    quote=st.sampled_from(['"', "'"]),
    doubled=st.booleans(),
    end=st.sampled_from(["\n", "\r\n"]),
    encoding=st.sampled_from(["utf-8", "utf-8", "utf-16", "iso-8859-1", "utf-8-sig"]),
    header=st.booleans(),
    ends=st.booleans(),
)

#: A sign that becomes a byte that is no text.
BROKEN = "\ue000"

FAULTS = ["good", "good", "good", "good", "short", "long", "blank", "after_quote", "bad_bytes", "open_quote"]


@dataclass
class Dirty:
    """A file of known lines: (text of a record, whether it is data)."""

    style: Style
    records: list[tuple[str, bool]] = field(default_factory=list)

    def text(self) -> str:
        end = self.style.end
        content = "".join(text + end for text, _ in self.records)
        head = self.style.delimiter.join(COLUMNS) + end if self.style.header else ""
        return head + (content if self.style.ends else content.removesuffix(end))


@st.composite
def dirty_files(draw: st.DrawFn) -> Dirty:
    style = draw(styles)
    records = [_record(draw, style, draw(st.sampled_from(FAULTS))) for _ in range(draw(st.integers(1, 12)))]
    if not style.header:  # then the first row says how wide a row is
        records.insert(0, _record(draw, style, "good"))
    return Dirty(style, records)


def _record(draw: st.DrawFn, style: Style, fault: str) -> tuple[str, bool]:
    cells = [style.cell(draw(CELLS[name])) for name in COLUMNS]
    if fault == "blank":
        return "", False
    if fault == "short":
        cells = cells[: draw(st.integers(1, 3))]
        cells[0] = cells[0] or "1"
    elif fault == "long":
        cells.append("more")
    elif fault == "after_quote":
        cells[1], cells[3] = f"{style.quote}a{style.quote}b", "x"  # a broken row takes one line along, and no more
    elif fault == "bad_bytes" and style.encoding.startswith("utf-8"):
        cells[3] = BROKEN
    elif fault == "open_quote":
        cells[3] = f"{style.quote}never closed"
    return style.delimiter.join(cells), True


def agreed(style: Style) -> Match:
    properties = [
        {"name": "id", "logicalType": "integer", "required": True, "unique": True},
        {"name": "amount", "logicalType": "number"},
        {"name": "currency", "logicalType": "string", "logicalTypeOptions": {"minLength": 3}, "enum": ["EUR", "USD"]},
        {"name": "note", "logicalType": "string"},
    ]
    return contract(properties, **style.words())


@pytest.fixture(scope="module")
def limits() -> Iterator[Limits]:
    with one_engine() as found:
        yield found


@settings(max_examples=30, deadline=None)
@given(dirty=dirty_files())
def test_both_parts_are_the_file_and_the_accepted_one_is_good(limits: Limits, dirty: Dirty) -> None:
    """No row is lost, doubled, changed or moved, and nothing is wrong with an accepted row."""
    style = dirty.style
    data = style.encode(dirty.text())
    match = agreed(style)

    split = halves(data, match, limits=limits)

    accepted, rejected = split.accepted or b"", split.rejected or b""
    counts = split.report.counts
    assert counts.rows == split.manifest["accepted"]["rows"] + split.manifest["rejected"]["rows"]
    again = halves(accepted, match, limits=limits).report if accepted else split.report.replaced(checks=[])
    failing = [one for one in again.checks if one.result is Result.FAIL and one.severity is Severity.FAIL]
    assert [] == failing or (not split.manifest["accepted"]["rows"] and not style.header)
    rows = style.rows_of(rejected)
    assert {len(COLUMNS) + 6} == {len(row) for row in rows} or not rows
    lines = [int(row[len(COLUMNS)]) for row in rows[1 if style.header else 0 :]]
    assert sorted(set(lines)) == lines
    if not lines:
        assert data == accepted
    elif "never closed" in dirty.text():  # what such a quote takes along is the reader's to say
        kept, there = (part.decode(style.encoding, "replace").splitlines(keepends=True) for part in (accepted, data))
        left = iter(there)
        assert all(line in left for line in kept)
    else:
        assert style.encode(_without(dirty, set(lines))) == accepted


def _without(dirty: Dirty, rejected: set[int]) -> str:
    """The file as it would be without the lines that were rejected, written as it was."""
    style = dirty.style
    kept = style.delimiter.join(COLUMNS) + style.end if style.header else ""
    line = 2 if style.header else 1
    for number, (text, is_data) in enumerate(dirty.records):
        last = number == len(dirty.records) - 1
        lines = range(line, line + 1 + text.count("\n"))
        if is_data and not rejected.intersection(lines):
            kept += text + ("" if last and not style.ends else style.end)
        line = lines.stop
    return kept
