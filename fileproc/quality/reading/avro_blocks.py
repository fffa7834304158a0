"""Avro object container files: a header, then blocks that each end with the same sixteen bytes.

The walk is our own, so that a block that is damaged costs itself: the next one is found by its sync marker, and every
finding has a byte offset. Sizes are believed only as far as the file and the limits go.
"""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import cramjam
import zstandard

MAGIC = b"Obj\x01"
SYNC = 16

#: Writers make blocks of about 64 KiB; one is held in memory as a whole.
LARGEST_BLOCK = 16 << 20
LARGEST_HEADER = 4 << 20
CHUNK = 1 << 20

CODECS = ("null", "deflate", "snappy", "zstandard", "bzip2", "xz")


class Damaged(Exception):
    """What is wrong, in words."""


@dataclass(frozen=True, slots=True)
class Block:
    """One block: where it begins, how many records it says that it has, and its data or what is wrong with it."""

    number: int
    offset: int
    count: int
    data: bytes
    trouble: str | None = None
    is_cut: bool = False


class Blocks:
    """A file's header, and its blocks when asked. Raises Damaged for a header that cannot be read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._size = path.stat().st_size
        with path.open("rb") as file:
            self.meta = _meta(file)
            self._sync = file.read(SYNC)
            self._first = file.tell()
        if len(self._sync) < SYNC:
            raise Damaged("the file breaks off within its header")

    @property
    def codec(self) -> str:
        return self.meta.get("avro.codec", b"null").decode("utf-8", "replace")

    def __iter__(self) -> Iterator[Block]:
        with self._path.open("rb") as file:
            file.seek(self._first)
            number = 0
            while (offset := file.tell()) < self._size:
                number += 1
                block = self._block(file, number, offset)
                yield block
                if block.trouble is not None and not self._is_block(file) and not self._to_next(file, offset):
                    return

    def _is_block(self, file: BinaryIO) -> bool:
        """Whether a whole block begins here: then only the marker of the one before is damaged."""
        here = file.tell()
        try:
            count, size = _long(file), _long(file)
            if count < 0 or not 0 <= size <= self._size - file.tell() - SYNC:
                return False
            file.seek(size, 1)
            return file.read(SYNC) == self._sync
        except (EOFError, Damaged):
            return False
        finally:
            file.seek(here)

    def _block(self, file: BinaryIO, number: int, offset: int) -> Block:
        count = 0
        if self._size - offset <= SYNC:
            return Block(number, offset, 0, b"", "it is too short for a block", is_cut=True)
        try:
            count, size = _long(file), _long(file)
            if not 0 <= count <= max(1, size) * 1_000_000 or size < 0:
                return Block(number, offset, 0, b"", "its counts make no sense")
            if size + SYNC > self._size - file.tell():
                return Block(number, offset, count, b"", "the file breaks off within it", is_cut=True)
            if size > LARGEST_BLOCK:
                return Block(number, offset, count, b"", f"it is larger than {LARGEST_BLOCK >> 20} MiB")
            data = file.read(size)
            if file.read(SYNC) != self._sync:
                return Block(number, offset, count, b"", "its sync marker is missing")
            return Block(number, offset, count, unpacked(data, self.codec))
        except EOFError:
            return Block(number, offset, count, b"", "the file breaks off within it", is_cut=True)
        except Damaged as damaged:
            return Block(number, offset, count, b"", str(damaged))

    def _to_next(self, file: BinaryIO, offset: int) -> bool:
        """Go behind the next sync marker, wherever the damaged block ends."""
        file.seek(offset)
        held = b""
        while chunk := file.read(CHUNK):
            held += chunk
            found = held.find(self._sync)
            if found >= 0:
                file.seek(file.tell() - len(held) + found + SYNC)
                return True
            held = held[-SYNC:]
        return False


def _meta(file: BinaryIO) -> dict[str, bytes]:
    if file.read(len(MAGIC)) != MAGIC:
        raise Damaged("the file does not begin as Avro")
    found: dict[str, bytes] = {}
    try:
        while count := _long(file):
            if count < 0:
                count, _ = -count, _long(file)
            for _ in range(count):
                key = _bytes(file).decode("utf-8", "replace")
                found[key] = _bytes(file)
                if file.tell() > LARGEST_HEADER:
                    raise Damaged(f"the header is larger than {LARGEST_HEADER >> 20} MiB")
    except EOFError:
        raise Damaged("the file breaks off within its header") from None
    return found


def _bytes(file: BinaryIO) -> bytes:
    size = _long(file)
    if not 0 <= size <= LARGEST_HEADER:
        raise Damaged("the header makes no sense")
    data = file.read(size)
    if len(data) < size:
        raise EOFError
    return data


def _long(file: BinaryIO) -> int:
    """A number of variable length, zig-zag."""
    value = shift = 0
    while shift < 64:
        byte = file.read(1)
        if not byte:
            raise EOFError
        value |= (byte[0] & 0x7F) << shift
        if byte[0] < 0x80:
            return (value >> 1) ^ -(value & 1)
        shift += 7
    raise Damaged("it has a number that never ends")


def unpacked(data: bytes, codec: str) -> bytes:
    """The content of a block, never more than a block may be. Raises Damaged."""
    try:
        found: bytes = _UNPACK[codec](data)
    except (zlib.error, OSError, EOFError, ValueError, lzma.LZMAError, zstandard.ZstdError, cramjam.DecompressionError):
        raise Damaged(f"its {codec} data is corrupt") from None
    if len(found) > LARGEST_BLOCK:
        raise Damaged(f"it unpacks to more than {LARGEST_BLOCK >> 20} MiB")
    return found


def _deflate(data: bytes) -> bytes:
    unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
    found = unpacker.decompress(data, LARGEST_BLOCK + 1)
    if not unpacker.eof and len(found) <= LARGEST_BLOCK:
        raise EOFError
    return found


def _snappy(data: bytes) -> bytes:
    """Snappy, and the checksum of its content in the last four bytes."""
    body, checksum = data[:-4], data[-4:]
    size = _length(body)
    if size > LARGEST_BLOCK:
        raise Damaged(f"it unpacks to more than {LARGEST_BLOCK >> 20} MiB")
    found = bytes(cramjam.snappy.decompress_raw(body))
    if zlib.crc32(found).to_bytes(4, "big") != checksum:
        raise Damaged("the checksum of its content is wrong")
    return found


def _length(data: bytes) -> int:
    size = 0
    for place, byte in enumerate(data[:5]):
        size |= (byte & 0x7F) << 7 * place
        if byte < 0x80:
            return size
    raise ValueError("no length")


def _zstandard(data: bytes) -> bytes:
    with zstandard.ZstdDecompressor(max_window_size=32 << 20).stream_reader(BytesIO(data)) as reader:
        return bytes(reader.read(LARGEST_BLOCK + 1))


def _bzip2(data: bytes) -> bytes:
    unpacker = bz2.BZ2Decompressor()
    found = unpacker.decompress(data, LARGEST_BLOCK + 1)
    if not unpacker.eof and len(found) <= LARGEST_BLOCK:
        raise EOFError
    return found


def _xz(data: bytes) -> bytes:
    unpacker = lzma.LZMADecompressor(memlimit=128 << 20)
    found = unpacker.decompress(data, LARGEST_BLOCK + 1)
    if not unpacker.eof and len(found) <= LARGEST_BLOCK:
        raise EOFError
    return found


_UNPACK = {
    "null": lambda data: data, "deflate": _deflate, "snappy": _snappy, "zstandard": _zstandard, "bzip2": _bzip2,
    "xz": _xz,
}  # fmt: skip
