"""Table Schemas and Data Packages become contracts: each keyword is carried over, or told as lost."""

from __future__ import annotations

from typing import Any

import pytest

from fileproc.domain.reports import Verdict
from tests.unit.quality.checking import failed
from tests.unit.quality.importing import checked, contract_of, imported, prop_of

VALID = {"metric": "invalidValues", "mustBe": 0}


def field(**words: Any) -> dict[str, Any]:
    return {"fields": [{"name": "a", **words}]}


def package(*resources: dict[str, Any], **words: Any) -> dict[str, Any]:
    return {"name": "shop", "version": "2.1.0", "resources": list(resources), **words}


def resource(**words: Any) -> dict[str, Any]:
    return {"name": "orders", "path": "orders.csv", "schema": field(type="string"), **words}


#: (words of the field, what the property then says)
CARRIED: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({}, {"logicalType": "string"}),
    ({"type": "string", "format": "default"}, {"logicalType": "string"}),
    ({"type": "string", "format": "email"}, {"logicalType": "string", "logicalTypeOptions": {"format": "email"}}),
    ({"type": "string", "format": "uri"}, {"logicalType": "string", "logicalTypeOptions": {"format": "uri"}}),
    ({"type": "string", "format": "uuid"}, {"logicalType": "string", "logicalTypeOptions": {"format": "uuid"}}),
    ({"type": "string", "format": "binary"}, {"logicalType": "string", "logicalTypeOptions": {"format": "byte"}}),
    ({"type": "integer"}, {"logicalType": "integer"}),
    ({"type": "number"}, {"logicalType": "number"}),
    ({"type": "year"}, {"logicalType": "integer"}),
    ({"type": "object"}, {"logicalType": "object"}),
    ({"type": "array"}, {"logicalType": "array"}),
    ({"type": "any"}, {}),
    ({"type": "date"}, {"logicalType": "date"}),
    ({"type": "time"}, {"logicalType": "time"}),
    ({"type": "datetime"}, {"logicalType": "timestamp"}),
    ({"type": "date", "format": "%d/%m/%Y"}, {"logicalType": "date", "logicalTypeOptions": {"format": "dd/MM/yyyy"}}),
    ({"type": "datetime", "format": "%Y-%m-%d %H:%M"},
     {"logicalType": "timestamp", "logicalTypeOptions": {"format": "yyyy-MM-dd HH:mm"}}),
    ({"type": "yearmonth"},
     {"logicalType": "string", "logicalTypeOptions": {"pattern": "^[0-9]{4}-(0[1-9]|1[0-2])$"}}),
    ({"type": "boolean", "trueValues": ["true"], "falseValues": ["false"]}, {"logicalType": "boolean"}),
    ({"title": "A", "description": "d", "example": "x"},
     {"businessName": "A", "description": "d", "logicalType": "string", "examples": ["x"]}),
    ({"constraints": {"required": True, "unique": True}},
     {"logicalType": "string", "required": True, "unique": True}),
    ({"constraints": {"required": False}}, {"logicalType": "string"}),
    ({"constraints": {"minLength": 1, "maxLength": 5}},
     {"logicalType": "string", "logicalTypeOptions": {"minLength": 1, "maxLength": 5}}),
    ({"constraints": {"pattern": "[a-z]+"}},
     {"logicalType": "string", "logicalTypeOptions": {"pattern": "^(?:[a-z]+)$"}}),
    ({"constraints": {"enum": ["x", "y"]}},
     {"logicalType": "string", "quality": [VALID | {"arguments": {"validValues": ["x", "y"]}}]}),
    ({"type": "integer", "constraints": {"minimum": 1, "maximum": "9"}},
     {"logicalType": "integer", "logicalTypeOptions": {"minimum": 1, "maximum": 9}}),
    ({"type": "number", "constraints": {"exclusiveMinimum": 0.5, "exclusiveMaximum": 9}},
     {"logicalType": "number", "logicalTypeOptions": {"exclusiveMinimum": 0.5, "exclusiveMaximum": 9}}),
    ({"type": "date", "format": "%d.%m.%Y", "constraints": {"minimum": "31.01.2026"}},
     {"logicalType": "date", "logicalTypeOptions": {"format": "dd.MM.yyyy", "minimum": "2026-01-31"}}),
    ({"type": "array", "constraints": {"minLength": 1, "maxLength": 2}},
     {"logicalType": "array", "logicalTypeOptions": {"minItems": 1, "maxItems": 2}}),
    ({"type": "object", "constraints": {"minLength": 1}},
     {"logicalType": "object", "logicalTypeOptions": {"minProperties": 1}}),
    ({"categories": ["x", "y"]},
     {"logicalType": "string", "quality": [VALID | {"arguments": {"validValues": ["x", "y"]}}]}),
]  # fmt: skip

#: (words of the field, the path that is told, a word of the reason)
LOST: list[tuple[dict[str, Any], str, str]] = [
    ({"type": "colour"}, "fields[0].type", "not known"),
    ({"type": "geopoint"}, "fields[0].type", "strings"),
    ({"type": "geojson"}, "fields[0].type", "GeoJSON"),
    ({"type": "duration"}, "fields[0].type", "strings"),
    ({"type": "list"}, "fields[0].type", "strings"),
    ({"type": "list", "itemType": "integer"}, "fields[0].itemType", "no word"),
    ({"type": "boolean"}, "fields[0].type", "TRUE"),
    ({"type": "boolean", "trueValues": ["yes"]}, "fields[0].trueValues", "string of these words"),
    ({"type": "integer", "groupChar": ","}, "fields[0].groupChar", "grouped"),
    ({"type": "number", "bareNumber": False}, "fields[0].bareNumber", "signs"),
    ({"type": "number", "format": "currency"}, "fields[0].format", "one form"),
    ({"type": "date", "format": "any"}, "fields[0].format", "string"),
    ({"type": "date", "format": "%W"}, "fields[0].format", "string"),
    ({"type": "string", "format": "zip"}, "fields[0].format", "not known"),
    ({"type": "array", "format": "csv"}, "fields[0].format", "one form"),
    ({"rdfType": "http://x"}, "fields[0].rdfType", "no word"),
    ({"missingValues": ["-"]}, "fields[0].missingValues", "no word"),
    ({"constraints": {"pattern": "(?=x)"}}, "fields[0].constraints.pattern", "look-around"),
    ({"constraints": {"minimum": 1}}, "fields[0].constraints.minimum", "not compared"),
    ({"constraints": {"minLength": -1}}, "fields[0].constraints.minLength", "whole number"),
    ({"constraints": {"jsonSchema": {}}}, "fields[0].constraints.jsonSchema", "no word"),
    ({"constraints": {"enum": []}}, "fields[0].constraints.enum", "list"),
    ({"constraints": {"required": "maybe"}}, "fields[0].constraints.required", "true or false"),
    ({"constraints": []}, "fields[0].constraints", "mapping"),
    ({"type": "integer", "constraints": {"pattern": "x"}}, "fields[0].constraints.pattern", "strings"),
    ({"type": "integer", "constraints": {"minLength": 1}}, "fields[0].constraints.minLength", "no length"),
    ({"type": "integer", "constraints": {"minimum": "x"}}, "fields[0].constraints.minimum", "number"),
    ({"type": "date", "constraints": {"minimum": "soon"}}, "fields[0].constraints.minimum", "no date"),
    ({"type": "integer", "constraints": {"minimum": 5, "maximum": 1}}, "fields[0]", "no value is within"),
    ({"categories": [{"value": "x", "label": "X"}]}, "fields[0].categories", "labels"),
    ({"categoriesOrdered": True}, "fields[0].categoriesOrdered", "no word"),
]


@pytest.mark.parametrize(("words", "expected"), CARRIED)
def test_each_keyword_of_a_field_is_carried_over(words: dict[str, Any], expected: dict[str, Any]) -> None:
    """Types, formats and constraints arrive as they were meant, with nothing lost but what a lone schema never says."""
    made = imported(field(**words))

    assert expected == prop_of(made)
    assert ["servers", "version"] == sorted(line.split(":")[0] for line in made.losses)


@pytest.mark.parametrize(("words", "where", "why"), LOST)
def test_what_has_no_word_is_told_with_its_path(words: dict[str, Any], where: str, why: str) -> None:
    """A keyword that is not carried over is one line with its path and the reason; the contract stays right."""
    told = dict(line.split(": ", 1) for line in imported(field(**words)).losses)

    assert why in told[where]


def test_keys_of_a_table() -> None:
    """Primary, unique and foreign keys, of one field and of several."""
    schema = {
        "fields": [{"name": "a"}, {"name": "b"}, {"name": "c"}],
        "primaryKey": ["b", "a"],
        "uniqueKeys": [["a", "c"], ["c"], ["z"]],
        "foreignKeys": [
            {"fields": "a", "reference": {"resource": "", "fields": "b"}},
            {"fields": ["a"], "reference": {"fields": ["x", "y"]}},
        ],
    }
    result = imported(schema, name="orders.json")
    table = contract_of(result)["schema"][0]

    assert [("a", 2), ("b", 1)] == [
        (one["name"], one["primaryKeyPosition"]) for one in table["properties"] if one.get("primaryKey")
    ]
    assert [True] == [one["unique"] for one in table["properties"] if one["name"] == "c"]
    assert [{"metric": "duplicateValues", "arguments": {"properties": ["a", "c"]}, "mustBe": 0}] == table["quality"]
    assert [{"type": "foreignKey", "from": "orders.a", "to": "orders.b"}] == table["relationships"]
    assert {"uniqueKeys[2]", "foreignKeys[1]"} <= {line.split(": ")[0] for line in result.losses}


@pytest.mark.parametrize(
    ("words", "custom"),
    [
        ({"missingValues": ["", "NA", "-"]}, {"nullSequence": ["NA", "-"]}),
        ({"missingValues": [""]}, {}),
        ({"missingValues": [{"value": "NA", "label": "not asked"}, ""]}, {"nullSequence": ["NA"]}),
        ({"fieldsMatch": "equal"}, {"extraColumns": "fail", "missingColumns": "fail"}),
        ({"fieldsMatch": ["subset"]}, {"extraColumns": "allow", "missingColumns": "fail"}),
        ({"fieldsMatch": "superset"}, {"extraColumns": "fail", "missingColumns": "allow"}),
        ({"fieldsMatch": "partial"}, {"extraColumns": "allow", "missingColumns": "allow"}),
    ],
)
def test_words_of_a_table(words: dict[str, Any], custom: dict[str, Any]) -> None:
    """Null tokens, and what to do about columns that are too many or too few."""
    table = contract_of(imported({**field(), **words}))["schema"][0]

    assert custom == {one["property"]: one["value"] for one in table.get("customProperties", [])}


@pytest.mark.parametrize(
    ("dialect", "custom"),
    [
        ({"delimiter": ";"}, {"delimiter": ";"}),
        ({"quoteChar": "'", "doubleQuote": False, "escapeChar": "\\"},
         {"quoteChar": "'", "doubleQuote": False, "escapeChar": "\\"}),
        ({"header": False}, {"header": False}),
        ({"headerRows": []}, {"header": False}),
        ({"headerRows": [1]}, {}),
        ({"headerRows": [1, 2]}, {"headerRows": [1, 2]}),
        ({"commentChar": "#"}, {"commentChar": "#"}),
        ({"skipInitialSpace": True}, {"skipInitialSpace": True}),
        ({"lineTerminator": "\r\n"}, {"lineTerminator": "\r\n"}),
        ({"nullSequence": "\\N"}, {"nullSequence": ["\\N"]}),
        ({"csv": {"delimiter": "|"}}, {"delimiter": "|"}),
    ],
)  # fmt: skip
def test_each_word_of_a_dialect(dialect: dict[str, Any], custom: dict[str, Any]) -> None:
    """How the file is written is said in the same words, as custom properties."""
    table = contract_of(imported(package(resource(dialect=dialect))))["schema"][0]

    assert custom == {one["property"]: one["value"] for one in table.get("customProperties", [])}


@pytest.mark.parametrize(
    ("words", "where"),
    [
        ({"dialect": {"commentRows": [1]}}, "resources[0].dialect.commentRows"),
        ({"dialect": {"headerJoin": "-"}}, "resources[0].dialect.headerJoin"),
        ({"dialect": {"caseSensitiveHeader": True}}, "resources[0].dialect.caseSensitiveHeader"),
        ({"dialect": {"sheetNumber": 2}}, "resources[0].dialect.sheetNumber"),
        ({"dialect": {"delimiter": "much too long"}}, "resources[0].dialect.delimiter"),
        ({"dialect": "elsewhere.json"}, "resources[0].dialect"),
        ({"schema": "https://x.example/schema.json"}, "resources[0].schema"),
        ({"schema": "../../etc/passwd"}, "resources[0].schema"),
        ({"encoding": "klingon"}, "resources[0]"),
        ({"path": "https://x.example/orders.csv"}, "resources[0].path"),
        ({"path": ["orders.csv", 7]}, "resources[0].path[1]"),
        ({"data": [[1]]}, "resources[0].data"),
        ({"bytes": 12}, "resources[0].bytes"),
        ({"hash": "x"}, "resources[0].hash"),
        ({"format": "dbf"}, "resources[0].format"),
        ({"licenses": []}, "resources[0].licenses"),
    ],
)
def test_what_of_a_resource_is_lost_is_told(words: dict[str, Any], where: str) -> None:
    """Addresses elsewhere, unknown formats and words, checksums: each a line with its path."""
    assert where in {line.split(": ")[0] for line in imported(package(resource(**words)), allowed="FPC311").losses}


def test_a_package_is_a_contract_with_a_schema_object_a_resource() -> None:
    """Name, version, texts, one server and one schema object for each resource."""
    made = imported(
        package(
            resource(title="Orders", encoding="utf-8", compression="gz", mediatype="text/csv"),
            {"name": "customers", "path": "s3://drop/customers.tsv", "schema": field()},
            title="Shop", description="All of it", keywords=["a"], homepage="https://x.example",
            created="2026-01-02T03:04:05Z", id="urn:shop", licenses=[{"name": "CC0"}],
        )
    )  # fmt: skip
    contract = contract_of(made)

    assert ("urn:shop", "Shop", "2.1.0", "draft") == tuple(contract[key] for key in ("id", "name", "version", "status"))
    assert ({"purpose": "All of it"}, ["a"]) == (contract["description"], contract["tags"])
    assert [("local", "orders.csv", "csv"), ("s3", "s3://drop/customers.tsv", "csv")] == [
        (one["type"], one.get("path") or one["location"], one["format"]) for one in contract["servers"]
    ]
    assert [("orders", "orders.csv"), ("customers", "customers.tsv")] == [
        (one["name"], one["physicalName"]) for one in contract["schema"]
    ]
    assert {"encoding": "utf-8", "compression": "gzip"} == {
        one["property"]: one["value"] for one in contract["schema"][0]["customProperties"]
    }
    assert ["licenses"] == sorted(line.split(": ")[0] for line in made.losses)


def test_a_lone_resource_is_imported_too() -> None:
    """What `describe` of other tools writes for one file."""
    contract = contract_of(imported({"name": "orders", "path": "in/orders.csv", "schema": field(type="integer")}))

    assert ("in/orders.csv", "integer") == (
        contract["servers"][0]["path"], contract["schema"][0]["properties"][0]["logicalType"],
    )  # fmt: skip


def test_names_that_stand_twice_are_told_apart() -> None:
    """Two resources, two fields of one name: nothing is overwritten in silence."""
    made = imported(package(resource(), resource(path="b.csv")))
    twice = imported({"fields": [{"name": "a"}, {"name": "a", "type": "integer"}, {"type": "date"}]})

    assert ["orders", "orders_2"] == [one["name"] for one in contract_of(made)["schema"]]
    assert "resources[1].name" in {line.split(": ")[0] for line in made.losses}
    assert ["a"] == [one["name"] for one in contract_of(twice)["schema"][0]["properties"]]
    assert {"fields[1]", "fields[2]"} <= {line.split(": ")[0] for line in twice.losses}


def test_an_imported_package_checks_files() -> None:
    """A file that the package describes passes; each broken promise is found."""
    schema = {
        "fields": [
            {"name": "id", "type": "integer", "constraints": {"required": True}},
            {"name": "day", "type": "date", "format": "%d.%m.%Y", "constraints": {"minimum": "01.01.2026"}},
            {"name": "price", "type": "number", "decimalChar": ",", "constraints": {"minimum": 0}},
            {"name": "state", "constraints": {"enum": ["new", "paid"]}},
            {"name": "code", "constraints": {"pattern": "[A-Z]{2}", "maxLength": 2}},
        ],
        "primaryKey": "id",
        "missingValues": ["", "NA"],
    }
    made = imported(package(resource(schema=schema, dialect={"delimiter": ";"})))
    good = checked(made, b"id;day;price;state;code\n1;02.01.2026;1,50;new;DE\n2;NA;NA;paid;NA\n")
    bad = checked(made, b"id;day;price;state;code\n1;31.12.2025;-1,5;old;DEX\n1;32.01.2026;1.5;new;de\nNA;;;;\n")

    assert Verdict.PASS == good.verdict
    assert {
        "id.required": 1, "id.primaryKey": 1, "day.minimum": 1, "day.logicalType": 1, "price.minimum": 1,
        "price.logicalType": 1, "state.rule1": 1, "code.pattern": 2, "code.maxLength": 1,
    } == failed(bad)  # fmt: skip
