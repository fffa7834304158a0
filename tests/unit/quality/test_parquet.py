"""Parquet: footer, pages and checksums are looked at by us, before the engine believes them."""

from __future__ import annotations

import io
import time
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fileproc.domain.reports import Verdict
from fileproc.quality.reading.packed import Broken
from fileproc.quality.reading.parquet_footer import read_footer
from fileproc.quality.reading.parquet_pages import pages, verify
from fileproc.quality.reading.thrift import Compact, NotThrift
from tests.unit.quality.checking import causes, check, contract

DATA = Path(__file__).parents[2] / "data"
MADE = DATA / "parquet-made"

ANY = contract([{"name": "id", "logicalType": "integer"}], extraColumns="allow")

#: What each corrupt file of the public suite is told to be.
BAD = {
    "ARROW-GH-41317": "has no page",
    "ARROW-GH-41321": "the footer says",
    "ARROW-GH-45185": "repeats a list before any list started",
    "ARROW-GH-47662": "Out of buffer",
    "ARROW-RS-GH-6229-DICTHEADER": "the pages end at",
    "ARROW-RS-GH-6229-LEVELS": "has 21 values, the footer says 1",
    "PARQUET-1481": "unknown physical type -7",
}


def varint(value: int) -> bytes:
    """A number as thrift writes it."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def fate(data: bytes) -> str:
    """What the walk over the pages says of these bytes: a code, or `damaged`, or `whole`."""
    try:
        return "damaged" if verify(io.BytesIO(data)).pages else "whole"
    except Broken as broken:
        return broken.code


@pytest.mark.parametrize("name", sorted(BAD))
def test_corrupt_files_of_the_public_suite_are_refused(name: str) -> None:
    """Each with a finding about the container that says what is wrong, also where the engine counts rows happily."""
    report = check((DATA / "parquet-bad" / f"{name}.parquet").read_bytes(), ANY, name="file.parquet")

    assert (Verdict.FAIL, None, "container") == (report.verdict, report.error, report.checks[-1].type)
    assert BAD[name] in causes(report)["corrupt"].title


def test_the_one_whole_file_of_the_suite_is_read() -> None:
    """Its dictionary has one value, so an index takes no bit: unusual, allowed, and too much for one reader only."""
    data = (DATA / "parquet-bad" / "ARROW-GH-43605.parquet").read_bytes()

    report = check(data, contract([{"name": "min_fl", "logicalType": "integer"}]), name="file.parquet")

    assert (Verdict.PASS, 21_186) == (report.verdict, report.read.rows)
    assert {*BAD, "ARROW-GH-43605"} == {path.stem for path in (DATA / "parquet-bad").glob("*.parquet")}


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("pyarrow-v1-snappy", 300),
        ("pyarrow-v2-zstd", 300),
        ("pyarrow-int96", 300),
        ("pyarrow-empty", 0),
        ("polars", 300),
    ],
)
def test_files_of_other_writers_are_whole(name: str, rows: int) -> None:
    """Both versions of pages, several codecs, nested columns, with checksums and without, and a file without rows."""
    report = check((MADE / f"{name}.parquet").read_bytes(), ANY, name="file.parquet")

    assert (Verdict.PASS, rows, True) == (report.verdict, report.read.rows, report.read.complete)


@pytest.mark.parametrize("codec", ["uncompressed", "snappy", "gzip", "zstd", "lz4", "lz4_raw", "brotli"])
def test_files_of_the_engine_are_whole(codec: str, tmp_path: Path) -> None:
    """Every codec that it writes, with several row groups, nulls and lists."""
    path = tmp_path / "f.parquet"
    query = "SELECT i AS id, CASE WHEN i % 3 > 0 THEN i::VARCHAR END AS t, [i, NULL] AS l FROM range(5000) r(i)"
    options = f"FORMAT parquet, CODEC {codec}, ROW_GROUP_SIZE 2048"
    duckdb.connect().execute(f"COPY ({query}) TO '{path}' ({options})")

    report = check(path.read_bytes(), ANY, name="file.parquet")

    assert (Verdict.PASS, 5000) == (report.verdict, report.read.rows)


@pytest.mark.parametrize("name", ["pyarrow-v1-snappy", "pyarrow-v2-zstd"])
def test_a_flipped_bit_in_any_page_is_found(name: str) -> None:
    """In the first, a middle and the last byte of every page of every column; the engine itself says nothing."""
    data = (MADE / f"{name}.parquet").read_bytes()
    footer = read_footer(io.BytesIO(data))
    places = [
        place
        for chunk in footer.chunks()
        for page in pages(io.BytesIO(data), chunk, footer.start)
        for place in {page.body, page.body + page.size // 2, page.end - 1}
    ]

    missed = [place for place in places if fate(flipped(data, place)) != "damaged"]

    assert (True, []) == (len(places) > 50, missed)


def flipped(data: bytes, place: int) -> bytes:
    """The bytes with one bit changed."""
    changed = bytearray(data)
    changed[place] ^= 0x10
    return bytes(changed)


def test_damaged_pages_are_counted_and_the_rest_is_checked() -> None:
    """All of them, with the first one's column, row group and byte; rows are read as far as they can be."""
    data = bytearray((MADE / "pyarrow-v1-snappy.parquet").read_bytes())
    footer = read_footer(io.BytesIO(data))
    chunks = [one for one in footer.chunks() if one.leaf.path == "price"]
    damaged = [page for chunk in chunks for page in pages(io.BytesIO(data), chunk, footer.start)]
    for page in damaged:
        data[page.end - 1] ^= 1

    cause = causes(check(bytes(data), ANY, name="file.parquet"))["page_checksum"]

    assert (2, len(damaged)) == (len(chunks), cause.count)
    assert f"column 'price', row group 1, the page at byte {damaged[0].place:,}" in cause.title


def test_a_cut_file_is_told_at_every_length() -> None:
    """The footer is at the end, so a file that was cut anywhere cannot be taken for whole."""
    data = (MADE / "pyarrow-int96.parquet").read_bytes()

    fates = {fate(data[:length]) for length in range(1, len(data))}

    assert {"truncated_parquet", "corrupt"} == fates


def test_no_flipped_byte_breaks_the_walk() -> None:
    """Header, pages and footer, each byte: a finding or a whole file, in bounded time, and never an exception."""
    data = (MADE / "pyarrow-int96.parquet").read_bytes()

    fates = [fate(flipped(data, place)) for place in range(len(data))]

    assert {"whole", "damaged", "corrupt"} <= {*fates} <= {
        "whole", "damaged", "corrupt", "truncated_parquet", "encrypted_parquet", "page_too_large",
    }  # fmt: skip


@pytest.mark.parametrize("name", ["encrypted-footer", "encrypted-column"])
def test_an_encrypted_file_is_told(name: str) -> None:
    """Nobody can read it without the key, and that is said."""
    report = check((MADE / f"{name}.parquet").read_bytes(), ANY, name="file.parquet")

    assert (Verdict.FAIL, {"encrypted_parquet"}) == (report.verdict, set(causes(report)))


def test_packed_parquet_is_looked_at_as_well() -> None:
    """gzip around Parquet helps nobody, but is read; a damaged page within is found."""
    import gzip

    data = (MADE / "pyarrow-v1-snappy.parquet").read_bytes()
    page = next(pages(io.BytesIO(data), next(read_footer(io.BytesIO(data)).chunks()), len(data)))

    assert Verdict.PASS == check(gzip.compress(data), ANY, name="file.parquet.gz").verdict
    damaged = check(gzip.compress(flipped(data, page.end - 1)), ANY, name="file.parquet.gz")
    assert "page_checksum" in causes(damaged)


@pytest.mark.parametrize(
    ("footer", "words"),
    [
        (b"", "it ends too early"),
        (b"\x19\xfc" + varint(1 << 40), "a list of 1,099,511,627,776 elements"),
        (b"\x1c" * 40, "without end"),
        (b"\x19\x9f" * 40, "unknown type"),
        (b"\x18" + varint(1 << 62) + b"x", "a text of"),
        (b"\x16" + b"\xff" * 12, "beyond 64 bits"),
        (b"\x36" + varint(14) + b"\x00", "the footer says 7 rows"),
        (b"\x29\x1c\x48\x01a\x15\x04\x00\x00", "columns are missing"),
    ],
)
def test_a_hostile_footer_ends_in_words(footer: bytes, words: str) -> None:
    """Lists, texts, numbers and nesting without end: no memory is taken for what is not there."""
    data = b"PAR1" + footer + len(footer).to_bytes(4, "little") + b"PAR1"

    with pytest.raises(Broken) as caught:
        verify(io.BytesIO(data))

    assert words in caught.value.what


def test_more_rows_than_bytes_can_hold_are_a_bomb() -> None:
    """A hundred bytes may claim a quintillion rows, which would take years to count."""
    footer = b"\x36" + varint(2 * 10**18) + b"\x00"

    assert "bomb" == fate(b"PAR1" + footer + len(footer).to_bytes(4, "little") + b"PAR1")


def test_thrift_knows_every_type() -> None:
    """Fields that nobody asks for are skipped, whatever they are."""
    struct = b"\x11\x12\x13\x05\x14\x02\x15\x02\x16\x02\x17" + bytes(8) + b"\x18\x01a\x19\x21\x01\x02\x1a\x15\x02"
    struct += b"\x1b\x01\x58\x02\x01b\x1b\x00\x1c\x00\x1d" + bytes(16) + b"\x00"
    reader = Compact(struct + b"rest")

    for _, type_ in reader.fields():
        reader.skip(type_)

    assert b"rest" == struct[reader.place :] + b"rest"
    with pytest.raises(NotThrift):
        Compact(b"\x1e\x00").skip(12)


def test_the_walk_is_quick(tmp_path: Path) -> None:
    """A million rows in row groups and pages cost a few hundredths of a second."""
    path = tmp_path / "f.parquet"
    duckdb.connect().execute(f"COPY (SELECT i, hash(i) AS h FROM range(1000000) r(i)) TO '{path}' (FORMAT parquet)")

    started = time.process_time()
    with path.open("rb") as file:
        verify(file)

    assert time.process_time() - started < 0.5


def test_columns_that_share_bytes_are_refused() -> None:
    """Otherwise a small file can point at one page a million times, and looking at it would not end."""
    data = (MADE / "pyarrow-int96.parquet").read_bytes()
    footer = read_footer(io.BytesIO(data))
    sizes = [varint(chunk.size * 2) for chunk in footer.chunks()]
    larger = footer.data.replace(b"\x16" + sizes[0], b"\x16" + varint((footer.start - 4) * 2))

    with pytest.raises(Broken) as caught:
        verify(io.BytesIO(data[: footer.start] + larger + len(larger).to_bytes(4, "little") + b"PAR1"))

    assert "upon one another" in caught.value.what


@settings(max_examples=200, deadline=None)
@given(
    edits=st.lists(st.tuples(st.integers(0, 2100), st.integers(0, 12), st.binary(max_size=12)), min_size=1, max_size=4)
)
def test_no_edit_breaks_the_walk(edits: list[tuple[int, int, bytes]]) -> None:
    """Bytes taken out and others put in anywhere end in words, too."""
    data = (MADE / "pyarrow-int96.parquet").read_bytes()
    for place, length, other in edits:
        data = data[:place] + other + data[place + length :]

    assert fate(data) in {
        "whole", "damaged", "corrupt", "truncated_parquet", "encrypted_parquet", "page_too_large", "bomb",
    }  # fmt: skip


def test_a_declared_codec_is_no_packing_of_the_file() -> None:
    """`compression: gzip` of a Parquet file means its pages; a name that ends in .gz means the file."""
    data = (MADE / "pyarrow-int96.parquet").read_bytes()
    declared = contract([{"name": "id"}], server={"format": "parquet"}, compression="gzip", extraColumns="allow")

    assert Verdict.PASS == check(data, declared, name="file.parquet").verdict
    assert "not_compressed" in causes(check(data, ANY, name="file.parquet.gz"))


def wide(folder: Path, columns: int) -> bytes:
    """A file with so many columns, the last one of a text that is no UTF-8 once its marks are replaced."""
    path = folder / "wide.parquet"
    listed = ", ".join(f"range AS c{number}" for number in range(columns - 1))
    query = f"SELECT range AS id, {listed}, '=====' AS last FROM range(3000)"
    duckdb.connect().execute(f"COPY ({query}) TO '{path}' (FORMAT parquet, CODEC uncompressed)")
    return path.read_bytes()


def test_a_wide_file_is_decoded_in_parts(tmp_path: Path) -> None:
    """A thousand columns do not need more memory than there is, and one that nobody checks is still looked into."""
    data = wide(tmp_path, 1000)

    good = check(data, ANY, name="file.parquet")
    bad = check(data.replace(b"\x05\0\0\0=====", b"\x05\0\0\0==\xff=="), ANY, name="file.parquet")

    assert (Verdict.PASS, 3000, None) == (good.verdict, good.read.rows, good.error)
    assert (Verdict.FAIL, {"corrupt"}) == (bad.verdict, set(causes(bad)))


def test_more_columns_than_a_table_has_are_refused() -> None:
    """A schema is a list as long as its writer likes."""
    node = b"\x15\x02\x25\x00\x18\x01c\x00"
    footer = b"\x29\xfc" + varint(10_003) + b"\x48\x01r\x15" + varint(2 * 10_002) + b"\x00" + node * 10_002 + b"\x00"

    assert "too_many_columns" == fate(b"PAR1" + footer + len(footer).to_bytes(4, "little") + b"PAR1")
