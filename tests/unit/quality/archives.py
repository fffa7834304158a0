"""Small archives of every kind, whole and with the faults that only hand-made bytes can have."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import struct
import sys
import warnings
import zipfile

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

CSV = b"a,b\n" + b"".join(b"%d,text %d\n" % (n, n) for n in range(1, 41))


def zstd_frame(data: bytes, **options: int) -> bytes:
    """As `zstd` on the command line packs: with a checksum."""
    parameters = {int(zstd.CompressionParameter.checksum_flag): 1}
    parameters |= {int(zstd.CompressionParameter[name]): value for name, value in options.items()}
    return zstd.compress(data, options=parameters)


def zipped(*files: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED, comment: bytes = b"") -> bytes:
    """An archive of these files, in this order; a name may stand twice."""
    packed = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with zipfile.ZipFile(packed, "w", method) as archive:
            archive.comment = comment
            for name, data in files:
                archive.writestr(name, data)
    return packed.getvalue()


def streamed_zip(data: bytes) -> bytes:
    """As a program writes that cannot go back: sizes stand behind the data."""

    class Pipe(io.RawIOBase):
        def __init__(self) -> None:
            self.written = bytearray()

        def writable(self) -> bool:
            return True

        def write(self, data: bytes) -> int:  # type: ignore[override]
            self.written += data
            return len(data)

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:  # type: ignore[arg-type]
        archive.writestr("a.csv", data)
    return bytes(pipe.written)


#: Kind → how CSV is packed that way.
PACKED = {
    "gzip": gzip.compress(CSV, mtime=0),
    "zstd": zstd_frame(CSV),
    "bzip2": bz2.compress(CSV),
    "xz": lzma.compress(CSV),
    "zip": zipped(("a.csv", CSV)),
}
SUFFIX = {"gzip": "gz", "zstd": "zst", "bzip2": "bz2", "xz": "xz", "zip": "zip"}


def with_field(archive: bytes, mark: bytes, place: int, form: str, value: int) -> bytes:
    """The archive with one field of its first record of a kind changed."""
    changed = bytearray(archive)
    struct.pack_into(form, changed, archive.index(mark) + place, value)
    return bytes(changed)
