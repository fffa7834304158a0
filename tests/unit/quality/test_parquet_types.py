"""Physical types of Parquet columns, held against what was agreed: one finding a column, with both types."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from fileproc.domain.reports import Report, Verdict
from tests.unit.quality.checking import causes, check, contract, failed, result

MADE = Path(__file__).parents[2] / "data" / "parquet-made"


def checked(folder: Path, value: str, logical: str | None, *, rows: int = 3, **words: Any) -> Report:
    """The report about a Parquet file with one column `c` of this value."""
    path = folder / "f.parquet"
    duckdb.connect().execute(f"COPY (SELECT {value} AS c FROM range({rows})) TO '{path}' (FORMAT parquet)")
    prop = {"name": "c", **({"logicalType": logical} if logical else {}), **words}
    return check(path.read_bytes(), contract([prop]), name="file.parquet")


@pytest.mark.parametrize(
    ("value", "logical"),
    [
        ("1::TINYINT", "integer"), ("1::UBIGINT", "integer"), ("1.5::DECIMAL(9,2)", "number"), ("1::INT", "number"),
        ("1.5::FLOAT", "number"), ("true", "boolean"), ("DATE '2026-11-24'", "date"), ("TIME '06:30'", "time"),
        ("TIMESTAMP '2026-11-24 06:30'", "timestamp"), ("TIMESTAMPTZ '2026-11-24 06:30Z'", "timestamp"),
        ("TIMESTAMP_NS '2026-11-24 06:30'", "timestamp"), ("'x'", "string"), ("uuid()", "string"),
        ("{'a': 1}", "object"), ("MAP {'a': 1}", "object"), ("[1]", "array"), ("MAP {'a': 1}", "map"),
    ],
)  # fmt: skip
def test_types_that_hold_the_agreed_one(value: str, logical: str, tmp_path: Path) -> None:
    """Whatever its width, a column that can only hold agreed values passes, and the report says its type."""
    report = checked(tmp_path, value, logical)

    assert (Verdict.PASS, "pass") == (report.verdict, result(report, "c.physicalType").result.value)
    assert result(report, "c.physicalType").actual


@pytest.mark.parametrize(
    ("value", "logical", "found"),
    [
        ("'1'", "integer", "VARCHAR"), ("1.0::DOUBLE", "integer", "DOUBLE"),
        ("1.5::DECIMAL(9,2)", "integer", "DECIMAL(9,2)"),
        ("'1'", "number", "VARCHAR"), ("1", "boolean", "INTEGER"), ("'2026-11-24'", "date", "VARCHAR"),
        ("TIMESTAMP '2026-11-24 06:30'", "date", "TIMESTAMP"), ("DATE '2026-11-24'", "timestamp", "DATE"),
        ("1", "string", "INTEGER"), ("'x'::BLOB", "string", "BLOB"), ("{'a': 1}", "string", "STRUCT(a INTEGER)"),
        ("[1]", "object", "INTEGER[]"), ("'[1]'", "array", "VARCHAR"),
    ],
)  # fmt: skip
def test_a_wrong_type_is_one_finding_with_both_types(value: str, logical: str, found: str, tmp_path: Path) -> None:
    """Not one for every cell."""
    report = checked(tmp_path, value, logical)

    cause = causes(report)["wrong_physical_type"]
    assert (Verdict.FAIL, "c.physicalType", 1) == (report.verdict, cause.check, cause.count)
    assert (f"type {found}", f"a {logical} column") == (cause.found, cause.agreed)


def test_a_wrong_type_is_found_without_a_value(tmp_path: Path) -> None:
    """Also where there is no row, or no value in any, that could show it."""
    empty = checked(tmp_path, "'1'", "integer", rows=0)
    nulls = checked(tmp_path, "NULL::VARCHAR", "integer")

    assert ["wrong_physical_type"] * 2 == [*causes(empty), *causes(nulls)]


def test_what_cannot_be_asked_of_a_wrong_type_is_listed(tmp_path: Path) -> None:
    """Bounds and lists of a number column that became text are skipped with the reason, and still counted as checks."""
    report = checked(tmp_path, "'1'", "number", logicalTypeOptions={"maximum": 7}, required=True)

    skipped = {one.id: one.reason for one in report.checks if one.result.value == "skipped"}
    assert "the column is of type VARCHAR" == skipped["c.maximum"]
    assert {"c.maximum", "c.logicalType"} == set(skipped)
    assert "pass" == result(report, "c.required").result.value


def test_a_zone_that_was_agreed_must_be_in_the_type(tmp_path: Path) -> None:
    """`timezone: true` demands moments; a timestamp without zone is none, one in UTC is."""
    options = {"logicalTypeOptions": {"timezone": True}}

    naive = checked(tmp_path, "TIMESTAMP '2026-11-24 06:30'", "timestamp", **options)
    zoned = checked(tmp_path, "TIMESTAMPTZ '2026-11-24 06:30Z'", "timestamp", **options)

    assert "a timestamp column with a time zone" == causes(naive)["wrong_physical_type"].agreed
    assert Verdict.PASS == zoned.verdict


@pytest.mark.parametrize(("zone", "verdict"), [("UTC", Verdict.PASS), ("America/New_York", Verdict.FAIL)])
def test_timestamps_without_zone_are_in_the_default_one(zone: str, verdict: Verdict, tmp_path: Path) -> None:
    """06:30 in New York is 11:30 in UTC, after the agreed maximum."""
    options = {"defaultTimezone": zone, "maximum": "2026-11-24T08:00:00Z"}

    report = checked(tmp_path, "TIMESTAMP '2026-11-24 06:30'", "timestamp", logicalTypeOptions=options)

    assert verdict == report.verdict


@pytest.mark.parametrize(
    ("value", "physical", "verdict"),
    [
        ("1::INT", "bigint", Verdict.PASS), ("1::BIGINT", "bigint", Verdict.PASS), ("1::BIGINT", "int", Verdict.WARN),
        ("1.5::DOUBLE", "float", Verdict.WARN), ("1.5::DOUBLE", "decimal(9,2)", Verdict.FAIL),
        ("1.5::DECIMAL(9,2)", "DECIMAL(9,2)", Verdict.PASS), ("'x'", "varchar(18)", Verdict.PASS),
        ("'x'", "bigint", Verdict.FAIL), ("TIMESTAMP '2026-11-24 06:30'", "timestamptz", Verdict.FAIL),
        ("'x'", "NVARCHAR2", Verdict.PASS),
    ],
)  # fmt: skip
def test_a_declared_physical_type_is_held(value: str, physical: str, verdict: Verdict, tmp_path: Path) -> None:
    """The same family passes, a larger size warns, another family fails; a warehouse's own names are not judged."""
    report = checked(tmp_path, value, None, physicalType=physical)

    assert (verdict, None) == (report.verdict, report.error)


def test_int96_is_a_timestamp() -> None:
    """The old timestamps of Hive and Spark are read, and bounds hold for them."""
    options = {"maximum": "2026-11-01T06:00:30Z"}
    match = contract([{"name": "at", "logicalType": "timestamp", "logicalTypeOptions": options}], extraColumns="allow")

    report = check((MADE / "pyarrow-int96.parquet").read_bytes(), match, name="file.parquet")

    assert {"at.maximum": 145} == failed(report)


def test_a_value_beyond_the_bounds_is_found_in_every_type() -> None:
    """Decimals, dates, nested fields, lists and maps of another writer are checked by value."""
    properties = [
        {"name": "amount", "logicalType": "number", "logicalTypeOptions": {"maximum": 250}},
        {"name": "day", "logicalType": "date", "logicalTypeOptions": {"minimum": "2026-11-02"}},
        {"name": "name", "logicalType": "string", "required": True},
        {"name": "address", "logicalType": "object", "properties": [
            {"name": "zip", "logicalType": "integer", "logicalTypeOptions": {"maximum": 289}},
        ]},
        {"name": "tags", "logicalType": "array", "logicalTypeOptions": {"maxItems": 1}},
    ]  # fmt: skip
    match = contract(properties, extraColumns="allow")

    report = check((MADE / "pyarrow-v2-zstd.parquet").read_bytes(), match, name="file.parquet")

    assert {
        "amount.maximum": 99, "day.minimum": 11, "name.required": 43, "address.zip.maximum": 10, "tags.maxItems": 100,
    } == {name: count for name, count in failed(report).items() if count}  # fmt: skip
