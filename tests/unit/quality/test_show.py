"""A contract in words: every promise is told, in the words that the checks use, and hostile text stays text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fileproc.quality.contracts.odcs import read, read_file
from fileproc.quality.contracts.yaml_positions import load
from fileproc.quality.letter.letter import Letter, letter_of
from fileproc.quality.letter.render import as_markdown, as_text
from tests.unit.quality.checking import check, contract

DATA = Path(__file__).parents[2] / "data" / "odcs"
HEAD = 'apiVersion: v3.1.0\nkind: DataContract\nid: x\nname: Orders\nversion: "1.0"\nstatus: active\n'

PROPERTIES: list[dict[str, Any]] = [
    {"name": "id", "logicalType": "integer", "primaryKey": True, "logicalTypeOptions": {"minimum": 1, "format": "i32"}},
    {"name": "mail", "logicalType": "string", "required": True, "classification": "secret",
     "logicalTypeOptions": {"format": "email", "maxLength": 80}},
    {"name": "day", "logicalType": "date", "logicalTypeOptions": {"format": "dd.MM.yyyy"}},
    {"name": "size", "enum": ["S", "M"], "quality": [{"id": "r1", "metric": "nullValues", "mustBeLessThan": 5,
                                                      "unit": "percent", "severity": "warning"}]},
    {"name": "code", "logicalType": "string", "quality": [
        {"id": "r2", "metric": "invalidValues", "arguments": {"validValues": ["a", "b"]}, "mustBe": 0},
        {"id": "r3", "type": "text", "description": "Codes are nice"},
        {"id": "r4", "type": "custom", "engine": "soda", "implementation": "x"}]},
]  # fmt: skip


def letter(text: str) -> Letter:
    return letter_of(read(load((HEAD + text).encode(), "c.yaml"), digest="d"))


def test_the_words_are_those_of_the_checks() -> None:
    """What a report calls expected, and what it lists as not run, is what the letter says."""
    match = contract(PROPERTIES, quality=[{"id": "rows", "metric": "rowCount", "mustBeGreaterThan": 0}])
    report = check(b"id,mail,day,size,code\n1,a@b.de,01.02.2026,S,a\n", match)
    schema = letter_of(match.contract).schemas[0]
    told = {one.id: one for one in (*schema.rules, *(rule for column in schema.columns for rule in column.rules))}

    plain = [
        one for one in report.checks if one.expected and one.id not in ("r1", "r2") and one.type != "columnPresent"
    ]
    skipped = {(one.id, one.reason) for one in report.checks if one.result == "skipped"}

    assert {one.id: one.expected for one in plain} == {one.id: told[one.id].text for one in plain}
    assert {("r3", "a text rule is for people")} < skipped == {(one.id, one.text) for one in schema.not_checked}


def test_a_letter_says_everything() -> None:
    """Where, how written, each column with its type and rules, what a broken rule does, and what is not checked."""
    text = "\n".join(as_text(letter_of(contract(PROPERTIES, delimiter=";", nullSequence=["NA"]).contract)))

    for part in (
        "Files go to s3://b/* (drop).",
        "cells are separated by ';'",
        "'NA' means an empty cell",
        "id  (integer, required)",
        "- at least 1",
        "- every id once",
        "mail  (string, required, not shown in reports)",
        "- a valid email",
        "- a date written as dd.MM.yyyy",
        "- no empty cells; exceptions: less than 5 % (else the file gets a warning)",
        "- one of a, b",
        "- any malformed row fails the file",
        "- r3: a text rule is for people",
    ):
        assert part in text


def test_columns_of_fixed_width_say_where_they_stand() -> None:
    """Of a file without delimiters a partner learns which places of a line a column has."""
    words = [{"property": name, "value": value} for name, value in (("start", 4), ("width", 3))]
    match = contract([{"name": "a", "customProperties": words}], server={"format": "fixed"}, lineLength=80)
    text = "\n".join(as_text(letter_of(match.contract)))

    assert ("a  (any, may be empty, 3 places wide from place 4)", True) == (
        next(line.strip() for line in text.splitlines() if line.startswith("  a")),
        "lines have 80 places" in text,
    )


def test_fields_inside_have_rows_of_their_own() -> None:
    """Objects, lists and their elements are told with full names, each with its own rules."""
    found = letter(
        "schema: [{name: t, properties: [{name: a, logicalType: object, properties: [{name: b, required: true}, "
        "{name: c, logicalType: array, items: {logicalType: integer, logicalTypeOptions: {maximum: 9}}}]}]}]"
    )
    rules = {column.name: [one.text for one in column.rules] for column in found.schemas[0].columns}

    assert ["a", "a.b", "a.c", "a.c[]"] == list(rules)
    assert ("a value in every row" in rules["a.b"], "at most 9" in rules["a.c[]"]) == (True, True)


@pytest.mark.parametrize("file", sorted(DATA.glob("*.yaml")), ids=lambda file: file.name)
def test_every_rule_of_the_examples_is_told(file: Path) -> None:
    """No quality rule of any example of the standard is missing from the letter."""
    found = read_file(file)
    told = {
        one.id.removesuffix(".2")
        for schema in letter_of(found).schemas
        for one in (*schema.rules, *schema.not_checked, *(rule for column in schema.columns for rule in column.rules))
    }
    written = {
        rule.id
        for schema in found.schemas
        for rule in (*schema.quality, *(q for p in schema.properties for q in p.quality))
    }

    assert written <= told


def test_markdown_and_html_of_a_contract_are_text() -> None:
    """A description cannot end its table row, draw a link or bring HTML into somebody's page."""
    hostile = "<script>alert(1)</script> | x\\n\\n# Head [link](http://x)"
    text = "\n".join(as_markdown(letter(f'schema: [{{name: t, properties: [{{name: a, description: "{hostile}"}}]}}]')))

    assert (False, False, False, True) == ("<script" in text, "\n# Head" in text, "[link](" in text, "\\| x" in text)


def test_an_odd_contract_still_has_a_letter() -> None:
    """Bounds that are no numbers, queries that are no queries and patterns that cannot run are said, not raised."""
    found = letter(
        "schema: [{name: t, properties: [{name: a, logicalType: integer, logicalTypeOptions: {minimum: x, pattern: "
        "'('}}],"
        " quality: [{type: sql, query: 'DROP TABLE t', mustBe: 0}, {metric: rowCount, mustBeBetween: 5}]}]"
    )

    assert {"t.rule1", "t.rule2", "a.pattern"} <= {one.id for one in found.schemas[0].not_checked}
