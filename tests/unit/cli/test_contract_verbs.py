"""`fileproc contract infer`, `show`, `diff` and `test` as people and scripts use them: words, JSON, exit codes."""

from __future__ import annotations

import json
import subprocess
import sys
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
    assert "a breaking change asks for 2.0.0 or higher" in text
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


def failing(*args: str | Path) -> FileprocError:
    """What the command refuses with."""
    result = CliRunner().invoke(command, [str(one) for one in args], standalone_mode=False)
    assert isinstance(result.exception, FileprocError), result.exception
    return result.exception


@pytest.fixture
def orders(tmp_path: Path) -> list[Path]:
    files = [tmp_path / "orders-1.csv", tmp_path / "orders-2.csv"]
    for start, path in enumerate(files):
        rows = (f"{100 * start + row},{'EUR' if row % 2 else 'USD'}\n" for row in range(100))
        path.write_text("order_id,currency\n" + "".join(rows))
    return files


def test_infer_writes_a_contract_that_the_other_verbs_take(orders: list[Path], tmp_path: Path) -> None:
    """Infer, then lint: no finding; its location finds the file that it came from; it compares and reads well."""
    draft = tmp_path / "orders.odcs.yaml"
    result = run("infer", *orders, "-o", draft)

    assert (0, "") == (result.return_value, result.stdout)
    assert "2 columns, 8 rules, 1 more as comments; 2 of 2 files checked with it pass\n" == result.stderr
    assert (0, "") == (run("lint", draft, "--strict").return_value, run("lint", draft).stdout)
    assert "orders" in run("which", orders[0], "--contracts", tmp_path).stdout
    assert (0, 0) == (run("diff", draft, draft).return_value, run("show", draft).return_value)


def test_infer_to_stdout_is_a_contract_and_nothing_else(orders: list[Path]) -> None:
    """What is said goes to stderr, so the draft can be piped; names and place are as they were given."""
    place = "s3://acme/orders/*.csv"
    result = run("infer", orders[0], "--name", "Acme # orders", "--id", "acme", "--server", place)

    assert ("# Drafted from 1 file, 100 rows.", "2 columns") == (result.stdout[:32], result.stderr[:9])
    for line in ("id: acme", "name: 'Acme # orders'", f"location: '{place}'"):
        assert line in result.stdout


def test_infer_never_writes_over_a_file(orders: list[Path], tmp_path: Path) -> None:
    """A contract that people have edited is not lost to a second draft."""
    there = tmp_path / "there.yaml"
    there.write_text("mine")

    assert (2, "mine") == (failing("infer", orders[0], "-o", there).exit_code, there.read_text())
    assert 2 == failing("infer", orders[0], "-o", tmp_path / "no" / "such.yaml").exit_code


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        (["missing.csv"], 2, "missing.csv does not exist"),
        (["."], 2, "is no file"),
        (["FILE", "--server", "/tmp/x"], 2, "write s3://bucket/prefix/*.csv"),
        (["FILE", "--delimiter", "12345"], 2, "has 5 characters"),
        (["FILE", "--encoding", "klingon"], 1, "klingon"),
        (["EMPTY"], 1, "no bytes at all"),
    ],
)
def test_infer_says_what_is_wrong(orders: list[Path], tmp_path: Path, args: list[str], code: int, words: str) -> None:
    """Each wrong flag and each useless file has a message and a code of its own."""
    empty = tmp_path / "empty.csv"
    empty.touch()
    error = failing("infer", *({"FILE": str(orders[0]), "EMPTY": str(empty)}.get(one, one) for one in args))

    assert (code, True) == (error.exit_code, words in str(error)), str(error)


def test_infer_tells_a_file_that_only_warns(tmp_path: Path) -> None:
    """A good file with a blank line is drafted from, and the warning that it will get is told."""
    path = tmp_path / "rows.csv"
    path.write_text("a,b\n1,2\n\n3,4\n")
    result = run("infer", path)

    assert (0, True) == (result.return_value, "blank line" in result.stderr)


def test_infer_prints_hostile_names_safely(tmp_path: Path) -> None:
    """A column name cannot steer the terminal, and stays what it is in the YAML."""
    path = tmp_path / "rows.csv"
    path.write_text("a\x1b[31m,b\n1,2\n")
    result = run("infer", path, "--delimiter", ",")

    assert (False, False) == ("\x1b" in result.stdout, "\x1b" in result.stderr)
    assert 'name: "a\\x1b[31m"' in result.stdout


def test_help_of_the_group_is_light() -> None:
    """`fileproc contract --help` comes at once: the engine is imported only where a verb needs it."""
    program = (
        "import sys; from fileproc.cli.contract import command; command.main(['--help'], standalone_mode=False); "
        "print(sorted({'boto3', 'gevent', 'duckdb', 'yaml'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert ("[]", True) == (done.stdout.splitlines()[-1], "infer" in done.stdout)
