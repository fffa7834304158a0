"""The records of a checked file, cut once more from its own bytes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fileproc.quality.reading.json_look import unmarked
from fileproc.quality.reading.source import Source
from fileproc.quality.split.checked import Checked
from fileproc.quality.split.delimited_cut import Cut, Cutter, Kind, Written
from fileproc.quality.split.fault import CannotSplit
from fileproc.quality.split.json_parts import LENIENT, lenient_fault
from fileproc.quality.split.lines import Coding, Line, coding_of, raw_lines
from fileproc.quality.split.lockstep import read_numbers, rows_of_query, side_by_side

#: Line ends that are known by themselves.
USUAL_ENDS = (None, "", "\n", "\r\n", "\r")

#: What can be wrong with a row of text that was read all the same; bytes that are no UTF-8 are never read.
SPOILT = ("bad_encoding", "nul_bytes")
UTF8 = ("utf-8", "utf-8-sig")


@dataclass(frozen=True, slots=True)
class Recut:
    """A delimited text: how it is written, its head, and its rows."""

    coding: Coding
    written: Written
    head: list[Cut]
    rows: Iterator[Cut]

    @classmethod
    def of(cls, checked: Checked) -> Recut:
        """Where the check has told head and rows by their lines, it is believed; else the cutter reads itself."""
        source, path = checked.source, checked.container.path
        coding, written = coding_of(path, source.read.encoding), _written(checked)
        cutter = Cutter(raw_lines(path, coding, end=written.end), written, coding)
        by_lines = not written.end
        if source.first_line is not None and by_lines:
            head = list(cutter.head(source.first_line))
        else:
            head = list(cutter.head(source.header_line or 1, 1 if source.header_line else 0))
        told = source.unaccepted() if source.unaccepted is not None and by_lines else None
        return cls(coding, written, head, cutter.records() if told is None else cutter.known_records(told))


def _written(checked: Checked) -> Written:
    dialect, source = checked.dialect, checked.source
    quote = dialect.quote_char if dialect.quote_char is not None else '"'
    return Written(
        delimiter=source.read.delimiter or ",",
        quote=quote,
        escape=quote if dialect.escape_char is None else dialect.escape_char,
        width=len(source.columns),
        comment=dialect.comment_char or "",
        skip_space=bool(dialect.skip_initial_space),
        end="" if dialect.line_terminator in USUAL_ENDS else str(dialect.line_terminator),
    )


def numbered_lines(checked: Checked) -> Iterator[tuple[int, Line]]:
    """The lines of a text whose lines are records."""
    path = checked.container.path
    lines = raw_lines(path, coding_of(path, checked.source.read.encoding), cr_ends=False)
    return ((line.number, line) for line in lines)


def elements(source: Source) -> Iterator[tuple[int, str]]:
    """The elements of an array, each as one line. Raises CannotSplit where the reader does not tell them."""
    if source.records is None:
        raise CannotSplit(f"{source.read.format} files are not split yet")
    rows = rows_of_query(source, f"SELECT rn, line FROM ({source.records})")
    return ((int(number), unmarked(line or "")) for number, line in rows)


def lenient_codes(checked: Checked) -> list[str]:
    """What the check found that readers of JSON do not take, though the engine does."""
    return [one.code for one in checked.source.findings if one.code in LENIENT]


def spoilt(checked: Checked) -> Iterator[int]:
    """The numbers of records that were read, and are rejected for how they are written."""
    form, found = checked.source.read.format, {one.code for one in checked.source.findings}
    codes = SPOILT[1:] if checked.source.read.encoding in UTF8 else SPOILT
    if form == "csv" and found.intersection(codes):
        rows = (cut for cut in Recut.of(checked).rows if cut.kind is Kind.ROW)
        yield from (number for number, cut in enumerate(rows, 1) if cut.code)
    elif form in ("ndjson", "json") and lenient_codes(checked):
        yield from _lenient(checked)


def _lenient(checked: Checked) -> Iterator[int]:
    codes = lenient_codes(checked)
    texts = _texts_of_lines(checked) if checked.source.read.format == "ndjson" else elements(checked.source)
    for number, text, read, _ in side_by_side(texts, read_numbers(checked.source), iter(())):
        if read and lenient_fault(text) in codes:
            yield number


def _texts_of_lines(checked: Checked) -> Iterator[tuple[int, str]]:
    codec = coding_of(checked.container.path, checked.source.read.encoding).codec
    return ((number, line.raw.decode(codec, "backslashreplace")) for number, line in numbered_lines(checked))
