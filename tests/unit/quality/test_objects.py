"""A schema object with `logicalType: blob` is about the object itself, whatever is in it."""

from __future__ import annotations

from typing import Any

from fileproc.domain.reports import Result, Verdict
from tests.unit.quality.checking import check, contract, failed, result

BLOB: dict[str, Any] = {
    "name": "drop",
    "logicalType": "blob",
    "properties": [
        {"name": "name", "logicalType": "string", "logicalTypeOptions": {"pattern": r"^orders_\d{8}\.csv$"}},
        {"name": "size", "logicalType": "integer", "logicalTypeOptions": {"minimum": 5}},
        {"name": "contentMD5", "logicalType": "string"},
        {"name": "colour", "logicalType": "string"},
    ],
}


def test_an_object_is_held_against_its_name_and_size_and_its_rows_besides() -> None:
    """A blob beside a table is checked with it: a wrong name fails a file whose rows are right."""
    match = contract([{"name": "id", "logicalType": "integer"}], more=[BLOB])
    good = check(b"id\n1\n2\n", match, name="in/orders_20261124.csv")
    bad = check(b"id\n1\n2\n", match, name="in/orders_today.csv")

    assert (Verdict.PASS, Verdict.FAIL) == (good.verdict, bad.verdict)
    assert {"name.pattern": 1} == failed(bad)
    assert "object" == result(bad, "name.pattern").type


def test_a_blob_alone_says_nothing_on_the_content() -> None:
    """A picture passes where only its name and size were agreed."""
    match = contract([], only=BLOB)
    report = check(b"\x89PNG rubbish \x00\x01", match, name="orders_20261124.csv")

    assert Verdict.PASS == report.verdict
    assert {"size.minimum": 1} == failed(check(b"x", match, name="orders_20261124.csv"))


def test_what_is_not_known_of_an_object_is_said_so() -> None:
    """A fact that S3 did not tell is skipped, not failed; a property that no object has is named."""
    report = check(b"abcdef", contract([], only=BLOB), name="orders_20261124.csv")

    assert Result.SKIPPED == result(report, "drop.contentMD5").result
    assert "no property of an object" in str(result(report, "drop.colour").reason)
