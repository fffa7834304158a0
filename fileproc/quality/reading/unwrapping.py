"""Taking off what a file is packed into: each layer into the job's folder, bounded, and held to its last byte."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from fileproc.quality.finding import Finding
from fileproc.quality.reading.limits import FREE_BYTES, HIGHEST_RATIO, LARGEST_UNPACKED, MOST_LAYERS
from fileproc.quality.reading.packed import MAGIC_BYTES, PACKINGS, Broken, Packed, members
from fileproc.quality.reading.signatures import BOMS
from fileproc.quality.reading.wrapping import Wrapping
from fileproc.quality.reading.zip_archive import END, LOCAL, read_directory, salvage, unzip
from fileproc.quality.reading.zip_member import choose, office_format

#: What leaves rows behind that were cut anywhere.
CUTS = frozenset({"truncated_archive", "corrupt_archive"})

#: The end of a cut text is looked for its last whole line.
TAIL = 1 << 20


def unwrap(path: Path, folder: Path) -> Wrapping:
    """Take off every layer. Raises OSError only for what the machine cannot do."""
    wrapping = Wrapping(path)
    size = path.stat().st_size
    while not wrapping.unreadable and (kind := packing_of(wrapping)) is not None:
        wrapping.kinds.append(kind)
        if len(wrapping.kinds) == 2:
            wrapping.findings.append(_twice(wrapping.kinds))
        if len(wrapping.kinds) > MOST_LAYERS:
            wrapping.unreadable = True
        else:
            _take_off(wrapping, kind, size, folder)
    return wrapping


def packing_of(wrapping: Wrapping) -> str | None:
    """How the content is packed. Workbooks are zips, too, but not as a packing."""
    with wrapping.path.open("rb") as file:
        head = file.read(MAGIC_BYTES)
        if head.startswith((LOCAL, END)):
            wrapping.office = office_format(file)
            return None if wrapping.office else "zip"
    return next((kind for kind, packing in PACKINGS.items() if packing.begins(head)), None)


def _take_off(wrapping: Wrapping, kind: str, size: int, folder: Path) -> None:
    """Unpack one layer; what was readable before a fault is kept."""
    layer, target = wrapping.path, folder / secrets.token_hex(8)
    with layer.open("rb") as source, target.open("xb") as sink:
        try:
            for content in _bounded(_content(wrapping, kind, source), source, kind, size):
                sink.write(content)
        except Broken as broken:
            _tell(wrapping, broken)
        empty = sink.tell() == 0
    if empty and not wrapping.findings:
        wrapping.findings.append(_nothing_inside(kind))
    wrapping.unreadable |= empty
    wrapping.path = target
    if len(wrapping.kinds) > 1:
        layer.unlink()
    if wrapping.cut:
        _end_with_a_line(target)


def _tell(wrapping: Wrapping, broken: Broken) -> None:
    wrapping.complete = False
    wrapping.cut |= broken.code in CUTS
    wrapping.unreadable |= broken.code == "bomb"
    wrapping.findings.append(Finding.container(broken.code, broken.what, broken.fix))


def _content(wrapping: Wrapping, kind: str, source: BinaryIO) -> Iterator[bytes]:
    if kind != "zip":
        return members(Packed(source), kind)
    try:
        directory = read_directory(source)
    except Broken as broken:
        if broken.code in CUTS:
            return salvage(source, broken)
        raise
    chosen = choose(source, directory)
    wrapping.findings += chosen.findings
    if chosen.member is None:
        wrapping.complete = False
        return iter(())
    wrapping.member = chosen.member.name
    return unzip(source, chosen.member)


def _bounded(content: Iterable[bytes], source: BinaryIO, kind: str, size: int) -> Iterator[bytes]:
    """Content, as long as there is not far more of it than any data gives. Raises Broken.

    A layer within counts against the whole file's `size`, so that packing twice does not square what is allowed.
    """
    written = 0
    for piece in content:
        written += len(piece)
        consumed = max(1, min(source.tell(), size))
        if written > LARGEST_UNPACKED or (written > FREE_BYTES and written > consumed * HIGHEST_RATIO[kind]):
            what = f"{consumed:,} bytes unpack to more than {written:,}, far more than any data would"
            raise Broken("bomb", what, "send real data, a large file in parts")
        yield piece


def _end_with_a_line(path: Path) -> None:
    """Content that was cut anywhere ends behind its last whole line: half a row is no row."""
    with path.open("rb+") as file:
        mark = _newline(file.read(4))
        size = file.seek(0, 2)
        start = max(0, size - TAIL) // len(mark) * len(mark)
        file.seek(start)
        tail = file.read()
        place = tail.rfind(mark)
        while place > 0 and place % len(mark):
            place = tail.rfind(mark, 0, place)
        if place >= 0:
            file.truncate(start + place + len(mark))


def _newline(head: bytes) -> bytes:
    """How a line ends in the encoding that the text announces."""
    encoding = next((name for mark, name in BOMS if head.startswith(mark)), "utf-8")
    little = head[:1] == b"\xff"
    if encoding in ("utf-16", "utf-32"):
        encoding += "-le" if little else "-be"
    return "\n".encode(encoding.removesuffix("-sig"))


def _twice(kinds: list[str]) -> Finding:
    return Finding.container("packed_twice", f"the file is packed twice: {kinds[1]} within {kinds[0]}", "pack it once")


def _nothing_inside(kind: str) -> Finding:
    return Finding.container(
        "nothing_inside", f"the {kind} data has no bytes inside", "send it again; an empty export still has its header"
    )
