"""What the pool knows of memory: its container's limit, how many workers fit, and who goes first when it is full."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from fileproc.domain.jobs import JobClass, JobOutcome
from fileproc.pool import memory
from fileproc.pool.memory import MIB, Container, Pressure
from fileproc.pool.memory_watch import MemoryWatch
from fileproc.pool.options import PoolOptions
from fileproc.pool.slot import Slot

GIB = 1 << 30


def version_2(root: Path, limit: str = str(4 * GIB), used: int = 0, cache: int = 0, kills: int = 0) -> Container:
    root.joinpath("memory.max").write_text(f"{limit}\n")
    root.joinpath("memory.current").write_text(f"{used}\n")
    root.joinpath("memory.stat").write_text(f"anon 1\ninactive_file {cache}\n")
    root.joinpath("memory.events").write_text(f"oom 0\noom_kill {kills}\n")
    return Container(root)


def version_1(root: Path, limit: int) -> Container:
    folder = root / "memory"
    folder.mkdir()
    folder.joinpath("memory.limit_in_bytes").write_text(f"{limit}\n")
    folder.joinpath("memory.usage_in_bytes").write_text(f"{limit // 2}\n")
    return Container(root)


def test_both_versions_of_the_controller_are_read(tmp_path: Path) -> None:
    """The limit is found whichever way the container is limited, and no limit is no limit."""
    (tmp_path / "1").mkdir(), (tmp_path / "2").mkdir(), (tmp_path / "max").mkdir()
    assert 2 * GIB == version_1(tmp_path / "1", 2 * GIB).limit()
    assert 4 * GIB == version_2(tmp_path / "2").limit()
    assert version_2(tmp_path / "max", "max").limit() is None
    assert Container(tmp_path / "nowhere").limit() is None


def test_a_v1_container_without_a_limit_says_a_huge_number(tmp_path: Path) -> None:
    """The largest page-aligned number means that there is no limit."""
    assert version_1(tmp_path, 9_223_372_036_854_771_712).limit() is None


@pytest.mark.parametrize(
    ("wanted", "limit", "fitting"),
    [(10, None, 10), (10, 16 * GIB, 10), (10, 4 * GIB, 3), (10, GIB, 1), (2, 4 * GIB, 2)],
)
def test_workers_are_as_many_as_the_container_holds(wanted: int, limit: int | None, fitting: int) -> None:
    """All workers at their limit, pool and front fit into nine tenths of the container; one worker there always is."""
    assert fitting == memory.workers_that_fit(wanted, GIB, limit)


def test_second_attempts_share_what_is_over(tmp_path: Path) -> None:
    """Twice as much where the container has it, less for who comes second, and nothing that changes nothing."""
    container = version_2(tmp_path, limit=str(5 * GIB))  # 4.5 GiB by design, 0.25 for pool and front: 1.25 over
    options = PoolOptions(tmp_path, {}, workers_max=3, worker_memory=GIB, container=container)

    assert (GIB, 0.25 * GIB, 0) == tuple(options.more_memory(granted) for granted in (0, GIB, 5 * GIB // 4))
    assert GIB == PoolOptions(tmp_path, {}, worker_memory=GIB, container=Container(tmp_path / "none")).more_memory(0)


def test_three_looks_in_a_row_make_pressure(tmp_path: Path) -> None:
    """A moment above the mark is none, and pages that only cache files do not count."""
    pressure = Pressure(version_2(tmp_path, used=4 * GIB))
    assert [False, False, True, False] == [pressure.is_high() for _ in range(4)]

    cached = Pressure(version_2(tmp_path, used=4 * GIB, cache=GIB))
    assert [False] * 4 == [cached.is_high() for _ in range(4)]


def test_the_youngest_of_the_large_goes_first() -> None:
    """What has run longest loses most; a small one gives nothing back."""
    assert 2 == memory.to_give_back([(1.0, 900), (9.0, 10), (5.0, 800), (2.0, 20)])
    assert memory.to_give_back([]) is None


def test_a_process_knows_its_size() -> None:
    """The figures come from the kernel, and of a process that is gone there are none."""
    assert memory.resident(os.getpid()) > 10 * MIB
    assert 0 == memory.resident(2**22 + 1)


@pytest.mark.parametrize(
    ("code", "peak", "killed_for", "is_memory"),
    [
        (-signal.SIGABRT, 95, None, True),
        (-signal.SIGABRT, 50, None, False),
        (-signal.SIGTERM, 95, None, False),
        (-signal.SIGKILL, 20, "memory", True),
        (-signal.SIGKILL, 95, "timeout", False),
    ],
)
def test_an_abort_near_the_limit_is_a_matter_of_memory(
    tmp_path: Path, code: int, peak: int, killed_for: str | None, is_memory: bool
) -> None:
    """Native code aborts when it gets no more; the same signal far from the limit is a crash."""
    watch = MemoryWatch(100 * MIB, version_2(tmp_path))
    slot = Slot(0, peak=peak * MIB, killed_for=killed_for)

    assert is_memory == (watch.reason(slot, code) is not None)


def test_the_kernel_s_own_kill_is_recognised(tmp_path: Path) -> None:
    """The container's counter moved, so SIGKILL came from there, once."""
    watch = MemoryWatch(100 * MIB, version_2(tmp_path))
    version_2(tmp_path, kills=1)

    reasons = [watch.reason(Slot(0, peak=MIB), -signal.SIGKILL) for _ in range(2)]

    assert [True, False] == ["the container had no memory left" in (reason or "") for reason in reasons]


def test_workers_are_not_all_replaced_together() -> None:
    """A tenth more or less, and never with 0."""
    options = PoolOptions(Path(), {}, worker_jobs=100)

    numbers = {options.jobs_before_recycling(generation) for generation in range(50)}

    assert (90, 110, True) == (min(numbers), max(numbers), len(numbers) > 10)
    assert 0 == PoolOptions(Path(), {}, worker_jobs=0).jobs_before_recycling(3)
    assert 1 == PoolOptions(Path(), {}, worker_jobs=1).jobs_before_recycling(0)


def test_a_worker_that_was_refused_memory_is_replaced(tmp_path: Path) -> None:
    """Its heap may be in any shape; a plain verdict is no reason."""
    watch = MemoryWatch(GIB, version_2(tmp_path))

    reasons = [watch.reason_to_replace(Slot(0), JobOutcome(kind)) for kind in (JobClass.MEMORY, JobClass.VERDICT)]

    assert ["memory", None] == reasons
