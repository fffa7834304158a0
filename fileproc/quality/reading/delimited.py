"""CSV and its kin as a source: read strictly, never given up, every row that cannot be read named with its line.

The engine gets a proven dialect and all columns as text. What it refuses, it stores with the byte where the row begins;
what it says nothing about (mixed line ends, blank lines, NUL, an over-long last line) the survey has found before.
"""

from __future__ import annotations

import secrets
from pathlib import Path

import duckdb

from fileproc.domain.reports import ReadInfo, Sample, Severity
from fileproc.quality import sql
from fileproc.quality.contracts.contract import Dialect
from fileproc.quality.finding import Finding, plural
from fileproc.quality.reading.head import Head, Text
from fileproc.quality.reading.source import Column, Source
from fileproc.quality.reading.survey import (
    LONGEST_LINE,
    LineMap,
    Places,
    blank_lines,
    minority_lines,
    open_quote_line,
    record_starts,
    survey,
)

#: Refused rows that the engine stores one by one. Beyond, they are counted by difference and not named.
STORED_REJECTS = 20_000

#: An unclosed quote swallows the rest of the file; the line is taken out and the scan begins anew, at most so often.
MOST_REPAIRS = 20

#: The engine's word → (code, title, fix).
REJECTS = {
    "MISSING COLUMNS": ("short_row", "{n} with too few cells", "write every cell, empty ones too"),
    "TOO MANY COLUMNS": ("long_row", "{n} with too many cells", "quote cells that contain the delimiter"),
    "UNQUOTED VALUE": ("broken_quote", "{n} with a quote that does not end or fit", "double quotes inside cells"),
    "INVALID ENCODING": ("bad_encoding", "{n} not valid as UTF-8", "save as UTF-8, or declare the encoding"),
    "LINE SIZE OVER MAXIMUM": ("over_long_line", "{n} too long to be read", "break the file into lines"),
}
OTHER_REJECT = ("unreadable_row", "{n} unreadable", "look at the lines")


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
        self._repaired: list[int] = []
        quote = head.quote.encode()
        self._survey = survey(self._path, quote=quote)

    def open(self) -> Source:
        """The source, before its scan; `after_scan` adds what only the scan can tell."""
        findings = [*self._text.findings, *self._head.findings, *self._surveyed()]
        if len(self._survey.line_ends) > 1:
            findings.append(self._mixed_ends())
            self._normalise()
        source = Source(
            "csv",
            self._connection,
            self._relation(),
            [Column(number, name) for number, name in enumerate(self._head.names)],
            ReadInfo(
                format="csv",
                encoding=self._text.encoding,
                delimiter=self._head.delimiter,
                header_line=self._head.header_line,
                columns=self._head.names,
            ),
            header_line=self._head.header_line,
            findings=findings,
            paths=[self._path, self._repaired_path],
        )
        source.after_scan = self._after_scan
        source.text = self._path
        source.sample = self._sample
        return source

    def _sample(self, path: Path) -> str:
        """A piece of the file as a relation; what cannot be read in it is left out, the scan will tell."""
        longest = min(path.stat().st_size + 1, LONGEST_LINE)
        instead = {"skip": "0", "store_rejects": "false", "ignore_errors": "true", "max_line_size": str(longest)}
        instead["buffer_size"] = str(2 * longest)
        return self._relation(path, instead)

    @property
    def _repaired_path(self) -> Path:
        return self._folder / "repaired.csv"

    def _relation(self, path: Path | None = None, instead: dict[str, str] | None = None) -> str:
        head, dialect = self._head, self._dialect
        columns = ", ".join(f"'c{number}': 'VARCHAR'" for number in range(head.width))
        nulls = ", ".join(sql.text(token) for token in dict.fromkeys(("", *dialect.null_sequence)))
        escape = head.quote if dialect.escape_char is None else dialect.escape_char
        options = {
            "columns": "{" + columns + "}",
            "auto_detect": "false",
            "header": "false",
            "skip": str(head.header_line or 0),  # in records, blank ones included; a header may span lines
            "delim": sql.text(head.delimiter),
            "quote": sql.text(head.quote),
            "escape": sql.text(escape),
            "nullstr": f"[{nulls}]",
            "allow_quoted_nulls": "false",
            "null_padding": "false",
            "strict_mode": "true",
            "store_rejects": "true",
            "rejects_limit": str(STORED_REJECTS),
            "max_line_size": str(LONGEST_LINE),
        }
        if dialect.comment_char:
            options["comment"] = sql.text(dialect.comment_char)
        if instead:
            options = {name: value for name, value in (options | instead).items() if name != "rejects_limit"}
        listed = ", ".join(f"{name}={value}" for name, value in options.items())
        return f"SELECT * FROM read_csv({sql.text(str(path or self._path))}, {listed})"

    # before the scan

    def _surveyed(self) -> list[Finding]:
        findings = []
        if self._survey.nul.count:
            findings.append(
                _places(
                    "nul_bytes", "there are NUL bytes in the text", "export as text", "no NUL bytes", self._survey.nul
                )
            )
        if self._survey.over_long.count:
            seen = self._survey.over_long
            title = f"{plural(seen.count, 'line')} longer than {LONGEST_LINE >> 20} MiB"
            findings.append(_places("over_long_line", title, "break the file into lines", "shorter lines", seen))
        return findings

    def _mixed_ends(self) -> Finding:
        kinds = self._survey.line_ends
        odd = minority_lines(self._path, "CRLF" if kinds[0] == "CRLF" else "LF")
        return _places(
            "mixed_line_ends",
            f"line ends are mixed: {' and '.join(kinds)}",
            f"write {kinds[0]} everywhere",
            "one kind of line end",
            odd,
            severity=Severity.WARN,
        )

    def _normalise(self) -> None:
        """The engine cannot read mixed line ends; a copy has one kind, with the same lines."""
        target = self._folder / secrets.token_hex(8)
        only_cr_and_others = self._survey.cr > 0
        with self._path.open("rb") as source, target.open("xb") as sink:
            held = b""
            while chunk := source.read(1 << 20):
                chunk = held + chunk
                held = b"\r" if chunk.endswith(b"\r") else b""
                chunk = chunk[: len(chunk) - len(held)].replace(b"\r\n", b"\n")
                sink.write(chunk.replace(b"\r", b"\n") if only_cr_and_others else chunk)
            sink.write(held)
        self._path = target
        self._survey = survey(target, quote=self._head.quote.encode())

    # after the scan

    def _after_scan(self, source: Source, accepted: int) -> Source:
        """Turn what the engine refused into findings, and know every accepted record's line."""
        refused = self._refused()
        swallowing = [line for line, kind, text in refused if kind == "UNQUOTED VALUE" and "\n" in text.strip("\r\n")]
        if swallowing and len(self._repaired) < MOST_REPAIRS:
            self._repair(swallowing[0])
            source.relation = self._relation()
            source.rejected = -1  # scan again
            return source
        unended = self._unended_line()
        if unended is not None and len(self._repaired) < MOST_REPAIRS:
            self._repair(unended)
            source.relation = self._relation()
            source.rejected = -1
            return source
        blanks = self._blanks(accepted, refused)
        source.rejected = self._rejected_count(accepted, blanks, refused)
        source.findings += self._refused_findings(refused, source.rejected)
        if blanks.count:
            source.findings.append(_blank_finding(blanks))
        skipped = sorted({line for line, _, _ in refused} | set(blanks.lines))
        source.lines_of = self._mapper(skipped)
        return source

    def _refused(self) -> list[tuple[int, str, str]]:
        """(line, kind, text) of every stored reject; one row a line, the first kind named for it."""
        query = "SELECT line_byte_position, error_type::VARCHAR, csv_line FROM reject_errors ORDER BY 1"
        rows = self._connection.execute(query).fetchall()
        found: dict[int, tuple[int, str, str]] = {}
        for position, kind, text in rows:
            line = self._survey.line_at(int(position))
            found.setdefault(line, (line, str(kind).upper(), str(text or "").lstrip("\r\n")))
        return [found[line] for line in sorted(found)]

    def _unended_line(self) -> int | None:
        """Where the last quote opens, if the file ends inside of one: the engine may end there without a word."""
        return open_quote_line(self._path) if self._survey.ends_inside_quotes else None

    def _repair(self, line: int) -> None:
        """Blank out the line whose quote never ends, byte for byte, so that every position stays true."""
        self._repaired.append(line)
        target = self._repaired_path
        lines_before = line - 1
        content = self._path.open("rb")
        temporary = self._folder / secrets.token_hex(8)
        with content as source, temporary.open("xb") as sink:
            for number, text in enumerate(source):
                if number == lines_before:
                    body = text.rstrip(b"\r\n")
                    text = b"x" * len(body) + text[len(body) :]
                sink.write(text)
        temporary.replace(target)
        self._path = target
        self._survey = survey(target, quote=self._head.quote.encode())

    def _blanks(self, accepted: int, refused: list[tuple[int, str, str]]) -> Places:
        """Blank lines are looked for only when the counts do not add up. One column cannot have any: they are nulls."""
        expected = accepted + len(refused) + self._head.first_line - 1
        if self._head.width == 1 or self._survey.records == expected:
            return Places()
        found = blank_lines(self._path)
        inside = [line for line in found.lines if line >= self._head.first_line]
        return Places(found.count - (len(found.lines) - len(inside)), inside)

    def _rejected_count(self, accepted: int, blanks: Places, refused: list[tuple[int, str, str]]) -> int:
        """Beyond what is stored, the difference tells how many there were."""
        if len(refused) < STORED_REJECTS:
            return len(refused)
        return max(len(refused), self._survey.records - (self._head.first_line - 1) - blanks.count - accepted)

    def _refused_findings(self, refused: list[tuple[int, str, str]], total: int) -> list[Finding]:
        groups: dict[tuple[str, str, str], list[tuple[int, str]]] = {}
        for line, kind, text in refused:
            repaired = line in self._repaired
            known = REJECTS["UNQUOTED VALUE"] if repaired else REJECTS.get(kind, OTHER_REJECT)
            groups.setdefault(known, []).append((line, "" if repaired else text))
        findings = []
        unnamed = total - len(refused)
        for (code, title, fix), rows in groups.items():
            count = len(rows) + (unnamed if len(rows) == max(map(len, groups.values())) else 0)
            samples = tuple(Sample(line, None, None, text[:200]) for line, text in rows[:3] if text)
            findings.append(
                Finding.structure(
                    code,
                    title.format(n=plural(count, "row")),
                    fix,
                    agreed=f"{self._head.width} cells in every row, separated by {self._head.delimiter!r}",
                    severity=Severity.FAIL if total > self._limit else Severity.WARN,
                    count=count,
                    lines=[line for line, _ in rows],
                    samples=samples,
                )
            )
        return findings

    def _mapper(self, skipped: list[int]):  # type: ignore[no-untyped-def]
        first = self._head.first_line
        if self._survey.quoted_newlines == 0:
            line_map = LineMap(first, skipped)
            return lambda records: {record: line_map.line(record) for record in records}
        path = self._path
        return lambda records: record_starts(path, first, set(skipped), records)


def _places(
    code: str, title: str, fix: str, agreed: str, places: Places, *, severity: Severity = Severity.FAIL
) -> Finding:
    return Finding.structure(code, title, fix, agreed=agreed, severity=severity, count=places.count, lines=places.lines)


def _blank_finding(blanks: Places) -> Finding:
    return _places(
        "blank_lines", plural(blanks.count, "blank line"), "remove them", "no blank lines", blanks,
        severity=Severity.WARN,
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
