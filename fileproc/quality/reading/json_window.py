"""A window over a long JSON text: so much of it is in memory that any element of allowed length is in it as a whole."""

from __future__ import annotations

import codecs
import json
import re
from pathlib import Path
from types import TracebackType
from typing import Self

from fileproc.quality.reading.json_clean import LONGEST

CHUNK = 4 << 20
AHEAD = LONGEST + (64 << 10)

#: So much stays in front, to see how the line begins.
BEHIND = 4_096

BLANKS = re.compile(r"[ \t\r\n]*+")
BRACKETS = re.compile(r'"(?:[^"\\\r\n]|\\.)*+"|[{}\[\]]')
QUOTE_OR_BRACKET = re.compile(r'["{}\[\]]')
CLOSING = {"{": "}", "[": "]"}
TEXT_END = re.compile(r'(?:[^"\\]|\\.)*+"', re.DOTALL)

#: An error so near to the end of the window is the window's, not the text's.
EDGE = 64

#: Most values are short, and an error costs as much as there is text in front of it: pieces of growing size are tried.
PIECES = (2 << 10, 64 << 10, AHEAD + CHUNK)

#: Numbers stay text: they are the engine's business, and a number of a million digits costs nothing.
DECODER = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str)


class Broken(Exception):
    """No JSON value here; `at` is how far it was read. It may only be that the window ends: `goes_on`."""

    def __init__(self, at: int, *, goes_on: bool = False) -> None:
        super().__init__(at)
        self.at = at
        self.goes_on = goes_on


class Window:
    """Positions count in `text`, and only hold until `fill`, which keeps `at`."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="surrogateescape")
        self.text = ""
        self.at = 0
        self.is_last = False
        self._line = 1
        self._counted = 0
        self.fill()
        self._end = "\n" if "\n" in self.text else "\r"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()

    def fill(self) -> None:
        """Have enough text in front of `at`, or all there is."""
        if self.is_last or len(self.text) - self.at >= AHEAD:
            return
        if self.at > BEHIND:
            self.line_at(self.at)
            gone = self.at - BEHIND
            self.text, self.at, self._counted = self.text[gone:], BEHIND, self._counted - gone
        while not self.is_last and len(self.text) - self.at < AHEAD:
            chunk = self._file.read(CHUNK)
            self.is_last = not chunk
            self.text += self._decoder.decode(chunk, final=not chunk)

    def skip_blanks(self) -> str:
        """Go to what is no blank; the character there, or nothing at the end."""
        while True:
            found = BLANKS.match(self.text, self.at)
            self.at = found.end() if found is not None else self.at
            self.fill()
            if self.at < len(self.text):
                if self.text[self.at] not in " \t\r\n":
                    return self.text[self.at]
            elif self.is_last:
                return ""

    def line_at(self, position: int) -> int:
        """The line of a position; cheap where it is asked for in order."""
        if position >= self._counted:
            self._line += self.text.count(self._end, self._counted, position)
        else:
            self._line -= self.text.count(self._end, position, self._counted)
        self._counted = position
        return self._line

    def value(self, at: int) -> tuple[object, int]:
        """The JSON value at a position, and where it ends. Raises Broken."""
        for size in PIECES:
            piece = self.text[at : at + size]
            is_all = at + len(piece) == len(self.text)
            try:
                value, end = DECODER.raw_decode(piece)
            except RecursionError:
                raise Broken(at) from None
            except json.JSONDecodeError as error:
                cut = error.pos >= len(piece) - EDGE or error.msg.startswith("Unterminated string")
                if not cut or is_all:
                    raise Broken(at + error.pos, goes_on=cut and not self.is_last) from None
                continue
            if end < len(piece) or is_all:
                return value, at + end
        raise Broken(at, goes_on=True)

    def skip_value(self) -> None:
        """Go behind a value of any length that begins with a bracket or quote, or to the end of the file."""
        depth, inside = 0, False
        while self.at < len(self.text):
            found = (TEXT_END.match if inside else QUOTE_OR_BRACKET.search)(self.text, self.at)
            if found is None:
                self._pass_window(inside)
                continue
            self.at = found.end()
            sign = self.text[self.at - 1]
            inside = inside is not (sign == '"')
            depth += 0 if inside else {"{": 1, "[": 1, "}": -1, "]": -1}.get(sign, 0)
            if depth <= 0 and not inside:
                return
            self.fill()

    def _pass_window(self, inside: bool) -> None:
        """Nothing of interest in the rest of the window; a backslash at its edge belongs to what comes next."""
        rest = self.text[self.at :]
        slashes = len(rest) - len(rest.rstrip("\\"))
        self.at = len(self.text) - (slashes & 1 if inside and not self.is_last else 0)
        self.fill()

    def balanced_end(self, at: int, reach: int) -> tuple[int | None, int]:
        """(where the bracket at a position is closed, how far was looked); one of another kind closes nothing."""
        open_ = []
        for found in BRACKETS.finditer(self.text, at, at + reach):
            sign = found[0]
            if sign in CLOSING:
                open_.append(CLOSING[sign])
            elif sign in "}]":
                if not open_ or open_.pop() != sign:
                    return None, found.end()
                if not open_:
                    return found.end(), found.end()
        return None, min(at + reach, len(self.text))

    def next_sign(self, at: int) -> str:
        """What follows behind blanks, within the window."""
        found = BLANKS.match(self.text, at)
        end = found.end() if found is not None else at
        return self.text[end : end + 1]
