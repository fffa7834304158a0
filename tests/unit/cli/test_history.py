"""`fileproc check --history FILE`: the past for people without a service."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from fileproc.cli.check import command
from fileproc.errors import ExitCode, UsageError

CONTRACT = """apiVersion: v3.1.0
kind: DataContract
id: acme
version: 1.0.0
status: active
servers:
  - {server: drop, type: local, path: "*.csv", format: csv}
schema:
  - name: orders
    properties:
      - {name: id, logicalType: integer, required: true}
    quality:
      - id: usual-size
        type: custom
        engine: fileproc
        implementation: {check: history, measure: rowCount, mustBeBetween: [-50, 50]}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a contract."""
    (tmp_path / "c.yaml").write_text(CONTRACT)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(folder: Path, name: str, rows: int) -> str:
    (folder / name).write_text("id\n" + "7\n" * rows)
    return name


def run(*names: str, history: str = "past.jsonl") -> tuple[int, list[dict[str, Any]]]:
    """Exit code and reports."""
    arguments = [*names, "-c", "c.yaml", "--format", "ndjson", "--history", history]
    done = CliRunner().invoke(command, arguments, standalone_mode=False)
    if done.exception is not None:
        raise done.exception
    return done.return_value, [json.loads(line) for line in done.stdout.splitlines()]


def remembered(folder: Path) -> list[tuple[str, int]]:
    lines = (folder / "past.jsonl").read_text().splitlines()
    return [(one["file"], one["profile"]["rows"]) for one in map(json.loads, lines)]


def test_the_fourth_file_shrinks_and_fails(folder: Path) -> None:
    """Three accepted files, then one with a fifth of the rows: exit 1, the numbers, and it does not train."""
    names = [write(folder, f"{day}.csv", rows) for day, rows in zip("abcd", (100, 110, 90, 20), strict=True)]

    code, reports = run(*names)

    assert (ExitCode.FAIL, ["pass", "pass", "pass", "fail"]) == (code, [one["verdict"] for one in reports])
    assert "20 rows are 80 % less than the mean of the last 3 accepted files, 100" in reports[3]["summary"]
    assert [("a.csv", 100), ("b.csv", 110), ("c.csv", 90)] == remembered(folder)


def test_the_same_file_again_trains_once_and_has_the_same_past(folder: Path) -> None:
    """Checking twice is harmless: it is compared with what came before it, and counted once."""
    names = [write(folder, f"{day}.csv", rows) for day, rows in zip("abcd", (100, 100, 100, 140), strict=True)]
    _, first = run(*names)
    code, again = run(names[3], names[0])

    assert first[3]["history"] == again[0]["history"]
    assert [] == again[1]["history"]["compared_with"]
    assert (ExitCode.PASS, 4) == (code, len(remembered(folder)))


def test_a_file_that_was_mended_takes_its_own_place(folder: Path) -> None:
    """Written anew it is another file; the old one, whose verdict stood, stays what it was."""
    names = [write(folder, f"{day}.csv", 100) for day in "abc"]
    run(*names)
    os.utime(folder / write(folder, "c.csv", 120), ns=(1, 1))
    run("c.csv")

    assert [100, 100, 100, 120] == [rows for _, rows in remembered(folder)]


def test_checks_at_the_same_time_lose_nothing(folder: Path) -> None:
    """Four processes write to one history; every accepted file is in it, every line whole."""
    names = [write(folder, f"{number}.csv", 100) for number in range(8)]
    started = [
        subprocess.Popen(
            [sys.executable, "-m", "fileproc", "check", *names[at : at + 2], "-c", "c.yaml", "--history", "past.jsonl"],
            stdout=subprocess.DEVNULL,
        )
        for at in range(0, 8, 2)
    ]

    assert [0] * 4 == [one.wait() for one in started]
    assert set(names) == {name for name, _ in remembered(folder)}
    assert [] == [path for path in folder.iterdir() if path.name.startswith(".past")]


@pytest.mark.parametrize(
    "line",
    [
        "id\n1\n", "{}\n", "[" * 100_000 + "\n", '{"contract": "acme"', "\x00\n",
        '{"contract":"c","schema":"s","file":"f","identity":"i","at":"yesterday","profile":{"rows":1}}\n',
        '{"contract":"c","schema":"s","file":"f","identity":"i","at":"2026-01-01","profile":{"rows":1,"columns":7}}\n',
        '{"contract":"c","schema":"s","file":"f","identity":"i","at":"2026-01-01",'
        '"profile":{"rows":1,"columns":{"a":{"mean":1e999}}}}\n',
    ],
)  # fmt: skip
def test_a_file_that_is_no_history_is_refused_and_left_alone(folder: Path, line: str) -> None:
    """Nobody's data is overwritten because its name was given by mistake; the message says which line."""
    (folder / "past.jsonl").write_text(line)

    with pytest.raises(UsageError, match=r"past\.jsonl:1: this is no line of a history"):
        run(write(folder, "a.csv", 1))
    assert line == (folder / "past.jsonl").read_text()


def test_a_history_in_a_folder_that_is_not_there_is_told(folder: Path) -> None:
    """Exit 2 and the reason, not a traceback."""
    with pytest.raises(UsageError, match="No such file"):
        run(write(folder, "a.csv", 1), history="nowhere/past.jsonl")
