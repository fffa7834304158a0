"""`fileproc contract show`, `diff` and `test` as people and scripts use them: words, JSON, exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from fileproc.cli.contract import command
from fileproc.errors import FileprocError

OLD = """apiVersion: v3.1.0
kind: DataContract
id: acme
name: Acme orders
version: "1.2.0"
status: active
servers:
  - {server: drop, type: s3, location: "s3://drop/{model}/*.csv", format: csv}
schema:
  - name: orders
    properties:
      - {name: id, logicalType: integer, required: true, examples: [7, "x"]}
      - {name: day, logicalType: date, examples: ["2026-11-24"]}
  - name: items
    properties:
      - {name: sku, logicalType: string}
"""


def run(*args: str | Path) -> Result:
    """The command as the program runs it: its return value is the exit code."""
    result = CliRunner().invoke(command, [str(one) for one in args], standalone_mode=False)
    assert result.exception is None, result.exception
    return result


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "orders.odcs.yaml"
    path.write_text(OLD)
    return path


def test_show_tells_a_contract_in_words(file: Path) -> None:
    """A partner who knows no YAML reads where files go and what is agreed on every column."""
    lines = run("show", file).stdout.splitlines()

    assert ["Acme orders 1.2.0", "Contract acme, active."] == lines[:2]
    assert {"  id  (integer, required)", "      - a whole number such as 42", "File items"} <= set(lines)


def test_show_one_schema_object_as_json_and_markdown(file: Path) -> None:
    """Of a contract about several kinds of file, one is shown; in JSON for programs, in Markdown for a wiki."""
    document = json.loads(run("show", file, "--schema", "items", "--format", "json").stdout)
    page = run("show", file, "--schema", "orders", "--format", "md").stdout

    assert ["items"] == [schema["name"] for schema in document["schemas"]]
    assert ("# Acme orders 1.2.0", True, False) == (page.splitlines()[0], "## File orders" in page, "items" in page)


def test_show_names_the_schema_objects_there_are(file: Path) -> None:
    """A misspelt name of a schema object is refused with those that exist."""
    result = CliRunner().invoke(command, ["show", str(file), "--schema", "order"], standalone_mode=False)

    assert isinstance(result.exception, FileprocError)
    assert (True, 2) == (str(result.exception).endswith("there are: orders, items"), result.exception.exit_code)


@pytest.mark.parametrize(
    ("old", "new", "code", "headline"),
    [
        ("", "", 0, "nothing is different"),
        ("required: true, ", "", 1, "breaking for readers: 1 of 1 change"),
        ("logicalType: string}", "logicalType: string, required: true}", 1, "breaking for senders: 1 of 1 change"),
        ("status: active", "status: retired", 0, "not breaking: 1 change"),
    ],
)
def test_diff_exit_codes(file: Path, tmp_path: Path, old: str, new: str, code: int, headline: str) -> None:
    """A pipeline stops at 1, which means that somebody is broken by the new version, and a headline says who."""
    other = tmp_path / "new.yaml"
    other.write_text(OLD.replace(old, new) if old else OLD)
    result = run("diff", file, other)

    assert (code, headline) == (result.return_value, result.stdout.splitlines()[0])


def test_diff_says_what_whom_and_where(file: Path, tmp_path: Path) -> None:
    """Each change names its place in the new file, and the version that it asks for."""
    other = tmp_path / "new.yaml"
    other.write_text(OLD.replace("logicalType: date", "logicalType: timestamp"))
    text = run("diff", file, other).stdout
    document = json.loads(run("diff", file, other, "--format", "json").stdout)
    page = run("diff", file, other, "--format", "md").stdout

    change = document["changes"][0]
    assert ("orders.day: logicalType", "date", "timestamp") == (change["what"], change["before"], change["after"])
    assert f"    at {other}:{change['new']['line']}:{change['new']['column']}\n" in text
    assert (13, ["senders", "readers"], "2.0.0") == (
        change["new"]["line"],
        document["breaks"],
        document["version"]["suggested"],
    )
    assert "a major change asks for 2.0.0 or higher" in text
    assert "| ✕ | changed | orders.day: logicalType: date → timestamp | senders and readers |" in page


def test_diff_of_a_removed_column_names_the_old_place(file: Path, tmp_path: Path) -> None:
    """What is gone is looked up where it was."""
    other = tmp_path / "new.yaml"
    other.write_text(OLD.replace('      - {name: day, logicalType: date, examples: ["2026-11-24"]}\n', ""))

    assert f"at {file}:13:" in run("diff", file, other).stdout


def test_markdown_of_a_diff_holds_no_html_and_no_link(file: Path, tmp_path: Path) -> None:
    """A hostile contract cannot bring a script or a link into somebody's pull request."""
    other = tmp_path / "new.yaml"
    other.write_text(OLD.replace("name: Acme orders", "name: '<script>x</script> [a](http://b) | c'"))
    page = run("diff", file, other, "--format", "md").stdout

    assert (False, False, True) == ("<script" in page, "[a](" in page, "\\| c" in page)


def test_an_unreadable_contract_is_named_with_its_place(tmp_path: Path) -> None:
    """`show`, `diff` and `test` refuse a file that is no contract with code 2, file and line."""
    bad = tmp_path / "bad.yaml"
    bad.write_text("a: [")
    for args in (["show", bad], ["diff", bad, bad]):
        result = CliRunner().invoke(command, [str(one) for one in args], standalone_mode=False)
        assert isinstance(result.exception, FileprocError)
        assert (2, True) == (result.exception.exit_code, f"{bad}:" in str(result.exception))
    tested = run("test", bad)

    assert (2, True) == (tested.return_value, f"{bad}:" in tested.stderr)


def test_test_tells_wrong_examples_with_their_places(file: Path) -> None:
    """An example that its own property refuses is named with file, line and column, and the exit code is 1."""
    result = run("test", file)

    expected = (
        f"✕ {file}:12:72: orders.id = `x`: wanted a valid value, but agreed is a whole number such as 42\n",
        "1 contract: 2 pass, 1 fail\n",
    )
    assert (1, *expected) == (result.return_value, result.stdout, result.stderr)


def test_test_as_json_has_every_example(file: Path) -> None:
    """Programs get also those that are as they should be."""
    document = json.loads(run("test", file, "--format", "json").stdout)

    outcomes = [(one["name"], one["outcome"]) for one in document["contracts"][0]["examples"]]
    assert [("orders.id = `7`", "pass"), ("orders.id = `x`", "fail"), ("orders.day = `2026-11-24`", "pass")] == outcomes
    assert {"pass": 2, "fail": 1, "error": 0, "skipped": 0} == document["counts"]


def test_test_runs_whole_folders_and_says_when_there_is_nothing(file: Path, tmp_path: Path) -> None:
    """A folder means every contract in it; without any example the code is 4, never a pass."""
    file.write_text(OLD.replace(', examples: [7, "x"]', "").replace(', examples: ["2026-11-24"]', ""))
    (tmp_path / "values.yaml").write_text("a: 1\n")
    result = run("test", tmp_path)

    assert (4, "1 contract: no examples\n") == (result.return_value, result.stderr)


def test_files_beside_a_contract_are_examples(file: Path) -> None:
    """`orders.examples/good-…` must pass and `bad-CODE-…` must fail for that reason, in the program as in reports."""
    file.write_text(OLD.replace(', examples: [7, "x"]', ""))
    folder = file.with_name("orders.examples")
    folder.mkdir()
    (folder / "good-orders.csv").write_text("id,day\n1,2026-11-24\n")
    (folder / "bad-missing-orders.csv").write_text("id,day\n,2026-11-24\n")
    (folder / "bad-missing-orders-2.csv").write_text("id,day\n1,24.11.2026\n")
    result = run("test", file, "-v")

    lines = [line.replace(str(folder), "") for line in result.stdout.splitlines()]
    assert 1 == result.return_value
    assert [
        "✕ /bad-missing-orders-2.csv: bad-missing-orders-2.csv: wanted fail with a cause missing, but the verdict is "
        "fail (other_date in day)",
        "✓ /bad-missing-orders.csv: bad-missing-orders.csv",
        "✓ /good-orders.csv: good-orders.csv",
    ] == lines[1:]
