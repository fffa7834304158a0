"""Importing hostile input: refused with its place, or imported; never a traceback, never a contract that is wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fileproc.quality.contracts.import_file import import_file
from fileproc.quality.contracts.lint_finding import UnreadableContract
from tests.unit.quality.importing import contract_of, imported

TABLE = '{"fields": [{"name": "a"}]}'


def round_trip(name: str) -> str:
    """The name of a column as it is read back."""
    made = imported({"fields": [{"name": name}]})
    return str(contract_of(made)["schema"][0]["properties"][0]["name"])


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "FPC001"),
        (b"a: b: c", "FPC002"),
        (b"[1, 2]", "FPC002"),
        (b'"text"', "FPC002"),
        (b'{"a": 1, "a": 2}', "FPC002"),
        (b'{"fields": [NaN]}', "FPC002"),
        (b'{"fields": [', "FPC002"),
        (b'{"a":' * 5000, "FPC002"),
        (b'{"a":' * 60 + b"1" + b"}" * 60, "FPC005"),
        (b"\xff\xfe{\x00}\x00", "FPC003"),
        (b"a: \xe9", "FPC003"),
        (b'{"a": "\x00"}', "FPC003"),
        (b"a: !!python/object:os.system x", "FPC006"),
        (b"a: [" * 60, "FPC005"),
        (b"a: &a [1,1]\nb: &b [*a,*a]\n" + b"".join(b"c%d: &c%d [*%s,*%s]\n" % (
            n, n, b"b" if n == 0 else b"c%d" % (n - 1), b"b" if n == 0 else b"c%d" % (n - 1)) for n in range(40)),
         "FPC005"),
        (b"x" * (5 << 20), "FPC001"),
        (b"a: 1", "FPC008"),
        (b"kind: DataContract\napiVersion: v3.1.0", "FPC008"),
    ],
)  # fmt: skip
def test_what_is_no_description_is_refused(tmp_path: Path, data: bytes, code: str) -> None:
    """Broken, bombed, huge, tagged and other documents are refused with a place and a way to mend it."""
    file = tmp_path / "source.json"
    file.write_bytes(data)
    with pytest.raises(UnreadableContract) as caught:
        import_file(file)

    assert (code, True) == (caught.value.finding.code, bool(caught.value.finding.fix))


def test_definitions_that_go_round_or_explode_are_refused(tmp_path: Path) -> None:
    """A definition in itself is told or refused; one that doubles with each level never fills the memory."""
    file = tmp_path / "source.json"
    head = {"dataContractSpecification": "1.1.0", "info": {"version": "1"}}
    round_ = {"a": {"type": "object", "fields": {"x": {"$ref": "#/definitions/a"}}}}
    double = {
        f"d{n}": {"type": "object", "fields": {key: {"$ref": f"#/definitions/d{n + 1}"} for key in "xy"}}
        for n in range(17)
    }
    for definitions, first in ((round_, "a"), (double, "d0")):
        models = {"m": {"fields": {"f": {"$ref": f"#/definitions/{first}"}}}}
        file.write_text(json.dumps(head | {"models": models, "definitions": definitions}))
        with pytest.raises(UnreadableContract, match="nested deeper"):
            import_file(file)
    itself = {
        "models": {"m": {"fields": {"f": {"$ref": "#/definitions/b"}}}},
        "definitions": {"b": {"$ref": "#/definitions/b"}},
    }
    made = imported(head | itself)

    assert any("goes round" in line for line in made.losses)


@pytest.mark.parametrize(
    "name",
    ["a b", "a: b", "# x", "- x", "'", '"', "{{x}}", "${HOME}", "no", "1.10", "a\nb", "é\u2028x", "x" * 300, "*", "&a"],
)
def test_names_of_any_kind_stay_what_they_are(name: str) -> None:
    """No name of a source can steer the YAML that is written."""
    if name == "${HOME}":
        made = imported({"fields": [{"name": name}]}, allowed="FPC311")
        assert any("not resolved" in line for line in made.losses)
    else:
        assert name == round_trip(name)


def test_files_outside_of_the_folder_are_not_read(tmp_path: Path) -> None:
    """A package may name files of its own folder, and nothing else."""
    (tmp_path / "secret.json").write_text(TABLE)
    inner = tmp_path / "package"
    inner.mkdir()
    (inner / "schema.json").write_text(TABLE)
    (inner / "link.json").symlink_to(tmp_path / "secret.json")
    resources = [
        {"name": f"r{n}", "path": f"r{n}.csv", "schema": schema}
        for n, schema in enumerate(["schema.json", "../secret.json", "link.json", "/etc/passwd", "\0"])
    ]
    (inner / "datapackage.json").write_text(json.dumps({"name": "p", "version": "1", "resources": resources}))
    made = import_file(inner / "datapackage.json")

    assert [1, 0, 0, 0, 0] == [len(one.get("properties", [])) for one in contract_of(made)["schema"]]
    assert {f"resources[{n}].schema" for n in range(1, 5)} <= {line.split(": ")[0] for line in made.losses}


@pytest.mark.parametrize(
    "words", [{"id": "${X}"}, {"info": {"version": "${X}"}}, {"servers": {"p": {"type": "s3", "location": "not S3"}}}]
)
def test_what_every_contract_must_have_is_never_left_out(words: dict[str, Any]) -> None:
    """A name, version or place that the lint refuses is told, and one that stands comes instead."""
    made = imported({"dataContractSpecification": "1.1.0", "models": {"m": {"fields": {"a": {}}}}, **words})
    contract = contract_of(made)

    assert all(contract[key] for key in ("id", "version", "servers"))
    assert any("left out" in line for line in made.losses)


def test_losses_are_bounded_and_counted(tmp_path: Path) -> None:
    """Ten thousand unknown words are five hundred lines and a number."""
    file = tmp_path / "source.json"
    file.write_text(json.dumps({"fields": [{"name": "a", **{f"x{n}": 1 for n in range(10_000)}}]}))
    losses = import_file(file).losses

    assert (501, True) == (len(losses), losses[-1].startswith("… and "))


KEYS = ["name", "type", "fields", "format", "constraints", "enum", "required", "minimum", "pattern", "primaryKey",
        "uniqueKeys", "foreignKeys", "reference", "missingValues", "resources", "path", "schema", "dialect",
        "delimiter",
        "models", "definitions", "$ref", "quality", "rule", "metric", "mustBe", "query", "items", "values", "servers",
        "location", "info", "version", "terms", "servicelevels", "freshness", "threshold", "specification",
        "checks for m",
        "m", "a", "tags", "links", "precision", "scale", "categories", "additionalFields"]  # fmt: skip
LEAVES = (
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["a", "m", "string", "integer", "date", "array", "map", "object", "sql", "sodacl", "s3",
                       "%d/%m/%Y", "s3://b/*", "#/definitions/a", "row_count > 0", "SELECT 1", "m.a", "24h",
                       "${X}", "(", "", "1"])
)  # fmt: skip
ANY = st.recursive(
    LEAVES,
    lambda one: st.lists(one, max_size=3) | st.dictionaries(st.sampled_from(KEYS), one, max_size=5),
    max_leaves=30,
)


@given(
    first=st.sampled_from([{"fields": []}, {"resources": []}, {"dataContractSpecification": "1.1.0"}]),
    body=st.dictionaries(st.sampled_from(KEYS), ANY, max_size=6),
)
@settings(max_examples=40, deadline=None)
def test_any_shape_is_imported_or_refused(first: dict[str, Any], body: dict[str, Any]) -> None:
    """Known keys with values of any kind give a contract that the lint accepts, or one message with its place."""
    try:
        imported(first | body, allowed="FPC311")
    except UnreadableContract as error:
        assert error.finding.message
