"""The traps of the standard, by their number: what its schema and its prose say differently, and what people copy."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from fileproc.domain.reports import Result, Verdict
from fileproc.quality.contracts.lint_standard import load_schema
from fileproc.quality.contracts.odcs import read
from fileproc.quality.contracts.odcs_words import VERSIONS
from fileproc.quality.contracts.yaml_positions import load
from tests.unit.quality.checking import check, contract, failed, result
from tests.unit.quality.test_lint import HEAD, V32, lint_text, prop, related, rule, table_rule, whole
from tests.unit.quality.test_odcs import DATA

#: The published files, to the byte.
DIGESTS = {
    "3.0.0": "421d1bbcead745784d91c3f198f45aaea536fbadbceb83f3bbfa5b4ad1305922",
    "3.0.1": "346408469a760b4a484f7ad3d7c6779de810b93761c8c11d3d7111f323273cc6",
    "3.0.2": "fc9d774ea73d13b473a52868eb8e66784f3a031794d1d22dd94d76f8c9c07c79",
    "3.1.0": "dbb936e7c1474b2b2600ec74e03faaf44a4eb4256728be6b6177e2e156c6e240",
    "3.2.0": "4b530540c9182db45ad879867d9c83a92feefc7c2d911b4b56338b0328070d7c",
}


def codes(folder: Path, text: str) -> list[str]:
    return [one.code for one in lint_text(folder, text)]


@pytest.mark.parametrize("version", VERSIONS)
def test_the_standards_schemas_are_vendored_as_published(version: str) -> None:
    """Nobody edits the standard: what is mended is mended when it is loaded."""
    folder = Path(load_schema.__wrapped__.__code__.co_filename).parent / "schemas"
    data = (folder / f"odcs-json-schema-v{version}.json").read_bytes()

    assert DIGESTS[version] == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("head", [HEAD, V32], ids=["3.1", "3.2"])
def test_trap_1_options_without_a_type_are_a_warning(tmp_path: Path, head: str) -> None:
    """Every type's options were demanded at once; it is one warning that says to add the type, and they are checked."""
    assert ["FPC304"] == codes(tmp_path, prop("logicalTypeOptions: {maxLength: 2}", head))
    report = check(b"a\nxx\nxxx\n", contract([{"name": "a", "logicalTypeOptions": {"maxLength": 2}}]))

    assert {"a.maxLength": 1} == failed(report)


def test_trap_2_a_property_without_a_type_needs_no_map(tmp_path: Path) -> None:
    """The schema of 3.2.0 asks every untyped property for a `map` and `dimensions`; ours does not."""
    assert [] == codes(tmp_path, prop("description: anything", V32))
    assert ["FPC101"] == codes(tmp_path, prop("logicalType: map", V32))


def test_trap_3_required_means_not_null() -> None:
    """The prose has it the wrong way round in one place: `required: true` fails empty cells."""
    assert Verdict.FAIL == check(b"a,b\n,1\n", contract([{"name": "a", "required": True}, {"name": "b"}])).verdict
    assert Verdict.PASS == check(b"a,b\n,1\n", contract([{"name": "a", "required": False}, {"name": "b"}])).verdict


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (rule("{metric: rowCount, mustBe: 5}"), "FPC404"),
        (table_rule("{metric: duplicateValues, mustBe: 0}"), "FPC415"),
        (rule("{type: sql, query: 'SELECT count(*) FROM {object}', mustBe: 1, metric: nullValues}"), "FPC414"),
    ],
)
def test_trap_4_rules_without_a_meaning_are_told(tmp_path: Path, text: str, code: str) -> None:
    """The schema takes a row count of a column, duplicates of nothing, and a metric beside SQL; people are told."""
    assert [code] == codes(tmp_path, text)


def test_trap_5_library_rules_have_an_operator_and_text_rules_none(tmp_path: Path) -> None:
    """One is an error that names operators, the other one that says to remove it."""
    missing = lint_text(tmp_path, rule("{metric: nullValues}"))
    idle = lint_text(tmp_path, rule("{type: text, description: x, mustBe: 0}"))

    assert (["FPC401"], ["FPC106"]) == ([one.code for one in missing], [one.code for one in idle])
    assert ("mustBe" in missing[0].fix, "remove it") == (True, idle[0].fix)


def test_trap_6_a_pattern_outside_of_arguments_is_named_and_still_counts(tmp_path: Path) -> None:
    """The standard's own IBAN example is mis-indented, and everybody copies it."""
    found = lint_text(tmp_path, rule("{metric: invalidValues, mustBe: 0, pattern: '^DE'}"))
    iban = {"name": "a", "quality": [{"id": "iban", "metric": "invalidValues", "pattern": "^DE", "mustBe": 0}]}

    assert [("FPC406", True)] == [(one.code, "arguments:" in one.fix) for one in found]
    assert {"iban": 1} == failed(check(b"a\nDE1\nFR2\n", contract([iban])))


def test_trap_7_yaml_does_not_change_what_was_written(tmp_path: Path) -> None:
    """A version stays 1.10, a day stays a text, `no` is no boolean."""
    text = (
        HEAD.replace('"1.0"', "1.10") + "name: no\ntenant: 2020-01-01\nschema: [{name: on, properties: [{name: y}]}]\n"
    )
    found = read(load(text.encode(), "c.yaml"), digest="d")

    assert ("1.10", "no", "on", "y") == (
        found.version,
        found.name,
        found.schemas[0].name,
        found.schemas[0].properties[0].name,
    )
    assert ["FPC103"] == [one.code for one in lint_text(tmp_path, prop("required: no"))]
    assert "FPC108" in codes(tmp_path, whole(head=HEAD.replace('"1.0"', "1.0")))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (prop("relationships: [{to: t.a}]"), []),
        (prop("relationships: [{from: t.a, to: t.a}]"), ["FPC421"]),
        (related("{from: t.a, to: t.a}"), []),
        (related("{to: t.a}"), ["FPC101"]),
        (related("{from: [t.a], to: [t.a]}"), []),
        (related("{from: [t.a, t.a], to: [t.a]}"), ["FPC421"]),
        (related("{from: t.a, to: schema/t/properties/a}"), []),
        (prop("relationships: [{to: 'other.yaml#schema/t/properties/a'}]"), ["FPC501"]),
    ],
)
def test_trap_8_relationships_have_the_ends_that_the_prose_demands(
    tmp_path: Path, text: str, expected: list[str]
) -> None:
    """No `from` at a property, both at a schema object, lists of equal length; another contract is skipped."""
    assert expected == [code for code in codes(tmp_path, text) if code != "FPC105"]


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        ("{property: freshness, value: 4, unit: d, element: t.at}", []),
        ("{property: latency, value: 4, unit: y, element: t.at}", []),
        ("{property: retention, value: P30D, element: t.at}", []),
        ("{property: latency, value: 4, unit: d, element: at}", []),
        ("{property: availability, value: 99}", []),
        ("{property: latency, value: 4, unit: parsec, element: t.at}", ["FPC501"]),
        ("{property: punctuality, value: 4, unit: d, element: t.at}", ["FPC501"]),
    ],
)
def test_trap_9_service_levels_have_open_names(tmp_path: Path, level: str, expected: list[str]) -> None:
    """Both latency and freshness are measured, with units and ISO durations; an unknown name is said to be skipped."""
    schema = "schema:\n  - {name: t, properties: [{name: at, logicalType: timestamp}]}\n"

    assert expected == codes(tmp_path, whole(schema=schema, more=f"slaProperties:\n  - {level}\n"))


def test_trap_10_every_official_example_is_at_hand() -> None:
    """Each of the 18 examples is linted on its own in `test_official_examples_have_no_errors`; none may get lost."""
    assert 18 == len(list(DATA.glob("*.odcs.yaml")))


def test_several_operators_of_3_0_all_hold() -> None:
    """3.0 wrote a range as two operators side by side; both count, each as a check of its own."""
    rows = [{"id": "size", "rule": "rowCount", "mustBeGreaterThan": 1, "mustBeLessThan": 3}]
    match = contract([{"name": "a"}], quality=rows)

    held = check(b"a\n1\n2\n", match)
    above = check(b"a\n1\n2\n3\n", match)
    below = check(b"a\n1\n", match)

    assert (Verdict.PASS, Verdict.FAIL, Verdict.FAIL) == (held.verdict, above.verdict, below.verdict)
    assert Result.FAIL == result(above, "size.mustBeLessThan").result
    assert Result.FAIL == result(below, "size").result
