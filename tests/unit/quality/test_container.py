"""Containers: recognised by content, held to the last byte and against what was agreed, in bounded space."""

from __future__ import annotations

import bz2
import gzip
import lzma
import re
import tracemalloc
import zipfile
import zlib
from pathlib import Path

import pytest

from fileproc.domain.reports import Verdict
from fileproc.quality.reading import limits
from fileproc.quality.reading.container import Container, open_container
from fileproc.quality.reading.limits import CHUNK, FREE_BYTES
from tests.unit.quality.archives import CSV, PACKED, SUFFIX, streamed_zip, with_field, zipped, zstd_frame
from tests.unit.quality.checking import causes, check, contract

COLUMNS = contract([{"name": "a", "logicalType": "integer"}, {"name": "b"}])
KINDS = sorted(PACKED)

LOCAL, ENTRY = b"PK\x03\x04", b"PK\x01\x02"


def opened(
    folder: Path, data: bytes, name: str = "file.csv", *, format: str | None = None, compression: str | None = None
) -> Container:
    """The container of these bytes, with its content below `folder`."""
    path = folder / "input"
    path.write_bytes(data)
    (folder / "job").mkdir(exist_ok=True)
    return open_container(path, name, declared_format=format, declared_compression=compression, folder=folder / "job")


def told(container: Container) -> list[str]:
    """The codes of what was found."""
    return [finding.code for finding in container.findings]


@pytest.mark.parametrize("kind", KINDS)
def test_every_packing_is_read_as_what_it_holds(kind: str) -> None:
    """Rows and verdict are those of the plain file, and the report says how it was packed."""
    report = check(PACKED[kind], COLUMNS, name=f"file.csv.{SUFFIX[kind]}")

    assert (Verdict.PASS, 40, kind, True) == (
        report.verdict, report.read.rows, report.read.compression, report.read.complete
    )  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_the_content_decides_and_an_undeclared_packing_is_told(kind: str) -> None:
    """Under a plain name the rows are read all the same, with a warning; declared, it is as agreed."""
    declared = contract([{"name": "a"}, {"name": "b"}], compression=kind)

    undeclared = check(PACKED[kind], COLUMNS, name="file.csv")

    assert (Verdict.WARN, 40, {"undeclared_compression"}) == (
        undeclared.verdict, undeclared.read.rows, set(causes(undeclared))
    )  # fmt: skip
    assert Verdict.PASS == check(PACKED[kind], declared, name="file.csv").verdict


@pytest.mark.parametrize("kind", KINDS)
def test_another_packing_than_agreed_fails_and_is_read(kind: str) -> None:
    """Whoever reads it downstream would fail; the rows are checked here nevertheless."""
    other = "zstd" if kind != "zstd" else "gzip"

    report = check(PACKED[kind], contract([{"name": "a"}, {"name": "b"}], compression=other), name="file.csv")

    assert (Verdict.FAIL, 40, {"compression"}) == (report.verdict, report.read.rows, set(causes(report)))


def test_none_declared_means_none(tmp_path: Path) -> None:
    """`compression: none` is a word, and a packed file breaks it."""
    assert ["compression"] == told(opened(tmp_path, PACKED["gzip"], "file.csv.gz", compression="none"))


def test_a_plain_file_where_a_packed_one_was_agreed_fails_and_is_read() -> None:
    """What is wrong is named, and a bad cell in it as well."""
    report = check(b"a,b\nx,1\n", COLUMNS, name="file.csv.zst")

    assert (Verdict.FAIL, {"not_compressed", "text_in_number"}) == (report.verdict, set(causes(report)))


@pytest.mark.parametrize("kind", KINDS)
def test_a_cut_file_fails_and_its_whole_rows_are_checked(kind: str) -> None:
    """The finding says at which byte it breaks off; what came before is read, and never half of a row."""
    rows = b"".join(b"%d,%d\n" % (n, n * 7919 % 1_000_003) for n in range(1, 150_001))
    pack = {
        "gzip": lambda data: gzip.compress(data, 1), "zstd": zstd_frame, "bzip2": lambda data: bz2.compress(data, 1),
        "xz": lambda data: lzma.compress(data, preset=0), "zip": lambda data: zipped(("a.csv", data)),
    }[kind]  # fmt: skip
    cut = pack(b"a,b\n" + rows)[:-150_000]

    report = check(cut, COLUMNS, name=f"file.csv.{SUFFIX[kind]}")

    assert (Verdict.FAIL, False, {"truncated_archive"}) == (
        report.verdict, report.read.complete, set(causes(report))
    )  # fmt: skip
    assert 75_000 < (report.read.rows or 0) < 150_000
    assert f"{len(cut):,}" in causes(report)["truncated_archive"].title


def test_a_cut_workbook_is_not_taken_for_its_first_part() -> None:
    """Of a workbook nothing can be read without its end; of a zip of another kind neither."""
    workbook = zipped(("[Content_Types].xml", b"<Types></Types>" * 400), ("xl/workbook.xml", b"<w/>"))

    for data in (workbook[:-60], PACKED["zip"][:25]):
        report = check(data, contract([], server={"format": "xlsx"}), name="file.xlsx")

        assert (Verdict.FAIL, {"truncated_archive"}) == (report.verdict, set(causes(report)))


@pytest.mark.parametrize("kind", KINDS)
def test_what_follows_the_packed_data_is_told_with_its_byte(kind: str, tmp_path: Path) -> None:
    """Rubbish, or zero bytes, behind the last byte of the archive."""
    for rubbish in (b"rubbish", bytes(511)):
        container = opened(tmp_path, PACKED[kind] + rubbish, f"file.csv.{SUFFIX[kind]}")

        assert (["trailing"], False) == (told(container), container.complete)
        assert rubbish[0] == 0 or f"{len(PACKED[kind]):,}" in container.findings[0].title


@pytest.mark.parametrize("kind", sorted({*KINDS} - {"zip"}))
def test_several_members_are_one_file(kind: str) -> None:
    """As `cat a.gz b.gz` makes it; the same for frames of zstd and streams of bzip2 and xz."""
    packer = {"gzip": gzip.compress, "zstd": zstd_frame, "bzip2": bz2.compress, "xz": lzma.compress}[kind]
    data = packer(CSV[:50]) + packer(b"") + packer(CSV[50:])

    report = check(data, COLUMNS, name=f"file.csv.{SUFFIX[kind]}")

    assert (Verdict.PASS, 40) == (report.verdict, report.read.rows)


def test_zstd_from_many_cores_is_read(tmp_path: Path) -> None:
    """Parallel packers put frames that are to be skipped before and between the others."""
    skipped = b"\x50\x2a\x4d\x18\x04\0\0\0abcd"

    container = opened(tmp_path, skipped + zstd_frame(CSV) + skipped, "file.csv.zst")

    assert ([], CSV) == (told(container), container.path.read_bytes())


def test_xz_may_be_padded_in_fours(tmp_path: Path) -> None:
    """The format allows zero bytes behind a stream, in fours and not otherwise."""
    assert [] == told(opened(tmp_path, PACKED["xz"] + bytes(8), "file.csv.xz"))
    assert ["trailing"] == told(opened(tmp_path, PACKED["xz"] + bytes(7), "file.csv.xz"))


def test_a_gzip_header_may_have_everything(tmp_path: Path) -> None:
    """Name, comment, extra field and the header's own checksum; a wrong checksum is told."""
    deflated = zlib.compressobj(wbits=-15)
    body = deflated.compress(CSV) + deflated.flush()
    head = b"\x1f\x8b\x08\x1e" + bytes(6) + b"\x03\0abc" + b"name\0" + b"comment\0"
    end = zlib.crc32(CSV).to_bytes(4, "little") + len(CSV).to_bytes(4, "little")
    good = (zlib.crc32(head) & 0xFFFF).to_bytes(2, "little")

    assert [] == told(opened(tmp_path, head + good + body + end, "file.csv.gz"))
    assert ["corrupt_archive"] == told(opened(tmp_path, head + b"\0\0" + body + end, "file.csv.gz"))
    assert ["corrupt_archive"] == told(opened(tmp_path, b"\x1f\x8b\x08\x08" + bytes(6) + b"n" * 70_000, "file.csv.gz"))


def test_a_wrong_checksum_is_told_and_the_rows_are_checked() -> None:
    """The content may be damaged anywhere: it fails, with both checksums, and every row is looked at."""
    damaged = bytearray(gzip.compress(CSV))
    damaged[-6] ^= 1

    report = check(bytes(damaged), COLUMNS, name="file.csv.gz")

    assert (Verdict.FAIL, 40, {"archive_checksum"}) == (report.verdict, report.read.rows, set(causes(report)))


@pytest.mark.parametrize("kind", KINDS)
def test_a_bomb_is_stopped_early(kind: str, tmp_path: Path) -> None:
    """What unpacks to far more than data does is refused before it fills the disk."""
    zeros = bytes(30 << 20)
    packer = {
        "gzip": gzip.compress, "zstd": zstd_frame, "bzip2": bz2.compress,
        "xz": lambda data: lzma.compress(data, preset=0), "zip": lambda data: zipped(("a.csv", data)),
    }[kind]  # fmt: skip

    container = opened(tmp_path, packer(zeros), f"file.csv.{SUFFIX[kind]}")

    assert (["bomb"], True) == (told(container), container.unreadable)
    assert sum(file.stat().st_size for file in (tmp_path / "job").iterdir()) <= FREE_BYTES + 2 * CHUNK


def test_packing_twice_does_not_square_what_is_allowed(tmp_path: Path) -> None:
    """gzip within gzip: told as such, and bounded by the size of the file that came."""
    assert ["packed_twice"] == told(opened(tmp_path, gzip.compress(PACKED["gzip"]), "file.csv.gz"))

    container = opened(tmp_path, gzip.compress(gzip.compress(bytes(30 << 20))), "file.csv.gz")

    assert ["packed_twice", "bomb"] == told(container)


def test_a_file_packed_twice_is_read_and_thrice_is_refused() -> None:
    """Once too often happens; more often is no accident. Other packings within others count the same."""
    twice = check(zstd_frame(PACKED["gzip"]), COLUMNS, name="file.csv.zst")
    thrice = check(gzip.compress(zstd_frame(PACKED["zip"])), COLUMNS, name="file.csv.gz")

    assert (Verdict.FAIL, 40, {"packed_twice"}) == (twice.verdict, twice.read.rows, set(causes(twice)))
    assert (Verdict.FAIL, None, {"packed_twice"}) == (thrice.verdict, thrice.read.rows, set(causes(thrice)))


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_inside_is_no_file(kind: str, tmp_path: Path) -> None:
    """A packed file of zero bytes is as bad as a plain one."""
    packer = {
        "gzip": gzip.compress, "zstd": zstd_frame, "bzip2": bz2.compress, "xz": lzma.compress,
        "zip": lambda data: zipped(("a.csv", data)),
    }[kind]  # fmt: skip

    container = opened(tmp_path, packer(b""), f"file.csv.{SUFFIX[kind]}")

    assert (["nothing_inside"], True) == (told(container), container.unreadable)


def test_memory_does_not_follow_the_content(tmp_path: Path) -> None:
    """13 MB of content take no more than a few pieces of it."""
    noise = b"".join(b"%d,%d\n" % (n, n * n % 999_983) for n in range(1_000_000))
    packed = gzip.compress(noise, 1)
    path = tmp_path / "input"
    path.write_bytes(packed)
    length = len(noise)
    del noise, packed

    tracemalloc.start()
    container = open_container(path, "file.csv.gz", declared_format=None, declared_compression=None, folder=tmp_path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert ([], length) == (told(container), container.path.stat().st_size)
    assert peak < 6 * CHUNK


# zip


def test_a_streamed_zip_is_read(tmp_path: Path) -> None:
    """Programs that cannot go back write the sizes behind the data."""
    container = opened(tmp_path, streamed_zip(CSV), "file.csv.zip")

    assert ([], CSV, "a.csv") == (told(container), container.path.read_bytes(), container.member)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2])
def test_methods_of_zip(method: int, tmp_path: Path) -> None:
    """Stored, deflated, bzip2: the content is the same."""
    container = opened(tmp_path, zipped(("a.csv", CSV), method=method), "file.csv.zip")

    assert ([], CSV) == (told(container), container.path.read_bytes())


def test_a_method_that_is_not_read_is_named(tmp_path: Path) -> None:
    """LZMA in a zip, and Deflate64 as Windows makes it of large files."""
    lzma_zip = zipped(("a.csv", CSV), method=zipfile.ZIP_LZMA)
    deflate64 = with_field(with_field(PACKED["zip"], LOCAL, 8, "<H", 9), ENTRY, 10, "<H", 9)

    for data, name in ((lzma_zip, "LZMA"), (deflate64, "Deflate64")):
        container = opened(tmp_path, data, "file.csv.zip")

        assert (["unsupported_archive"], True) == (told(container), container.unreadable)
        assert name in container.findings[0].title


def test_the_member_s_name_says_its_format() -> None:
    """`drop.zip` says nothing, `rows.ndjson` inside does."""
    report = check(zipped(("rows.ndjson", b'{"a": 1, "b": "x"}\n')), COLUMNS, name="drop.zip")

    assert (Verdict.PASS, "ndjson", 1) == (report.verdict, report.read.format, report.read.rows)


def test_several_files_in_a_zip_are_named_and_none_is_guessed(tmp_path: Path) -> None:
    """Which one was meant is not ours to choose; folders and what macOS adds do not count."""
    several = opened(tmp_path, zipped(("a.csv", CSV), ("b.csv", CSV)), "file.csv.zip")
    mac = opened(tmp_path, zipped(("in/", b""), ("in/a.csv", CSV), ("__MACOSX/in/._a.csv", b"x")), "file.csv.zip")

    assert (["several_members"], True) == (told(several), several.unreadable)
    assert "'a.csv', 'b.csv'" in several.findings[0].title
    assert (["ignored_member"], "info", CSV) == (told(mac), mac.findings[0].severity.value, mac.path.read_bytes())


def test_a_zip_without_files_is_empty(tmp_path: Path) -> None:
    """Nothing, or only a folder."""
    assert ["empty_archive"] == told(opened(tmp_path, zipped(), "file.csv.zip"))
    assert ["empty_archive"] == told(opened(tmp_path, zipped(("in/", b"")), "file.csv.zip"))


@pytest.mark.parametrize("name", ["../a.csv", "/etc/a.csv", "in/../../a.csv", "C:\\a.csv", "..\\a.csv", "a\n.csv"])
def test_names_that_leave_the_archive_fail(name: str, tmp_path: Path) -> None:
    """Nothing is written under them here, and whoever unpacks next is warned; the content is read."""
    container = opened(tmp_path, zipped((name, CSV)), "file.csv.zip")

    assert (["unsafe_member"], CSV) == (told(container), container.path.read_bytes())
    assert [tmp_path / "input", tmp_path / "job"] == sorted(tmp_path.iterdir())


def test_a_link_in_a_zip_is_not_followed(tmp_path: Path) -> None:
    """A member that points at another file is none with data."""
    link = zipfile.ZipInfo("a.csv")
    link.create_system, link.external_attr = 3, 0o120777 << 16
    packed = tmp_path / "made"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(link, "/etc/passwd")

    container = opened(tmp_path, packed.read_bytes(), "file.csv.zip")

    assert (["unsafe_member"], True) == (told(container), container.unreadable)


def test_a_name_twice_in_a_zip_fails(tmp_path: Path) -> None:
    """Some programs take the first of the name, some the last."""
    container = opened(tmp_path, zipped(("a.csv", CSV), ("a.csv", b"a,b\n")), "file.csv.zip")

    assert (["duplicate_member", "several_members"], True) == (told(container), container.unreadable)


def test_an_encrypted_zip_is_told(tmp_path: Path) -> None:
    """Nobody could read it without the password."""
    data = with_field(with_field(PACKED["zip"], LOCAL, 6, "<H", 1), ENTRY, 8, "<H", 1)

    container = opened(tmp_path, data, "file.csv.zip")

    assert (["encrypted_archive"], True) == (told(container), container.unreadable)


@pytest.mark.parametrize(
    ("mark", "place", "form", "value"),
    [
        (LOCAL, 8, "<H", 0), (LOCAL, 14, "<I", 7), (LOCAL, 18, "<I", 7), (LOCAL, 22, "<I", 7), (LOCAL, 30, "<B", 90),
        (ENTRY, 16, "<I", 7), (ENTRY, 20, "<I", 7), (ENTRY, 24, "<I", 7), (ENTRY, 42, "<I", 7), (ENTRY, 46, "<B", 90),
        (ENTRY, 28, "<H", 60_000), (b"PK\x05\x06", 10, "<H", 9), (b"PK\x05\x06", 16, "<I", 7),
    ],
)  # fmt: skip
def test_a_zip_that_contradicts_itself_fails(mark: bytes, place: int, form: str, value: int, tmp_path: Path) -> None:
    """Two programs that believe different copies of a name or a size would see different data."""
    container = opened(tmp_path, with_field(PACKED["zip"], mark, place, form, value), "file.csv.zip")

    assert told(container)[0] in ("zip_mismatch", "truncated_archive", "unsupported_archive")
    assert container.unreadable


def test_bytes_that_belong_to_no_member_are_told(tmp_path: Path) -> None:
    """In front of the first, or between the last and the directory: a second archive can hide there."""
    end = PACKED["zip"].index(ENTRY)
    before = b"MZ" + PACKED["zip"]
    between = with_field(PACKED["zip"][:end] + b"hidden" + PACKED["zip"][end:], b"PK\x05\x06", 16, "<I", end + 6)

    assert ["zip_mismatch"] == told(opened(tmp_path, between, "file.csv.zip"))
    assert "not_what_it_says" in told(opened(tmp_path, before, "file.csv.zip"))


def test_bytes_between_two_members_are_told(tmp_path: Path) -> None:
    """The directory can leave out what lies between a folder and the data."""
    archive = zipped(("in/", b""), ("in/a.csv", CSV))
    second, end = archive.rindex(LOCAL), archive.index(ENTRY)
    entry = archive.rindex(ENTRY) + 6
    data = bytearray(archive[:second] + b"hidden" + archive[second:])
    data[entry + 42 : entry + 46] = (second + 6).to_bytes(4, "little")
    hidden = with_field(bytes(data), b"PK\x05\x06", 16, "<I", end + 6)

    container = opened(tmp_path, hidden, "file.csv.zip")

    assert ["zip_mismatch"] == told(container)
    assert f"between {second:,} and {second + 6:,} belong to no member" in container.findings[0].title


def test_a_huge_directory_is_not_read(tmp_path: Path) -> None:
    """A zip may claim four billion members."""
    data = zipped(*((f"{n}", b"") for n in range(10_001)))

    assert ["too_many_members"] == told(opened(tmp_path, data, "file.csv.zip"))


def test_a_zip_beyond_four_gigabytes_is_read(tmp_path: Path) -> None:
    """The records of large archives, which some programs write for small ones, too."""
    packed = tmp_path / "made"
    with (
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("a.csv", "w", force_zip64=True) as sink,
    ):
        sink.write(CSV)

    container = opened(tmp_path, packed.read_bytes(), "file.csv.zip")

    assert ([], CSV) == (told(container), container.path.read_bytes())


def test_a_zip_may_have_a_comment(tmp_path: Path) -> None:
    """Even one that looks like the end of an archive."""
    container = opened(tmp_path, zipped(("a.csv", CSV), comment=b"from PK\x05\x06 us"), "file.csv.zip")

    assert ([], CSV) == (told(container), container.path.read_bytes())


# what it is


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(64), "a PNG picture"),
        (b"%PDF-1.7\n", "a PDF document"),
        (b"<!DOCTYPE html>\n<html><head><title>Sign in</title></head></html>\n", "an HTML page, 'Sign in'"),
        (b"\xef\xbb\xbf\n<html><body>502 Bad Gateway</body></html>", "an HTML page"),
        (b'<?xml version="1.0"?>\n<Error><Code>AccessDenied</Code></Error>', "an error message of S3, 'AccessDenied'"),
        (b"<rows><row>1</row></rows>\n", "an XML document"),
        (b'{"message": "Endpoint request timed out"}', "a JSON error message, 'Endpoint request timed out'"),
        (b'{"error": {"code": 401, "message": "no token"}}', "a JSON error message, 'no token'"),
        (b'{"a": 1}\n', "a JSON document"),
        (b'{"a": 1}\n{"a": 2}\n', "JSON, one object a line"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n", "a Git LFS pointer"),
        (b"\x7fELF" + bytes(64), "a program (ELF)"),
        (b"MZ\x90\0" + bytes(64), "a program (Windows)"),
        (b"#!/bin/sh\nexit 1\n", "a script"),
        (bytes(257) + b"ustar\0" + bytes(300), "a tar archive"),
        (b"7z\xbc\xaf\x27\x1c" + bytes(40), "a 7-Zip archive"),
        (zipped(("word/document.xml", b"x")), "a Word document"),
        (bytes(range(256)) * 20, "binary data"),
    ],
)
def test_what_is_no_table_is_told_by_name(data: bytes, words: str) -> None:
    """A picture, an error page, a pointer, a program: the finding says what came in place of the data."""
    report = check(data, COLUMNS, name="file.csv")

    assert (Verdict.FAIL, None) == (report.verdict, report.error)
    assert words in causes(report)["not_what_it_says"].title


def test_a_gateway_s_error_is_no_row_of_json() -> None:
    """One object with nothing but an error is no data, also where JSON was agreed; rows about errors are."""
    error = check(b'{"message": "Forbidden"}', COLUMNS, name="file.ndjson")
    rows = check(b'{"a": 1, "b": "x", "error": "none"}\n', COLUMNS, name="file.ndjson")

    assert {"not_what_it_says"} == set(causes(error))
    assert "not_what_it_says" not in causes(rows)


@pytest.mark.parametrize("header", [b"<DATE>,<CLOSE>", b"MZ,b", b"ORCHARD,b", b"BZhou,b", b"RIFF,b"])
def test_tables_that_only_look_like_something_else_are_tables(header: bytes) -> None:
    """A column's name may begin as a picture or a program does."""
    report = check(header + b"\n1,2\n", contract([]), name="file.csv")

    assert 1 == report.read.rows, causes(report)


def test_what_is_packed_is_looked_at_as_well(tmp_path: Path) -> None:
    """A picture within gzip is no table either."""
    container = opened(tmp_path, gzip.compress(b"\x89PNG\r\n\x1a\n" + bytes(64)), "file.csv.gz")

    assert ["not_what_it_says"] == told(container)


def test_the_limits_are_documented() -> None:
    """The page says the numbers that the code has."""
    page = (Path(__file__).parents[3] / "docs" / "reference" / "containers.md").read_text()

    for kind, ratio in limits.HIGHEST_RATIO.items():
        assert re.search(rf"^\| {kind} \|.*\| {ratio} \|$", page, re.MULTILINE), kind
    for words in (
        f"first {limits.FREE_BYTES >> 20} MiB", f"{limits.LARGEST_UNPACKED >> 30} GiB",
        f"at most {limits.LARGEST_PAGE >> 20} MiB", f"footer {limits.LARGEST_FOOTER >> 20} MiB",
        f"{limits.MOST_ROWS_A_BYTE:,} rows of a byte",
    ):  # fmt: skip
        assert words in page
