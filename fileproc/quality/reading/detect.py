"""Detection: delimiter and quote that nobody declared, found with the evidence, or refused where two fit equally well.

The header proves a reading when it has the agreed names. Without that the lines must agree on how many cells they have.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

from fileproc.domain.reports import Severity
from fileproc.quality.contracts.contract import Dialect
from fileproc.quality.contracts.odcs_words import MOST_HEADER_LINES
from fileproc.quality.finding import Finding, plural
from fileproc.quality.reading.grammar import Grammar
from fileproc.quality.reading.rows_of_head import first_rows

CANDIDATES = (",", ";", "\t", "|")

DELIMITER_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe", " ": "space"}

#: Records that are looked at, and among how many of them the header may be.
LOOKED_AT = 200
HEADER_AMONG = MOST_HEADER_LINES


@dataclass(frozen=True, slots=True)
class Reading:
    """The first records under one delimiter and quote."""

    delimiter: str
    quote: str
    lines: tuple[int, ...]
    widths: tuple[int, ...]
    names: int  # agreed column names in the best record that may be the header

    @property
    def width(self) -> int:
        """How many cells most records have."""
        return Counter(self.widths).most_common(1)[0][0] if self.widths else 0

    @property
    def agreed(self) -> int:
        return self.widths.count(self.width)

    @property
    def is_consistent(self) -> bool:
        return self.width > 1 and self.agreed == len(self.widths)

    @property
    def first_other(self) -> int | None:
        """The first line that has another number of cells."""
        pairs = zip(self.lines, self.widths, strict=True)
        return next((line for line, width in pairs if width != self.width), None)

    @property
    def evidence(self) -> str:
        return (
            f"with {named(self.delimiter)} {self.agreed} of {len(self.widths)} lines have {plural(self.width, 'cell')}"
        )


@dataclass(slots=True)
class Detected:
    """What was found. `refused` when two readings are equally likely: there is no telling what the cells are."""

    delimiter: str
    quote: str
    findings: list[Finding] = field(default_factory=list)
    refused: bool = False


def detect(sample: bytes, dialect: Dialect, wanted: list[str], name: str) -> Detected:
    """Delimiter and quote of a text: as declared, unless the header proves another; else as the evidence says."""
    quote = dialect.quote_char if dialect.quote_char is not None else '"'
    declared = dialect.delimiter
    has_names = bool(wanted) and dialect.header is not False
    usual = _reading(sample, dialect, declared or ",", quote, wanted, HEADER_AMONG)
    if has_names and _is_beyond_doubt(usual, wanted):
        return _with_quote(Detected(usual.delimiter, quote), sample, dialect, wanted)
    readings = {
        one: _reading(sample, dialect, one, quote, wanted) for one in dict.fromkeys((*CANDIDATES, declared or ","))
    }
    best = max(readings.values(), key=lambda reading: (reading.names, reading.width == len(wanted)))
    if declared is not None:
        if has_names and best.names > max(1, readings[declared].names):
            return Detected(best.delimiter, quote, [_other_delimiter(best.delimiter, declared)])
        return _with_quote(Detected(declared, quote), sample, dialect, wanted)
    if has_names and best.names > 0:
        return _with_quote(_proved(best, readings), sample, dialect, wanted)
    return _with_quote(_by_width(readings, wanted, name), sample, dialect, wanted)


def _reading(
    sample: bytes, dialect: Dialect, delimiter: str, quote: str, wanted: list[str], most: int = LOOKED_AT
) -> Reading:
    if delimiter == quote:
        return Reading(delimiter, quote, (), (), 0)
    rows = first_rows(sample, Grammar.of(dialect, delimiter, quote), most)
    agreed = set(wanted)
    names = max((len({cell.strip() for cell in row.cells} & agreed) for row in rows[:HEADER_AMONG]), default=0)
    return Reading(delimiter, quote, tuple(row.line for row in rows), tuple(len(row.cells) for row in rows), names)


def _is_beyond_doubt(reading: Reading, wanted: list[str]) -> bool:
    """Every agreed name is a cell of one record, and all but a few have as many cells: no other reading does better."""
    return reading.names == len(set(wanted)) > 1 and reading.width == len(wanted)


def _proved(best: Reading, readings: dict[str, Reading]) -> Detected:
    """The header has the agreed names under this reading. A comma is what everybody expects, so it needs no word."""
    if best.delimiter == ",":
        return Detected(",", best.quote)
    why = f"the header has {plural(best.names, 'agreed name')}, {best.evidence}"
    return Detected(best.delimiter, best.quote, [_told(best, why, _rival(best, readings))])


def _by_width(readings: dict[str, Reading], wanted: list[str], name: str) -> Detected:
    """No header helps: the reading under which all lines have as many cells."""
    quote = readings[","].quote
    if name.lower().partition(".tsv")[1]:
        return Detected("\t", quote)
    fitting = [one for one in readings.values() if one.width > 1]
    exact = [one for one in fitting if one.is_consistent and one.width == len(wanted)]
    consistent = exact if len(exact) == 1 else [one for one in fitting if one.is_consistent]
    if len(consistent) > 1:
        return Detected(consistent[0].delimiter, quote, [_ambiguous(consistent)], refused=True)
    best = consistent[0] if consistent else max(fitting, key=lambda one: one.agreed, default=readings[","])
    if best.delimiter == ",":
        return Detected(",", quote)
    return Detected(best.delimiter, quote, [_told(best, best.evidence, _rival(best, readings))])


def _rival(best: Reading, readings: dict[str, Reading]) -> Reading | None:
    """The second best reading."""
    others = [one for one in readings.values() if one.delimiter != best.delimiter and one.width > 1]
    return max(others, key=lambda one: one.agreed, default=None)


def _told(best: Reading, why: str, rival: Reading | None) -> Finding:
    but = ""
    if rival is not None:
        differs = f", line {rival.first_other} has another number" if rival.first_other else ""
        but = f"; {rival.evidence}{differs}"
    return Finding.structure(
        "detected_dialect", f"cells are read as separated by {named(best.delimiter)}: {why}{but}",
        f"declare the delimiter in the contract: delimiter: {best.delimiter!r}", agreed="a declared delimiter",
        severity=Severity.INFO, lines=[best.lines[0]] if best.lines else [1],
    )  # fmt: skip


def _ambiguous(likely: list[Reading]) -> Finding:
    names = " or ".join(named(one.delimiter) for one in likely)
    evidence = ", ".join(one.evidence for one in likely)
    line = next(
        (
            row
            for row, *widths in zip(likely[0].lines, *(one.widths for one in likely), strict=False)
            if len({*widths}) > 1
        ),
        1,
    )
    return Finding.structure(
        "ambiguous_delimiter", f"the lines can be read with {names}, and nothing tells which: {evidence}",
        f"declare the delimiter in the contract, for example delimiter: {likely[0].delimiter!r}",
        agreed="one possible reading", lines=[line],
    )  # fmt: skip


def _other_delimiter(found: str, declared: str) -> Finding:
    return Finding.structure(
        "delimiter", f"cells are separated by {named(found)}, agreed was {named(declared)}",
        f"export with {named(declared)}, or change the contract's delimiter",
        agreed=f"cells separated by {named(declared)}", lines=[1],
    )  # fmt: skip


def _with_quote(found: Detected, sample: bytes, dialect: Dialect, wanted: list[str]) -> Detected:
    """Apostrophes around cells, where lines only agree when those are quotes."""
    if dialect.quote_char is not None or found.refused or found.delimiter == "'":
        return found
    sign = re.escape(found.delimiter.encode())
    if re.search(rb"(?:^|\n|%s)'[^'\n]*'(?:%s|[\r\n])" % (sign, sign), sample) is None:
        return found
    plain = _reading(sample, dialect, found.delimiter, '"', wanted)
    other = _reading(sample, dialect, found.delimiter, "'", wanted)
    if plain.is_consistent or not other.is_consistent:
        return found
    found.quote = "'"
    title = (
        f"cells are read as quoted by apostrophes: so {other.agreed} of {len(other.widths)} lines have "
        f"{plural(other.width, 'cell')}, without line {plain.first_other} has another number"
    )
    found.findings.append(
        Finding.structure(
            "detected_quote",
            title,
            'quote with ", or declare quoteChar: "\'" in the contract',
            agreed='cells quoted by "',
            severity=Severity.WARN,
            lines=[plain.first_other or 1],
        )
    )
    return found


def named(delimiter: str) -> str:
    """A delimiter as people call it."""
    return DELIMITER_NAMES.get(delimiter, repr(delimiter))
