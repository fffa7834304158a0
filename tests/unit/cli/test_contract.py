"""`fileproc contract` as scripts and people use it: lines, JSON, exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from fileproc.cli.contract import command

GOOD = """apiVersion: v3.1.0
kind: DataContract
id: acme
name: Acme orders
version: "1.2.0"
status: active
servers:
  - {server: drop, type: s3, location: s3://drop/orders/*.csv, format: csv}
schema:
  - name: orders
    properties:
      - {name: id, logicalType: integer}
"""
BAD = GOOD.replace("logicalType: integer", "logicalType: int")
DOUBTFUL = GOOD.replace('"1.2.0"', "1.2")


def run(*args: str | Path) -> Result:
    """The command as the program runs it: its return value is the exit code."""
    result = CliRunner().invoke(command, [str(one) for one in args], standalone_mode=False)
    assert result.exception is None, result.exception
    return result


@pytest.mark.parametrize(
    ("text", "flags", "code"),
    [(GOOD, [], 0), (BAD, [], 2), (DOUBTFUL, [], 0), (DOUBTFUL, ["--strict"], 2), (GOOD, ["--strict"], 0)],
)
def test_lint_exit_codes(tmp_path: Path, text: str, flags: list[str], code: int) -> None:
    """2 for an error, and for a warning where somebody is strict; else 0."""
    (tmp_path / "c.yaml").write_text(text)

    assert code == run("lint", tmp_path, *flags).return_value


def test_lint_lines_lead_to_the_place(tmp_path: Path) -> None:
    """Editors and CI jump to `file:line:column`; the line says what is wrong and how to mend it."""
    file = tmp_path / "c.yaml"
    file.write_text(BAD)
    result = run("lint", file)

    expected = f"{file}:12:33: error FPC303 the logicalType `int` is not known → did you mean `integer`?\n"
    assert (expected, "1 contract: 1 error, 0 warnings\n") == (result.stdout, result.stderr)


def test_lint_as_json(tmp_path: Path) -> None:
    """Scripts read the same findings as values."""
    file = tmp_path / "c.yaml"
    file.write_text(BAD)

    assert {
        "contracts": 1,
        "errors": 1,
        "warnings": 0,
        "findings": [
            {
                "file": str(file),
                "line": 12,
                "column": 33,
                "code": "FPC303",
                "severity": "error",
                "message": "the logicalType `int` is not known",
                "fix": "did you mean `integer`?",
            }
        ],
    } == json.loads(run("lint", file, "--format", "json").stdout)


def test_lint_as_github_annotations(tmp_path: Path) -> None:
    """An Action shows each finding beside its line."""
    file = tmp_path / "c.yaml"
    file.write_text(BAD)

    assert run("lint", file, "--format", "github").stdout == (
        f"::error file={file},line=12,col=33,title=FPC303::the logicalType `int` is not known → did you mean "
        "`integer`?\n"
    )


def test_lint_as_sarif(tmp_path: Path) -> None:
    """Code scanning reads the same findings, with the meaning of each code."""
    file = tmp_path / "c.yaml"
    file.write_text(BAD)
    (only,) = json.loads(run("lint", file, "--format", "sarif").stdout)["runs"]
    (result,) = only["results"]

    assert ("FPC303", "error", "An unknown `logicalType`.") == (
        result["ruleId"], result["level"], only["tool"]["driver"]["rules"][0]["shortDescription"]["text"],
    )  # fmt: skip
    assert {"startLine": 12, "startColumn": 33} == result["locations"][0]["physicalLocation"]["region"]


def test_variables_are_read_where_they_are_allowed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A contract with ${BUCKET} is refused, until somebody allows it; then every verb reads it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "c.yaml").write_text(
        GOOD.replace("s3://drop/orders/*.csv", "'s3://${BUCKET}/${STAGE:-dev}/orders/*.csv'")
    )
    refused = run("lint", "c.yaml")
    monkeypatch.setenv("FILEPROC_CONTRACT_VARIABLES", "BUCKET, STAGE")
    unset = run("lint", "c.yaml")
    (tmp_path / ".env").write_text("BUCKET=acme\n")

    assert (2, 2, 0) == (refused.return_value, unset.return_value, run("lint", "c.yaml").return_value)
    assert "FPC007" in refused.stdout and "add BUCKET to FILEPROC_CONTRACT_VARIABLES" in refused.stdout
    assert 0 == run("which", "s3://acme/dev/orders/x.csv", "--contracts", tmp_path).return_value
    assert "s3://acme/dev/orders/" in run("show", "c.yaml").stdout
    assert 0 == run("diff", "c.yaml", "c.yaml").return_value
    assert 4 == run("test", "c.yaml").return_value


def test_lint_of_nothing_is_not_a_success(tmp_path: Path) -> None:
    """A wrong path is an error, and a folder without contracts is not silently right."""
    assert 2 == run("lint", tmp_path / "missing.yaml").return_value
    assert 4 == run("lint", tmp_path).return_value


def test_lint_keeps_the_terminal_safe(tmp_path: Path) -> None:
    """A file name or key with control characters cannot steer the terminal."""
    file = tmp_path / "c\x1b[31m.yaml"
    file.write_text(GOOD + '"x\\u001b[2J": 1\n')

    assert "\x1b" not in run("lint", file).stdout


def test_which_explains_the_match(tmp_path: Path) -> None:
    """Which contract, which schema object, how it is read, and why, without any file."""
    (tmp_path / "c.yaml").write_text(GOOD)
    result = run("which", "s3://drop/orders/2026 11.csv", "--contracts", tmp_path)

    assert 0 == result.return_value
    assert {
        "address": "s3://drop/orders/2026 11.csv",
        "contract": "Acme orders",
        "id": "acme",
        "version": "1.2.0",
        "schema": "orders",
        "location": "s3://drop/orders/*.csv",
        "format": "csv",
        "why": "s3://drop/orders/*.csv (server drop) is the only location that matches",
    }.items() <= dict(line.split(maxsplit=1) for line in result.stdout.splitlines()).items()


@pytest.mark.parametrize(
    ("address", "reason", "candidates"),
    [
        ("s3://drop/order/x.csv", "no contract's location matches", ["Acme orders 1.2.0 (s3://drop/orders/*.csv)"]),
        ("s3://elsewhere/x.csv", "no contract's location matches", []),
    ],
)
def test_which_says_why_there_is_none(tmp_path: Path, address: str, reason: str, candidates: list[str]) -> None:
    """Exit code 4 with the reason and what is near."""
    (tmp_path / "c.yaml").write_text(GOOD)
    result = run("which", address, "--contracts", tmp_path, "--format", "json")

    assert (4, {"address": address, "contract": None, "reason": reason, "candidates": candidates}) == (
        result.return_value,
        json.loads(result.stdout),
    )


def test_which_names_two_that_fit(tmp_path: Path) -> None:
    """Two contracts for one place: exit code 4, both named, and the conflict is told on stderr."""
    (tmp_path / "a.yaml").write_text(GOOD)
    (tmp_path / "b.yaml").write_text(GOOD.replace("id: acme", "id: other").replace("Acme orders", "Other"))
    result = run("which", "s3://drop/orders/x.csv", "--contracts", tmp_path)

    assert 4 == result.return_value
    assert "Acme orders 1.2.0 (s3://drop/orders/*.csv); Other 1.2.0 (s3://drop/orders/*.csv)" in result.stdout
    assert "FPC011" in result.stderr


def test_which_reads_the_folder_from_the_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without --contracts the service's own folder is asked."""
    (tmp_path / "c.yaml").write_text(GOOD)
    monkeypatch.setenv("FILEPROC_CONTRACTS", str(tmp_path))

    assert 0 == run("which", "s3://drop/orders/x.csv").return_value
