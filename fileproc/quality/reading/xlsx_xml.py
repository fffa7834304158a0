"""XML of a workbook's parts, streamed: no entity, no document type, and never more of a part than a limit allows."""

from __future__ import annotations

import lzma
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self
from xml.parsers import expat

from fileproc.quality.reading.workbook import Damaged

CHUNK = 64 << 10

#: Parts that are read as a whole, and one that is streamed. A million rows of twenty columns are about 1 GiB.
LARGEST_SMALL_PART = 32 << 20
LARGEST_PART = 4 << 30

#: Unpacked bytes for each packed one, beyond the first MiB; sheets of empty cells pack well, bombs better.
HIGHEST_RATIO = 500
FREE = 1 << 20
MOST_PARTS = 20_000

#: What a zip raises for a part that is not whole.
UNPACKING = (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, ValueError, zlib.error, lzma.LZMAError)


class Package:
    """A zip with parts, by name."""

    def __init__(self, path: Path) -> None:
        try:
            self._zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError) as error:
            raise Damaged(f"the workbook is no whole zip: {str(error)[:100]}") from None
        self._names = {name.lower().lstrip("/"): name for name in self._zip.namelist()[:MOST_PARTS]}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._zip.close()

    def has(self, name: str) -> bool:
        return name.lower().lstrip("/") in self._names

    def chunks(self, name: str, *, most: int = LARGEST_PART) -> Iterator[bytes]:
        """The content of a part, piece by piece. Raises Damaged."""
        found = self._names.get(name.lower().lstrip("/"))
        if found is None:
            raise Damaged(f"the workbook has no part {name[:80]!r}")
        info, done = self._zip.getinfo(found), 0
        try:
            with self._zip.open(info) as part:
                while chunk := part.read(CHUNK):
                    done += len(chunk)
                    if done > most or (done > FREE and done > info.compress_size * HIGHEST_RATIO):
                        fix = "send real data; split a sheet that is this large into several files"
                        raise Damaged(f"{name[:80]} unpacks to far more than any data would", code="bomb", fix=fix)
                    yield chunk
        except RuntimeError:
            raise Damaged("the workbook is encrypted", code="encrypted", fix="save it without a password") from None
        except UNPACKING as error:
            raise Damaged(f"{name[:80]} cannot be unpacked: {str(error)[:100]}") from None


class Events:
    """What a part's reader wants to know; names are without their prefix."""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""

    def end(self, name: str) -> None:
        """It ends."""

    def text(self, data: str) -> None:
        """Text inside of one."""


def parse(package: Package, name: str, events: Events, *, most: int = LARGEST_PART) -> Iterator[None]:
    """Feed a part to a reader; a pause after each piece, in which it may hand over what it has. Raises Damaged."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = lambda tag, attributes: events.start(tag.rpartition(":")[2], attributes)
    parser.EndElementHandler = lambda tag: events.end(tag.rpartition(":")[2])
    parser.CharacterDataHandler = events.text
    parser.StartDoctypeDeclHandler = _refuse
    try:
        for chunk in package.chunks(name, most=most):
            parser.Parse(chunk, False)
            yield
        parser.Parse(b"", True)
        yield
    except expat.ExpatError as error:
        raise Damaged(f"{name[:80]} is no XML: {error}") from None


def read_small(package: Package, name: str, events: Events) -> None:
    """A part that is read as a whole."""
    for _ in parse(package, name, events, most=LARGEST_SMALL_PART):
        pass


def _refuse(*_: object) -> None:
    raise Damaged(
        "the workbook has a document type declaration, which no spreadsheet writes", code="hostile_xml",
        fix="save it with a spreadsheet program",
    )  # fmt: skip
