"""Lines for the engine's reader: it drops, cuts or splits a few kinds of lines without a word, so it never sees them.

One quick pass over the bytes tells whether there are any; only then a copy is written, line for line, in which such a
line is a stand-in: a mark that is no JSON, and the beginning of what stood there.
"""

from __future__ import annotations

import codecs
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from fileproc.quality.reading.survey import LONGEST_LINE

CHUNK = 1 << 20

#: The reader's column separator; it cuts a line where it stands.
SEPARATOR = b"\x01"

#: What a stand-in begins with: a control character that no JSON has outside of strings.
NOT_UTF8 = "\x1f8"
TOO_LONG = "\x1f9"
MARKS = (NOT_UTF8, TOO_LONG)

#: A little less than the reader allows, for the line's own end.
LONGEST = LONGEST_LINE - 16

SHOWN = 200


@dataclass(frozen=True, slots=True)
class Lines:
    """A text that the reader splits into exactly so many lines."""

    path: Path
    count: int
    is_mixed: bool = False  # the file has several kinds of line ends


def clean_lines(path: Path, folder: Path) -> Lines:
    """The file itself, or a copy with the same lines."""
    seen = _look(path)
    if not seen.dirty:
        return Lines(path, seen.lines, seen.is_mixed)
    target = folder / secrets.token_hex(8)
    count = 0
    with path.open("rb") as source, target.open("xb") as sink:
        for line in _split(source, b"\n" if seen.has_lf else b"\r"):
            sink.write(_stand_in(line) + b"\n")
            count += 1
    return Lines(target, count, seen.is_mixed)


def first_bad_byte(path: Path) -> int | None:
    """The offset of the first byte that is no UTF-8."""
    decoder, offset = codecs.getincrementaldecoder("utf-8")(), 0
    with path.open("rb") as file:
        while True:
            chunk = file.read(CHUNK)
            held = len(decoder.getstate()[0])
            try:
                decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                return offset - held + error.start
            if not chunk:
                return None
            offset += len(chunk)


@dataclass(slots=True)
class _Seen:
    lines: int = 0
    has_lf: bool = False
    is_mixed: bool = False
    dirty: bool = False


def _look(path: Path) -> _Seen:
    seen, decoder, crs, crlfs, run = _Seen(), codecs.getincrementaldecoder("utf-8")(), 0, 0, 0
    held, end, lfs = b"", b"", 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            lfs += chunk.count(b"\n")
            if b"\r" in chunk or held:
                crs += chunk.count(b"\r")
                crlfs += (held + chunk).count(b"\r\n")
            held, end = (b"\r" if chunk.endswith(b"\r") else b""), chunk[-1:]
            run = _longest(seen, chunk, run)
            seen.dirty = seen.dirty or SEPARATOR in chunk or not _is_utf8(decoder, chunk)
    # The reader takes the first line's end for all: a CR before some line feeds, or alone, makes lines of its own.
    seen.is_mixed = 0 < crlfs < lfs or (crs > crlfs and lfs > 0)
    seen.dirty = seen.dirty or crs != crlfs or seen.is_mixed or run > LONGEST or bool(decoder.getstate()[0])
    seen.has_lf, seen.lines = lfs > 0, lfs + (1 if end not in (b"", b"\n") else 0)
    return seen


def _longest(seen: _Seen, chunk: bytes, run: int) -> int:
    """Notice a line that is too long; lines are shorter than chunks, or the chunk has no line end."""
    first = chunk.find(b"\n")
    if first < 0:
        return run + len(chunk)
    seen.dirty = seen.dirty or run + first > LONGEST
    return len(chunk) - chunk.rfind(b"\n") - 1


def _is_utf8(decoder: codecs.IncrementalDecoder, chunk: bytes) -> bool:
    if chunk.isascii() and not decoder.getstate()[0]:
        return True
    try:
        decoder.decode(chunk)
    except UnicodeDecodeError:
        decoder.reset()
        return False
    return True


def _split(source: BinaryIO, end: bytes) -> Iterator[bytes]:
    """Lines without their ends; of one that is too long, the beginning and the byte that makes it so."""
    held, cut = b"", False
    while chunk := source.read(CHUNK):
        pieces = (held + chunk).split(end) if not cut else chunk.split(end)
        if cut and len(pieces) > 1:
            yield held
            pieces, cut = pieces[1:], False
        elif cut:
            continue
        yield from pieces[:-1]
        held = pieces[-1]
        cut = len(held) > LONGEST
        held = held[: LONGEST + 1]
    if held:
        yield held


def _stand_in(line: bytes) -> bytes:
    """The line, where the reader takes it as it is. A stray CR or separator stays what it is to JSON."""
    if len(line) > LONGEST:
        return TOO_LONG.encode() + _shown(line)
    line = line.removesuffix(b"\r")
    if SEPARATOR in line or b"\r" in line:
        line = line.replace(SEPARATOR, b"\x02").replace(b"\r", b"\t")
    try:
        line.decode()
    except UnicodeDecodeError:
        return NOT_UTF8.encode() + _shown(line)
    return line


def _shown(line: bytes) -> bytes:
    text = line[:SHOWN].decode("utf-8", "replace")
    return text.translate({1: 2, 10: 9, 13: 9}).encode()
