"""Archives with any bit flipped, any byte lost, any bytes in place of others: nothing wrong passes, nothing raises."""

from __future__ import annotations

import gzip
import random
import struct
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fileproc.quality.reading.container import open_container
from tests.unit.quality.archives import CSV, PACKED, SUFFIX, streamed_zip, zipped, zstd_frame

KINDS = {**PACKED, "streamed zip": streamed_zip(CSV), "stored zip": zipped(("a.csv", CSV), method=0)}


def outcome(data: bytes, folder: Path, kind: str) -> tuple[bool, bytes]:
    """Whether something was found, and the content."""
    path = folder / "input"
    path.write_bytes(data)
    suffix = SUFFIX[kind.split()[-1]]
    container = open_container(
        path, f"file.csv.{suffix}", declared_format=None, declared_compression=None, folder=folder
    )
    content = container.path.read_bytes() if container.path.exists() else b""
    if container.path != path:
        container.path.unlink(missing_ok=True)
    return bool(container.findings), content


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_no_flipped_bit_passes(kind: str, tmp_path: Path) -> None:
    """Each byte of the archive: it is told, unless the content is what it was (a date, a name that nobody reads)."""
    chance = random.Random(kind)
    silent = []
    for place in range(len(KINDS[kind])):
        data = bytearray(KINDS[kind])
        data[place] ^= 1 << chance.randrange(8)
        told, content = outcome(bytes(data), tmp_path, kind)
        if not told and content != CSV:
            silent.append(place)

    assert [] == silent


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_no_cut_passes(kind: str, tmp_path: Path) -> None:
    """Every length that is less than the whole."""
    data = KINDS[kind]

    silent = [length for length in range(len(data)) if not outcome(data[:length], tmp_path, kind)[0]]

    assert [] == silent


@settings(max_examples=300, deadline=None)
@given(
    kind=st.sampled_from(sorted(KINDS)),
    edits=st.lists(st.tuples(st.integers(0, 400), st.integers(0, 12), st.binary(max_size=12)), min_size=1, max_size=4),
)
def test_no_edit_passes(kind: str, edits: list[tuple[int, int, bytes]]) -> None:
    """Bytes taken out and others put in, anywhere, a few times."""
    data = KINDS[kind]
    for place, length, other in edits:
        data = data[:place] + other + data[place + length :]
    with tempfile.TemporaryDirectory() as folder:
        told, content = outcome(data, Path(folder), kind)

    assert told or content == CSV or data == KINDS[kind]


@settings(max_examples=300, deadline=None)
@given(
    head=st.sampled_from(
        [b"", b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd", b"BZh91AY&SY", b"\xfd7zXZ\0", b"PK\x03\x04", b"PK\x05\x06",
         b"PAR1", b"Obj\x01", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"<html>", b"{", b'{"error":']
    ),
    rest=st.binary(max_size=200),
)  # fmt: skip
def test_anything_that_begins_like_something_is_opened_or_told(head: bytes, rest: bytes) -> None:
    """No bytes raise, whatever they promise to be."""
    with tempfile.TemporaryDirectory() as folder:
        outcome(head + rest, Path(folder), "gzip")


def test_a_window_that_would_take_all_memory_is_refused(tmp_path: Path) -> None:
    """zstd's header may ask for gigabytes before a byte of content comes."""
    frame = bytearray(zstd_frame(CSV * 20_000, window_log=20))
    huge = b"\x28\xb5\x2f\xfd\x00" + bytes([21 << 3]) + b"\x01\x00\x00"

    told, content = outcome(huge, tmp_path, "zstd")

    assert (True, b"") == (told, content)
    assert (False, CSV * 20_000) == outcome(bytes(frame), tmp_path, "zstd")


def test_a_member_that_lies_about_its_size_is_told(tmp_path: Path) -> None:
    """gzip's own length at the end, one more and one less."""
    good = gzip.compress(CSV)
    for length in (len(CSV) + 1, len(CSV) - 1):
        assert (True, CSV) == outcome(good[:-4] + struct.pack("<I", length), tmp_path, "gzip")
