"""`fileproc sets check`: a day's files, from the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from fileproc.cli.sets import command
from fileproc.errors import ExitCode, UsageError

CONTRACT = """apiVersion: v3.1.0
kind: DataContract
id: acme
version: 1.0.0
status: active
servers:
  - {server: drop, type: local, path: "**/*.csv", format: csv, customProperties: [{property: delimiter, value: ";"}]}
schema:
  - name: orders
    properties:
      - {name: id, logicalType: integer, required: true}
    quality:
      - id: all-there
        type: custom
        engine: fileproc
        implementation: {check: fileSet, every: day, files: "{date}/orders-*.csv", manifest: manifest.json}
"""


@pytest.fixture
def drop(tmp_path: Path) -> Path:
    """A contract, and the folder that partners write to."""
    (tmp_path / "c.yaml").write_text(CONTRACT)
    folder = tmp_path / "drop" / "2026-11-24"
    folder.mkdir(parents=True)
    (folder / "orders-1.csv").write_text('id;note\n1;"two\nlines"\nx;bad\n')
    (folder / "manifest.json").write_text(json.dumps({"files": [{"name": "orders-1.csv", "rows": 2}]}))
    return tmp_path


def run(folder: Path, *more: str, day: str = "2026-11-24") -> tuple[int, str]:
    arguments = ["check", str(folder / "drop"), "-c", str(folder / "c.yaml"), "--day", day, *more]
    done = CliRunner().invoke(command, arguments, standalone_mode=False)
    if done.exception is not None:
        raise done.exception
    return done.return_value, done.stdout


def test_a_complete_day_is_0(drop: Path) -> None:
    """Rows are counted as the contract reads the file: two, one of them over two lines, whatever is wrong in them."""
    code, said = run(drop)

    assert (ExitCode.PASS, True) == (code, "✓ pass  all-there on 2026-11-24: 1 of 1 expected files are there" in said)


def test_a_file_that_lost_rows_is_1_with_both_numbers(drop: Path) -> None:
    """The steward sees what arrived and what was promised, and what to do."""
    (drop / "drop/2026-11-24/manifest.json").write_text('{"files": [{"name": "orders-1.csv", "rows": 3}]}')

    code, said = run(drop)

    assert ExitCode.FAIL == code
    assert "orders-1.csv has 2 rows, 2026-11-24/manifest.json says 3  [row_count_differs]; mend: send the whole" in said


def test_a_day_of_which_nothing_came_is_1_and_one_to_come_is_4(drop: Path) -> None:
    """Missing is not the same as not due."""
    assert ExitCode.FAIL == run(drop, day="2026-11-20")[0]
    assert ExitCode.NOTHING == run(drop, day="2999-01-01")[0]


def test_json_has_everything(drop: Path) -> None:
    """Programs get the same answer, with codes."""
    document: list[dict[str, Any]] = json.loads(run(drop, "--format", "json", day="2026-11-20")[1])

    assert ("fail", "all-there", 1, 0) == tuple(document[0][key] for key in ("verdict", "rule", "expected", "there"))
    assert "missing_file" == document[0]["problems"][0]["code"]


def test_a_folder_that_is_not_there_is_wrong_usage(drop: Path) -> None:
    """No folder is no empty day."""
    (drop / "drop").rename(drop / "elsewhere")

    with pytest.raises(UsageError, match="there is no folder"):
        run(drop)


def test_a_contract_without_sets_says_what_to_write(drop: Path) -> None:
    """Nothing to check is no success."""
    (drop / "c.yaml").write_text(CONTRACT.partition("    quality:")[0])

    with pytest.raises(UsageError, match="has no rule of check: fileSet"):
        run(drop)
