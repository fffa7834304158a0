"""Parquet's pages, walked by us: sizes, counts and checksums, which the engine believes or does not look at.

Only headers are parsed; page bodies are read for their checksum alone, where the writer left one.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from fileproc.quality.reading.limits import CHUNK, HEADER, LARGEST_HEADER, LARGEST_PAGE
from fileproc.quality.reading.packed import Broken
from fileproc.quality.reading.parquet_footer import Chunk, corrupt, read_footer
from fileproc.quality.reading.thrift import STRUCT, Compact, NotThrift

#: Old writers count a dictionary's header not to the size of its chunk.
UNCOUNTED = 100

DATA, INDEX, DICTIONARY, DATA_V2 = range(4)


@dataclass(slots=True)
class Page:
    """A page's header, and where its body is."""

    type: int = -1
    size: int = -1
    unpacked: int = -1
    checksum: int | None = None
    values: int = 0
    encoding: int = 0
    place: int = 0
    body: int = 0
    level_bytes: tuple[int, int] | None = None  # definition, repetition: of the second version
    is_packed: bool = True

    @property
    def is_data(self) -> bool:
        return self.type in (DATA, DATA_V2)

    @property
    def end(self) -> int:
        return self.body + self.size


@dataclass(slots=True)
class Damage:
    """Pages that are not what was written: how many, and the first of them in words."""

    pages: int = 0
    first: str = ""


def verify(file: BinaryIO) -> Damage:
    """Look at every page of every column. Raises Broken where one is not where, or what, it should be."""
    footer = read_footer(file)
    damage = Damage()
    for chunk in footer.chunks():
        for page in pages(file, chunk, footer.start):
            if page.checksum is not None and (found := _checksum(file, page)) != page.checksum:
                damage.pages += 1
                what = f"its checksum is {found:08x}, not {page.checksum:08x}"
                damage.first = damage.first or f"{chunk.name}, the page at byte {page.place:,}: {what}"
    return damage


def pages(file: BinaryIO, chunk: Chunk, limit: int) -> Iterator[Page]:
    """The pages of a chunk, which must have as many values and bytes as the footer says. Raises Broken."""
    place, end, values = chunk.start, chunk.start + chunk.size, 0
    has_dictionary = False
    while values < chunk.values:
        if place >= end + (UNCOUNTED if has_dictionary else 0):
            raise corrupt(f"{chunk.name}, ends after {values:,} of {chunk.values:,} values", place)
        page = _header(file, chunk, place, limit)
        has_dictionary |= page.type == DICTIONARY
        values += page.values if page.is_data else 0
        yield page
        place = page.end
    if values > chunk.values:
        raise corrupt(f"{chunk.name}, has {values:,} values, the footer says {chunk.values:,}", place)
    if chunk.values and (place < end or place > end + (UNCOUNTED if has_dictionary else 0)):
        raise corrupt(f"{chunk.name}, has {place - chunk.start:,} bytes, the footer says {chunk.size:,}", place)


def _header(file: BinaryIO, chunk: Chunk, place: int, limit: int) -> Page:
    """The header at a place, and its body within the chunk."""
    length = HEADER
    while True:
        file.seek(place)
        data = file.read(min(length, limit - place))
        reader = Compact(data)
        try:
            page = _page(reader)
            break
        except NotThrift as error:
            if not error.at_end or len(data) < length or length >= LARGEST_HEADER:
                raise corrupt(f"{chunk.name}, has no page: {error}", place) from error
            length *= 16
    page.place, page.body = place, place + reader.place
    if page.size < 0 or page.unpacked < 0 or page.values < 0 or page.end > limit:
        raise corrupt(f"{chunk.name}, has a page of {page.size:,} bytes, which is more than there is", place)
    if max(page.size, page.unpacked) > LARGEST_PAGE:
        what = (
            f"{chunk.name}, has a page of {page.unpacked:,} bytes at byte {place:,}, at most {LARGEST_PAGE:,} are read"
        )
        raise Broken("page_too_large", f"the parquet file cannot be read: {what}", "write pages of about 1 MB")
    return page


def _page(reader: Compact) -> Page:
    page = Page()
    for number, type_ in reader.fields():
        if number == 1:
            page.type = reader.number(type_)
        elif number == 2:
            page.unpacked = reader.number(type_)
        elif number == 3:
            page.size = reader.number(type_)
        elif number == 4:
            page.checksum = reader.number(type_) & 0xFFFFFFFF
        elif number in (5, 7, 8) and type_ == STRUCT:
            _details(reader, page, is_second=number == 8)
        else:
            reader.skip(type_)
    if page.type not in (DATA, INDEX, DICTIONARY, DATA_V2):
        raise NotThrift(f"a page of the unknown type {page.type}")
    return page


def _details(reader: Compact, page: Page, *, is_second: bool) -> None:
    """Of data pages of both versions and of dictionaries."""
    levels = [0, 0]
    for number, type_ in reader.fields():
        if number == 1:
            page.values = reader.number(type_)
        elif number == (4 if is_second else 2):
            page.encoding = reader.number(type_)
        elif is_second and number in (5, 6):
            levels[number - 5] = reader.number(type_)
        elif is_second and number == 7:
            page.is_packed = bool(reader.value(type_))
        else:
            reader.skip(type_)
    if is_second:
        page.level_bytes = (levels[0], levels[1])


def _checksum(file: BinaryIO, page: Page) -> int:
    checksum, left = 0, page.size
    file.seek(page.body)
    while left and (data := file.read(min(left, CHUNK))):
        checksum = zlib.crc32(data, checksum)
        left -= len(data)
    return checksum
