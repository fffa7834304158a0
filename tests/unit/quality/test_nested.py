"""What is agreed inside of a cell: objects, arrays, maps and vectors, in NDJSON, in Parquet and as JSON in a CSV."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from fileproc.domain.reports import Result, Verdict
from tests.unit.quality.checking import causes, check, contract, failed, result

PERSON = [
    {"name": "id", "logicalType": "integer", "required": True},
    {
        "name": "address",
        "logicalType": "object",
        "properties": [
            {"name": "street", "logicalType": "string", "required": True},
            {"name": "zip", "logicalType": "string", "logicalTypeOptions": {"pattern": "^[0-9]{5}$"}},
            {
                "name": "geo",
                "logicalType": "object",
                "properties": [{"name": "lat", "logicalType": "number", "logicalTypeOptions": {"maximum": 90}}],
            },
        ],
    },
]


def ndjson(rows: list[Any], properties: list[dict[str, Any]], **words: Any) -> Any:
    data = "".join(json.dumps(row) + "\n" for row in rows).encode()
    return check(data, contract(properties, **words), name="file.ndjson")


def test_fields_of_objects_are_checked_like_columns() -> None:
    """A field has its own checks, lines and causes, however deep; a missing object has no missing fields."""
    report = ndjson(
        [
            {"id": 1, "address": {"street": "A", "zip": "12345", "geo": {"lat": 50}}},
            {"id": 2, "address": {"zip": "1234", "geo": {"lat": 91}}},
            {"id": 3},
            {"id": 4, "address": "somewhere"},
            {"id": 5, "address": {"street": "B", "geo": {"lat": "north"}}},
        ],
        PERSON,
    )

    assert {
        "address.street.required": 1, "address.zip.pattern": 1, "address.geo.lat.maximum": 1,
        "address.logicalType": 1, "address.geo.lat.logicalType": 1,
    } == failed(report)  # fmt: skip
    assert [2] == next(cause.lines for cause in report.causes if cause.column == "address.zip")
    assert "'1234'" in next(cause.found for cause in report.causes if cause.column == "address.zip")


def test_fields_that_nobody_agreed_on_are_named() -> None:
    """An unknown key inside of an object is as extra as an unknown column."""
    report = ndjson([{"id": 1, "address": {"street": "A", "planet": "Mars"}}], PERSON)

    assert Verdict.WARN == report.verdict
    assert "'planet'" in next(cause.found for cause in report.causes if cause.check == "address.extraColumn")


def test_elements_of_lists_are_checked_one_by_one() -> None:
    """A list is bad when one of its elements is, and that element is shown."""
    tags = {"name": "tags", "logicalType": "array", "logicalTypeOptions": {"minItems": 1, "uniqueItems": True},
            "items": {"logicalType": "string", "logicalTypeOptions": {"maxLength": 3}, "enum": [{"value": "a"},
            {"value": "b"}, {"value": "long"}]}}  # fmt: skip
    report = ndjson([{"tags": t} for t in (["a", "b"], [], ["a", "a"], ["long"], ["z", 1], "a", None)], [tags])

    assert {
        "tags.minItems": 1, "tags.uniqueItems": 1, "tags[].maxLength": 1, "tags[].enum": 1, "tags[].logicalType": 1,
        "tags.logicalType": 1,
    } == failed(report)  # fmt: skip
    shown = {cause.check: cause.samples[0].cell for cause in report.causes}
    assert ("long", "z", "1") == (shown["tags[].maxLength"], shown["tags[].enum"], shown["tags[].logicalType"])


def test_objects_in_lists_have_fields() -> None:
    """Rules reach through lists of objects, and lists in them."""
    lines = {"name": "lines", "logicalType": "array", "items": {"logicalType": "object", "properties": [
        {"name": "sku", "logicalType": "string", "required": True},
        {"name": "prices", "logicalType": "array", "items": {"logicalType": "number",
         "logicalTypeOptions": {"exclusiveMinimum": 0}}}]}}  # fmt: skip
    report = ndjson(
        [
            {"lines": [{"sku": "a", "prices": [1, 2.5]}]},
            {"lines": [{"sku": "a"}, {"prices": [1]}]},
            {"lines": [{"sku": "a", "prices": [3, -1]}]},
            {"lines": ["x"]},
        ],
        [lines],
    )

    assert {"lines[].sku.required": 1, "lines[].prices[].exclusiveMinimum": 1, "lines[].logicalType": 1} == failed(
        report
    )
    assert "-1" == next(c for c in report.causes if c.check == "lines[].prices[].exclusiveMinimum").samples[0].cell


def test_maps_have_keys_and_values() -> None:
    """Every key and every value of a map is held against what was agreed."""
    prices = {"name": "prices", "logicalType": "map", "map": {
        "key": {"logicalType": "string", "logicalTypeOptions": {"pattern": "^[A-Z]{3}$"}},
        "value": {"logicalType": "number", "logicalTypeOptions": {"minimum": 0}}}}  # fmt: skip
    report = ndjson([{"prices": p} for p in ({"EUR": 1}, {"eur": 1}, {"EUR": -1}, {"EUR": "x"}, [1])], [prices])

    assert {
        "prices.key.pattern": 1, "prices.value.minimum": 1, "prices.value.logicalType": 1, "prices.logicalType": 1
    } == failed(report)  # fmt: skip


def test_vectors_have_a_length_numbers_and_a_norm() -> None:
    """An embedding of the wrong size, with a text in it, or not normalised is bad."""
    vector = {"name": "v", "logicalType": "vector", "logicalTypeOptions": {"dimensions": 2, "normalized": True}}
    report = ndjson([{"v": v} for v in ([0.6, 0.8], [1, 0], [1], [0.6, "x"], [3, 4])], [vector])

    assert {"v.dimensions": 1, "v[].elementType": 1, "v.normalized": 1} == failed(report)


def test_properties_of_an_object_are_counted_and_required() -> None:
    """minProperties, maxProperties and required are about keys; a null is no value."""
    thing = {"name": "o", "logicalType": "object",
             "logicalTypeOptions": {"minProperties": 1, "maxProperties": 2, "required": ["a"]}}  # fmt: skip
    report = ndjson([{"o": o} for o in ({"a": 1}, {}, {"a": 1, "b": 2, "c": 3}, {"a": None})], [thing])

    assert {"o.minProperties": 1, "o.maxProperties": 1, "o.*.required": 2} == failed(report)


def test_json_in_a_csv_is_looked_into() -> None:
    """An array in a CSV is JSON in its cell; what is no JSON is no array."""
    tags = {"name": "tags", "logicalType": "array", "items": {"logicalType": "integer"}}
    report = check(b'id,tags\n1,"[1,2]"\n2,"[1,""x""]"\n3,oops\n4,\n', contract([{"name": "id"}, tags]))

    assert {"tags[].logicalType": 1, "tags.logicalType": 1} == failed(report)
    assert [4] == next(cause.lines for cause in report.causes if cause.check == "tags.logicalType")


def test_nested_parquet_columns_are_looked_into(tmp_path: Path) -> None:
    """Structs, lists and maps of Parquet are objects, arrays and maps."""
    file = tmp_path / "rows.parquet"
    duckdb.sql(
        "SELECT 1 AS id, {'street': NULL, 'zip': '1'} AS address, [1, -1] AS tags, MAP{'a': 1.5} AS prices"
    ).write_parquet(str(file))
    properties = [
        *PERSON,
        {"name": "tags", "logicalType": "array", "items": {"logicalType": "integer",
         "logicalTypeOptions": {"minimum": 0}}},
        {"name": "prices", "logicalType": "map", "map": {"key": {"logicalType": "string"},
         "value": {"logicalType": "integer"}}},
    ]  # fmt: skip
    report = check(file.read_bytes(), contract(properties), name="rows.parquet")

    assert {
        "address.street.required": 1, "address.zip.pattern": 1, "tags[].minimum": 1, "prices.value.logicalType": 1
    } == failed(report)  # fmt: skip


def test_rules_and_keys_reach_fields() -> None:
    """A library metric, a masked field and uniqueness work on a field as on a column."""
    person = {
        "name": "p",
        "logicalType": "object",
        "classification": "confidential",
        "properties": [
            {"name": "mail", "unique": True, "quality": [{"id": "mails", "metric": "nullValues", "mustBe": 0}]}
        ],
    }
    report = ndjson([{"p": {"mail": "a@b"}}, {"p": {"mail": "a@b"}}, {"p": {}}], [person])

    assert {"p.mail.unique": 1, "mails": 1} == failed(report)
    assert "a@b" not in json.dumps(report.to_document())
    assert "a@b" not in str(causes(report)["duplicate"].samples)
    assert 1 == result(report, "mails").failed


@pytest.mark.parametrize(
    ("element", "good", "bad"),
    [
        ("int8", [-128, 127], [128, 1.5, "x"]),
        ("uint8", [0, 255], [-1, 256]),
        ("binary", [0, 1], [2]),
        ("float16", [1.5, 65504], [65505, 1e6]),
        ("float32", [1.5, 3e38], [1e39, True]),
        ("float64", [1e300], ["1"]),
    ],
)
def test_each_element_type_of_a_vector(element: str, good: list[Any], bad: list[Any]) -> None:
    """Elements are numbers of the agreed type, within its range."""
    vector = {"name": "v", "logicalType": "vector", "logicalTypeOptions": {"dimensions": 1, "elementType": element}}
    report = ndjson([{"v": [one]} for one in [*good, *bad]], [vector])

    assert {"v[].elementType": len(bad)} == failed(report)


def test_keys_of_a_map_are_judged_by_their_text() -> None:
    """JSON has only texts for keys, so `"1"` is the integer key that was agreed on."""
    scores = {"name": "m", "logicalType": "map",
              "map": {"key": {"logicalType": "integer"}, "value": {"logicalType": "integer"}}}  # fmt: skip
    report = ndjson([{"m": {"1": 1, "-2": 2}}, {"m": {"x": 1}}], [scores])

    assert {"m.key.logicalType": 1} == failed(report)


@pytest.mark.parametrize(
    ("prop", "skipped"),
    [
        ({"logicalType": "array", "logicalTypeOptions": {"minItems": -1}}, "v.minItems"),
        ({"logicalType": "array", "logicalTypeOptions": {"uniqueItems": "yes"}}, "v.uniqueItems"),
        ({"logicalType": "object", "logicalTypeOptions": {"required": "a"}}, "v.required"),
        ({"logicalType": "vector", "logicalTypeOptions": {"dimensions": "two"}}, "v.dimensions"),
        ({"logicalType": "vector", "logicalTypeOptions": {"elementType": "int3"}}, "v.elementType"),
        ({"logicalType": "map", "logicalTypeOptions": {"minItems": 1}}, "v.minItems"),
        ({"logicalType": "object", "enum": [{"value": "x"}]}, "v.enum"),
        ({"logicalType": "array", "items": {"logicalType": "string", "unique": True}}, "v[].unique"),
        ({"logicalType": "array", "items": {"quality": [{"metric": "nullValues", "mustBe": 0}]}}, "v[].nullValues"),
        ({"logicalType": "object", "properties": [{"name": "k", "primaryKey": True}]}, "v.k.primaryKey"),
        ({"logicalType": "object", "properties": [{"name": "k", "relationships": [{"to": "rows.v"}]}]},
         "v.k.relationship"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_of_the_inside_is_skipped(prop: dict[str, Any], skipped: str) -> None:
    """No option, rule, key or reference inside of a cell is dropped in silence."""
    value: Any = {"k": "1"} if prop["logicalType"] in ("object", "map") else [1]
    report = ndjson([{"v": value}], [{"name": "v", **prop}])

    assert (Result.SKIPPED, True) == (result(report, skipped).result, bool(result(report, skipped).reason))
