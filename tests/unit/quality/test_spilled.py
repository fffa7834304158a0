"""Keys that do not fit into memory are counted all the same, and exactly."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from fileproc.clock import SystemClock
from fileproc.domain.reports import FileInfo, Report
from fileproc.quality.check import Limits, check_file
from fileproc.quality.checks import spilled
from fileproc.quality.checks.kinds import KeyCheck, Measures
from fileproc.quality.reading.source import Source
from tests.unit.quality.checking import contract, result

KEY = contract([{"name": "k", "logicalType": "integer", "unique": True}, {"name": "v", "logicalType": "string"}])

#: Odd, so that multiplying with it modulo a power of two never gives the same number twice.
STEP, MODULUS = 2_654_435_761, 1 << 32

KEYS = 1_200_000


@pytest.fixture
def parted(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Which keys were counted apart."""
    seen: list[str] = []
    count = spilled.count_apart

    def counting(source: Source, keys: list[KeyCheck], measures: Measures) -> None:
        seen.extend(key.id for key in keys)
        count(source, keys, measures)

    monkeypatch.setattr("fileproc.quality.checks.engine.count_apart", counting)
    yield seen


def checked(lines: Iterator[str], memory_mb: int) -> Report:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "input"
        with path.open("w") as file:
            file.write("k,v\n")
            file.writelines(lines)
        info = FileInfo(bucket="b", key="file.csv", size=path.stat().st_size)
        limits = Limits(memory_mb=memory_mb, temp_folder=Path(folder))
        return check_file(path, KEY, file=info, report_id="1", limits=limits, clock=SystemClock())


def test_keys_beyond_memory_are_counted_exactly(parted: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A unique column of a file that the engine's memory cannot hold gets its true count of surplus rows, no error."""
    monkeypatch.setattr(spilled, "AT_ONCE", 100_000)
    numbers = [*(number * STEP % MODULUS for number in range(KEYS)), *(number * STEP % MODULUS for number in range(7))]

    report = checked((f"{number},x\n" for number in numbers), memory_mb=30)

    assert (["k.unique"], None) == (parted, report.error)
    found = result(report, "k.unique")
    assert (KEYS + 7, 7) == (found.tested, found.failed)
