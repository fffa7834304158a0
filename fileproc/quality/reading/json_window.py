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

#: Numbers stay text: they are the engine's business, and a number of a million digits costs nothing.
DECODER = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str)


class Broken(Exception):
    """No JSON value here; `at` is how far it was read, `why` a word for people."""

    def __init__(self, at: int, why: str) -> None:
        super().__init__(why)
        self.at = at
        self.why = why


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
        try:
            value, end = DECODER.raw_decode(self.text, at)
        except RecursionError:
            raise Broken(at, "is nested too deep") from None
        except json.JSONDecodeError as error:
            raise Broken(error.pos, "is no JSON") from None
        if end - at > LONGEST:
            raise Broken(end, "is too long")
        return value, end

    def balanced_end(self, at: int) -> tuple[int | None, int]:
        """(where the bracket at a position is closed, if it is, how far was looked)."""
        depth, last = 0, at
        for found in BRACKETS.finditer(self.text, at):
            sign, last = found[0], found.end()
            if sign in "{[":
                depth += 1
            elif sign in "}]":
                depth -= 1
                if depth <= 0:
                    return last, last
        return None, max(last, len(self.text))

    def next_sign(self, at: int) -> str:
        """What follows behind blanks, within the window."""
        found = BLANKS.match(self.text, at)
        end = found.end() if found is not None else at
        return self.text[end : end + 1]
