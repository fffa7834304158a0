"""Data Contract Specifications become contracts: each keyword is carried over, or told as lost."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from fileproc.domain.reports import Result, Verdict
from fileproc.quality.contracts.import_durations import duration_of
from fileproc.quality.contracts.import_file import Imported
from tests.unit.quality.checking import failed, result
from tests.unit.quality.importing import checked, contract_of, imported, prop_of

SERVERS = {"drop": {"type": "s3", "location": "s3://drop/orders/*.csv", "format": "csv"}}


def dcs(fields: dict[str, Any] | None = None, *, model: dict[str, Any] | None = None, **words: Any) -> dict[str, Any]:
    return {
        "dataContractSpecification": "1.2.1",
        "id": "urn:shop:orders",
        "info": {"title": "Orders", "version": "2.0.0", "status": "active"},
        "servers": SERVERS,
        "models": {"orders": {"fields": fields or {"a": {"type": "string"}}, **(model or {})}},
        **words,
    }


def field(words: dict[str, Any], **more: Any) -> Imported:
    return imported(dcs({"a": words}, **more))


def told(made: Imported) -> dict[str, str]:
    """Path → reason, of everything that was lost."""
    return dict(line.split(": ", 1) for line in made.losses)


#: (words of the field, what the property then says)
CARRIED: list[tuple[dict[str, Any], dict[str, Any]]] = [
    *(({"type": kind}, {"logicalType": "string"}) for kind in ("string", "text", "varchar")),
    *(({"type": kind}, {"logicalType": "integer"}) for kind in ("int", "integer", "long", "bigint")),
    *(({"type": kind}, {"logicalType": "number"}) for kind in ("number", "decimal", "numeric", "float", "double")),
    ({"type": "boolean"}, {"logicalType": "boolean"}),
    ({"type": "date"}, {"logicalType": "date"}),
    ({"type": "time"}, {"logicalType": "time"}),
    ({"type": "timestamp"}, {"logicalType": "timestamp"}),
    ({"type": "timestamp_ntz"}, {"logicalType": "timestamp"}),
    ({"type": "timestamp_tz"}, {"logicalType": "timestamp", "logicalTypeOptions": {"timezone": True}}),
    ({"type": "decimal", "precision": 10, "scale": 2}, {"logicalType": "number", "physicalType": "decimal(10, 2)"}),
    ({"type": "decimal", "precision": 5}, {"logicalType": "number", "physicalType": "decimal(5, 0)"}),
    ({"type": "string", "format": "email"}, {"logicalType": "string", "logicalTypeOptions": {"format": "email"}}),
    ({"type": "string", "minLength": 1, "maxLength": 5, "pattern": "^x"},
     {"logicalType": "string", "logicalTypeOptions": {"minLength": 1, "maxLength": 5, "pattern": "^x"}}),
    ({"type": "int", "minimum": 0, "exclusiveMaximum": 9},
     {"logicalType": "integer", "logicalTypeOptions": {"minimum": 0, "exclusiveMaximum": 9}}),
    ({"type": "string", "required": True, "unique": True, "title": "A", "description": "d"},
     {"businessName": "A", "description": "d", "logicalType": "string", "required": True, "unique": True}),
    ({"type": "string", "primaryKey": True}, {"logicalType": "string", "primaryKey": True, "primaryKeyPosition": 1}),
    ({"type": "string", "primary": True}, {"logicalType": "string", "primaryKey": True, "primaryKeyPosition": 1}),
    ({"type": "string", "classification": "internal", "tags": ["t"]},
     {"logicalType": "string", "classification": "internal", "tags": ["t"]}),
    ({"type": "string", "pii": True}, {"logicalType": "string", "classification": "pii"}),
    ({"type": "string", "pii": True, "classification": "secret"},
     {"logicalType": "string", "classification": "secret", "tags": ["pii"]}),
    ({"type": "string", "examples": ["x", "y"]}, {"logicalType": "string", "examples": ["x", "y"]}),
    ({"type": "string", "example": "x"}, {"logicalType": "string", "examples": ["x"]}),
    ({"type": "string", "references": "orders.a"},
     {"logicalType": "string", "relationships": [{"type": "foreignKey", "to": "orders.a"}]}),
    ({"type": "string", "enum": ["x"]},
     {"logicalType": "string",
      "quality": [{"metric": "invalidValues", "arguments": {"validValues": ["x"]}, "mustBe": 0}]}),
    ({"type": "array", "items": {"type": "int", "minimum": 1}},
     {"logicalType": "array", "items": {"logicalType": "integer", "logicalTypeOptions": {"minimum": 1}}}),
    ({"type": "record", "fields": {"b": {"type": "int", "required": True}}},
     {"logicalType": "object", "properties": [{"name": "b", "logicalType": "integer", "required": True}]}),
    ({"type": "map", "keys": {"type": "string"}, "values": {"type": "int"}},
     {"logicalType": "map", "map": {"key": {"logicalType": "string"}, "value": {"logicalType": "integer"}}}),
]  # fmt: skip

#: (words of the field, the path below it that is told, a word of the reason)
LOST: list[tuple[dict[str, Any], str, str]] = [
    ({"type": "bytes"}, ".type", "bytes"),
    ({"type": "variant"}, ".type", "any value"),
    ({"type": "quaternion"}, ".type", "not known"),
    ({"type": "string", "format": "iban"}, ".format", "no such format"),
    ({"type": "string", "precision": 3}, ".precision", "digits"),
    ({"type": "decimal", "precision": 99}, ".precision", "38"),
    ({"type": "string", "references": "nowhere"}, ".references", "model.field"),
    ({"type": "string", "$ref": "#/definitions/nobody"}, ".$ref", "followed"),
    ({"type": "string", "$ref": "https://x.example/y"}, ".$ref", "followed"),
    ({"type": "string", "lineage": {}}, ".lineage", "no word"),
    ({"type": "string", "config": {"x": 1}}, ".config", "no word"),
    ({"type": "map"}, "", "texts"),
    ({"type": "string", "quality": [{"type": "custom", "engine": "dbt"}]}, ".quality[0]", "another engine"),
    ({"type": "string", "quality": [{"type": "library", "metric": "nullValues"}]}, ".quality[0]", "operator"),
    ({"type": "string", "quality": [{"type": "library", "metric": "rowCount", "mustBe": 1}]}, ".quality[0]", "field"),
    ({"type": "string", "quality": [{"type": "sql", "mustBe": 1}]}, ".quality[0]", "query"),
    ({"type": "string", "quality": [{"type": "sql", "query": "DROP TABLE x", "mustBe": 1}]}, ".quality[0]", "refused"),
    ({"type": "string", "quality": [{"type": "text"}]}, ".quality[0]", "nothing"),
    ({"type": "string", "quality": ["x"]}, ".quality[0]", "mapping"),
    ({"type": "string", "pattern": "(?!x)"}, ".pattern", "look-around"),
    ({"type": "record", "fields": {"k": {"type": "int", "primaryKey": True}}}, ".fields.k.primaryKey", "of columns"),
    (
        {"type": "record", "fields": {"k": {"type": "int", "references": "orders.a"}}},
        ".fields.k.references",
        "of columns",
    ),
    ({"type": "array", "items": {"type": "int", "unique": True}}, ".items.unique", "of columns"),
    (
        {"type": "array", "items": {"type": "int", "quality": [{"metric": "nullValues", "mustBe": 0}]}},
        ".items.quality",
        "of columns",
    ),
]


@pytest.mark.parametrize(("words", "expected"), CARRIED)
def test_each_keyword_of_a_field_is_carried_over(words: dict[str, Any], expected: dict[str, Any]) -> None:
    """Types, constraints, keys and classes arrive as they were meant, with nothing lost."""
    made = field(words)

    assert (expected, []) == (prop_of(made), made.losses)


@pytest.mark.parametrize(("words", "where", "why"), LOST)
def test_what_has_no_word_is_told_with_its_path(words: dict[str, Any], where: str, why: str) -> None:
    """A keyword that is not carried over is one line with its path and the reason; the contract stays right."""
    assert why in told(field(words))[f"models.orders.fields.a{where}"]


#: (a rule, the rules that it becomes)
RULES: list[tuple[dict[str, Any], list[dict[str, Any]]]] = [
    ({"type": "library", "metric": "nullValues", "mustBe": 0}, [{"metric": "nullValues", "mustBe": 0}]),
    ({"rule": "duplicateCount", "mustBeLessThan": 5, "unit": "percent"},
     [{"metric": "duplicateValues", "unit": "percent", "mustBeLessThan": 5}]),
    ({"rule": "validValues", "validValues": ["x"]},
     [{"metric": "invalidValues", "arguments": {"validValues": ["x"]}, "mustBe": 0}]),
    ({"metric": "missingValues", "arguments": {"missingValues": [None, "NA"]}, "mustBeLessThanOrEqualTo": 5},
     [{"metric": "missingValues", "arguments": {"missingValues": [None, "NA"]}, "mustBeLessOrEqualTo": 5}]),
    ({"metric": "nullValues", "mustBeBetween": [1, 5]},
     [{"metric": "nullValues", "mustBeGreaterOrEqualTo": 1}, {"metric": "nullValues", "mustBeLessOrEqualTo": 5}]),
    ({"type": "sql", "query": "SELECT max({field}) FROM {model}", "mustBeGreaterThanOrEqualTo": 5, "severity": "info"},
     [{"type": "sql", "severity": "info", "query": "SELECT max({field}) FROM {model}", "mustBeGreaterOrEqualTo": 5}]),
    ({"type": "text", "description": "be good", "dimension": "accuracy"},
     [{"type": "text", "description": "be good", "dimension": "accuracy"}]),
    ({"type": "custom", "engine": "soda", "implementation": {"type": "missing_percent", "must_be_less_than": 1}},
     [{"metric": "nullValues", "unit": "percent", "mustBeLessThan": 1}]),
    ({"type": "custom", "engine": "soda", "implementation": "duplicate_count(a) = 0"},
     [{"metric": "duplicateValues", "mustBe": 0}]),
    ({"type": "custom", "engine": "soda",
      "implementation": {"type": "invalid_count", "valid_values": ["x"], "must_be": 0}},
     [{"metric": "invalidValues", "arguments": {"validValues": ["x"]}, "mustBe": 0}]),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "expected"), RULES)
def test_each_kind_of_rule_is_carried_over(rule: dict[str, Any], expected: list[dict[str, Any]]) -> None:
    """Library metrics of every age, SQL, texts and Soda's checks at a field."""
    made = field({"type": "int", "quality": [rule]})

    assert (expected, []) == (prop_of(made)["quality"], made.losses)


#: (a line of SodaCL, what it becomes at the model, what at the field `a`)
SODA: list[tuple[Any, list[dict[str, Any]], list[dict[str, Any]]]] = [
    ("row_count > 0", [{"metric": "rowCount", "mustBeGreaterThan": 0}], []),
    ("row_count between 5 and 9",
     [{"metric": "rowCount", "mustBeGreaterOrEqualTo": 5}, {"metric": "rowCount", "mustBeLessOrEqualTo": 9}], []),
    ("missing_count(a) = 0", [], [{"metric": "nullValues", "mustBe": 0}]),
    ("missing_percent(a) < 5%", [], [{"metric": "nullValues", "unit": "percent", "mustBeLessThan": 5}]),
    ({"missing_count(a) = 0": {"missing values": ["NA"]}}, [],
     [{"metric": "missingValues", "arguments": {"missingValues": [None, "NA"]}, "mustBe": 0}]),
    ("duplicate_percent(a) <= 1", [], [{"metric": "duplicateValues", "unit": "percent", "mustBeLessOrEqualTo": 1}]),
    ("duplicate_count(a, b) = 0",
     [{"metric": "duplicateValues", "arguments": {"properties": ["a", "b"]}, "mustBe": 0}], []),
    ({"invalid_count(a) = 0": {"valid values": [1, 2]}}, [],
     [{"metric": "invalidValues", "arguments": {"validValues": [1, 2]}, "mustBe": 0}]),
    ({"invalid_count(b) = 0": {"valid regex": "[a-z]+"}}, [], []),
    ("max(a) <= 1000", [{"type": "sql", "query": 'SELECT max("a") FROM {object}', "mustBeLessOrEqualTo": 1000}], []),
    ("avg(a) != 5", [{"type": "sql", "query": 'SELECT avg("a") FROM {object}', "mustNotBe": 5}], []),
    ("max_length(b) < 9",
     [{"type": "sql", "query": 'SELECT max(length("b")) FROM {object}', "mustBeLessThan": 9}], []),
    ({"failed rows": {"fail condition": "a < 0"}},
     [{"type": "sql", "query": "SELECT count(*) FROM {object} WHERE a < 0", "mustBe": 0}], []),
    ({"failed rows": {"name": "x", "fail query": "SELECT a FROM orders WHERE a < 0;"}},
     [{"type": "sql", "query": "SELECT count(*) FROM (SELECT a FROM orders WHERE a < 0) AS failed_rows",
       "mustBe": 0}], []),
]  # fmt: skip


@pytest.mark.parametrize(("line", "table", "column"), SODA)
@pytest.mark.parametrize("as_text", [False, True], ids=["values", "text"])
def test_each_line_of_sodacl(line: Any, table: list[Any], column: list[Any], as_text: bool) -> None:
    """The document's own `quality` goes to its model and fields, whether it is YAML or a text that holds YAML."""
    checks: Any = {"checks for orders": [line]}
    quality = {"type": "SodaCL", "specification": yaml.safe_dump(checks) if as_text else checks}
    made = imported(dcs({"a": {"type": "int"}, "b": {"type": "string"}}, quality=quality))
    schema = contract_of(made)["schema"][0]

    assert (table, column, []) == (
        schema.get("quality", []), schema["properties"][0].get("quality", []), made.losses,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("quality", "where", "why"),
    [
        ({"type": "great-expectations", "specification": {}}, "quality", "another engine"),
        ({"type": "SodaCL", "specification": "a: b: c"}, "quality.specification", "not YAML"),
        ({"type": "SodaCL", "specification": [1]}, "quality.specification", "checks for MODEL"),
        ({"type": "SodaCL", "specification": {"checks for others": []}},
         "quality.specification.checks for others", "checks for MODEL"),
        *(({"type": "SodaCL", "specification": {"checks for orders": [line]}},
           "quality.specification.checks for orders[0]", why)
          for line, why in (
            ("row_count same as x", "no rule here"), ("anomaly detection for row_count", "no rule here"),
            ("missing_count(z) = 0", "no field"), ("missing_count = 0", "names no field"),
            ("row_count(a) = 0", "whole model"), ("row_count > many", "number"), ("skew(a) = 0", "no such metric"),
            ("invalid_count(a) = 0", "which values"), ({"invalid_count(a) = 0": {"valid min": 1}}, "valid min"),
            ({"schema": {"fail": {}}}, "no rule here"), ({"failed rows": {}}, "fail condition"),
            ({"x": 1, "y": 2}, "a line"), (7, "a line"), ("freshness(z) < 1d", "freshness"),
            ("values in z must exist in orders a", "as many fields"))),
    ],
)  # fmt: skip
def test_checks_without_an_equal_are_told(quality: dict[str, Any], where: str, why: str) -> None:
    """Each line of another engine that is not carried over is named with the reason."""
    assert why in told(imported(dcs({"a": {"type": "int"}}, quality=quality)))[where]


def test_old_freshness_and_references_become_levels_and_relationships() -> None:
    """What is no quality rule here has its own place."""
    lines = ["freshness(a) < 1d12h", "values in b must exist in orders c"]
    quality = {"type": "SodaCL", "specification": {"checks for orders": lines}}
    fields = {"a": {"type": "timestamp"}, "b": {"type": "string"}, "c": {"type": "string"}}
    contract = contract_of(imported(dcs(fields, quality=quality)))

    assert [{"property": "freshness", "value": 36, "unit": "h", "element": "orders.a"}] == contract["slaProperties"]
    assert [{"type": "foreignKey", "from": "orders.b", "to": "orders.c"}] == contract["schema"][0]["relationships"]


def test_definitions_are_put_in_where_they_are_referred_to() -> None:
    """The field's own words win; what is unused or about the definition itself is told."""
    definitions = {
        "id": {"type": "string", "maxLength": 9, "description": "an id", "domain": "shop"},
        "unused": {"type": "int"},
    }
    made = field({"$ref": "#/definitions/id", "maxLength": 5}, definitions=definitions)

    assert {"description": "an id", "logicalType": "string", "logicalTypeOptions": {"maxLength": 5}} == prop_of(made)
    assert {"definitions.id.domain", "definitions.unused"} == set(told(made))


@pytest.mark.parametrize(
    ("words", "key", "expected"),
    [
        ({"tags": ["t"]}, "tags", ["t"]),
        ({"links": {"wiki": "https://x.example"}}, "authoritativeDefinitions",
         [{"type": "wiki", "url": "https://x.example"}]),
        ({"terms": {"usage": "u", "limitations": "l"}}, "description", {"usage": "u", "limitations": "l"}),
        ({"terms": {"policies": [{"name": "p", "url": "https://x.example"}]}}, "authoritativeDefinitions",
         [{"type": "p", "url": "https://x.example"}]),
        ({"info": {"title": "T", "version": "1", "owner": "o", "description": "d"}}, "team", {"name": "o"}),
        ({"info": {"version": "1", "status": "active", "contact": {"name": "N", "email": "a@b.example"}}}, "support",
         [{"channel": "N", "url": "mailto:a@b.example", "tool": "email"}]),
        ({"servicelevels": {"freshness": {"threshold": "25h", "timestampField": "orders.a"}}}, "slaProperties",
         [{"property": "freshness", "value": 25, "unit": "h", "element": "orders.a"}]),
        ({"servicelevels": {"latency": {"threshold": "PT30M", "sourceTimestampField": "orders.a"}}}, "slaProperties",
         [{"property": "latency", "value": 30, "unit": "m", "element": "orders.a"}]),
        ({"servicelevels": {"retention": {"period": "P1Y", "timestampField": "orders.a"}}}, "slaProperties",
         [{"property": "retention", "value": 1, "unit": "y", "element": "orders.a"}]),
    ],
)  # fmt: skip
def test_each_part_around_the_models(words: dict[str, Any], key: str, expected: Any) -> None:
    """Info, terms, tags, links and service levels."""
    assert expected == contract_of(imported(dcs({"a": {"type": "timestamp"}}, **words)))[key]


@pytest.mark.parametrize(
    ("words", "where"),
    [
        ({"servicelevels": {"availability": {"percentage": "99.9%"}}}, "servicelevels.availability"),
        ({"servicelevels": {"freshness": {"threshold": "soon", "timestampField": "orders.a"}}},
         "servicelevels.freshness"),
        ({"servicelevels": {"retention": {"unlimited": True}}}, "servicelevels.retention"),
        ({"terms": {"billing": "5 EUR"}}, "terms.billing"),
        ({"terms": {"policies": [{"name": "p"}]}}, "terms.policies[0]"),
        ({"examples": [{"type": "csv", "data": "x"}]}, "examples"),
        ({"info": {"version": "1", "status": "asleep"}}, "status"),
        ({"info": {"title": "x"}}, "version"),
        ({"servers": SERVERS | {"db": {"type": "postgres", "host": "h"}}}, "servers.db"),
        ({"servers": SERVERS | {"no": {"type": "s3"}}}, "servers.no"),
        ({"servers": {"db": {"type": "kafka"}}}, "servers"),
    ],
)  # fmt: skip
def test_what_of_the_rest_is_lost_is_told(words: dict[str, Any], where: str) -> None:
    """Databases, prices, levels that no file can prove: each a line with its path."""
    assert where in told(imported(dcs({"a": {"type": "timestamp"}}, **words)))


@pytest.mark.parametrize(
    ("server", "expected"),
    [
        ({"type": "s3", "location": "s3://b/{model}/*.json", "format": "json", "delimiter": "new_line",
          "endpointUrl": "https://x.example", "environment": "prod", "description": "d",
          "roles": [{"name": "r", "description": "x"}]},
         {"server": "drop", "type": "s3", "location": "s3://b/{model}/*.json", "environment": "prod",
          "description": "d", "endpointUrl": "https://x.example", "format": "json", "delimiter": "new_line",
          "roles": [{"role": "r", "description": "x"}]}),
        ({"type": "s3", "location": "s3://b/*.csv", "format": "csv", "delimiter": ";"},
         {"server": "drop", "type": "s3", "location": "s3://b/*.csv", "format": "csv",
          "customProperties": [{"property": "delimiter", "value": ";"}]}),
        ({"type": "local", "path": "./in/*.json", "format": "json", "delimiter": "new_line"},
         {"server": "drop", "type": "local", "path": "./in/*.json", "format": "ndjson"}),
    ],
)  # fmt: skip
def test_servers_that_hold_files(server: dict[str, Any], expected: dict[str, Any]) -> None:
    """Places, formats, delimiters and roles."""
    assert [expected] == contract_of(imported(dcs(servers={"drop": server})))["servers"]


def test_keys_and_extra_columns_of_a_model() -> None:
    """The model's own list of key columns gives their order; whether there may be more columns is a policy."""
    fields = {"a": {"type": "string"}, "b": {"type": "string"}}
    model = {"primaryKey": ["b", "a"], "additionalFields": False, "type": "table", "description": "d", "title": "T"}
    table = contract_of(imported(dcs(fields, model=model)))["schema"][0]

    assert [("a", 2), ("b", 1)] == [(one["name"], one["primaryKeyPosition"]) for one in table["properties"]]
    assert [{"property": "extraColumns", "value": "fail"}] == table["customProperties"]
    assert ("table", "d", "T") == (table["physicalType"], table["description"], table["businessName"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [("25h", (25, "h")), ("1d", (1, "d")), ("1d12h", (36, "h")), ("90m", (90, "m")), ("P3M", (3, "mo")),
     ("P1Y", (1, "y")), ("PT15M", (15, "m")), ("2w", (14, "d")), ("soon", None), ("", None), ("1.5h", None)],
)  # fmt: skip
def test_durations(text: str, expected: tuple[int, str] | None) -> None:
    """Short and ISO durations, in the largest unit that is exact; nothing is guessed."""
    assert expected == duration_of(text)


def test_an_imported_contract_checks_files() -> None:
    """A file that keeps the promises passes; each broken one is found, also those in SQL and SodaCL."""
    fields = {
        "id": {"type": "int", "primaryKey": True, "required": True},
        "mail": {"type": "string", "format": "email", "pii": True},
        "amount": {"type": "decimal", "precision": 5, "scale": 2, "minimum": 0},
        "state": {"type": "string", "enum": ["new", "paid"]},
    }
    quality = {"type": "SodaCL", "specification": "checks for orders:\n  - row_count >= 2\n  - max(amount) <= 100\n"}
    made = imported(dcs(fields, quality=quality))
    good = checked(made, b"id,mail,amount,state\n1,a@b.example,1.50,new\n2,c@d.example,99.99,paid\n")
    bad = checked(made, b"id,mail,amount,state\n1,nobody,-1,lost\n1,c@d.example,100.123,paid\n,a@b.example,5,new\n")

    assert Verdict.PASS == good.verdict
    assert {
        "id.required": 1, "id.primaryKey": 1, "mail.format": 1, "amount.minimum": 1, "amount.precision": 1,
        "state.rule1": 1,
    }.items() <= failed(bad).items()  # fmt: skip
    assert Result.FAIL == result(bad, "orders.rule2").result
    assert "nobody" not in str(bad.to_document())
