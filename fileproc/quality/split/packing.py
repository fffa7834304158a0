"""Packing: a part in the compression of its source, the same bytes whenever it is written from the same rows."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import lzma
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

from fileproc.quality.split.fault import CannotSplit

CHUNK = 1 << 20


@contextmanager
def packed(path: Path, compression: str | None, inner: str) -> Iterator[BinaryIO]:
    """A new file at `path` to write plain bytes to; `inner` is the name of the member where the packing has names.

    Raises CannotSplit for a compression that cannot be written.
    """
    opener = OPENERS.get(compression or "none")
    if opener is None:
        raise CannotSplit(f"{compression} cannot be written; send the file unpacked, or packed with gzip")
    with path.open("xb") as file, opener(file, inner) as sink:
        yield cast(BinaryIO, sink)


@contextmanager
def _plain(file: BinaryIO, _inner: str) -> Iterator[BinaryIO]:
    yield file


def _gzip(file: BinaryIO, _inner: str) -> Any:
    """Without name and time, which would differ from one attempt to the next."""
    return gzip.GzipFile(filename="", mode="wb", compresslevel=6, fileobj=file, mtime=0)


def _bzip2(file: BinaryIO, _inner: str) -> Any:
    return bz2.BZ2File(file, "wb")


def _xz(file: BinaryIO, _inner: str) -> Any:
    return lzma.LZMAFile(file, "wb", preset=1)


def _zstd(file: BinaryIO, _inner: str) -> Any:
    import zstandard  # only where a file is packed with it

    return zstandard.ZstdCompressor(level=3).stream_writer(file, closefd=False)


@contextmanager
def _zip(file: BinaryIO, inner: str) -> Iterator[Any]:
    member = zipfile.ZipInfo(inner, (1980, 1, 1, 0, 0, 0))
    member.compress_type = zipfile.ZIP_DEFLATED
    member.external_attr = 0o600 << 16
    with zipfile.ZipFile(file, "w") as archive, archive.open(member, "w", force_zip64=True) as sink:
        yield sink


OPENERS: dict[str, Callable[[BinaryIO, str], Any]] = {
    "none": _plain, "gzip": _gzip, "bzip2": _bzip2, "xz": _xz, "zstd": _zstd, "zip": _zip,
}  # fmt: skip


def digest_of(path: Path) -> str:
    """The SHA-256 of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
