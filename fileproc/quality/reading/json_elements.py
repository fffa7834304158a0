"""A JSON file that is not well-written, element by element: each a line or a finding with its line, to the end.

An element is what stands between commas of the outermost array, or a document of its own. What is none is written as a
line all the same, so that it is counted and told; where a bracket is never closed, the next element is looked for where
one seems to begin. What is wrong between elements is noted here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import BinaryIO

from fileproc.quality.reading.json_clean import LONGEST
from fileproc.quality.reading.json_window import Broken, Window
from fileproc.quality.reading.line_file import LineFile
from fileproc.quality.reading.survey import Places

#: Where an element may begin behind a broken one: behind a comma, or alone at the beginning of a line.
NEXT = re.compile(r"[}\]\"\w][ \t\r\n]*+,[ \t\r\n]*+(?=\{)|[\r\n][ \t]*+(?=\{)")

#: The first key of an object: elements of one array begin with the same one, nested objects with another.
FIRST_KEY = re.compile(r'\{[ \t\r\n]*+"((?:[^"\\]|\\.)*+)"')

#: Characters that may be looked at in vain for each one that was read, so that no file takes quadratic time; once they
#: are spent, only the next few are looked at.
FREE = 8 << 20
VAIN = 4
NEAR = 1_024

#: Places where the next element may begin that are looked at before the first one is taken.
TRIED = 64

#: Characters that no value begins with.
NO_VALUE = "}:;)"

BLANKED = str.maketrans("\r\n", "\t\t")

#: What ends a word that is no value: a mark of the array, or a line end.
JUNK = re.compile(r"[^,\[\]{}\r\n]*+")


@dataclass(slots=True)
class Faults:
    """What is wrong between elements. Places are lines of the file."""

    commas: Places = field(default_factory=Places)  # too many
    missing: Places = field(default_factory=Places)  # too few
    truncated: int | None = None
    behind: int | None = None  # where text follows the array
    documents: Places = field(default_factory=Places)  # values outside of any array
    arrays: Places = field(default_factory=Places)  # arrays behind the first one
    between: Places = field(default_factory=Places)  # text that is no element and no comma


class Elements:
    """One reading of one file; `faults` are whole once it has been read."""

    def __init__(self, window: Window, sink: BinaryIO, lines: LineFile) -> None:
        self.faults = Faults()
        self.count = 0
        self._window = window
        self._sink = sink
        self._lines = lines
        self._vain = 0
        self._read = 0

    def read(self) -> None:
        """Every document of the file: one array is as it should be."""
        window, arrays = self._window, 0
        while sign := window.skip_blanks():
            if sign == "[":
                arrays += 1
                if arrays > 1 or self.count:
                    self.faults.arrays.add(window.line_at(window.at))
                self._array()
            elif sign == "{":
                self.faults.documents.add(window.line_at(window.at))
                self._element()
            else:
                self._behind()

    def _behind(self) -> None:
        """Text that is no document; another one may follow."""
        if self.faults.behind is None:
            self.faults.behind = self._window.line_at(self._window.at)
        self._skip_junk()

    def _array(self) -> None:
        """From one bracket to the other, or to the end of the file."""
        window, before = self._window, "["
        window.at += 1
        while sign := window.skip_blanks():
            line = window.line_at(window.at)
            if sign in ",]":
                if before != "value" and not (before == "[" and sign == "]"):
                    self.faults.commas.add(line)
                window.at += 1
                before = sign
                if sign == "]":
                    return
            elif sign in NO_VALUE or (before == "value" and sign not in '{["'):
                self.faults.between.add(line)
                self._skip_junk()
            else:
                if before == "value":
                    self.faults.missing.add(line)
                self._element()
                before = "value"
        self.faults.truncated = window.line_at(window.at)

    def _element(self) -> None:
        """One value, or what stands in its place."""
        window, start = self._window, self._window.at
        self._lines.add(window.line_at(start))
        self.count += 1
        try:
            _, end = window.value(start)
        except Broken as broken:
            if broken.goes_on:
                self._write(window.text[start : start + LONGEST + 1])
                window.skip_value()
                return
            end = self._end_of_broken(start)
        self._write(window.text[start : min(end, start + LONGEST + 1)])
        self._read += end - start
        window.at = end

    def _write(self, text: str) -> None:
        line = text.strip(" \t\r\n,").translate(BLANKED).encode("utf-8", "surrogateescape")
        self._sink.write((line or b"?") + b"\n")

    def _end_of_broken(self, start: int) -> int:
        """Where the text goes on behind what is no value: at its own bracket, or where the next element begins."""
        window = self._window
        if window.text[start] not in '{["':
            return max(self._junk_end(start), start + 1)
        reach = LONGEST if self._vain <= FREE + VAIN * self._read else NEAR
        closed, looked = window.balanced_end(start, reach)
        if closed is not None and window.next_sign(closed) in ("", ",", "]", "{"):
            return closed
        self._vain += looked - start
        found = self._next(start, start + reach)
        self._vain += (found or min(start + reach, len(window.text))) - start
        return found or closed or min(start + reach, len(window.text))

    def _next(self, start: int, until: int) -> int | None:
        """The first place where an object begins with the same key as this one; else one that can be read; else any."""
        text, places = self._window.text, list(islice(self._places(start, until), TRIED))
        key = FIRST_KEY.match(text, start)
        same = (at for at in places if key and (other := FIRST_KEY.match(text, at)) and other[1] == key[1])
        whole = (at for at in places if self._is_element(at))
        return next(same, None) or next(whole, None) or next(iter(places), None)

    def _is_element(self, at: int) -> bool:
        try:
            value, end = self._window.value(at)
        except Broken as broken:
            self._vain += broken.at - at + 1
            return False
        return isinstance(value, dict) and self._window.next_sign(end) in ("", ",", "]")

    def _places(self, start: int, until: int) -> Iterator[int]:
        """Where elements may begin; in an indented text, as far from the margin as the broken one."""
        text = self._window.text
        head = max(text.rfind("\n", max(0, start - NEAR), start), text.rfind("\r", max(0, start - NEAR), start)) + 1
        margin = text[head:start]
        if head and not margin.strip(" \t"):
            same = re.compile(rf"[\r\n]{re.escape(margin)}(?=\{{)")
            found = same.search(text, start + 1, until)
            if found is not None:
                yield found.end()
        yield from (found.end() for found in NEXT.finditer(text, start + 1, until))

    def _skip_junk(self) -> None:
        self._window.at = max(self._junk_end(self._window.at), self._window.at + 1)

    def _junk_end(self, at: int) -> int:
        found = JUNK.match(self._window.text, at)
        return found.end() if found is not None else at
