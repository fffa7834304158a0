"""Delimited text, cut into its physical records: head, rows, what is no row, and what is neither.

The cutter reads strictly what the dialect says, by regular expressions over bytes. A quote that never ends, or ends
where no cell can end, spoils its own line only: the next line begins anew, as it does for the check.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from fileproc.quality.reading.source import Unaccepted
from fileproc.quality.reading.survey import LONGEST_LINE
from fileproc.quality.split.lines import Coding, Line

#: What is no data, by the codes of the reader.
ASIDE = ("blank_lines", "comment")

#: What takes no other line along, whatever quotes are in it.
ONE_LINE = (*ASIDE, "broken_quote", "over_long_line", "unreadable_row")


class Kind(StrEnum):
    """What a physical record is to the split."""

    HEAD = "head"  # goes to both parts
    ROW = "row"  # was read, and is accepted unless the contract rejects it
    BROKEN = "broken"  # could not be read: rejected
    ASIDE = "aside"  # blank lines and comments: no data, in neither part


@dataclass(frozen=True, slots=True)
class Cut:
    """A physical record as it stands in the file; `code` says why it is broken, or what is wrong with a row."""

    kind: Kind
    raw: bytes
    line: int
    code: str = ""


@dataclass(frozen=True, slots=True)
class Written:
    """How cells are written: signs as texts, and how many columns a row has."""

    delimiter: str
    quote: str
    escape: str
    width: int
    comment: str = ""
    skip_space: bool = False
    end: str = ""  # the line end, where it is no usual one


class Cutter:
    """Cuts lines into records, one after another."""

    def __init__(self, lines: Iterator[Line], written: Written, coding: Coding) -> None:
        self._lines = lines
        self._written = written
        self._coding = coding
        self._again: deque[Line] = deque()
        self._forms = _Forms(written)

    def head(self, before: int, records: int = 0) -> Iterator[Cut]:
        """The lines above line `before`, and then so many header records."""
        while (line := self._next()) is not None:
            if line.number >= before:
                self._again.appendleft(line)
                break
            yield Cut(Kind.HEAD, line.raw, line.number)
        for _ in range(records):
            if (line := self._next()) is not None:
                record, _ = self._record(line)
                yield Cut(Kind.HEAD, record, line.number)

    def records(self) -> Iterator[Cut]:
        """Everything behind the head, as this cutter reads it."""
        while (line := self._next()) is not None:
            yield self._cut(line)

    def known_records(self, unaccepted: Iterator[Unaccepted]) -> Iterator[Cut]:
        """The same where the reader of the check has told which lines are no rows; all others are."""
        known = next(unaccepted, None)
        while (line := self._next()) is not None:
            while known is not None and known.last_line < line.number:
                known = next(unaccepted, None)
            if known is not None and known.first_line == line.number:
                kind = Kind.ASIDE if known.code in ASIDE else Kind.BROKEN
                raw = line.raw if known.code in ONE_LINE else self._record(line)[0]
                rest = [one.raw for one in self._up_to(known.last_line)]
                yield Cut(kind, b"".join([raw, *rest]), line.number, known.code)
            else:
                raw, _ = self._record(line)
                code = "" if _is_valid(raw, self._coding) else "bad_encoding"
                yield Cut(Kind.ROW, raw, line.number, code or ("nul_bytes" if b"\0" in self._text(raw) else ""))

    def _up_to(self, last: int) -> Iterator[Line]:
        while (line := self._next()) is not None:
            if line.number > last:
                self._again.appendleft(line)
                return
            yield line

    def _next(self) -> Line | None:
        return self._again.popleft() if self._again else next(self._lines, None)

    def _cut(self, line: Line) -> Cut:
        if line.is_cut:
            return Cut(Kind.BROKEN, line.raw, line.number, "over_long_line")
        text = self._text(line.raw)
        if self._forms.is_row(text) and self._forms.bare(text):
            return self._checked(line.raw, text, line.number)
        if self._is_aside(text):
            return Cut(Kind.ASIDE, line.raw, line.number)
        raw, closed = self._record(line)
        text = self._text(raw)
        if closed and self._forms.row.fullmatch(text):
            return self._checked(raw, text, line.number)
        code = ("short_row" if self._cells(text) < self._written.width else "long_row") if closed else "broken_quote"
        return Cut(Kind.BROKEN, raw, line.number, code)

    def _checked(self, raw: bytes, text: bytes, number: int) -> Cut:
        """A well-formed row, whose bytes may still be no text."""
        if not _is_valid(raw, self._coding):
            return Cut(Kind.ROW if self._coding.is_copied else Kind.BROKEN, raw, number, "bad_encoding")
        return Cut(Kind.ROW, raw, number, "nul_bytes" if b"\0" in text else "")

    def _is_aside(self, text: bytes) -> bool:
        if not self._forms.bare(text):
            return self._written.width > 1  # a table of one column has a row without a value there
        return bool(self._written.comment) and text.lstrip(b" ").startswith(self._forms.comment)

    def _record(self, line: Line) -> tuple[bytes, bool]:
        """The whole record that begins here, and whether its quotes end; if not, its first line alone."""
        text = self._text(line.raw)
        if self._forms.is_row(text):
            return line.raw, True
        if not self._forms.opens(text):
            return line.raw, self._forms.closed.fullmatch(text) is not None
        taken: list[Line] = []
        size = len(line.raw)
        while (following := self._next()) is not None:
            taken.append(following)
            size += len(following.raw)
            state = self._forms.goes_on(self._text(following.raw))
            if state == "closed" and size <= LONGEST_LINE * self._coding.unit:
                return b"".join([line.raw, *(one.raw for one in taken)]), True
            if state != "open" or size > LONGEST_LINE * self._coding.unit or following.is_cut:
                break
        self._again.extendleft(reversed(taken))
        return line.raw, False

    def _text(self, raw: bytes) -> bytes:
        """The text in UTF-8, where signs are bytes of their own, without a byte order mark."""
        if not self._coding.is_utf8:
            return raw.decode(self._coding.codec, "replace").removeprefix("\ufeff").encode("utf-8", "replace")
        return raw.removeprefix(self._coding.mark) if self._coding.mark else raw

    def _cells(self, text: bytes) -> int:
        return 1 + len(self._forms.delimiter.findall(self._forms.quoted.sub(b"", text)))


class _Forms:
    """What rows look like, as regular expressions."""

    def __init__(self, written: Written) -> None:
        self._quote, self._plain_delimiter = written.quote.encode(), written.delimiter.encode()
        self._width, self._end = written.width, written.end.encode()
        self.comment = written.comment.encode()
        delimiter, quote = re.escape(self._plain_delimiter), re.escape(self._quote)
        escape = re.escape(written.escape.encode())
        blank = rb" *+" if written.skip_space else rb""
        own_end = re.escape(self._end)
        stop = rb"|".join(one for one in (delimiter, re.escape(self.comment), own_end) if one)
        sign = rb"." if own_end else rb"[^\r\n]"
        unquoted = rb"(?>(?:(?!%s)%s)*)" % (stop, sign)
        if len(self._plain_delimiter) == 1 and not self.comment and not own_end:
            unquoted = rb"[^%s\r\n]*+" % delimiter  # the same, and quicker
        nothing = rb"(?!)"
        inside = rb"(?:[^%s]|%s%s)*+" % (quote, quote, quote) if quote else nothing
        if quote and escape != quote:
            inside = rb"(?:[^%s%s]|%s.)*+" % (quote, escape, escape)
        cell = unquoted
        if quote:
            cell = rb"%s(?:%s%s%s|(?!%s)%s)" % (blank, quote, inside, quote, quote, unquoted)
        end = rb"(?:%s)?" % (own_end or rb"\r\n|\n|\r")
        if self.comment:
            end = rb"(?:%s%s*?)?%s" % (re.escape(self.comment), sign, end)
        opened = rb"%s%s%s" % (blank, quote, inside) if quote else nothing
        more = rb"(?:%s%s)" % (delimiter, cell)
        self.delimiter = re.compile(delimiter)
        self.quoted = re.compile(rb"%s%s%s" % (quote, inside, quote) if quote else nothing, re.DOTALL)
        self.row = re.compile(rb"%s%s{%d}%s" % (cell, more, written.width - 1, end), re.DOTALL)
        self.closed = re.compile(rb"%s%s*+%s" % (cell, more, end), re.DOTALL)
        self._opens = re.compile(rb"(?:%s%s)*%s" % (cell, delimiter, opened), re.DOTALL)
        self._closes = re.compile(rb"%s%s%s*+%s" % (inside, quote, more, end), re.DOTALL)
        self._opens_again = re.compile(rb"%s%s%s*%s%s" % (inside, quote, more, delimiter, opened), re.DOTALL)
        self._inside = re.compile(inside, re.DOTALL)

    def is_row(self, text: bytes) -> bool:
        """Whether this is a whole row, and nothing else."""
        return self._plain_row(text) or self.row.fullmatch(text) is not None

    def _plain_row(self, text: bytes) -> bool:
        """Without any quote or comment, a row is as wide as it has delimiters: that is quickly seen."""
        bare = self.bare(text)
        if (self._quote and self._quote in text) or self.comment or not bare:
            return False
        return text.count(self._plain_delimiter) == self._width - 1 and (bool(self._end) or b"\r" not in bare)

    def bare(self, text: bytes) -> bytes:
        """A line without its end."""
        return text.removesuffix(self._end) if self._end else text.rstrip(b"\r\n")

    def opens(self, text: bytes) -> bool:
        """Whether the line ends inside of quotes."""
        return bool(self._quote) and self._quote in text and self._opens.fullmatch(text) is not None

    def goes_on(self, text: bytes) -> str:
        """What a line does that begins inside of quotes: `closed`, still `open`, or `broken`."""
        if self._quote not in text or self._inside.fullmatch(text):
            return "open"
        if self._closes.fullmatch(text):
            return "closed"
        return "open" if self._opens_again.fullmatch(text) else "broken"


def _is_valid(data: bytes, coding: Coding) -> bool:
    if coding.unit == 1 and data.isascii() and b"\0" not in data:
        return True
    try:
        data.decode(coding.codec)
    except UnicodeDecodeError:
        return False
    return True
