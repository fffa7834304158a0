"""Raw lines: every line of a text as the bytes that it is in the file, whatever the encoding and the line ends."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO

from fileproc.quality.reading.survey import LONGEST_LINE

CHUNK = 1 << 20

#: Encodings whose characters are units of several bytes: name → (bytes a unit, the codec without a byte order mark).
WIDE = {
    "utf-16": (2, ""), "utf-16-le": (2, "utf-16-le"), "utf-16-be": (2, "utf-16-be"),
    "utf-32": (4, ""), "utf-32-le": (4, "utf-32-le"), "utf-32-be": (4, "utf-32-be"),
}  # fmt: skip

MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (codecs.BOM_UTF8, "utf-8"),
)


@dataclass(frozen=True, slots=True)
class Coding:
    """How characters are written: `codec` writes without a mark, `unit` is how many bytes the smallest one takes."""

    codec: str
    unit: int
    mark: bytes
    is_copied: bool = False  # the reader worked on a copy in UTF-8, where bytes that are no text had become signs

    @property
    def is_utf8(self) -> bool:
        return self.codec in ("utf-8", "ascii")

    def encode(self, text: str) -> bytes:
        """A text of ours; what the encoding does not have is written as an escape."""
        return text.encode(self.codec, "backslashreplace")


def coding_of(path: Path, encoding: str | None) -> Coding:
    """The coding of a file that was read in an encoding."""
    with path.open("rb") as file:
        start = file.read(4)
    name = codecs.lookup(encoding or "utf-8").name
    wanted = "utf-8" if name == "utf-8-sig" else name
    unit, codec = WIDE.get(wanted, (1, wanted))
    mark, marked = next(((m, c) for m, c in MARKS if start.startswith(m) and c.startswith(wanted)), (b"", ""))
    return Coding(marked or codec or f"{wanted}-le", unit, mark, name not in ("utf-8", "ascii"))


@dataclass(frozen=True, slots=True)
class Line:
    """`raw` is what stands in the file, its end included; `is_cut` is one that is too long to be held."""

    raw: bytes
    number: int
    is_cut: bool = False


Splitter = Callable[[BinaryIO, Coding], Iterator[bytes]]


def raw_lines(path: Path, coding: Coding, *, cr_ends: bool = True, end: str = "") -> Iterator[Line]:
    """Every line in order. A CR of its own ends a line; without `cr_ends` only where no line ends with LF.

    With an `end` of another kind lines are what it ends, and their numbers are those of such lines.
    """
    split: Splitter = _plain
    cr_ends = cr_ends or not _has(path, coding.encode("\n"))
    if coding.unit > 1:
        split = _wide if cr_ends else _wide_lf
    elif cr_ends and _has_lone_cr(path):
        split = _universal
    if end:
        split = partial(_of_end, coding.encode(end))
    number = 1
    with path.open("rb") as file:
        for raw in split(file, coding):
            longest = LONGEST_LINE * coding.unit
            yield Line(raw[:longest], number, len(raw) > longest)
            number += 1


def _has(path: Path, wanted: bytes) -> bool:
    with path.open("rb") as file:
        held = b""
        while chunk := file.read(CHUNK):
            if wanted in held + chunk:
                return True
            held = chunk[-len(wanted) :]
    return False


def _has_lone_cr(path: Path) -> bool:
    held = b""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            if b"\r" in chunk or held:
                block = held + chunk
                held = b"\r" if block.endswith(b"\r") else b""
                block = block[: len(block) - len(held)]
                if block.count(b"\r") != block.count(b"\r\n"):
                    return True
    return bool(held)


def _plain(file: BinaryIO, coding: Coding) -> Iterator[bytes]:
    """A unit is a byte, and a line ends with LF: the file's own reading does it."""
    del coding
    while raw := file.readline(LONGEST_LINE + 2):
        if len(raw) > LONGEST_LINE and not raw.endswith(b"\n"):
            _skip_line(file)
        yield raw


def _skip_line(file: BinaryIO) -> None:
    while rest := file.readline(CHUNK):
        if rest.endswith(b"\n"):
            return


def _universal(file: BinaryIO, coding: Coding) -> Iterator[bytes]:
    return _cut(file, re.compile(rb"[^\r\n]*+(?:\r\n|\n|\r)"), b"\r", coding.unit)


def _wide(file: BinaryIO, coding: Coding) -> Iterator[bytes]:
    cr, lf = (text.encode(coding.codec) for text in "\r\n")
    line = rb"(?:.{%d})*?(?:%s(?:%s)?|%s)" % (coding.unit, re.escape(cr), re.escape(lf), re.escape(lf))
    return _cut(file, re.compile(line, re.DOTALL), cr, coding.unit)


def _wide_lf(file: BinaryIO, coding: Coding) -> Iterator[bytes]:
    lf = re.escape(coding.encode("\n"))
    return _cut(file, re.compile(rb"(?:.{%d})*?%s" % (coding.unit, lf), re.DOTALL), coding.encode("\r"), coding.unit)


def _of_end(end: bytes, file: BinaryIO, coding: Coding) -> Iterator[bytes]:
    unit = b".{%d}" % coding.unit
    return _cut(file, re.compile(rb"(?>(?:(?!%s)%s)*)%s" % (re.escape(end), unit, re.escape(end)), re.DOTALL), b"", 1)


def _cut(file: BinaryIO, line: re.Pattern[bytes], cr: bytes, unit: int) -> Iterator[bytes]:
    """Lines of any line ends; of one that is too long, so much that it shows."""
    held, longest, skipping = b"", LONGEST_LINE * unit, False
    while chunk := file.read(CHUNK):
        held += chunk
        at = 0
        while (found := line.match(held, at)) is not None:
            if cr and found.end() == len(held) and held.endswith(cr):
                break  # the other half of the line end may follow
            if not skipping:
                yield found[0]
            at, skipping = found.end(), False
        held = held[at:]
        if len(held) > longest + 4 * unit:
            if not skipping:
                yield held
            held, skipping = held[len(held) - len(held) % unit - 2 * unit :], True
    yield from _last(held, line) if not skipping else ()


def _last(held: bytes, line: re.Pattern[bytes]) -> Iterator[bytes]:
    """What is left at the end of the file: a line end that was held back, or a line without one."""
    at = 0
    while (found := line.match(held, at)) is not None:
        yield found[0]
        at = found.end()
    if at < len(held):
        yield held[at:]
