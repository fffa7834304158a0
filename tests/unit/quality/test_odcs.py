"""Reading ODCS: contracts of every age mean the same afterwards, and nothing that they promise is dropped."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from fileproc.domain.reports import Severity
from fileproc.errors import ContractError
from fileproc.quality.contracts.contract import Contract, Operator, Property, QualityRule
from fileproc.quality.contracts.lint_finding import UnreadableContract
from fileproc.quality.contracts.odcs import read, read_file
from fileproc.quality.contracts.odcs_variables import resolve
from fileproc.quality.contracts.yaml_positions import load

DATA = Path(__file__).parents[2] / "data" / "odcs"
HEAD = 'apiVersion: v3.1.0\nkind: DataContract\nid: x\nversion: "1.0"\nstatus: active\n'


def contract(text: str, **variables: str | None) -> Contract:
    return read(load((HEAD + text).encode(), "c.yaml"), digest="d", variables=variables)


def one_property(text: str) -> Property:
    """The property written as a YAML flow mapping."""
    return contract(f"schema: [{{name: t, properties: [{{name: a, {text}}}]}}]").schemas[0].properties[0]


def one_rule(text: str, column: str = "name: a") -> QualityRule:
    return contract(f"schema: [{{name: t, properties: [{{{column}, quality: [{{{text}}}]}}]}}]").schemas[0].properties[0].quality[0]  # fmt: skip  # noqa: E501


@pytest.mark.parametrize("file", sorted(DATA.glob("*.yaml")), ids=lambda file: file.name)
def test_official_examples_are_read(file: Path) -> None:
    """Every example of the standard is a contract, with its version as it was written."""
    found = read_file(file)

    assert (True, 64) == (found.version != "", len(found.digest))


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("{minimum: 0, exclusiveMinimum: true}", {"exclusiveMinimum": 0}),
        ("{minimum: 0, exclusiveMinimum: false}", {"minimum": 0}),
        ("{exclusiveMinimum: 0}", {"exclusiveMinimum": 0}),
        ("{maximum: 9, exclusiveMaximum: true, minimum: 1}", {"minimum": 1, "exclusiveMaximum": 9}),
        ("{minimum: 18446744073709551615}", {"minimum": 18446744073709551615}),
    ],
)
def test_exclusive_bounds_of_every_age(options: str, expected: dict[str, Any]) -> None:
    """A flag beside the bound (3.0) and the bound itself (3.1) are one thing to the checks."""
    assert expected == one_property(f"logicalType: integer, logicalTypeOptions: {options}").options


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("logicalType: string, enum: [{value: no}, {value: 007, label: Bond}, {value: 1.10}]", ("no", "007", "1.10")),
        ("enum: [yes, 1.0]", ("yes", "1.0")),
        ("logicalType: integer, enum: [{value: 1}, 2]", (1, 2)),
        ("logicalType: string, logicalTypeOptions: {enum: [a, null]}", ("a", None)),
        ("enum: a", ()),
    ],
)
def test_enums_of_every_shape(text: str, expected: tuple[Any, ...]) -> None:
    """Mappings with a value, plain values, and values among the options; texts keep their zeros."""
    assert expected == one_property(text).enum


@pytest.mark.parametrize(
    ("text", "metric", "operator"),
    [
        ("metric: nullValues, mustBe: 0", "nullValues", Operator("mustBe", 0)),
        ("type: library, rule: duplicateCount, mustBeLessThan: 5", "duplicateValues", Operator("mustBeLessThan", 5)),
        ("rule: validValues, validValues: [a]", "invalidValues", Operator("mustBe", 0)),
        ("metric: invalidValues, validValues: [a]", "invalidValues", None),
        ("metric: somethingNew, mustBe: 1", "somethingNew", Operator("mustBe", 1)),
        ("metric: nullValues, mustNotBe: 1, mustBe: 0", "nullValues", Operator("mustBe", 0)),
    ],
)
def test_rules_of_every_age(text: str, metric: str, operator: Operator | None) -> None:
    """`rule` and old names become today's metric; of several operators the standard's first counts."""
    rule = one_rule(text)

    assert (metric, operator, "library") == (rule.metric, rule.operator, rule.type)


def test_tokens_are_read_as_they_were_written() -> None:
    """`[007, -999.0, null, no]` are four tokens that stand in files, not numbers and booleans."""
    missing = one_rule("metric: missingValues, arguments: {missingValues: [007, -999.0, null, no]}, mustBe: 0")
    valid = one_rule("metric: invalidValues, arguments: {validValues: [01, 1.50]}, mustBe: 0")
    numbers = one_rule(
        "metric: invalidValues, arguments: {validValues: [01, 1.50]}, mustBe: 0", "name: a, logicalType: number"
    )
    beside = one_rule("metric: invalidValues, validValues: [01], pattern: '^0'")

    assert ["007", "-999.0", None, "no"] == missing.arguments["missingValues"]
    assert ["01", "1.50"] == valid.arguments["validValues"]
    assert [1, 1.5] == numbers.arguments["validValues"]
    assert {"validValues": ["01"], "pattern": "^0"} == beside.arguments


@pytest.mark.parametrize(
    ("severity", "expected"),
    [
        ("info", Severity.INFO), ("warning", Severity.WARN), ("Warning", Severity.WARN), ("error", Severity.FAIL),
        ("critical", Severity.FAIL), ("null", Severity.FAIL), ("whatever", Severity.FAIL),
    ],
)  # fmt: skip
def test_severities(severity: str, expected: Severity) -> None:
    """Only info and warning are mild; what is unset or unknown fails the file."""
    assert expected == one_rule(f"metric: nullValues, mustBe: 0, severity: {severity}").severity


def test_names_and_versions_stay_texts() -> None:
    """A column called 2024, a version 1.10 and a physicalName 007 are texts, whatever YAML takes them for."""
    found = contract("schema: [{name: 1.10, properties: [{name: 2024, physicalName: 007}]}]\nname: 3.0\n")
    prop = found.schemas[0].properties[0]

    assert ("3.0", "1.10", "2024", "007", "007") == (
        found.name, found.schemas[0].name, prop.name, prop.physical_name, prop.column,
    )  # fmt: skip


def test_nothing_that_is_promised_is_dropped() -> None:
    """Each promise that is not checked yet is listed with its reason and its line."""
    found = contract("""
slaProperties: [{property: freshness, value: 1, unit: d}]
customProperties: [{property: onFail, value: split}]
schema:
  - name: t
    logicalType: blob
    relationships: [{from: t.a, to: u.b}]
    customProperties: [{property: sortedBy, value: x, vendor: fileproc}, {property: headerRows, value: 1}]
    quality: [{type: sql, query: 'SELECT 1', mustBe: 1}, {type: text, description: be good}]
    properties:
      - name: a
        logicalType: object
        relationships: [{to: u.c}]
        properties:
          - {name: b, quality: [{id: inner, metric: nullValues, mustBe: 0}]}
      - {name: m, logicalType: map, map: {key: {logicalType: string}, value: {logicalType: integer}}}
      - {name: l, logicalType: array, items: {logicalType: object, properties: [{name: c}]}}
      - {name: q, quality: [{type: custom, engine: soda, implementation: {x: 1}}, {engine: dbt, implementation: y}]}
""")
    schema = found.schemas[0]
    listed = [one.id for one in (*found.unsupported, *schema.unsupported)]

    assert [
        "sla.freshness", "t.sortedBy",
    ] == listed  # fmt: skip
    assert all(one.reason and one.mark for one in (*found.unsupported, *schema.unsupported))
    assert ["sql", "text"] == [rule.type for rule in schema.quality]
    assert ["custom", "custom"] == [rule.type for rule in schema.properties[3].quality]


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ("servers: {}", "FPC103", "6:10"),
        ("servers: [x]", "FPC103", "6:11"),
        ("schema: [{properties: []}]", "FPC101", "6:10"),
        ("schema: [{name: t, properties: [{name: a, required: yes}]}]", "FPC103", "6:53"),
        ("schema: [{name: t, properties: [{name: a, unique: 1}]}]", "FPC103", "6:51"),
        ("schema: [{name: t, properties: [{name: a, logicalTypeOptions: []}]}]", "FPC103", "6:63"),
        ("schema: [{name: t, quality: [{metric: [a]}]}]", "FPC103", "6:39"),
        ("servers: [{server: a, type: s3, location: 's3://${BUCKET}/x'}]", "FPC007", "6:43"),
        ("customProperties: [{property: delimiter, value: ''}]", "FPC208", "6:42"),
        ("customProperties: [{property: header, value: maybe}]\nschema: [{name: t}]", "FPC208", "6:39"),
        ("customProperties: [{property: quoteChar, value: '\"\"'}]\nschema: [{name: t}]", "FPC208", "6:42"),
        ("customProperties: [{property: extraColumns, value: ignore}]\nschema: [{name: t}]", "FPC208", "6:45"),
        ("customProperties: [{property: malformedRows, value: 1%}]\nschema: [{name: t}]", "FPC208", "6:46"),
    ],
)
def test_what_has_no_meaning_is_refused(text: str, code: str, place: str) -> None:
    """A value that cannot be meant never weakens a promise in silence; the place is named."""
    if "delimiter" in text:
        text += "\nschema: [{name: t}]"
    with pytest.raises(UnreadableContract) as caught:
        contract(text)

    mark = caught.value.finding.mark
    assert (code, place) == (caught.value.finding.code, f"{mark.line}:{mark.column}")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("[]", "1:1"),
        ("a: 1", "1:1"),
        ("kind: Pod\napiVersion: v1", "1:1"),
        ("kind: DataContract", "1:1"),
        ("kind: DataContract\napiVersion: v2.2.0", "2:1"),
        ("kind: DataContract\napiVersion: v4.0.0", "2:1"),
    ],
)
def test_what_is_no_contract_is_refused(text: str, place: str) -> None:
    """Other YAML, other ages and other standards are told what to write."""
    with pytest.raises(UnreadableContract, match=r"apiVersion: v3\.1\.0") as caught:
        read(load(text.encode(), "c.yaml"), digest="d")

    mark = caught.value.finding.mark
    assert ("FPC008", place) == (caught.value.finding.code, f"{mark.line}:{mark.column}")


def test_variables_come_from_the_allow_list_only() -> None:
    """A variable that is allowed is put in, also its default; SQL's own placeholders are left alone."""
    text = """
servers: [{server: a, type: s3, location: 's3://${BUCKET}/${STAGE:-dev}/x'}]
schema: [{name: t, quality: [{type: sql, query: 'SELECT count(*) FROM ${table} WHERE d > ${SINCE}', mustBe: 0}]}]
"""
    found = contract(text, BUCKET="drop", STAGE=None, SINCE="2026")

    assert "s3://drop/dev/x" == found.servers[0].location
    assert "SELECT count(*) FROM ${table} WHERE d > 2026" == found.schemas[0].quality[0].query
    with pytest.raises(ContractError, match=r"\$\{SINCE\}"):
        contract(text, BUCKET="drop", STAGE="dev")
    with pytest.raises(ContractError, match=r"\$\{STAGE\}"):
        contract(text, BUCKET="drop", SINCE="2026")


def test_a_document_without_variables_is_left_as_it_is() -> None:
    """Allowing variables changes nothing in a contract that has none."""
    document = load(HEAD.encode(), "c.yaml")

    assert document is resolve(document, {"HOME": "x"})


WORDS = ["name", "servers", "schema", "properties", "quality", "logicalType", "logicalTypeOptions", "required", "enum"]
WORDS += ["customProperties", "property", "value", "metric", "arguments", "location", "items", "map", "mustBe", "type"]
VALUES = st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from(["a", "s3://b/*", "delimiter", "header", "${X}", "sql"])  # fmt: skip  # noqa: E501
NESTED = st.recursive(
    VALUES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=4),
    max_leaves=25,
)


@given(body=st.dictionaries(st.sampled_from(WORDS), NESTED, max_size=6))
@settings(max_examples=200, deadline=None)
def test_any_shape_is_read_or_refused(body: dict[str, Any]) -> None:
    """Known keys with values of any kind give a contract or one message with its place, never a traceback."""
    try:
        contract(yaml.safe_dump(body, sort_keys=False) if body else "")
    except ContractError as error:
        assert str(error).startswith("c.yaml:")
