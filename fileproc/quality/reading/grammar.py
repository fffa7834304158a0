"""The grammar of a delimited text: its dialect as bytes, and the regular expressions of a cell and a record.

All of them are possessive, so that no content, however hostile, is looked at more than a few times. What is repeated
behind a look-ahead is in an atomic group instead: Python 3.11 before 3.11.5 never ends `(?:(?!x).)*+` where it should.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from fileproc.quality.contracts.contract import Dialect

#: Line ends that need no word.
USUAL_ENDS = ("\n", "\r\n", "\r")

#: (what a cell is written as, whether it is quoted)
Cell = tuple[bytes, bool]


@dataclass(frozen=True)
class Grammar:
    """How rows are written, in bytes. `end` is only set where it is no usual line end."""

    delimiter: bytes = b","
    quote: bytes = b'"'
    escape: bytes = b""
    doubles: bool = True
    comment: bytes = b""
    skips_space: bool = False
    nulls: tuple[bytes, ...] = ()
    end: bytes = b""

    @classmethod
    def of(cls, dialect: Dialect, delimiter: str, quote: str) -> Grammar:
        """The grammar of a dialect, with the delimiter and quote that were found or declared."""
        escape = dialect.escape_char or ""
        escape = "" if escape == quote else escape
        doubles = dialect.double_quote if dialect.double_quote is not None else not escape
        end = dialect.line_terminator or ""
        return cls(
            delimiter=delimiter.encode(),
            quote=quote.encode(),
            escape=escape.encode(),
            doubles=doubles,
            comment=(dialect.comment_char or "").encode(),
            skips_space=bool(dialect.skip_initial_space),
            nulls=tuple(one.encode() for one in dialect.null_sequence if one),
            end=b"" if end in ("", *USUAL_ENDS) else end.encode(),
        )

    @property
    def is_plain(self) -> bool:
        """Whether the engine reads it just so, byte for byte."""
        return not (self.escape or self.end or len(self.quote) > 1) and (self.doubles or not self.quote)

    @property
    def can_be_weighed(self) -> bool:
        """Whether every byte is a cell's, a delimiter, a line end or a quote around a cell, and none is left out."""
        left_out = self.comment or self.skips_space or self.nulls
        return self.is_plain and bool(self.quote) and not left_out

    @property
    def contradicts(self) -> bool:
        """Whether one sign stands for two things, or for a line end besides."""
        signs = [one for one in (self.delimiter, self.quote, self.comment) if one]
        return len(set(signs)) < len(signs) or any(sign in (b"\n", b"\r") for sign in signs)

    @property
    def written_quote(self) -> bytes:
        """The quote of a copy that is made."""
        return self.quote if len(self.quote) == 1 else b'"'

    # forms

    @cached_property
    def terminator(self) -> bytes:
        return re.escape(self.end) if self.end else rb"\r\n|\n|\r"

    @cached_property
    def _inside(self) -> bytes:
        """What stands between quotes."""
        quote, escape = re.escape(self.quote), re.escape(self.escape)
        others = [rb"%s." % escape] if escape else []
        others += [quote * 2] if self.doubles else []
        plain = rb"[^%s%s]*+" % (quote, escape)
        if max(len(self.quote), len(self.escape)) > 1:
            plain = rb"(?>(?:(?!%s).)*)" % rb"|".join(one for one in (quote, escape) if one)
        return rb"%s(?:(?:%s)%s)*+" % (plain, rb"|".join(others), plain) if others else plain

    @cached_property
    def _blank(self) -> bytes:
        return rb" *+" if self.skips_space else b""

    @cached_property
    def quoted(self) -> bytes:
        quote = re.escape(self.quote)
        return rb"%s%s%s%s" % (self._blank, quote, self._inside, quote)

    def _bare(self, *, strays: bool) -> bytes:
        """A cell without quotes around it; with `strays` it may have quotes inside."""
        signs = [self.delimiter]
        signs += [] if strays else [self.quote]
        signs += [self.escape] if not self.quote else []
        signs += [self.end]
        out = b"".join(re.escape(one) for one in signs if len(one) == 1)
        stop = [re.escape(one) for one in signs if len(one) > 1]
        ends = b"" if self.end else rb"\r\n"
        sign = rb"[^%s%s]" % (out, ends) if out or ends else rb"."
        if stop:
            sign = rb"(?:(?!%s)%s)" % (rb"|".join(stop), sign)
        if self.escape and not self.quote:
            return rb"(?>(?:%s|%s.)*)" % (sign, re.escape(self.escape))
        return rb"(?>%s*)" % sign if stop else sign + rb"*+"

    @cached_property
    def strict_cell(self) -> bytes:
        """A cell as it should be."""
        bare = self._blank + self._bare(strays=False)
        return rb"(?>%s|%s)" % (self.quoted, bare) if self.quote else bare

    @cached_property
    def loose_cell(self) -> bytes:
        """A cell whose reading is in no doubt, although there are quotes inside of it."""
        bare = self._blank + self._bare(strays=True)
        if not self.quote:
            return bare
        follow = rb"(?=%s|%s|\Z)" % (re.escape(self.delimiter), self.terminator)
        return rb"(?>%s%s|%s(?!%s)%s)" % (self.quoted, follow, self._blank, re.escape(self.quote), bare)

    def _record(self, cell: bytes, repeat: bytes) -> re.Pattern[bytes]:
        more = rb"(?:%s%s)%s" % (re.escape(self.delimiter), cell, repeat)
        return re.compile(rb"%s%s(?:%s|\Z)" % (cell, more, self.terminator), re.DOTALL)

    def record(self, width: int) -> re.Pattern[bytes]:
        """A record of so many cells, well-formed."""
        return self._record(self.strict_cell, b"{%d}" % (width - 1))

    @cached_property
    def any_record(self) -> re.Pattern[bytes]:
        """A record of any number of cells, whose reading is in no doubt."""
        return self._record(self.loose_cell, b"*+")

    @cached_property
    def tidy_record(self) -> re.Pattern[bytes]:
        """A well-formed record of any number of cells."""
        return self._record(self.strict_cell, b"*+")

    @cached_property
    def line(self) -> re.Pattern[bytes]:
        """The rest of a line with its end."""
        if self.end:
            return re.compile(rb"(?>(?:(?!%s).)*)(?:%s|\Z)" % (self.terminator, self.terminator), re.DOTALL)
        return re.compile(rb"[^\r\n]*+(?:\r\n|\n|\r|\Z)")

    @cached_property
    def _cells(self) -> re.Pattern[bytes]:
        return re.compile(rb"(%s)(?:%s|(?=%s)|\Z)" % (self.loose_cell, re.escape(self.delimiter), self.terminator),
                          re.DOTALL)  # fmt: skip

    # reading

    def cells(self, record: bytes) -> list[Cell]:
        """The cells of a record that matches `any_record`: their values, and whether they are quoted."""
        body = self.body(record)
        found: list[Cell] = []
        position = 0
        while True:
            match = self._cells.match(body, position)
            if match is None:  # no record of this grammar; the whole is the cell
                return [*found, (body[position:], False)]
            found.append(self._value(match[1]))
            if match.end() == match.end(1):
                return found
            position = match.end()

    def count(self, record: bytes) -> int:
        """How many cells a record has that matches `tidy_record`."""
        if self.quote and self.quote in record:
            if self.escape or not self.doubles or len(self.quote) > 1:
                return len(self.cells(record))
            record = b"".join(record.split(self.quote)[::2])
        return record.count(self.delimiter) + 1 if not self.escape else len(self.cells(record))

    def body(self, record: bytes) -> bytes:
        """A record without its end."""
        if self.end:
            return record.removesuffix(self.end)
        return record[:-2] if record.endswith(b"\r\n") else record.removesuffix(b"\n").removesuffix(b"\r")

    def _value(self, written: bytes) -> Cell:
        text = written.lstrip(b" ") if self.skips_space else written
        quote, escape = self.quote, self.escape
        if not (quote and text.startswith(quote)):
            if escape and not quote and escape in text:
                text = re.sub(re.escape(escape) + rb"(.)", rb"\1", text, flags=re.DOTALL)
            return text, False
        text = text[len(quote) : -len(quote)]
        if escape:
            doubled = re.escape(quote * 2) if self.doubles else rb"(?!)"
            pattern = rb"%s(.)|%s" % (re.escape(escape), doubled)
            return re.sub(pattern, lambda match: quote if match[1] is None else match[1], text, flags=re.DOTALL), True
        return text.replace(quote * 2, quote) if self.doubles else text, True

    # writing

    def rewritten(self, cells: list[Cell]) -> bytes:
        """A record as the engine reads it: doubled quotes, LF, and null for every null token."""
        return self.delimiter.join([self._written(text, quoted) for text, quoted in cells]) + b"\n"

    def _written(self, text: bytes, quoted: bool) -> bytes:
        if not quoted and text in self.nulls:
            return b""
        quote = self.written_quote
        if quoted or quote in text or self.delimiter in text or b"\n" in text or b"\r" in text:
            return quote + text.replace(quote, quote * 2) + quote
        return text
