"""A contract's own examples: values beside properties and files beside the contract get what they should."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from fileproc.clock import SystemClock
from fileproc.quality.trial.trial import trial

OUTCOMES = dict[str, tuple[str, str]]


def tried(folder: Path, properties: list[dict[str, Any]], **more: Any) -> OUTCOMES:
    """Example → (outcome, what came of it)."""
    file = folder / "orders.odcs.yaml"
    server = {"server": "drop", "type": "s3", "location": "s3://b/{model}/*.csv", "format": "csv"}
    document = {
        "apiVersion": "v3.1.0", "kind": "DataContract", "id": "x", "version": "1.0.0", "status": "active",
        "servers": [server | more.pop("server", {})], "schema": [{"name": "orders", "properties": properties}],
    } | more  # fmt: skip
    file.write_text(yaml.safe_dump(document, allow_unicode=True, sort_keys=False))
    return {case.name: (case.outcome.value, case.got) for case in trial(file, SystemClock())}


@pytest.mark.parametrize(
    ("prop", "good", "bad"),
    [
        ({"logicalType": "integer"}, [1, "007", -5], [1.5, "x", "1e3"]),
        ({"logicalType": "number", "logicalTypeOptions": {"minimum": 0}}, [0, 2.5], [-1]),
        ({"logicalType": "date"}, ["2026-11-24"], ["24.11.2026", "2026-02-30"]),
        ({"logicalType": "date", "logicalTypeOptions": {"format": "dd.MM.yyyy"}}, ["24.11.2026"], ["2026-11-24"]),
        ({"logicalType": "boolean"}, [True, "false"], ["yes"]),
        ({"logicalType": "string", "logicalTypeOptions": {"maxLength": 3}}, ["abc", ""], ["abcd"]),
        ({"logicalType": "string", "logicalTypeOptions": {"pattern": "^[A-Z]$"}}, ["A"], ["a", 'A"B', "A,B", "A\nB"]),
        ({"logicalType": "string", "logicalTypeOptions": {"format": "email"}}, ["a@b.de"], ["a@b@c"]),
        ({"enum": [{"value": "EUR"}]}, ["EUR"], ["eur"]),
        ({"required": True}, ["x", ""], [None]),
        ({"logicalType": "string", "unique": True}, ["x"], []),
        ({"quality": [{"metric": "invalidValues", "arguments": {"validValues": ["a"]}, "mustBe": 9}]}, ["a"], ["b"]),
        ({"logicalType": "array", "items": {"logicalType": "integer"}}, [[1, 2]], [["x"], "1"]),
    ],
)  # fmt: skip
def test_values_are_held_against_their_property(
    tmp_path: Path, prop: dict[str, Any], good: list[Any], bad: list[Any]
) -> None:
    """Each example is judged alone and by the checks themselves, whatever signs it holds."""
    found = tried(tmp_path, [{"name": "a", **prop, "examples": [*good, *bad]}])

    assert [*["pass"] * len(good), *["fail"] * len(bad)] == [outcome for outcome, _ in found.values()]


def test_examples_inside_of_objects_and_lists(tmp_path: Path) -> None:
    """Examples of fields and elements count as well, and are called by their whole name."""
    inner = {"name": "b", "logicalType": "integer", "examples": [1, "x"]}
    items = {"logicalType": "integer", "examples": [2, "y"]}
    outer = {"name": "a", "logicalType": "object", "properties": [inner]}
    found = tried(tmp_path, [outer, {"name": "l", "logicalType": "array", "items": items}])

    names = ("orders.a.b = `1`", "orders.a.b = `x`", "orders.l[] = `2`", "orders.l[] = `y`")
    assert ["pass", "fail", "pass", "fail"] == [found[name][0] for name in names]


def test_an_example_of_a_property_without_any_rule_is_skipped(tmp_path: Path) -> None:
    """Nothing is called a pass that was not checked."""
    outcome, reason = tried(tmp_path, [{"name": "a", "examples": ["x"]}])["orders.a = `x`"]

    assert ("skipped", True) == (outcome, reason.startswith("it was not checked"))


def test_numbers_are_written_as_the_files_write_them(tmp_path: Path) -> None:
    """With a decimal comma in the files, an example 2.5 means the cell `2,5`, and words for null are none."""
    custom = [{"property": "decimalChar", "value": ","}, {"property": "nullSequence", "value": ["NA"]}]
    prop = {"name": "a", "logicalType": "number", "required": True, "examples": [2.5, "NA"]}
    found = tried(tmp_path, [prop], server={"customProperties": custom})

    assert ["pass", "fail"] == [outcome for outcome, _ in found.values()]


PROPERTIES = [{"name": "id", "logicalType": "integer", "required": True}, {"name": "b", "logicalType": "date"}]


def test_files_must_get_what_their_names_say(tmp_path: Path) -> None:
    """good passes, warn warns, bad fails for the reason in its name; a name that says nothing is told."""
    folder = tmp_path / "orders.examples"
    folder.mkdir()
    for name, content in {
        "good-1.csv": "id,b\n1,2026-11-24\n",
        "good-2.csv": "id,b\nx,2026-11-24\n",
        "bad-missing.csv": "id,b\n,2026-11-24\n",
        "bad-extra_column-1.csv": "id,b\n,2026-11-24\n",
        "bad.csv": "id,b\n1,2026-11-24\n",
        "warn-extra_column.csv": "id,b,c\n1,2026-11-24,x\n",
        "monday.csv": "id,b\n",
        "README.md": "about",
    }.items():
        (folder / name).write_text(content)
    found = tried(tmp_path, PROPERTIES)

    assert {
        "good-1.csv": "pass",
        "good-2.csv": "fail",
        "bad-missing.csv": "pass",
        "bad-extra_column-1.csv": "fail",
        "bad.csv": "fail",
        "warn-extra_column.csv": "pass",
        "monday.csv": "skipped",
    } == {name: outcome for name, (outcome, _) in found.items()}
    assert "the verdict is fail (missing in id)" == found["bad-extra_column-1.csv"][1]


def test_files_that_the_contract_names(tmp_path: Path) -> None:
    """Patterns reach below the contract's own folder, and nowhere else: a contract may come from anybody."""
    home = tmp_path / "home"
    (home / "samples").mkdir(parents=True)
    (home / "samples" / "good-a.csv").write_text("id,b\n1,2026-11-24\n")
    (tmp_path / "good-outside.csv").write_text("id,b\n1,2026-11-24\n")
    (home / "link").symlink_to(tmp_path)
    patterns = [
        "samples/good-*.csv",
        "../good-outside.csv",
        "link/good-outside.csv",
        "/etc/passwd",
        "nothing*",
        "**a\0",
    ]
    found = tried(home, PROPERTIES, customProperties=[{"property": "examples", "value": patterns}])

    assert ("pass", {"error"}) == (found.pop("good-a.csv")[0], {outcome for outcome, _ in found.values()})
    assert 5 == len(found)


def test_a_file_that_could_be_of_several_kinds_is_an_error(tmp_path: Path) -> None:
    """With several schema objects the file's name says which; one that does not is told, not guessed."""
    folder = tmp_path / "orders.examples"
    folder.mkdir()
    (folder / "good-orders.csv").write_text("id,b\n1,2026-11-24\n")
    (folder / "good-1.csv").write_text("id,b\n1,2026-11-24\n")
    found = tried(
        tmp_path, [], schema=[{"name": "orders", "properties": PROPERTIES}, {"name": "items", "properties": PROPERTIES}]
    )

    assert ("pass", "error") == (found["good-orders.csv"][0], found["good-1.csv"][0])
    assert "put the name of one into the file's name" in found["good-1.csv"][1]
