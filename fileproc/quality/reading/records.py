"""Every record of a delimited text, read by ourselves: for files that the engine must not be left alone with.

The engine is quick, but it is silent about stray quotes and blank lines, gives up on mixed line ends, and lets a quote
that never ends swallow what follows. So where a file is not plain and well-formed, it is read here once, from its first
byte to its last: what is a row goes into a copy that has one kind of line end and no fault; what is none is counted
with its line. Rules:

- A record that cannot be read takes its own first line along and nothing more: the next line begins anew.
- Quotes inside of a cell that is not quoted leave its reading in no doubt: the row is kept, and told.
- Nothing is held but one window of the text, which is longer than the longest record.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from operator import methodcaller
from pathlib import Path
from typing import BinaryIO

from fileproc.quality.reading.glance import find_nul
from fileproc.quality.reading.grammar import Grammar
from fileproc.quality.reading.line_file import LineFile
from fileproc.quality.reading.source import Unaccepted
from fileproc.quality.reading.survey import LONGEST_LINE
from fileproc.quality.reading.tally import Tally

#: Read at a time. A record begins only where so much of the text is in sight that its end must be, too.
STEP = 4 << 20
SIGHT = LONGEST_LINE + 4_096

#: Bytes of a broken record that are shown.
SHOWN = 400
SAMPLES = 3

LINE_ENDS = re.compile(rb"[\r\n]+")
BLANK_LINE = re.compile(rb"\n\r?\n")

#: Codes of lines that are no data: not counted as rows.
ASIDE = ("blank_lines", "comment")


@dataclass(slots=True)
class Found:
    """What was found in the whole text."""

    accepted: int = 0
    tallies: dict[str, Tally] = field(default_factory=dict)
    samples: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    ends: dict[str, Tally] = field(default_factory=dict)
    bad_byte: int | None = None  # the first byte that is no UTF-8
    last: tuple[str, int, bytes] | None = None  # the last record, where it was rejected: code, line, text
    is_last_of_many: bool = False

    @property
    def rejected(self) -> int:
        """Data records that cannot be read."""
        return sum(tally.count for code, tally in self.tallies.items() if code not in (*ASIDE, *KEPT_CODES))

    def tally(self, code: str) -> Tally:
        tally = self.tallies.get(code)
        if tally is None:
            tally = self.tallies[code] = Tally()
        return tally

    def end(self, kind: str) -> Tally:
        return self.ends.setdefault(kind, Tally())


#: Codes of rows that are odd, but read.
KEPT_CODES = ("stray_quote", "empty_rows", "nul_bytes")


class Records:
    """Reads the data of a text, which begins at byte `start` and line `first_line`."""

    def __init__(self, path: Path, grammar: Grammar, width: int, *, start: int, first_line: int) -> None:
        self._path = path
        self.found = Found()
        self._grammar = grammar
        self._width = width
        self._start = start
        self._line = first_line
        self._record = grammar.record(width)
        self._blank_is_row = width == 1
        self._rewrites = not (grammar.is_plain and not grammar.skips_space)
        self._keeps = False
        self._end_tallies = {kind: self.found.end(kind) for kind in ("LF", "CRLF", "CR")}
        self._rejects: list[Unaccepted] = []
        self._final = self._stuck = False

    def copy(self, target: Path, lines: LineFile) -> Found:
        """Write the rows to `target`, and the line where each begins to `lines`."""
        with target.open("xb") as sink, lines:
            for _ in self._windows(sink, lines):
                pass
        return self.found

    def note_head(self) -> None:
        """The lines above the data end somehow, too."""
        with self._path.open("rb") as file:
            head = file.read(self._start)
        for line, text in enumerate(head.splitlines(keepends=True) if not self._grammar.end else [], 1):
            if kind := _end_kind(text):
                self.found.end(kind).add(line)

    def unaccepted(self, folder: Path) -> Iterator[Unaccepted]:
        """Every record that is no row, in the order of the file."""
        self._keeps = True
        target, lines = folder / secrets.token_hex(8), folder / secrets.token_hex(8)
        try:
            with target.open("xb") as sink, LineFile(lines) as line_file:
                for _ in self._windows(sink, line_file):
                    yield from self._rejects
                    self._rejects.clear()
                    sink.seek(0)
        finally:
            target.unlink(missing_ok=True)
            lines.unlink(missing_ok=True)

    # windows

    def _windows(self, sink: BinaryIO, lines: LineFile) -> Iterator[None]:
        """Read on and on; a window is worked on up to where a record's end might not be in sight."""
        self._sink, self._lines = sink, lines
        window, base = b"", self._start
        with self._path.open("rb") as file:
            file.seek(self._start)
            while True:
                step = file.read(STEP)
                self._final = final = len(step) < STEP
                self._stuck = False
                window += step
                limit = len(window) if final else len(window) - SIGHT
                self._base = base
                done = self._work(window, limit) if limit > 0 else 0
                window, base = window[done:], base + done
                yield
                if final:
                    return
                if self._stuck:
                    window, base = self._skip_line(file, window, base)

    def _skip_line(self, file: BinaryIO, window: bytes, base: int) -> tuple[bytes, int]:
        """Leave out an over-long line; answers what follows it."""
        self._reject("over_long_line", window[:SHOWN], 1)
        while window:
            end = self._grammar.line.match(window).end()  # type: ignore[union-attr]
            if end < len(window) or self._ended(window):
                rest = window[end:]
                if window[end - 1 : end] == b"\r" and not rest:
                    rest = file.read(1)
                    base += rest == b"\n"
                    rest = b"" if rest == b"\n" else rest
                self._line += 1
                return rest, base + end
            base += len(window)
            window = file.read(STEP)
        return b"", base

    def _ended(self, window: bytes) -> bool:
        return window.endswith(self._grammar.end) if self._grammar.end else window.endswith((b"\n", b"\r"))

    # one window

    def _work(self, window: bytes, limit: int) -> int:
        """Take the records that begin before `limit`; answers where the next one begins."""
        position, match = 0, self._record.match
        only_lf = b"\r" not in window and not (self._grammar.end or self._grammar.comment)
        grammar = self._grammar
        if not (grammar.quote and grammar.quote in window) and self._is_simple(window):
            position = self._by_lines(window, limit)
        while position < limit:
            begin, ends = position, []
            while position < limit and (record := match(window, position)) is not None and record.end() > position:
                if record.end() - position > LONGEST_LINE or self._is_aside(window, position):
                    break
                position = record.end()
                ends.append(position)
            if ends:
                self._accept(window, begin, ends)
            if position < limit and window[position] in b"\r\n" and not (self._blank_is_row or grammar.end):
                position = self._blank_run(window, position, limit)
            elif position < limit:
                position = self._odd(window, position)
                position = self._odd_run(window, position, limit) if only_lf else position
            if self._stuck:
                break
        return position

    def _is_simple(self, window: bytes) -> bool:
        """Whether lines can be told by LF alone, and cells by delimiters alone."""
        grammar = self._grammar
        if self._rewrites or grammar.comment or (b"\r" in window and window.count(b"\r") != window.count(b"\r\n")):
            return False
        return not window.endswith(b"\r") and not BLANK_LINE.search(window)  # taken in runs

    def _by_lines(self, window: bytes, limit: int) -> int:
        """Lines without any quote: as wide as they have delimiters."""
        stop = limit if limit == len(window) else window.rfind(b"\n", 0, limit) + 1
        if stop <= 0:
            return 0
        rows = window[:stop].split(b"\n")
        last = rows.pop()
        if last and stop == len(window):
            return self._by_lines(window, window.rfind(b"\n") + 1) if b"\n" in window else 0
        wanted = self._width - 1
        widths = [*map(methodcaller("count", self._grammar.delimiter), rows)]
        if widths.count(wanted) == len(rows) and not self._blank_is_row and len(max(rows, key=len)) < LONGEST_LINE:
            self._accept(window, 0, [*_ends(rows)])
            return stop
        return self._picked(window, rows, widths)

    def _picked(self, window: bytes, rows: list[bytes], widths: list[int]) -> int:
        """Row by row: runs of good ones are taken together, the others named."""
        wanted, position, begin, ends = self._width - 1, 0, 0, list[int]()
        for row, width in zip(rows, widths, strict=True):
            end = position + len(row) + 1
            if width == wanted and len(row) <= LONGEST_LINE:
                ends.append(end)
            else:
                if ends:
                    self._accept(window, begin, ends)
                    ends = []
                self._classified(row, width + 1)
                self._end_of(row + b"\n", 1)
                self._line += 1
                begin = end
            position = end
        if ends:
            self._accept(window, begin, ends)
        return position

    def _classified(self, row: bytes, cells: int) -> None:
        """A line without quotes that is no row."""
        if len(row) > LONGEST_LINE:
            self._reject("over_long_line", row, 1)
        elif not row.strip():
            self._reject("blank_lines", row, 1)
        else:
            self._reject("short_row" if cells < self._width else "long_row", row, 1)

    # rows

    def _accept(self, window: bytes, begin: int, ends: list[int]) -> None:
        """A run of well-formed records, from `begin` to the last of `ends`."""
        run = window[begin : ends[-1]]
        if not _is_utf8(run):
            self._one_by_one(window, begin, ends)
            return
        newlines, count = _newlines(run), len(ends)
        first = self._line
        at_end = run.endswith((b"\n", b"\r"))
        if newlines == count - (not at_end) and not self._grammar.end:
            lines: Sequence[int] = range(first, first + count)
            self._ends_of_run(run, first, count)
            self._line += newlines
        else:
            lines = self._starts(window, begin, ends)
        self._lines.extend(lines)
        if b"\0" in run:
            find_nul(self.found.tally("nul_bytes"), run, first)
        self._note_empty(run, window, begin, ends, lines)
        self._write(run, window, begin, ends, single=isinstance(lines, range))
        self.found.accepted += count
        self.found.last = None

    def _one_by_one(self, window: bytes, begin: int, ends: list[int]) -> None:
        """Some record of the run is not UTF-8: those are left out, runs of others are taken together."""
        good: list[int] = []
        start, run = begin, window[begin : ends[-1]]
        is_simple = b"\r" not in run and run.count(b"\n") == len(ends) and not self._grammar.end
        for end in ends:
            record = window[begin:end]
            try:
                record.decode("utf-8")
                good.append(end)
            except UnicodeDecodeError as error:
                if good:
                    self._accept(window, start, good)
                    good = []
                if self.found.bad_byte is None:
                    self.found.bad_byte = self._base + begin + error.start
                if is_simple:
                    self._reject("bad_encoding", record, 1)
                    self._end_tallies["LF"].add(self._line)
                    self._line += 1
                else:
                    self._passed("bad_encoding", record, 0)
                start = end
            begin = end
        if good:
            self._accept(window, start, good)

    def _starts(self, window: bytes, begin: int, ends: list[int]) -> list[int]:
        """The lines of records some of which take several."""
        lines = []
        for end in ends:
            record = window[begin:end]
            newlines = _newlines(record)
            lines.append(self._line)
            self._end_of(record, newlines)
            self._line += newlines
            begin = end
        return lines

    def _ends_of_run(self, run: bytes, first: int, count: int) -> None:
        """Which line ends the records of a run have, one each."""
        crlf = run.count(b"\r\n")
        lf, cr = run.count(b"\n") - crlf, run.count(b"\r") - crlf
        if (crlf > 0) + (lf > 0) + (cr > 0) <= 1:
            self.found.end("CRLF" if crlf else "CR" if cr else "LF").add_run(first, crlf + lf + cr)
            return
        for line, record in enumerate(run.splitlines(keepends=True), first):
            if _end_kind(record):
                self.found.end(_end_kind(record)).add(line)

    def _end_of(self, record: bytes, newlines: int) -> None:
        if not self._grammar.end and (kind := _end_kind(record)):
            self._end_tallies[kind].add(self._line + newlines - 1)

    def _note_empty(self, run: bytes, window: bytes, begin: int, ends: list[int], lines: Sequence[int]) -> None:
        """Rows of only empty cells: read, and told."""
        empty = self._grammar.delimiter * (self._width - 1)
        if self._width == 1 or empty not in run:
            return
        for line, end in zip(lines, ends, strict=True):
            if end - begin <= len(empty) + 8 and self._grammar.body(window[begin:end]) == empty:
                self.found.tally("empty_rows").add(line)
            begin = end

    def _write(self, run: bytes, window: bytes, begin: int, ends: list[int], *, single: bool) -> None:
        grammar = self._grammar
        if self._rewrites:
            for end in ends:
                self._sink.write(grammar.rewritten(grammar.cells(window[begin:end])))
                begin = end
            return
        if b"\r" not in run:
            self._sink.write(run if run.endswith(b"\n") else run + b"\n")
        elif single:
            run = run.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
            self._sink.write(run if run.endswith(b"\n") else run + b"\n")
        else:
            for end in ends:
                self._sink.write(grammar.body(window[begin:end]) + b"\n")
                begin = end

    # what is no well-formed row

    def _is_aside(self, window: bytes, position: int) -> bool:
        comment = self._grammar.comment
        return bool(comment) and window.startswith(comment, position)

    def _odd(self, window: bytes, position: int) -> int:
        """A record that is not well-formed; answers where the next one begins."""
        end = self._grammar.line.match(window, position).end()  # type: ignore[union-attr]
        if end == len(window) and not self._final:  # its end is not in sight
            self._stuck = True
            return position
        line = window[position:end]
        if self._is_aside(window, position):
            return self._passed("comment", line, position)
        if not line.strip() and not self._blank_is_row and self._grammar.delimiter not in line:
            return self._passed("blank_lines", line, position)
        tidy = self._grammar.tidy_record.match(window, position)
        if tidy is not None and tidy.end() == end and len(line) <= LONGEST_LINE:
            code = "short_row" if self._grammar.count(line) < self._width else "long_row"
            return self._passed(code, line, position)
        record = self._grammar.any_record.match(window, position)
        is_cut = record is not None and record.end() == len(window) and not self._final
        whole = record[0] if record is not None and not is_cut else b""
        if not whole or self._swallows(whole, line):
            code = "over_long_line" if is_cut or len(line) > LONGEST_LINE else "broken_quote"
            return self._passed(code, line, position)
        if len(whole) > LONGEST_LINE:
            return self._passed("over_long_line", whole, position)
        cells = self._grammar.cells(whole)
        if len(cells) != self._width:
            return self._passed("short_row" if len(cells) < self._width else "long_row", whole, position)
        return self._stray(whole, cells, position)

    def _blank_run(self, window: bytes, position: int, limit: int) -> int:
        """Blank lines, however many follow one another; answers where they end."""
        end = LINE_ENDS.match(window, position, limit).end()  # type: ignore[union-attr]
        end += window[end - 1 : end + 1] == b"\r\n"
        run = window[position:end]
        first, count = self._line, _newlines(run)
        self.found.tally("blank_lines").add_run(first, count)
        self._ends_of_run(run, first, count)
        if self._keeps:
            self._rejects += [Unaccepted(line, line, "blank_lines") for line in range(first, first + count)]
        self._line += count
        return end

    def _odd_run(self, window: bytes, position: int, limit: int) -> int:
        """The lines that follow, while each is broken in a way that its own line shows: quick, for very bad files."""
        grammar, width, first = self._grammar, self._width, self._line
        tidy, loose, count = grammar.tidy_record.match, grammar.any_record.match, grammar.count
        while position < limit and (end := window.find(b"\n", position) + 1) > position + 1:
            line = window[position:end]
            if tidy(line):
                cells = count(line)
                if cells == width or end - position > LONGEST_LINE:
                    break
                self._reject("short_row" if cells < width else "long_row", line, 1)
            elif grammar.quote in line and not loose(window, position):
                self._reject("broken_quote", line, 1)
            else:
                break
            self._line += 1
            position = end
        self.found.end("LF").add_run(first, self._line - first)
        return position

    def _swallows(self, whole: bytes, line: bytes) -> bool:
        """Whether a record over several lines has a whole good one inside: then its quote was never closed."""
        if len(whole) <= len(line):
            return False
        body, position = whole[len(line) :], 0
        while position < len(body):
            end = self._grammar.line.match(body, position).end()  # type: ignore[union-attr]
            if end <= position:
                return False
            record = self._record.match(body, position, end)
            if record is not None and record.end() == end and self._width > 1 and end < len(body):
                return True
            position = end
        return False

    def _stray(self, record: bytes, cells: list[tuple[bytes, bool]], position: int) -> int:
        """A row with quotes inside of cells that are not quoted."""
        newlines = _newlines(record)
        if not _is_utf8(record):
            if self.found.bad_byte is None:
                self.found.bad_byte = self._base + position + _bad_byte(record)
            return self._passed("bad_encoding", record, position)
        if b"\0" in record:
            find_nul(self.found.tally("nul_bytes"), record, self._line)
        self.found.tally("stray_quote").add(self._line)
        self._sample("stray_quote", record)
        self._lines.add(self._line)
        self._sink.write(self._grammar.rewritten(cells))
        self.found.accepted += 1
        self.found.last = None
        self._end_of(record, newlines)
        self._line += newlines
        return position + len(record)

    def _passed(self, code: str, record: bytes, position: int) -> int:
        """Leave a record out; answers where the next one begins."""
        newlines = _newlines(record)
        self._reject(code, record, newlines + (not record.endswith((b"\n", b"\r"))))
        self._end_of(record, newlines)
        self._line += newlines
        return position + len(record)

    def _reject(self, code: str, record: bytes, lines: int) -> None:
        self.found.tally(code).add(self._line)
        if self._keeps:
            self._rejects.append(Unaccepted(self._line, self._line + lines - 1, code))
        if b"\0" in record:
            find_nul(self.found.tally("nul_bytes"), record, self._line)
        if code not in ASIDE:
            self.found.last = (code, self._line, record)
            self._sample(code, record)

    def _sample(self, code: str, record: bytes) -> None:
        kept = self.found.samples.get(code)
        if kept is None:
            kept = self.found.samples[code] = []
        if len(kept) < SAMPLES:
            kept.append((self._line, record[:SHOWN].decode("utf-8", "replace").rstrip("\r\n")))


def _ends(rows: list[bytes]) -> Iterator[int]:
    position = 0
    for row in rows:
        position += len(row) + 1
        yield position


def _newlines(text: bytes) -> int:
    """Line ends as an editor counts them."""
    if b"\r" not in text:
        return text.count(b"\n")
    return text.count(b"\n") + text.count(b"\r") - text.count(b"\r\n")


def _end_kind(record: bytes) -> str:
    if record.endswith(b"\r\n"):
        return "CRLF"
    return "LF" if record.endswith(b"\n") else "CR" if record.endswith(b"\r") else ""


def _is_utf8(text: bytes) -> bool:
    if text.isascii():
        return True
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _bad_byte(text: bytes) -> int:
    try:
        text.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start
    return 0
