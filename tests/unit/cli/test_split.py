"""`fileproc check --split DIR`: parts in a folder, whole or not at all."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from fileproc.cli.check import command
from fileproc.errors import ExitCode
from fileproc.quality.split.names import key_names, names_of

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
"""

DIRTY = "id\n1\nx\n3\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a contract and a dirty file."""
    (tmp_path / "c.yaml").write_text(CONTRACT)
    (tmp_path / "orders.csv").write_text(DIRTY)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of one check with that contract."""
    done = CliRunner().invoke(command, [*arguments, "-c", "c.yaml"], standalone_mode=False)
    assert done.exception is None, done.exception
    return int(done.return_value), done.stdout, done.stderr


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "out").iterdir()) if (folder / "out").exists() else []


NAMES = ["orders.accepted.csv", "orders.manifest.json", "orders.rejected.csv"]


def test_good_and_bad_rows_are_beside_each_other(folder: Path) -> None:
    """One command: the file's verdict, its good rows, its bad rows, and a manifest that the report points to."""
    code, out, err = run("orders.csv", "--split", "out", "--format", "json")
    split = json.loads(out)["split"]

    assert (ExitCode.FAIL, NAMES) == (code, names(folder))
    assert "id\n1\n3\n" == (folder / "out" / "orders.accepted.csv").read_text()
    assert ("out/orders.accepted.csv", "out/orders.rejected.csv", "out/orders.manifest.json", 2, 1) == (
        split["accepted"], split["rejected"], split["manifest"], split["accepted_rows"], split["rejected_rows"],
    )  # fmt: skip
    assert "2 rows in out/orders.accepted.csv, 1 in out/orders.rejected.csv" in err
    assert DIRTY == (folder / "orders.csv").read_text()


def test_the_same_file_may_be_split_again(folder: Path) -> None:
    """A second run replaces what came from the same file, even if the first one broke off before its manifest."""
    run("orders.csv", "--split", "out")
    (folder / "out" / "orders.manifest.json").unlink()
    code, _, _ = run("orders.csv", "--split", "out")

    assert (ExitCode.FAIL, NAMES) == (code, names(folder))


@pytest.mark.parametrize("stranger", NAMES)
def test_nothing_of_another_file_is_replaced(folder: Path, stranger: str) -> None:
    """A part of other data stays what it is; the command says which file is in the way, and that it did not split."""
    (folder / "out").mkdir()
    (folder / "out" / stranger).write_text("mine")
    code, _, err = run("orders.csv", "--split", "out")

    assert (ExitCode.ERROR, [stranger], "mine") == (code, names(folder), (folder / "out" / stranger).read_text())
    assert f"not split: orders.csv: out/{stranger} is there already, and is not of this file" in err


def test_another_version_of_the_file_needs_another_place(folder: Path) -> None:
    """Parts of yesterday's file are not lost because today's has the same name."""
    run("orders.csv", "--split", "out")
    (folder / "orders.csv").write_text("id\n7\ny\n")
    code, _, _ = run("orders.csv", "--split", "out")

    assert (ExitCode.ERROR, "id\n1\n3\n") == (code, (folder / "out" / "orders.accepted.csv").read_text())


def test_a_link_in_the_folder_leads_nowhere(folder: Path) -> None:
    """Whoever can make links in the folder cannot have another file overwritten."""
    (folder / "out").mkdir()
    (folder / "victim").write_text("precious")
    (folder / "out" / "orders.accepted.csv").symlink_to(folder / "victim")
    code, _, _ = run("orders.csv", "--split", "out")

    assert (ExitCode.ERROR, "precious") == (code, (folder / "victim").read_text())


def test_stdin_has_parts_as_well(folder: Path) -> None:
    """A pipe has no name, so its parts are called stdin."""
    arguments = [sys.executable, "-m", "fileproc", "check", "-", "-c", "c.yaml", "--split", "out"]
    done = subprocess.run(arguments, input=DIRTY.encode(), capture_output=True)

    assert (1, ["stdin.accepted", "stdin.manifest.json", "stdin.rejected"]) == (done.returncode, names(folder))


def test_a_file_without_rows_to_trust_leaves_a_manifest(folder: Path) -> None:
    """Nothing that could be taken for good rows is written; why is in the manifest and on stderr."""
    (folder / "orders.csv").write_text("name\nx\n")
    code, _, err = run("orders.csv", "--split", "out")

    assert (ExitCode.FAIL, ["orders.manifest.json"]) == (code, names(folder))
    assert "no row can be trusted: the column 'id' is missing" in err


def test_a_folder_that_cannot_be_made_is_told(folder: Path) -> None:
    """The file is checked all the same; that there are no parts is told in words, and by the exit code."""
    (folder / "out").write_text("a file")
    code, out, err = run("orders.csv", "--split", "out/below", "--format", "json")

    assert (ExitCode.ERROR, "fail") == (code, json.loads(out)["verdict"])
    assert "the parts cannot be written to out/below: Not a directory" in err


def test_a_full_disk_leaves_nothing_half(folder: Path) -> None:
    """Where there is no room for both parts there are none, no manifest and no rubbish either."""
    (folder / "orders.csv").write_text("id\nx\n" + "".join(f"{number}\n" for number in range(30_000)))
    limit = 64 << 10
    arguments = [sys.executable, "-m", "fileproc", "check", "orders.csv", "-c", "c.yaml", "--split", "out"]
    done = subprocess.run(
        arguments, capture_output=True, text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )  # fmt: skip

    assert (3, []) == (done.returncode, names(folder))
    assert "the parts cannot be written: File too large" in done.stderr


KILLED = """
import os, sys
from pathlib import Path
from click.testing import CliRunner
from fileproc.cli.check import command
left = int(sys.argv[1])
replace = Path.replace
def dying(self, target):
    global left
    if left == 0:
        os._exit(9)
    left -= 1
    return replace(self, target)
Path.replace = dying
CliRunner().invoke(command, ["orders.csv", "-c", "c.yaml", "--split", "out"], standalone_mode=False)
"""


@pytest.mark.parametrize("renamed", [0, 1, 2])
def test_a_killed_process_leaves_no_half_file(folder: Path, renamed: int) -> None:
    """Whenever it dies, what has a final name is whole, and there is no manifest before there are both parts."""
    killed = subprocess.run([sys.executable, "-c", KILLED, str(renamed)], capture_output=True, text=True)
    left = [name for name in names(folder) if not name.startswith(".fileproc-")]
    whole = {"orders.accepted.csv": "id\n1\n3\n"}
    first = {name: (folder / "out" / name).read_text() for name in left if name in whole}
    code, _, _ = run("orders.csv", "--split", "out")

    assert (9, ["orders.accepted.csv", "orders.rejected.csv"][:renamed]) == (killed.returncode, left)
    assert first.items() <= whole.items()
    assert ExitCode.FAIL == code
    assert set(NAMES) <= set(names(folder))


@pytest.mark.parametrize(
    ("name", "accepted"),
    [
        ("orders.csv", "orders.accepted.csv"),
        ("a/b/orders.2026-11-24.csv.gz", "orders.2026-11-24.accepted.csv.gz"),
        ("orders", "orders.accepted"),
        ("orders.", "orders..accepted"),
        (".csv", ".csv.accepted"),
        ("..", "__.accepted"),
        ("a/..", "__.accepted"),
        ("", "_.accepted"),
        ("x" * 400 + ".csv", "x" * 120 + ".accepted.csv"),
        ("ü" * 400 + ".csv", "ü" * 60 + ".accepted.csv"),
        ("a\x00b\nc:d\\e.csv", "a_b_c_d_e.accepted.csv"),
        ("\ud800.csv", "_.accepted.csv"),
    ],
)
def test_names_are_names(name: str, accepted: str) -> None:
    """No name of a file makes a path of its part, or one that a file system refuses."""
    found = names_of(name)

    assert accepted == found.accepted
    assert os.sep not in found.manifest and len(os.fsencode(found.manifest)) < 255


def test_keys_that_differ_have_parts_that_differ() -> None:
    """Keys that look alike once they are safe do not share a part: each version of each object has its own."""
    keys = {key_names("p/", key, key).accepted for key in ("a:b.csv", "a*b.csv", "x/../a_b.csv", "a_b.csv")}

    assert 4 == len(keys)
