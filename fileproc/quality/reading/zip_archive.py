"""A zip archive's directory, read with suspicion: what it says is held against what lies in the file.

A zip says everything twice, in front of each member and in the directory at the end. Two programs that believe
different copies see different data, so a difference is told. So are bytes that belong to nobody.
"""

from __future__ import annotations

import contextlib
import stat
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from fileproc.quality.reading.limits import CHUNK, LARGEST_DIRECTORY, MOST_MEMBERS
from fileproc.quality.reading.packed import (
    Broken,
    Inflate,
    Packed,
    bzip2_stream,
    stream,
    truncated,
    wrong_checksum,
    xz_stream,
    zstd_frame,
)

LOCAL = b"PK\x03\x04"
ENTRY = b"PK\x01\x02"
END = b"PK\x05\x06"
END64 = b"PK\x06\x06"
LOCATOR64 = b"PK\x06\x07"
DESCRIPTOR = b"PK\x07\x08"

END_SIZE = 22
LONGEST_COMMENT = 65_535
NO_32 = 0xFFFFFFFF
NO_16 = 0xFFFF

ENCRYPTED = 0x41  # the member, or its entry
DESCRIBED = 0x08  # sizes stand behind the data
UTF8 = 0x800

METHODS = {
    1: "Shrink", 6: "Implode", 9: "Deflate64", 14: "LZMA", 96: "JPEG", 97: "WavPack", 98: "PPMd", 99: "AES encryption",
}  # fmt: skip
STORED, DEFLATED = 0, 8
STREAMS = {12: bzip2_stream, 93: zstd_frame, 95: xz_stream}
READ_METHODS = {STORED, DEFLATED, *STREAMS}


@dataclass(frozen=True, slots=True)
class Member:
    """One entry of the directory."""

    name: str
    method: int
    flags: int
    checksum: int
    packed: int
    size: int
    offset: int
    mode: int = 0

    @property
    def is_encrypted(self) -> bool:
        return bool(self.flags & ENCRYPTED) or self.method == 99

    @property
    def is_link(self) -> bool:
        return stat.S_ISLNK(self.mode)

    @property
    def method_name(self) -> str:
        return METHODS.get(self.method, f"number {self.method}")


@dataclass(frozen=True, slots=True)
class Directory:
    """What the archive says it holds, and where the directory begins: everything before it is members."""

    members: list[Member]
    start: int


def read_directory(file: BinaryIO) -> Directory:
    """The directory of an archive that ends where it says. Raises Broken."""
    size = file.seek(0, 2)
    end, record = _end_record(file, size)
    disk, start_disk, here, count, length, start = struct.unpack_from("<HHHHII", record, 4)
    before = end
    if NO_16 in (disk, start_disk, here, count) or NO_32 in (length, start):
        before, count, length, start = _end_record64(file, end)
    elif disk or start_disk or here != count:
        raise Broken("unsupported_archive", "the zip archive is split over several files", "send one whole archive")
    if count > MOST_MEMBERS or length > LARGEST_DIRECTORY:
        what = f"the zip archive says it has {count:,} members in a directory of {length:,} bytes"
        raise Broken("too_many_members", what, "send one data file in an archive")
    if start + length != before:
        raise _mismatch(f"its directory should be at byte {start:,} and is at {before - length:,}")
    return Directory(list(_entries(file, start, length, count)), start)


def _end_record(file: BinaryIO, size: int) -> tuple[int, bytes]:
    """Where the last record is; behind it is its comment and nothing else."""
    first = max(0, size - END_SIZE - LONGEST_COMMENT)
    file.seek(first)
    tail = file.read()
    place = tail.rfind(END)
    while place > 0 and first + place + END_SIZE + _comment(tail, place) != size:
        earlier = tail.rfind(END, 0, place)
        if earlier < 0:
            break
        place = earlier
    if place < 0:
        raise truncated("zip", size)
    ends = first + place + END_SIZE + _comment(tail, place)
    if ends > size or len(tail) - place < END_SIZE:
        raise truncated("zip", size)
    if ends < size:
        what = f"{size - ends:,} bytes that are not zip follow the zip data, from byte {ends:,} on"
        raise Broken("trailing", what, "send the packed file alone")
    return first + place, tail[place : place + END_SIZE]


def _comment(tail: bytes, place: int) -> int:
    return int.from_bytes(tail[place + 20 : place + 22], "little")


def _end_record64(file: BinaryIO, end: int) -> tuple[int, int, int, int]:
    """(place, members, length and start of the directory) of an archive beyond 4 GiB."""
    locator = _at(file, end - 20, 20)
    if not locator.startswith(LOCATOR64):
        raise _mismatch("the record of a large archive is missing")
    place = struct.unpack_from("<Q", locator, 8)[0]
    record = _at(file, place, 56)
    if not record.startswith(END64) or place + 12 + struct.unpack_from("<Q", record, 4)[0] != end - 20:
        raise _mismatch(f"there is no record of a large archive at byte {place:,}")
    count, length, start = struct.unpack_from("<QQQ", record, 32)
    return place, count, length, start


def _entries(file: BinaryIO, start: int, length: int, count: int) -> Iterator[Member]:
    raw = _at(file, start, length)
    place = 0
    for number in range(count):
        if raw[place : place + 4] != ENTRY or len(raw) - place < 46:
            raise _mismatch(f"entry {number + 1:,} of its directory is not where it should be")
        yield _entry(raw, place)
        place += 46 + sum(struct.unpack_from("<HHH", raw, place + 28))
    if place != len(raw):
        raise _mismatch(f"its directory has {len(raw) - place:,} bytes too many")


def _entry(raw: bytes, place: int) -> Member:
    flags, method = struct.unpack_from("<HH", raw, place + 8)
    checksum, packed, size, name_length, extra_length = struct.unpack_from("<IIIHH", raw, place + 16)
    attributes, offset = struct.unpack_from("<II", raw, place + 38)
    name = raw[place + 46 : place + 46 + name_length]
    extra = raw[place + 46 + name_length : place + 46 + name_length + extra_length]
    size, packed, offset = _large(extra, size, packed, offset)
    mode = attributes >> 16 if raw[place + 5] == 3 else 0
    return Member(_name(name, flags), method, flags, checksum, packed, size, offset, mode)


def _large(extra: bytes, *values: int) -> list[int]:
    """Numbers beyond 32 bits stand in an extra field, in this order, only those that need it."""
    found = list(values)
    field = _extra_field(extra, 1)
    place = 0
    for number, value in enumerate(found):
        if value == NO_32 and len(field) >= place + 8:
            found[number] = int.from_bytes(field[place : place + 8], "little")
            place += 8
    return found


def _extra_field(extra: bytes, wanted: int) -> bytes:
    place = 0
    while place + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, place)
        if kind == wanted:
            return extra[place + 4 : place + 4 + length]
        place += 4 + length
    return b""


def _name(raw: bytes, flags: int) -> str:
    return raw.decode("utf-8" if flags & UTF8 else "cp437", "replace")


def _at(file: BinaryIO, place: int, length: int) -> bytes:
    if place < 0:
        raise _mismatch("its directory points before its beginning")
    file.seek(place)
    data = file.read(length)
    if len(data) < length:
        raise truncated("zip", place + len(data))
    return data


def _mismatch(what: str) -> Broken:
    return Broken("zip_mismatch", f"the zip archive contradicts itself: {what}", "pack the file anew and send it again")


def hold_members(file: BinaryIO, directory: Directory) -> None:
    """Each member must be where the directory says, say the same of itself, and touch the next. Raises Broken."""
    place = 0
    for member in sorted(directory.members, key=lambda one: one.offset):
        if member.offset != place:
            what = "overlap" if member.offset < place else "belong to no member"
            raise _mismatch(f"the bytes between {place:,} and {member.offset:,} {what}")
        place = _data_start(file, member) + member.packed
        place += _descriptor(file, member, place)
    if place != directory.start:
        raise _mismatch(f"the bytes between {place:,} and {directory.start:,} belong to no member")


def _data_start(file: BinaryIO, member: Member) -> int:
    """Where a member's data begins, after its own header said the same as the directory."""
    shown = repr(member.name[:80])
    raw = _at(file, member.offset, 30)
    if not raw.startswith(LOCAL):
        raise _mismatch(f"there is no member {shown} at byte {member.offset:,}")
    flags, method = struct.unpack_from("<HH", raw, 6)
    checksum, packed, size = struct.unpack_from("<III", raw, 14)
    name_length, extra_length = raw[26] + raw[27] * 256, raw[28] + raw[29] * 256
    behind = _at(file, member.offset + 30, name_length + extra_length)
    name = _name(behind[:name_length], flags)
    if name != member.name:
        raise _mismatch(f"the member {shown} calls itself {name[:80]!r}")
    if (method, flags & (ENCRYPTED | DESCRIBED)) != (member.method, member.flags & (ENCRYPTED | DESCRIBED)):
        raise _mismatch(f"the member {shown} says it is packed in another way than the directory says")
    size, packed = _large(behind[name_length:], size, packed)
    pairs = ((checksum, member.checksum), (packed, member.packed), (size, member.size))
    if any(said != agreed and (said or not flags & DESCRIBED) for said, agreed in pairs):
        raise _mismatch(f"the member {shown} has another size or checksum than the directory says")
    return member.offset + 30 + name_length + extra_length


def _descriptor(file: BinaryIO, member: Member, place: int) -> int:
    """How long the sizes behind the data are: with or without a mark, of 4 or 8 bytes each."""
    if not member.flags & DESCRIBED:
        return 0
    file.seek(place)
    raw = file.read(24)
    said = (member.checksum, member.packed, member.size)
    for mark, form in ((DESCRIPTOR, "<III"), (DESCRIPTOR, "<IQQ"), (b"", "<III"), (b"", "<IQQ")):
        length = len(mark) + struct.calcsize(form)
        if raw[:length].startswith(mark) and len(raw) >= length and struct.unpack_from(form, raw, len(mark)) == said:
            return length
    raise _mismatch(f"what stands behind the member {member.name[:80]!r} is not its size, at byte {place:,}")


def salvage(file: BinaryIO, broken: Broken) -> Iterator[bytes]:
    """What the first member still has, of an archive whose end is missing; then raises `broken`."""
    raw = _at(file, 0, 30)
    flags, method = struct.unpack_from("<HH", raw, 6)
    start = 30 + raw[26] + raw[27] * 256 + raw[28] + raw[29] * 256
    if raw.startswith(LOCAL) and method in READ_METHODS and not flags & ENCRYPTED:
        described, end = flags & DESCRIBED, start + struct.unpack_from("<I", raw, 18)[0]
        size = file.seek(0, 2)
        packed = Packed(file, min(start, size), size if described else min(end, size))
        with contextlib.suppress(Broken):
            yield from _content(packed, method)
    raise broken


def unzip(file: BinaryIO, member: Member) -> Iterator[bytes]:
    """The content of one member, to its last byte. Raises Broken."""
    start = _data_start(file, member)
    packed = Packed(file, start, start + member.packed)
    checksum = length = 0
    for content in _content(packed, member.method):
        checksum = zlib.crc32(content, checksum)
        length += len(content)
        yield content
    if packed.left:
        raise _mismatch(f"{packed.left:,} bytes follow the data of the member {member.name[:80]!r}")
    if length != member.size:
        raise _mismatch(f"the member {member.name[:80]!r} unpacks to {length:,} bytes, not {member.size:,}")
    if checksum != member.checksum:
        raise wrong_checksum("zip", start, f"its checksum is {checksum:08x}, not {member.checksum:08x}")


def _content(packed: Packed, method: int) -> Iterator[bytes]:
    if method == STORED:
        while content := packed.read(CHUNK):
            yield content
        if packed.left:
            raise truncated("zip", packed.position)
    elif method == DEFLATED:
        yield from stream(packed, "zip", Inflate())
    else:
        yield from STREAMS[method](packed)
