"""CSV and its kin as a source: read strictly, never given up, every row that cannot be read named with its line.

A glance over the bytes decides who reads first. A plain text goes to the engine at once, with a proven dialect and all
columns as text. Where the engine then accepts fewer rows than there are lines, or the glance left a doubt, every record
is read by ourselves (`records.py`), and the engine gets a copy of the good rows: each byte is read by us twice at most,
however broken the file is. The engine's own list of what it refused is not asked for: it costs ten times the scan and a
kilobyte a row when every row is broken, and a limit of it limits neither.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb

from fileproc.domain.reports import ReadInfo, Sample, Severity
from fileproc.quality import sql
from fileproc.quality.contracts.contract import Dialect
from fileproc.quality.finding import FIRST_LINES, Finding, plural
from fileproc.quality.reading.encoding import Text
from fileproc.quality.reading.footer import is_footer
from fileproc.quality.reading.glance import Glance, glance
from fileproc.quality.reading.head import Head
from fileproc.quality.reading.line_file import LineFile
from fileproc.quality.reading.records import Found, Records
from fileproc.quality.reading.source import Column, Source, Unaccepted
from fileproc.quality.reading.survey import LONGEST_LINE, record_starts
from fileproc.quality.reading.tally import Tally

#: Bytes from which on weighing cells costs less than looking at their quotes; below, no proof is there to weigh them.
WORTH_WEIGHING = 4 << 20

#: Bytes that the engine reads at once. A quarter of its own choice is as quick, and takes 40 MB less.
BUFFER = 4 * LONGEST_LINE

#: Pieces of a text that are tried before the engine is, and their bytes. Where a row of them is broken, a scan would be
#: for nothing.
PIECES = 8
PIECE = 32 << 10

#: Rows that cannot be read: what was meant by the code → (code, title, fix).
REJECTS = {
    "short": ("short_row", "{n} with too few cells", "write every cell, empty ones too"),
    "long": ("long_row", "{n} with too many cells", "quote cells that contain the delimiter"),
    "quote": ("broken_quote", "{n} with a quote that does not end or fit", "double quotes inside cells"),
    "bytes": ("bad_encoding", "{n} not valid as UTF-8", "save as UTF-8, or declare the encoding"),
    "size": ("over_long_line", "{n} too long to be read", "break the file into lines"),
    "footer": ("footer", "{n} at the end that is no data", "write no totals or remarks below the data"),
}
OTHER_REJECT = ("unreadable_row", "{n} unreadable", "look at the lines")
BY_CODE = {entry[0]: entry for entry in (*REJECTS.values(), OTHER_REJECT)}


class Delimited:
    """One text file of rows and cells, from bytes to source."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, text: Text, head: Head, dialect: Dialect, *, malformed_limit: int,
        folder: Path,
    ) -> None:  # fmt: skip
        self._connection = connection
        self._text = text
        self._head = head
        self._dialect = dialect
        self._limit = malformed_limit
        self._folder = folder
        self._path = text.path
        self._glance: Glance | None = None
        self._found: Found | None = None

    def open(self) -> Source:
        """The source, before its scan; `after_scan` adds what only the scan can tell."""
        source = Source(
            "csv", self._connection, "", [Column(number, name) for number, name in enumerate(self._head.names)],
            self._read_info(), header_line=self._head.header_line,
            findings=[*self._text.findings, *self._head.findings],
            paths=[self._text.path, self._clean], first_line=self._head.first_line,
        )  # fmt: skip
        if self._begins_broken() or self._is_doubtful():
            self._read_records(source)
        elif self._glance is not None and self._glance.is_open:
            source.quote = "" if self._glance.is_bare else self._head.grammar.quote.decode()
        source.relation, source.text = self._relation(), self._path
        source.after_scan, source.sample, source.unaccepted = self._after_scan, self._sample, self._unaccepted
        return source

    def _read_info(self) -> ReadInfo:
        head = self._head
        return ReadInfo(
            format="csv", encoding=self._text.encoding, delimiter=head.delimiter, header_line=head.header_line,
            columns=head.names,
        )  # fmt: skip

    @property
    def _clean(self) -> Path:
        return self._folder / "rows.csv"

    # the engine's view

    def _sample(self, path: Path) -> str:
        """A piece of the file as a relation; what cannot be read in it is left out, the scan will tell."""
        longest = min(path.stat().st_size + 1, LONGEST_LINE)
        return self._relation(path, {"skip": "0", "max_line_size": str(longest), "buffer_size": str(2 * longest)})

    def _relation(self, path: Path | None = None, instead: dict[str, str] | None = None) -> str:
        head, is_copy = self._head, self._found is not None
        columns = ", ".join(f"'c{number}': 'VARCHAR'" for number in range(head.width))
        nulls = ", ".join(sql.text(token) for token in dict.fromkeys(("", *self._dialect.null_sequence)))
        rewritten = is_copy and (head.grammar.skips_space or not head.grammar.is_plain)
        quote = (head.grammar.written_quote if rewritten else head.grammar.quote).decode()
        options = {
            "columns": "{" + columns + "}",
            "auto_detect": "false",
            "header": "false",
            "skip": "0" if is_copy else str(head.skipped),
            "delim": sql.text(head.delimiter),
            "quote": sql.text(quote),
            "escape": sql.text(quote),
            "nullstr": f"[{nulls}]",
            "allow_quoted_nulls": "false",
            "null_padding": "false",
            "strict_mode": "true",
            "ignore_errors": "true",  # counted: what is not accepted is looked for by ourselves
            "max_line_size": str(LONGEST_LINE),
            "buffer_size": str(BUFFER),
        }
        if is_copy:
            options["new_line"] = r"'\n'"
        options |= instead or {}
        listed = ", ".join(f"{name}={value}" for name, value in options.items())
        return f"SELECT * FROM read_csv({sql.text(str(path or self._path))}, {listed})"

    # before the scan

    def _begins_broken(self) -> bool:
        """Whether a record at the beginning is broken: then the whole is read by ourselves, and no glance is needed."""
        match = self._head.grammar.record(self._head.width).match
        with self._text.path.open("rb") as file:
            file.seek(self._head.start)
            piece = file.read(PIECE)
        position = 0
        while position < len(piece):
            record = match(piece, position)
            if record is None:
                return position < len(piece) - PIECE // 2 or len(piece) < PIECE  # else it may only be cut off
            if record.end() == position:
                return False
            position = record.end()
        return False

    def _is_doubtful(self) -> bool:
        """Whether anything in the text, or in a few pieces of it, speaks against giving it to the engine."""
        is_large = self._text.path.stat().st_size >= WORTH_WEIGHING
        self._glance = glance(self._text.path, self._head.grammar, self._head.width, weighed=is_large)
        return bool(self._glance.doubts) or (not self._glance.quoted_newlines and self._looks_broken())

    def _looks_broken(self) -> bool:
        """Whether a look at a few pieces shows a row that is broken."""
        record, start = self._head.grammar.record(self._head.width), self._head.start
        step = max(PIECE, (self._text.path.stat().st_size - start) // PIECES)
        with self._text.path.open("rb") as file:
            for number in range(PIECES):
                file.seek(start + number * step)
                rows = file.read(PIECE).splitlines(keepends=True)[1 if number else 0 : -1]
                if any(record.fullmatch(row) is None for row in rows):
                    return True
        return False

    def _read_records(self, source: Source) -> None:
        """Read every record ourselves; the engine gets a copy of those that are rows."""
        self._line_file = LineFile(self._folder / "rows.lines")
        records = self._records()
        records.note_head()
        self._found = records.copy(self._clean, self._line_file)
        if self._found.last is not None and is_footer(self._found.last[2]):
            _as_footer(self._found)
        self._path = self._clean
        source.relation, source.text = self._relation(), self._path
        source.findings += self._record_findings(self._found)

    def _records(self) -> Records:
        head = self._head
        return Records(self._text.path, head.grammar, head.width, start=head.start, first_line=head.first_line)

    # after the scan

    def _after_scan(self, source: Source, accepted: int) -> Source:
        """Turn what the engine refused into findings, and know every accepted record's line."""
        if self._found is not None:
            return self._settled(source, accepted, self._found)
        seen = self._glance or Glance()
        if seen.is_bare and not (source.is_filled and self._adds_up(source, accepted, seen)):
            seen = self._looked_closer()
        if seen.doubts or not self._is_whole(source, accepted, seen):
            source.quote = None
            self._read_records(source)
            source.rejected = -1  # scan again
            return source
        source.findings += _nul(seen.nul)
        if seen.empty.count:
            source.findings.append(_empty_rows(seen.empty))
        source.lines_of = self._mapper(has_breaks=seen.quoted_newlines > self._head.quoted_newlines)
        return source

    def _is_whole(self, source: Source, accepted: int, seen: Glance) -> bool:
        """Whether the engine accepted all rows, and read all bytes as theirs."""
        if seen.is_bare:
            return True  # they add up
        inside = seen.quoted_newlines - self._head.quoted_newlines
        if accepted + inside != seen.lines - (self._head.first_line - 1):
            return False
        return not seen.is_open or self._adds_up(source, accepted, seen) or not self._looked_closer().doubts

    def _adds_up(self, source: Source, accepted: int, seen: Glance) -> bool:
        """Whether cells, delimiters, line ends and quotes around cells are all the bytes that there are."""
        if source.weighed is None:
            return False
        head, size = self._head, self._text.path.stat().st_size
        delimiters = accepted * (head.width - 1) * len(head.grammar.delimiter)
        around = self._ends_of_rows(accepted, size) if seen.is_bare else self._ends_and_quotes(seen)
        return source.weighed + delimiters + around == size - head.start

    def _ends_of_rows(self, accepted: int, size: int) -> int:
        """Every row has a line end, but for the last one of some files."""
        with self._text.path.open("rb") as file:
            file.seek(max(0, size - 1))
            return accepted - (file.read(1) != b"\n")

    def _ends_and_quotes(self, seen: Glance) -> int:
        """Those that were counted, without what stands above the data."""
        with self._text.path.open("rb") as file:
            above = file.read(self._head.start)
        quotes = seen.quotes - above.count(self._head.grammar.quote)
        return seen.lf - above.count(b"\n") - (seen.quoted_newlines - self._head.quoted_newlines) + quotes

    def _looked_closer(self) -> Glance:
        """A look at everything, where the bytes do not add up: quotes inside of cells may be in order."""
        self._glance = glance(self._text.path, self._head.grammar, self._head.width)
        return self._glance

    def _settled(self, source: Source, accepted: int, found: Found) -> Source:
        """The engine must have seen exactly the rows that we did; anything else is our fault, not the file's."""
        if accepted != found.accepted:
            raise ValueError(f"{found.accepted} rows were expected in the scan, {accepted} came")
        source.rejected = found.rejected
        source.lines_of = self._line_file.lines_of
        return source

    def _mapper(self, *, has_breaks: bool) -> Callable[[list[int]], dict[int, int]]:
        first = self._head.first_line
        if not has_breaks:
            return lambda records: {record: first + record - 1 for record in records}
        path, quote = self._path, self._head.grammar.quote
        return lambda records: record_starts(path, first, set(), records, quote=quote)

    def _unaccepted(self) -> Iterator[Unaccepted]:
        """Every record of the data that is no accepted one, in the order of the file."""
        if self._found is None:
            return
        found, records = self._found, self._records()
        footer = found.tallies.get("footer")
        for one in records.unaccepted(self._folder):
            is_footer_row = footer is not None and one.first_line == footer.last
            yield Unaccepted(one.first_line, one.last_line, "footer") if is_footer_row else one

    # telling

    def _record_findings(self, found: Found) -> list[Finding]:
        tallies = {code: tally for code, tally in found.tallies.items() if code in BY_CODE}
        findings = self._reject_findings(tallies, found.samples, found.rejected, found.bad_byte)
        if "stray_quote" in found.tallies:
            findings.append(_stray_quotes(found))
        if "empty_rows" in found.tallies:
            findings.append(_empty_rows(found.tallies["empty_rows"]))
        if "blank_lines" in found.tallies:
            blanks = found.tallies["blank_lines"]
            findings.append(
                _places(
                    "blank_lines",
                    plural(blanks.count, "blank line"),
                    "remove them",
                    "no blank lines",
                    blanks,
                    severity=Severity.WARN,
                )
            )
        return [*findings, *_nul(found.tallies.get("nul_bytes", Tally())), *self._end_findings(found)]

    def _reject_findings(
        self, tallies: dict[str, Tally], samples: dict[str, list[tuple[int, str]]], total: int, bad_byte: int | None
    ) -> list[Finding]:
        severity = Severity.FAIL if total > self._limit else Severity.WARN
        findings = []
        for code, tally in tallies.items():
            known, title, fix = BY_CODE[code]
            told = title.format(n=plural(tally.count, "row"))
            if code == "bad_encoding" and bad_byte is not None:
                told += f", the first bad byte is number {bad_byte + self._text.skipped:,}"
            findings.append(
                Finding.structure(
                    known,
                    told,
                    fix,
                    agreed=f"{self._head.width} cells in every row, separated by {self._head.delimiter!r}",
                    severity=severity,
                    count=tally.count,
                    lines=tally.lines,
                    last_line=tally.last,
                    samples=tuple(Sample(line, None, None, text[:200]) for line, text in samples.get(code, [])[:3]),
                )
            )
        return findings

    def _end_findings(self, found: Found) -> list[Finding]:
        """Line ends that are other ones than most, or than was agreed."""
        kinds = sorted(
            (kind for kind, tally in found.ends.items() if tally.count),
            key=lambda kind: found.ends[kind].count,
            reverse=True,
        )
        if len(kinds) < 2:
            return []
        odd = Tally()
        for kind in kinds[1:]:
            odd.count += found.ends[kind].count
            odd.lines += found.ends[kind].lines[: FIRST_LINES + 1]
            odd.last = max(odd.last or 0, found.ends[kind].last or 0)
        title = f"line ends are mixed: {' and '.join(kinds)}"
        return [
            _places(
                "mixed_line_ends",
                title,
                f"write {kinds[0]} everywhere",
                "one kind of line end",
                odd,
                severity=Severity.WARN,
            )
        ]


def _as_footer(found: Found) -> None:
    """The last record is a total or a remark: it has a name of its own."""
    code, line, text = found.last or ("", 0, b"")
    tally = found.tallies[code]
    tally.count -= 1
    tally.lines = [one for one in tally.lines if one != line]
    tally.last = tally.lines[-1] if tally.lines else None
    if not tally.count:
        del found.tallies[code]
    found.samples[code] = [sample for sample in found.samples[code] if sample[0] != line]
    found.tally("footer").add(line)
    found.samples["footer"] = [(line, text.decode("utf-8", "replace").strip())]


def _places(
    code: str, title: str, fix: str, agreed: str, tally: Tally, *, severity: Severity = Severity.FAIL
) -> Finding:
    return Finding.structure(
        code, title, fix, agreed=agreed, severity=severity, count=tally.count, lines=tally.lines, last_line=tally.last
    )


def _nul(tally: Tally) -> list[Finding]:
    if not tally.count:
        return []
    return [_places("nul_bytes", "there are NUL bytes in the text", "export as text", "no NUL bytes", tally)]


def _empty_rows(tally: Tally) -> Finding:
    title = f"{plural(tally.count, 'row')} of only empty cells"
    return _places("empty_rows", title, "leave them out", "values in every row", tally, severity=Severity.WARN)


def _stray_quotes(found: Found) -> Finding:
    tally = found.tallies["stray_quote"]
    return Finding.structure(
        "stray_quote", f"{plural(tally.count, 'row')} with a quote inside of a cell that is not quoted",
        "quote such cells, and double the quotes inside of them", agreed="quotes around cells only",
        severity=Severity.WARN, count=tally.count, lines=tally.lines, last_line=tally.last,
        samples=tuple(Sample(line, None, None, text[:200]) for line, text in found.samples["stray_quote"]),
    )  # fmt: skip


def open_delimited(
    connection: duckdb.DuckDBPyConnection,
    text: Text,
    head: Head,
    dialect: Dialect,
    *,
    malformed_limit: int,
    folder: Path,
) -> Source:
    """A delimited file as a source."""
    return Delimited(connection, text, head, dialect, malformed_limit=malformed_limit, folder=folder).open()
