"""The glance: is a text plain enough for the engine alone? One quick pass over its bytes, before the scan.

The engine says nothing about stray quotes, blank lines, NUL bytes and rows of only empty cells, and gives up on mixed
line ends. What it may be given is proved here, block by block, with a few searches each; whatever is not proved is read
record by record (`records.py`). A glance never decides that something is wrong, but for NUL bytes.

Most texts have no quote at all. There a glance is barely more than reading: neither lines nor cells are counted, for
the scan does that, and the bytes of its rows add up to the file's or they do not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from fileproc.quality.reading.grammar import Grammar
from fileproc.quality.reading.survey import LONGEST_LINE
from fileproc.quality.reading.tally import KEPT, Tally

#: Bytes that are looked at together: what stays in the cache is looked at several times for the price of one.
BLOCK = 1 << 17


@dataclass(slots=True)
class Glance:
    """What was seen. `doubts` are the reasons why the engine cannot be trusted with it."""

    lines: int = 0
    lf: int = 0
    crlf: int = 0
    cr: int = 0
    quoted_newlines: int = 0
    doubts: set[str] = field(default_factory=set)
    nul: Tally = field(default_factory=Tally)
    empty: Tally = field(default_factory=Tally)
    quotes: int = 0  # only counted where the cells will be weighed
    is_open: bool = False  # quotes and delimiters were not looked at: their bytes must add up after the scan
    is_bare: bool = False  # without a quote, a CR or a NUL; lines and empty rows were not looked at either


def newlines(text: bytes) -> int:
    """Line ends as an editor counts them."""
    if b"\r" not in text:
        return text.count(b"\n")
    return text.count(b"\n") + text.count(b"\r") - text.count(b"\r\n")


def find_nul(tally: Tally, text: bytes, line: int) -> None:
    """NUL bytes and their lines; `line` is the one where the text begins."""
    position, before = text.find(b"\0"), 0
    while position >= 0:
        if tally.count >= KEPT:
            tally.count += text.count(b"\0", position) - 1
            position = text.rfind(b"\0")
        line += newlines(text[before:position])
        tally.add(line)
        before, position = position, text.find(b"\0", position + 1)


def glance(path: Path, grammar: Grammar, width: int, *, weighed: bool = False) -> Glance:
    """Look at every byte. Where all cells will be `weighed`, what their weight tells is left open."""
    weighed = weighed and grammar.can_be_weighed
    if weighed and _Glancing(path, grammar, width, weighed=True).is_bare():
        return Glance(is_open=True, is_bare=True)
    seen = _Glancing(path, grammar, width, weighed=weighed).look()
    return glance(path, grammar, width) if seen.is_open and seen.crlf + seen.cr else seen


class _Glancing:
    def __init__(self, path: Path, grammar: Grammar, width: int, *, weighed: bool) -> None:
        self._weighed = weighed
        self._others = bytes(set(range(256)) - {*b"\r\n\0", *grammar.quote})
        self._path = path
        self._grammar = grammar
        self._seen = Glance()
        self._forms = _well_quoted(grammar)
        self._empty = grammar.delimiter * (width - 1)
        self._odd = _signs_of_care(grammar)
        self._width = width
        # The engine says nothing about one empty cell too many at the end of a row.
        self._trailing = [grammar.delimiter + end for end in (b"\n", b"\r")]
        self._inside = False

    def is_bare(self) -> bool:
        """Whether the text has nothing that needs a second look; the first sign of something else ends this one."""
        signs = (self._grammar.quote, b"\r", b"\0")
        block = b""
        for block in self._blocks():
            if any(sign in block for sign in signs):
                return False
            self._look_at_text(block)
            if self._seen.doubts:
                return False
            self._seen.lines = 1  # only the first block begins the file
        return not block.endswith(self._grammar.delimiter)

    def look(self) -> Glance:
        block = b""
        for block in self._blocks():
            self._look_at(block)
        return self._ended(block)

    def _blocks(self) -> Iterator[bytes]:
        """The text in pieces that end where lines do."""
        held = b""
        with self._path.open("rb") as file:
            while True:
                block = file.read(BLOCK)
                final = len(block) < BLOCK
                if not final:
                    block += file.readline(LONGEST_LINE)
                block = held + block if held else block
                cut = len(block) if final or block.endswith(b"\n") else _cut(block)
                held, block = (block[cut:], block[:cut]) if cut < len(block) else (b"", block)
                if block:
                    yield block
                if final:
                    return

    def _ended(self, last: bytes) -> Glance:
        seen = self._seen
        if last.endswith(self._grammar.delimiter):
            self._seen.doubts.add("number of cells")
        if last and not last.endswith((b"\n", b"\r")):
            seen.lines += 1
        if self._inside:
            seen.doubts.add("open quote")
        if self._grammar.end or (self._grammar.quote and not (self._grammar.doubles or self._grammar.escape)):
            seen.doubts.add("the dialect")
        if (seen.lf > 0) + (seen.crlf > 0) + (seen.cr > 0) > 1:
            seen.doubts.add("mixed line ends")
        if seen.quoted_newlines and (seen.crlf or seen.cr):
            seen.doubts.add("line ends inside of quotes")
        if seen.empty.count and seen.quoted_newlines:
            seen.doubts.add("empty rows")
        return seen

    def _look_at(self, block: bytes) -> None:
        if self._weighed and self._is_left_open(block):
            return
        seen = self._seen
        lf, cr, crlf = block.count(b"\n"), 0, 0
        if b"\r" in block:
            cr, crlf = block.count(b"\r"), block.count(b"\r\n")
        if b"\0" in block:
            find_nul(seen.nul, block, seen.lines + 1)
        if any(sign in block for sign in self._trailing):
            self._look_at_width(block)
        if self._inside or not any(form.fullmatch(block) for form in self._forms):
            self._look_at_quotes(block)
        self._look_at_text(block)
        self._look_for_empty(block)
        seen.lf += lf - crlf
        seen.crlf += crlf
        seen.cr += cr - crlf
        seen.lines += lf + cr - crlf

    def _is_left_open(self, block: bytes) -> bool:
        """Whether line ends stand outside of quotes only, as far as quotes are in order: the sum tells all else."""
        seen, quote = self._seen, self._grammar.quote
        marks = block.translate(None, self._others)
        ends = marks.replace(quote * 2, b"")  # a pair of quotes with no line end in between
        seen.quotes += marks.count(quote) if quote in ends else (len(marks) - len(ends)) // len(quote)
        if self._inside or quote in ends or b"\r" in ends or b"\0" in ends:
            return False
        seen.is_open = True
        self._look_at_text(block)
        self._look_for_empty(block)
        seen.lf += len(ends)
        seen.lines += len(ends)
        return True

    def _look_at_width(self, block: bytes) -> None:
        """Rows end with a delimiter: an empty last cell, or one too many. The sum of cells tells."""
        quote = self._grammar.quote
        outer = b"".join(block.split(quote)[1 if self._inside else 0 :: 2]) if quote and quote in block else block
        rows = newlines(outer) + (not outer.endswith((b"\n", b"\r")))
        if outer.count(self._grammar.delimiter) != rows * (self._width - 1):
            self._seen.doubts.add("number of cells")

    def _look_at_text(self, block: bytes) -> None:
        doubts = self._seen.doubts
        if not block.isascii() and not _is_utf8(block):
            doubts.add("not UTF-8")
        if len(block) > LONGEST_LINE:
            doubts.add("over-long line")
        comment = self._grammar.comment
        begins_with_one = bool(comment) and not self._seen.lines and block.startswith(comment)
        if begins_with_one or any(sign in block for sign in self._odd):
            doubts.add("signs of the dialect")

    def _look_for_empty(self, block: bytes) -> None:
        if self._empty and self._may_be_empty(block):
            self._find_empty(block)

    def _may_be_empty(self, block: bytes) -> bool:
        """Whether a row begins as one of only empty cells does."""
        after_lf, after_cr = b"\n" + self._empty, b"\r" + self._empty
        return block.startswith(self._empty) or after_lf in block or (b"\r" in block and after_cr in block)

    def _look_at_quotes(self, block: bytes) -> None:
        """Quotes stand where cells begin and end, or twice inside of quotes; everything else is in doubt."""
        quote, inside, delimiter = self._grammar.quote, self._inside, self._grammar.delimiter
        pieces = block.split(quote)
        outer = pieces[1::2] if inside else pieces[0::2]
        inner = pieces[0::2] if inside else pieces[1::2]
        self._inside = inside ^ (len(pieces) % 2 == 0)
        self._seen.quoted_newlines += sum(newlines(piece) for piece in inner)
        if len(delimiter) > 1 or len(quote) > 1:
            self._seen.doubts.add("quotes")
            return
        # The first begins where the block does, the last ends where it does.
        begins = {piece[:1] for piece in (outer if inside else outer[1:])}
        ends = {piece[-1:] for piece in (outer if self._inside else outer[:-1])}
        if (begins | ends) - {delimiter, b"\n", b"\r", b""}:
            self._seen.doubts.add("quotes")

    def _find_empty(self, block: bytes) -> None:
        """Rows of only empty cells, where every line is a row."""
        if b"\r" in block:
            self._seen.doubts.add("empty rows")
            return
        empty, line = self._empty, self._seen.lines + 1
        for number, row in enumerate(block.split(b"\n"), line):
            if row == empty:
                self._seen.empty.add(number)


def _well_quoted(grammar: Grammar) -> list[re.Pattern[bytes]]:
    """Text in which every quote begins or ends a cell of one line, or stands twice inside of one: quick form first."""
    quote, delimiter = re.escape(grammar.quote), re.escape(grammar.delimiter)
    if not quote:
        return [re.compile(rb".*+", re.DOTALL)]
    if len(grammar.delimiter) > 1 or len(grammar.quote) > 1:
        return [re.compile(rb"(?>(?:(?!%s).)*)" % quote, re.DOTALL)]
    quick = rb"(?<=[\n%s])%s[^%s\n\r]*+%s(?=[%s\r\n])" % (delimiter, quote, quote, quote, delimiter)
    inside = rb"[^%s\r\n]*+(?:%s%s[^%s\r\n]*+)*+" % (quote, quote, quote, quote)
    edge = rb"[^%s\r\n]" % delimiter
    any_cell = rb"(?<!%s)%s%s%s(?!%s)" % (edge, quote, inside, quote, edge)
    return [re.compile(rb"(?:[^%s]*+%s)*+[^%s]*+" % (quote, cell, quote)) for cell in (quick, any_cell)]


def _signs_of_care(grammar: Grammar) -> list[bytes]:
    """What must not occur, if the engine is to read as the dialect says."""
    delimiter, odd = grammar.delimiter, []
    if grammar.comment:
        odd += [b"\n" + grammar.comment, b"\r" + grammar.comment]
    if grammar.skips_space:
        odd += [delimiter + b" ", b"\n ", b"\r "]
    return odd + ([grammar.escape] if grammar.escape else [])


def _cut(block: bytes) -> int:
    """Behind the last whole line."""
    at = block.rfind(b"\n") + 1
    return at if at else block.rfind(b"\r", 0, len(block) - 1) + 1


def _is_utf8(block: bytes) -> bool:
    try:
        block.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
