"""Files of absurd sizes, each in a child process with little memory: clear words, and never a traceback."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]

#: Memory for data that a child may take, beside the engine's 150 MB of it, and seconds.
MEGABYTES = 700
SECONDS = 60

PROGRAM = """
import json, resource, sys
resource.setrlimit(resource.RLIMIT_DATA, (int(sys.argv[3]) << 20,) * 2)
from pathlib import Path
from fileproc.clock import SystemClock
from fileproc.domain.reports import FileInfo
from fileproc.quality.check import Limits, check_file
from tests.unit.quality.checking import contract
path = Path(sys.argv[1])
limits, info = Limits(temp_folder=path.parent), FileInfo(bucket="b", key=sys.argv[2])
match = contract([{"name": "a", "required": True}, {"name": "b"}], missingColumns="allow", extraColumns="allow")
report = check_file(path, match, file=info, report_id="1", limits=limits, clock=SystemClock())
# Not `ru_maxrss`: that one begins with what the parent had when it forked.
peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
print(json.dumps({**report.to_document(), "peak": int(peak.split()[1]) >> 10}))
"""

MIB = b"x" * (1 << 20)


def long(megabytes: int, before: bytes, piece: bytes, behind: bytes = b"") -> Iterator[bytes]:
    """So much of the same between two ends."""
    yield before
    yield from (piece for _ in range(megabytes))
    yield behind


def told(folder: Path, name: str, pieces: Iterator[bytes]) -> dict[str, Any]:
    """The report of a child that has little memory."""
    path = folder / "input"
    with path.open("wb") as file:
        file.writelines(pieces)
    command = [sys.executable, "-c", PROGRAM, str(path), name, str(MEGABYTES)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, cwd=ROOT)
    assert (0, "") == (done.returncode, done.stderr[-2_000:])
    document: dict[str, Any] = json.loads(done.stdout)
    assert document["peak"] < 400
    return document


@pytest.mark.parametrize(
    ("name", "pieces", "code", "rows"),
    [
        pytest.param("f.csv", long(100, b"a,b\n1,2\n3,", MIB, b"\n5,6\n"), "over_long_line", 3, id="a row of 100 MB"),
        pytest.param("f.csv", long(20, b"a,b\n", b"," * (1 << 20)), "over_long_line", 1, id="20 million cells"),
        pytest.param("f.csv", long(20, b"a,b\n", b'"' * (1 << 20)), "over_long_line", 1, id="20 million quotes"),
        pytest.param("f.csv", long(20, b"a,b\n", b"\n" * (1 << 20)), "blank_lines", 0, id="20 million blank lines"),
        pytest.param("f.ndjson", long(20, b'{"a":"', MIB, b'"}\n{"a":1}\n'), "over_long_line", 2, id="a long object"),
        pytest.param("f.json", long(20, b'[{"a":"', MIB, b'"}]\n'), "over_long_line", 1, id="a long element"),
        pytest.param(
            "f.csv", iter([b",".join(b"c%d" % number for number in range(1_000_000)), b"\n1\n"]),
            "too_many_columns", None, id="a million columns",
        ),
        pytest.param(
            "f.ndjson", iter([b'{"a":1,', b",".join(b'"k%d":1' % number for number in range(100_000)), b"}\n"]),
            "too_many_keys", 1, id="an object of 100,000 keys",
        ),
        pytest.param(
            "f.ndjson", iter([b'{"a":' * 500_000, b"1", b"}" * 500_000]), "over_long_line", 1, id="deep objects",
        ),
        pytest.param("f.json", iter([b"[" * 1_000_000]), "truncated_json", 1, id="deep lists that do not end"),
    ],
)  # fmt: skip
def test_an_absurd_size_is_told(
    tmp_path: Path, name: str, pieces: Iterator[bytes], code: str, rows: int | None
) -> None:
    """It is named, what stands beside it is read, and memory stays what it is for any file."""
    document = told(tmp_path, name, pieces)

    assert code in {cause["code"] for cause in document["causes"]}
    assert (rows, "error" in document) == (document["counts"]["rows"], False)


def test_of_too_many_columns_nothing_else_is_claimed(tmp_path: Path) -> None:
    """Only the beginning of such a line is looked at, so nothing is said of names that may be cut."""
    header = b",".join(b"c%d" % number for number in range(100_000))
    document = told(tmp_path, "f.csv", iter([header, b"\n1\n"]))

    assert ["too_many_columns"] == [cause["code"] for cause in document["causes"]]


def test_a_million_rows_of_one_column(tmp_path: Path) -> None:
    """Many rows are no hostile size at all."""
    document = told(tmp_path, "f.csv", iter([b"a\n", b"".join(b"%d\n" % number for number in range(1_000_000))]))

    assert ("pass", 1_000_000) == (document["verdict"], document["counts"]["rows"])


def test_ten_thousand_columns_are_told_to_need_more_memory(tmp_path: Path) -> None:
    """A table that wide is no fault of the file; that it was not checked, and why, is said, and memory holds."""
    header = b",".join(b"c%d" % number for number in range(10_000))
    document = told(tmp_path, "f.csv", iter([header, b"\n", (b"1," * 9_999 + b"1\n") * 5]))

    assert ("error", "memory") == (document["verdict"], document["error"]["class"])
    assert "150 MB" in document["error"]["reason"]
