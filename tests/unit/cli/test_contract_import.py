"""`fileproc contract import` as people use it: the contract on stdout or in a file, what was lost on stderr."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from fileproc.cli.contract import command
from fileproc.errors import ContractError, UsageError

SCHEMA = {"fields": [{"name": "id", "type": "integer", "rdfType": "x"}]}


def run(*args: str | Path, fails: bool = False) -> Result:
    result = CliRunner().invoke(command, ["import", *map(str, args)], standalone_mode=False)
    assert fails or result.exception is None, result.exception
    return result


def source(folder: Path, document: dict[str, Any], name: str = "orders.schema.json") -> Path:
    file = folder / name
    file.write_text(json.dumps(document))
    return file


def test_the_contract_goes_to_stdout_and_losses_to_stderr(tmp_path: Path) -> None:
    """What is piped on is YAML alone; each loss is one line, and the last line counts them."""
    result = run(source(tmp_path, SCHEMA))
    lines = result.stderr.splitlines()

    assert ("orders", 0) == (yaml.safe_load(result.stdout)["schema"][0]["name"], result.return_value)
    assert "lost: fields[0].rdfType: a contract has no word for it (was `x`)" in lines
    assert "Table Schema: 3 things could not be carried over" == lines[-1]


def test_an_existing_file_is_not_overwritten(tmp_path: Path) -> None:
    """The contract is written with -o, once; a second time somebody must decide."""
    out = tmp_path / "orders.odcs.yaml"
    run(source(tmp_path, SCHEMA), "-o", out)
    again = run(source(tmp_path, SCHEMA), "-o", out, fails=True)

    assert "DataContract" == yaml.safe_load(out.read_text())["kind"]
    assert isinstance(again.exception, UsageError)


def test_a_location_is_where_files_will_lie(tmp_path: Path) -> None:
    """The source's own path is replaced, and nothing is told as missing."""
    result = run(source(tmp_path, SCHEMA), "--location", "s3://drop/orders/*.csv")

    assert [{"server": "files", "type": "s3", "location": "s3://drop/orders/*.csv", "format": "csv"}] == yaml.safe_load(
        result.stdout
    )["servers"]
    assert "servers" not in result.stderr


@pytest.mark.parametrize("name", ["a.odcs.yaml", "nothing.json"])
def test_what_cannot_be_imported_is_said(tmp_path: Path, name: str) -> None:
    """A contract of our own and a file that is not there end with exit code 2 and a place."""
    (tmp_path / "a.odcs.yaml").write_text("apiVersion: v3.1.0\nkind: DataContract\n")
    result = run(tmp_path / name, fails=True)

    assert isinstance(result.exception, ContractError)
    assert f"{tmp_path / name}:1:1: " in str(result.exception)


def test_the_language_can_be_said(tmp_path: Path) -> None:
    """--from reads a file as what somebody knows it to be; what it lacks is then told."""
    result = run(source(tmp_path, {"models": {"m": {"fields": {"a": {"type": "int"}}}}}), "--from", "dcs")

    assert "integer" == yaml.safe_load(result.stdout)["schema"][0]["properties"][0]["logicalType"]
