"""A restore that S3 tells of: what waits for it is due, and the pool hears of it at once."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from fileproc.breaker.view import BreakerView
from fileproc.clock import FrozenClock
from fileproc.domain.events import ObjectRestored
from fileproc.domain.jobs import JobClass, JobState
from fileproc.domain.objects import ObjectRef
from fileproc.domain.ports import NewJob, Settlement
from fileproc.front import sns_routes
from tests.fakes.journal import MemoryJournal

REF = ObjectRef("drop", "a.csv", version_id="1")


@pytest.mark.parametrize(("allowed", "state", "rings"), [(True, JobState.AVAILABLE, 1), (False, JobState.RETRYABLE, 0)])
def test_a_restore_wakes_the_job_and_the_pool(
    allowed: bool, state: JobState, rings: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pool need not come by to find it; an event about a bucket that is not on our list wakes nothing."""
    journal = MemoryJournal(clock=FrozenClock())
    journal.add([NewJob(REF)], limit=9)
    (job,) = journal.claim("p1", 1)
    journal.settle(job, Settlement(JobState.RETRYABLE, JobClass.ARCHIVED, retry_in=3_600))
    rung: list[Path] = []
    monkeypatch.setattr(sns_routes, "ring", rung.append)
    parts: Any = SimpleNamespace(
        journal=journal, write=lambda do: do(), commits=journal, runtime_dir=tmp_path, outputs=(),
        page=SimpleNamespace(read=BreakerView),
        settings=SimpleNamespace(takes=lambda _: allowed, circuit_breaker_on_open="hold"),
    )  # fmt: skip

    acceptance = sns_routes.accept_queued(parts, [ObjectRestored(REF, "ObjectRestore:Completed")], "m")

    assert ("ignored", state, [tmp_path] * rings) == (acceptance.outcome, journal.rows[job.id].job.state, rung)
