"""The container: what the bytes are before anybody reads rows.

The name is only a hint; magic numbers decide. gzip is unpacked into the job's folder, bounded in size and ratio and
checked to its last byte. What this version cannot open is said plainly, and never passed.
"""

from __future__ import annotations

import codecs
import secrets
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from fileproc.quality.finding import Finding
from fileproc.quality.formats import FORMAT_NAMES, READ_FORMATS, by_name

CHUNK = 1 << 20

#: Unpacked bytes for each packed one, beyond the first MiB. Text packs about 5–20 times; 1,000 is deflate's own limit.
HIGHEST_RATIO = 200
FREE_BYTES = 1 << 20
LARGEST_UNPACKED = 200 << 30

GZIP_MAGIC = b"\x1f\x8b"

MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"PAR1", "parquet"),
    (GZIP_MAGIC, "gzip"),
    (b"PK\x03\x04", "zip"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"BZh", "bzip2"),
    (b"Obj\x01", "avro"),
    (b"\xd0\xcf\x11\xe0", "xls"),
    (b"\x89PNG", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"%PDF", "pdf"),
    (b"GIF8", "gif"),
    (b"\x7fELF", "elf"),
    (b"SQLite format 3\0", "sqlite"),
    (b"ORC", "orc"),
    (b"ARROW1", "arrow"),
)

BOMS: tuple[tuple[bytes, str], ...] = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(slots=True)
class Container:
    """What was opened: the plain content at `path`, its format, and what was wrong with the wrapping."""

    path: Path
    format: str
    compression: str | None = None
    findings: list[Finding] = field(default_factory=list)
    cannot_read: str | None = None  # a format that this version does not know: skipped, not failed
    unreadable: bool = False  # nothing below can look at it


def open_container(
    path: Path, name: str, *, declared_format: str | None, declared_compression: str | None, folder: Path
) -> Container:
    """Find out what the file is and unpack it. Raises OSError only for what the machine cannot do."""
    named_format, named_compression = by_name(name)
    head = _head(path)
    if not head:
        return _empty(path, named_format)
    magic = _magic(head)
    expected = FORMAT_NAMES.get(declared_format or "", declared_format) or named_format
    if magic == "gzip":
        return _gunzip(path, expected, named_format, folder, said=declared_compression or named_compression)
    if (declared_compression or named_compression) == "gzip":
        container = Container(path, expected or "csv")
        _fail(
            container, "not_gzip", f"the file is called {name[-40:]!r} but is not gzip", "pack it, or name it plainly"
        )
        container.unreadable = True
        return container
    return _decide(Container(path, expected or magic or "csv"), expected, magic, head)


def _decide(container: Container, expected: str | None, magic: str | None, head: bytes) -> Container:
    """Compare what was promised with what is there."""
    if magic == "zip" and expected == "xlsx":
        magic = "xlsx"
    if magic in ("zip", "zstd", "bzip2", "avro", "xls", "xlsx", "orc", "arrow"):
        container.format = magic
        if expected in READ_FORMATS and magic not in ("zip", "zstd", "bzip2"):
            return _not_what_it_says(container, expected, magic)
        container.cannot_read = f"{magic} files are not read yet"
        return container
    if magic == "parquet":
        container.format = "parquet"
        return container if expected in (None, "parquet") else _not_what_it_says(container, expected, "parquet")
    if magic is not None or _is_binary(head):
        return _not_what_it_says(container, expected or "csv", magic or "binary data")
    if expected == "parquet":
        return _not_what_it_says(container, "parquet", "text")
    container.format = expected or "csv"
    if container.format in ("json", "ndjson"):
        if head.lstrip().startswith(b"["):
            container.cannot_read = "JSON arrays are not read yet, only one object a line"
            return container
        container.format = "ndjson"
    if container.format not in READ_FORMATS:
        container.cannot_read = f"{container.format} files are not read yet"
    return container


def _not_what_it_says(container: Container, expected: str, found: str) -> Container:
    _fail(
        container,
        "not_what_it_says",
        f"the file should be {expected} but is {found}",
        f"send {expected}, or change the contract's format",
    )
    container.unreadable = True
    return container


def _empty(path: Path, named_format: str | None) -> Container:
    container = Container(path, named_format or "csv", unreadable=True)
    _fail(
        container, "zero_bytes", "the file has no bytes at all", "send it again; an empty export still has its header"
    )
    return container


def _gunzip(path: Path, expected: str | None, named: str | None, folder: Path, *, said: str | None) -> Container:
    """Unpack to the last byte: several members are one content, rubbish behind them is a finding."""
    target = folder / secrets.token_hex(8)
    container = Container(target, expected or named or "csv", compression="gzip")
    if said not in (None, "gzip"):
        _fail(container, "compression", f"the file is gzip, agreed was {said}", "pack it as agreed")
    unpacking = _Unpacking()
    with path.open("rb") as source, target.open("xb") as sink:
        while unpacking.trouble is None and (chunk := source.read(CHUNK)):
            for data in unpacking.feed(chunk):
                sink.write(data)
    _tell_gzip(container, unpacking)
    if not container.unreadable and container.format not in READ_FORMATS:
        container.cannot_read = f"{container.format} files are not read yet"
    return container


class _Unpacking:
    """gzip, member after member, with an eye on how much comes out."""

    def __init__(self) -> None:
        self.packed = 0
        self.written = 0
        self._trouble: str | None = None
        self._begin()

    def _begin(self) -> None:
        self._unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
        self._in_member = False

    @property
    def trouble(self) -> str | None:
        return self._trouble

    def at_end(self) -> str | None:
        """The trouble, once there is no more input: a member that has begun must have ended."""
        if self._trouble is None and (self._in_member or self.packed == 0):
            return "truncated_gzip"
        return self._trouble

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        self.packed += len(chunk)
        while chunk and self._trouble is None:
            self._in_member = True
            try:
                data = self._unpacker.decompress(chunk, CHUNK)
            except zlib.error:
                self._trouble = "corrupt_gzip"
                return
            self.written += len(data)
            if self.written > LARGEST_UNPACKED or self._is_bomb():
                self._trouble = "bomb"
            yield data
            chunk = self._unpacker.unconsumed_tail
            if self._unpacker.eof:
                chunk = self._unpacker.unused_data
                self._begin()
                if chunk and not chunk.startswith(GZIP_MAGIC[: len(chunk)]):
                    self._trouble = "trailing"

    def _is_bomb(self) -> bool:
        return self.written > FREE_BYTES and self.written > self.packed * HIGHEST_RATIO


GZIP_TROUBLE = {
    "truncated_gzip": ("the gzip data breaks off", "the upload was cut short; send it again"),
    "corrupt_gzip": ("the gzip data is corrupt", "send it again"),
    "trailing": ("bytes that are not gzip follow the gzip data", "send the packed file alone"),
    "bomb": ("it unpacks to far more than any data would", "send real data"),
}


def _tell_gzip(container: Container, unpacking: _Unpacking) -> None:
    trouble = unpacking.at_end()
    if trouble is None:
        return
    what, fix = GZIP_TROUBLE[trouble]
    _fail(container, trouble, f"{what} (after {unpacking.packed:,} bytes, {unpacking.written:,} unpacked)", fix)
    container.unreadable = trouble == "bomb" or unpacking.written == 0


def _fail(container: Container, code: str, title: str, fix: str) -> None:
    container.findings.append(Finding.container(code, title, fix))


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(65_536)


def _magic(head: bytes) -> str | None:
    for magic, name in MAGIC:
        if head.startswith(magic):
            return name
    return None


def _is_binary(head: bytes) -> bool:
    """Control characters that no text has; UTF-16 and UTF-32 announce themselves by a BOM."""
    if any(head.startswith(bom) for bom, _ in BOMS):
        return False
    controls = sum(head.count(bytes([code])) for code in (*range(9), *range(14, 27), *range(28, 32)))
    return controls > max(8, len(head) // 100)
