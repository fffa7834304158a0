"""How files are broken, and that each way is named with its line while the rest of the file is still checked."""

from __future__ import annotations

import csv
import gzip
import io
import json
import random
from pathlib import Path

import pytest

from fileproc.domain.reports import Verdict
from fileproc.quality.contracts.contract import NoMatch
from tests.unit.quality.checking import causes, check, contract, failed

DATA = Path(__file__).parents[2] / "data"
COLUMNS = contract([{"name": "a", "logicalType": "integer"}, {"name": "b"}, {"name": "c"}])
ROWS = [f"{number},b{number},c{number}" for number in range(1, 41)]


def text(rows: list[str], *, end: str = "\n", header: str = "a,b,c") -> bytes:
    return (end.join([header, *rows]) + end).encode()


def broken(**changes: str) -> bytes:
    """Forty good rows with some replaced: `l7` is file line 7."""
    rows = list(ROWS)
    for line, row in changes.items():
        rows[int(line[1:]) - 2] = row
    return text(rows)


def test_a_good_file_has_no_finding() -> None:
    """The base of every other test here."""
    report = check(text(ROWS), COLUMNS)

    assert (Verdict.PASS, [], 40) == (report.verdict, report.causes, report.read.rows)


@pytest.mark.parametrize(
    ("data", "code", "lines"),
    [
        (broken(l7="6,b6"), "short_row", [7]),
        (broken(l7="6,b6,c6,d6", l9="8,b,c,d,e"), "long_row", [7, 9]),
        (broken(l7='6,"b"x,c'), "broken_quote", [7]),
        (broken(l7='6,"b6,c6'), "broken_quote", [7]),
        (text(ROWS).replace(b"b6", b"b\xff"), "bad_encoding", [7]),
        (broken(l7=""), "blank_lines", [7]),
        (text(ROWS).replace(b"b6", b"b\x00"), "nul_bytes", [7]),
        (broken(l7="x,b6,c6"), "text_in_number", [7]),
        (text(ROWS, header="a,b,b"), "duplicate_header", [1]),
        (text(ROWS, header="a,,c"), "blank_header", [1]),
        (text(ROWS).replace(b"\n7,", b"\r\n7,"), "mixed_line_ends", [7]),
    ],
)
def test_each_fault_is_named_with_its_line(data: bytes, code: str, lines: list[int]) -> None:
    """Line numbers are the ones an editor shows, header included."""
    report = check(data, COLUMNS)

    assert lines == causes(report)[code].lines
    assert report.read.complete


def test_an_unclosed_quote_does_not_swallow_the_rest() -> None:
    """The rows behind it are still read and still checked."""
    report = check(broken(l7='6,"b6,c6', l20="x,b,c", l30='29,"b,c'), COLUMNS)

    assert ([7, 30], [20]) == (causes(report)["broken_quote"].lines, causes(report)["text_in_number"].lines)
    assert (40, 2) == (report.read.rows, report.read.rejected_rows)


def test_lines_stay_true_behind_every_kind_of_disturbance() -> None:
    """Blank lines, line breaks inside quotes and broken rows before it do not move a finding."""
    rows = ['1,"two\nlines",c', "", "2,b", '3,"three\n\nlines",c', "x,b,c", "4,b,c,d", "y,b,c"]

    report = check(text(rows), COLUMNS)

    found = causes(report)
    assert [9, 11] == found["text_in_number"].lines
    assert ([5], [10], [4]) == (found["short_row"].lines, found["long_row"].lines, found["blank_lines"].lines)
    assert [3, 4] == [sample.record for sample in found["text_in_number"].samples]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_end_is_read(end: str) -> None:
    """Unix, Windows and old Macs; the last line need not have one."""
    for data in (text(ROWS, end=end), text(ROWS, end=end).rstrip(end.encode())):
        assert (Verdict.PASS, 40) == (check(data, COLUMNS).verdict, check(data, COLUMNS).read.rows)


@pytest.mark.parametrize(("delimiter", "name"), [(",", "f.csv"), (";", "f.csv"), ("\t", "f.tsv"), ("|", "f.txt")])
def test_an_undeclared_delimiter_is_proved_by_the_header(delimiter: str, name: str) -> None:
    """The reading under which the header is the agreed one."""
    report = check(text(ROWS).replace(b",", delimiter.encode()), COLUMNS, name=name)

    assert (Verdict.PASS, delimiter) == (report.verdict, report.read.delimiter)


def test_another_delimiter_than_declared_is_one_finding() -> None:
    """Not one for each row, and the values are still checked."""
    match = contract([{"name": "a", "logicalType": "integer"}, {"name": "b"}, {"name": "c"}], delimiter=";")

    report = check(broken(l7="x,b,c"), match)

    assert {"delimiter", "text_in_number"} == set(causes(report))


def test_files_without_a_header() -> None:
    """Columns have the contract's names in its order, and the first line is a row."""
    match = contract([{"name": "a", "logicalType": "integer"}, {"name": "b"}], header=False)

    report = check(b"1,x\ny,z\n", match)

    assert (2, [2]) == (report.read.rows, causes(report)["text_in_number"].lines)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "latin-1", "cp1252", "utf-8-sig"])
def test_declared_encodings_are_obeyed(encoding: str) -> None:
    """What was agreed is no finding, and umlauts are read right."""
    match = contract([{"name": "a", "enum": [{"value": "Größe"}]}], encoding=encoding)

    assert Verdict.PASS == check("a\nGröße\n".encode(encoding), match).verdict


def test_a_spreadsheet_s_utf16_is_read_and_told() -> None:
    """Its BOM says what it is; nobody agreed on it, so it warns."""
    report = check(text(ROWS).decode().encode("utf-16"), COLUMNS)

    assert (Verdict.WARN, 40) == (report.verdict, report.read.rows)


@pytest.mark.parametrize(
    ("data", "name", "code"),
    [
        (b"", "file.csv", "zero_bytes"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "file.csv", "not_what_it_says"),
        (bytes(range(256)) * 50, "file.csv", "not_what_it_says"),
        (random.Random(7).randbytes(100_000), "file.csv", "not_what_it_says"),
        (b"a,b,c\n1,2,3\n", "file.csv.gz", "not_compressed"),
        (b"a,b,c\n1,2,3\n", "file.parquet", "not_what_it_says"),
        (b"PAR1", "file.parquet", "corrupt"),
        (gzip.compress(text(ROWS))[:-9], "file.csv.gz", "truncated_archive"),
        (gzip.compress(text(ROWS)) + b"rubbish", "file.csv.gz", "trailing"),
        (gzip.compress(b"0" * 50_000_000), "file.csv.gz", "bomb"),
    ],
)
def test_a_file_that_is_not_what_it_says_fails(data: bytes, name: str, code: str) -> None:
    """One clear finding about the container, never a traceback and never a pass."""
    report = check(data, COLUMNS, name=name)

    assert (Verdict.FAIL, True, None) == (report.verdict, code in causes(report), report.error)


def test_gzip_is_read_and_several_members_are_one_file() -> None:
    """As `cat a.gz b.gz` makes it."""
    data = gzip.compress(text(ROWS)) + gzip.compress(("\n".join(ROWS) + "\n").encode())

    report = check(data, COLUMNS, name="file.csv.gz")

    assert (Verdict.PASS, 80, "gzip") == (report.verdict, report.read.rows, report.read.compression)


def test_a_line_without_end_is_a_finding_and_not_a_hang() -> None:
    """64 MB without a line break: named with its line, in bounded memory, and the rows before it are checked."""
    report = check(text(ROWS[:5]) + b"7,b," + b"x" * 64_000_000, COLUMNS)

    assert (Verdict.FAIL, [7]) == (report.verdict, causes(report)["over_long_line"].lines)


def test_a_header_alone_has_no_rows() -> None:
    """An empty export is as agreed, unless the contract wants rows."""
    assert (Verdict.PASS, 0) == (check(b"a,b,c\n", COLUMNS).verdict, check(b"a,b,c\n", COLUMNS).read.rows)


def test_without_a_contract_nothing_is_passed_but_structure_is_told() -> None:
    """The verdict is skipped; what is broken is still in the report."""
    report = check(broken(l7="6,b6"), NoMatch("no contract's location matches", ("orders",)))

    assert (Verdict.SKIPPED, ("orders",)) == (
        report.verdict,
        tuple(report.skipped.candidates if report.skipped else ()),
    )
    assert [7] == causes(report)["short_row"].lines


def test_totals_are_true_and_samples_bounded() -> None:
    """Ten thousand bad cells: all counted, a few shown."""
    report = check(b"a,b,c\n" + b"x,b,c\n" * 10_000, COLUMNS, samples=3)

    cause = causes(report)["text_in_number"]
    assert (10_000, 3, 2, 10_001) == (cause.count, len(cause.samples), cause.first_line, cause.last_line)
    assert (10_000, 10_000) == (report.counts.rows, report.counts.failing_rows)


@pytest.mark.parametrize("sign", ["\u2028", "\x0b", "\x0c", "\x1c"])
def test_only_line_ends_end_the_header(sign: str) -> None:
    """Signs that some programs take for a line end are part of a column's name, as they are of any cell."""
    match = contract([{"name": f"a{sign}b", "required": True}, {"name": "c", "logicalType": "integer"}], delimiter=",")
    report = check(f"a{sign}b,c\nx{sign},1\n".encode(), match)

    assert (Verdict.PASS, [f"a{sign}b", "c"]) == (report.verdict, report.read.columns)


def test_hostile_column_names_are_data() -> None:
    """Quotes, SQL and newlines in a header neither break the query nor the report."""
    names = ["x'; DROP TABLE t; --", 'y"z', "né\nw"]
    match = contract([{"name": name, "logicalType": "integer"} for name in names])
    header = io.StringIO()
    csv.writer(header, lineterminator="\n").writerow(names)

    report = check(header.getvalue().encode() + b"1,2,3\nq,5,6\n", match)

    assert (Verdict.FAIL, [4]) == (report.verdict, causes(report)["text_in_number"].lines)


@pytest.mark.parametrize("path", sorted((DATA / "csv-spectrum" / "csvs").glob("*.csv")), ids=lambda path: path.stem)
def test_csv_spectrum_is_read_as_it_means(path: Path) -> None:
    """Every cell of the public suite passes when the contract lists exactly its values."""
    meant = json.loads((DATA / "csv-spectrum" / "json" / f"{path.stem}.json").read_bytes().decode("utf-8", "replace"))
    rows = meant if isinstance(meant, list) else [meant]
    properties = [
        {"name": name, "enum": [{"value": value} for value in dict.fromkeys(row[name] for row in rows)]}
        for name in rows[0]
    ]
    # Two files of the suite say something else than their JSON: LF inside the quotes, and another telephone number.
    if path.stem == "newlines_crlf":
        properties[0]["enum"][1]["value"] = "Once upon \na time"
    if path.stem == "location_coordinates":
        properties[0]["enum"][0]["value"] = "2095257564"

    report = check(path.read_bytes(), contract(properties), name=path.name)

    told = {"stray_quote": 1} if path.stem == "location_coordinates" else {}  # a cell ends in the sign for seconds
    assert (told, len(rows)) == (failed(report), report.read.rows)


@pytest.mark.parametrize("path", sorted((DATA / "parquet-bad").glob("*.parquet")), ids=lambda path: path.stem)
def test_a_corrupt_parquet_file_is_never_an_error_of_ours(path: Path) -> None:
    """Known-bad files end in a verdict about the file, without a crash."""
    report = check(path.read_bytes(), contract([{"name": "nobody-has-this", "required": True}]), name=path.name)

    assert (None, Verdict.FAIL) == (report.error, report.verdict)


def test_ndjson_lines_are_checked_one_by_one() -> None:
    """A line that is no object is named, JSON's own types count, and the rest goes on."""
    lines = [
        '{"a": 1, "b": "x"}',
        '{"a": "2"}',
        "[1]",
        "{oops",
        "",
        '{"a": 2.5}',
        '{"a": null, "d": {"e": 1}}',
        '{"a": true}',
    ]

    report = check("\n".join(lines).encode() + b"\n", COLUMNS, name="file.ndjson")

    found = causes(report)
    assert ([3, 4], [5]) == (found["not_json"].lines, found["blank_lines"].lines)
    assert {2, 6, 8} == {line for cause in report.causes if cause.check == "a.logicalType" for line in cause.lines}
    assert (7, 2) == (report.read.rows, report.read.rejected_rows)


def test_parquet_types_must_hold_the_agreed_ones(tmp_path: Path) -> None:
    """A number column that became text fails, a right one is checked by value."""
    import duckdb

    path = tmp_path / "f.parquet"
    duckdb.connect().execute(
        f"COPY (SELECT i::BIGINT AS a, i::VARCHAR AS b, i * 1.5 AS c FROM range(10) r(i)) TO '{path}' (FORMAT parquet)"
    )
    match = contract(
        [
            {"name": "a", "logicalType": "integer", "logicalTypeOptions": {"maximum": 7}},
            {"name": "b", "logicalType": "number"},
            {"name": "c", "logicalType": "number"},
        ]
    )

    report = check(path.read_bytes(), match, name="f.parquet")

    assert {"a.maximum": 2, "b.physicalType": 0} == failed(report)


@pytest.mark.parametrize("seed", range(40))
def test_dirty_files_are_told_as_a_naive_reader_would(seed: int) -> None:
    """Random faults with a known truth: every count and every line is exact."""
    chance = random.Random(seed)
    rows: list[str] = []
    truth: dict[str, list[int]] = {
        "text_in_number": [],
        "short_row": [],
        "long_row": [],
        "decimal_comma": [],
        "missing": [],
    }
    line = 2
    for number in range(chance.randrange(20, 200)):
        kind = chance.choice(["good"] * 12 + ["quoted", "multi", *truth])
        row = {
            "good": f"{number},b,c",
            "quoted": f'{number},"b, ""b""",c',
            "multi": f'{number},"b\nb",c',
            "text_in_number": "many,b,c",
            "short_row": f"{number},b",
            "long_row": f"{number},b,c,d",
            "decimal_comma": f'"{number},5",b,c',
            "missing": f"{number},,c",
        }[kind]
        if kind in truth:
            truth[kind].append(line)
        rows.append(row)
        line += 1 + row.count("\n")
    match = contract([{"name": "a", "logicalType": "integer"}, {"name": "b", "required": True}, {"name": "c"}])

    report = check(text(rows), match)

    told = {code: (cause.count, cause.lines) for code, cause in causes(report).items()}
    assert {code: (len(lines), lines[:10]) for code, lines in truth.items() if lines} == told
    assert (len(rows), len(truth["short_row"]) + len(truth["long_row"])) == (
        report.read.rows,
        report.read.rejected_rows,
    )


def test_a_row_of_only_empty_cells_is_told_whatever_ends_it() -> None:
    """CR alone ends lines too, and then as well a row of nothing is no data."""
    report = check(b"a,b,c\r1,2,3\r,,\r4,5,6\r", contract([{"name": "a"}, {"name": "b"}, {"name": "c"}]))

    assert [3] == causes(report)["empty_rows"].lines


def test_without_a_header_a_broken_first_row_does_not_decide_the_width() -> None:
    """The agreed number of columns counts: the one short row is wrong, and not all the others."""
    columns = contract([{"name": "a"}, {"name": "b"}, {"name": "c"}], header=False, delimiter=",")

    report = check(b"1,2\n3,4,5\n6,7,8\n", columns)

    assert ([1], 1) == (causes(report)["short_row"].lines, report.read.rejected_rows)
