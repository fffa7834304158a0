"""Packed bytes and the ways to unpack them as a stream: gzip, zstd, bzip2 and xz, member after member.

Every way yields content piece by piece, in memory that does not follow its size, and ends in one of two ways: at the
end of a member, where the position is exactly behind it, or in `Broken`, which says what is wrong and at which byte.
"""

from __future__ import annotations

import bz2
import lzma
import re
import struct
import sys
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from fileproc.quality.reading.limits import CHUNK, LARGEST_WINDOW_LOG, LONGEST_GZIP_HEADER, PIECE, XZ_MEMORY

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

GZIP_MAGIC = b"\x1f\x8b"
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
BZIP2_MAGIC = re.compile(rb"BZh[1-9](1AY&SY|\x17rE8P\x90|.{0,5}\Z)", re.DOTALL)
XZ_MAGIC = b"\xfd7zXZ\0"
MAGIC_BYTES = 10

#: What the decompressors raise about their data.
UNPACKING_ERRORS = (zlib.error, lzma.LZMAError, zstd.ZstdError, OSError, EOFError, ValueError)


class Broken(Exception):
    """The wrapping is not whole: the code of the finding, what is wrong, and how it is mended."""

    def __init__(self, code: str, what: str, fix: str) -> None:
        super().__init__(what)
        self.code = code
        self.what = what
        self.fix = fix


class Packed:
    """Packed bytes between two places of a file, and the position among them."""

    def __init__(self, file: BinaryIO, start: int = 0, end: int | None = None) -> None:
        self._file = file
        self._end = file.seek(0, 2) if end is None else end
        self.position = file.seek(start)

    @property
    def left(self) -> int:
        return self._end - self.position

    def read(self, most: int) -> bytes:
        """The next bytes; fewer at the end only."""
        data = self._file.read(max(0, min(most, self.left)))
        self.position += len(data)
        return data

    def peek(self, most: int) -> bytes:
        """The next bytes, which stay the next ones."""
        data = self.read(most)
        self.back(len(data))
        return data

    def back(self, count: int) -> None:
        """Bytes that were read and not needed."""
        self.position = self._file.seek(self.position - count)


class Decompressor(Protocol):
    """What the standard library's decompressors have in common."""

    @property
    def eof(self) -> bool: ...

    @property
    def needs_input(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


class Inflate:
    """Deflate without a wrapping, with the manners of the other decompressors."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(-zlib.MAX_WBITS)
        self._full = False

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def needs_input(self) -> bool:
        return not (self._full or self._inner.unconsumed_tail)

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        content = self._inner.decompress(self._inner.unconsumed_tail + data, max_length)
        self._full = len(content) == max_length
        return content


def stream(packed: Packed, called: str, decompressor: Decompressor) -> Iterator[bytes]:
    """One compressed stream. What is behind it is left where it is."""
    while not decompressor.eof:
        asked = decompressor.needs_input
        chunk = packed.read(PIECE) if asked else b""
        if asked and not chunk:
            raise truncated(called, packed.position)
        try:
            content = decompressor.decompress(chunk, CHUNK)
        except UNPACKING_ERRORS as error:
            raise _corrupt(called, packed.position - len(chunk), str(error)) from error
        yield content
    packed.back(len(decompressor.unused_data))


def truncated(called: str, position: int) -> Broken:
    """The bytes end before the data does."""
    return Broken(
        "truncated_archive",
        f"the {called} data breaks off at byte {position:,}",
        "the upload was cut short; send the whole file again",
    )


def _corrupt(called: str, position: int, why: str) -> Broken:
    what = f"the {called} data is corrupt in the {PIECE >> 10} KiB from byte {position:,} on ({why[:120]})"
    return Broken("corrupt_archive", what, "pack the file anew and send it again, as binary")


def wrong_checksum(called: str, position: int, what: str) -> Broken:
    """It could be unpacked, and is not what was packed."""
    return Broken(
        "archive_checksum",
        f"the {called} data is damaged: {what}, says byte {position:,}",
        "pack the file anew and send it again",
    )


def gzip_member(packed: Packed) -> Iterator[bytes]:
    """A header, deflate, and what the content's checksum and length must be."""
    _gzip_header(packed)
    checksum = length = 0
    for content in stream(packed, "gzip", Inflate()):
        checksum = zlib.crc32(content, checksum)
        length += len(content)
        yield content
    position = packed.position
    trailer = packed.read(8)
    if len(trailer) < 8:
        raise truncated("gzip", packed.position)
    said, said_length = struct.unpack("<II", trailer)
    if said != checksum:
        raise wrong_checksum("gzip", position, f"its checksum is {checksum:08x}, not {said:08x}")
    if said_length != length & 0xFFFFFFFF:
        raise wrong_checksum("gzip", position, f"it unpacks to {length:,} bytes, not {said_length:,}")


def _gzip_header(packed: Packed) -> None:
    start = packed.position
    fixed = packed.read(10)
    if len(fixed) < 10:
        raise truncated("gzip", packed.position)
    method, flags = fixed[2], fixed[3]
    if method != 8 or flags & 0xE0:
        raise _corrupt("gzip", start, "the header is not that of gzip")
    if flags & 4:
        _exactly(packed, int.from_bytes(_exactly(packed, 2), "little"))
    for flag in (8, 16):
        if flags & flag:
            _zero_ended(packed)
    if flags & 2:
        _header_checksum(packed, start)


def _header_checksum(packed: Packed, start: int) -> None:
    length = packed.position - start
    packed.back(length)
    expected = zlib.crc32(packed.read(length)) & 0xFFFF
    if int.from_bytes(_exactly(packed, 2), "little") != expected:
        raise _corrupt("gzip", start, "the header's checksum does not fit")


def _exactly(packed: Packed, count: int) -> bytes:
    data = packed.read(count)
    if len(data) < count:
        raise truncated("gzip", packed.position)
    return data


def _zero_ended(packed: Packed) -> None:
    """A name or a comment."""
    text = packed.peek(LONGEST_GZIP_HEADER)
    end = text.find(b"\0")
    if end < 0 and len(text) == LONGEST_GZIP_HEADER:
        raise _corrupt("gzip", packed.position, "the header does not end")
    if end < 0:
        raise truncated("gzip", packed.position + len(text))
    packed.read(end + 1)


def zstd_frame(packed: Packed) -> Iterator[bytes]:
    """A frame, or one that is to be skipped."""
    return stream(packed, "zstd", _zstd())


def bzip2_stream(packed: Packed) -> Iterator[bytes]:
    return stream(packed, "bzip2", bz2.BZ2Decompressor())


def xz_stream(packed: Packed) -> Iterator[bytes]:
    """A stream, and the zero bytes that may follow it in fours."""
    yield from stream(packed, "xz", lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=XZ_MEMORY))
    while packed.peek(4) == bytes(4):
        packed.read(4)


def _zstd() -> Decompressor:
    limit = {int(zstd.DecompressionParameter.window_log_max): LARGEST_WINDOW_LOG}
    return zstd.ZstdDecompressor(options=limit)


def is_zstd(head: bytes) -> bool:
    """A frame, or a skippable one: parallel packers begin with those."""
    return head.startswith(ZSTD_MAGIC) or (len(head) >= 4 and head[0] & 0xF0 == 0x50 and head[1:4] == b"\x2a\x4d\x18")


@dataclass(frozen=True, slots=True)
class Packing:
    """One kind of packing: how a member begins, and how one is unpacked."""

    begins: Callable[[bytes], bool]
    member: Callable[[Packed], Iterator[bytes]]


PACKINGS = {
    "gzip": Packing(lambda head: head.startswith(GZIP_MAGIC), gzip_member),
    "zstd": Packing(is_zstd, zstd_frame),
    "bzip2": Packing(lambda head: BZIP2_MAGIC.match(head) is not None, bzip2_stream),
    "xz": Packing(lambda head: head.startswith(XZ_MAGIC), xz_stream),
}


def members(packed: Packed, kind: str) -> Iterator[bytes]:
    """All members as one content, as `cat a.gz b.gz` means it; anything else behind the first is told."""
    packing = PACKINGS[kind]
    yield from packing.member(packed)
    while packed.left:
        if not packing.begins(packed.peek(MAGIC_BYTES)):
            raise _trailing(kind, packed)
        yield from packing.member(packed)


def _trailing(kind: str, packed: Packed) -> Broken:
    what = "zero bytes" if not packed.peek(PIECE).strip(b"\0") else f"bytes that are not {kind}"
    return Broken(
        "trailing",
        f"{packed.left:,} {what} follow the {kind} data, from byte {packed.position:,} on",
        "send the packed file alone",
    )
