"""How a job or a worker ended, read from what is left: outcome files, exit codes, stack dumps."""

from __future__ import annotations

import hashlib
import json
import signal
from datetime import datetime, timedelta
from typing import Any

from fileproc.domain.jobs import Attempt, JobClass, JobOutcome
from fileproc.pool.messages import Done, outcome_from_document
from fileproc.pool.process import WorkerProcess
from fileproc.pool.slot import Slot, SlotState

#: Why a worker was killed → the reason that its end is counted under.
EXITS = {"drain": "drained", "start": "start_failed"} | {
    word: word for word in ("timeout", "memory", "pressure", "lease")
}

#: Why a job was given back, for its history.
GIVEN_BACK = {
    "drain": "the pool was told to go",
    "pressure": "the container was full, and this was the youngest of the larger jobs",
    "lease": "the pool could not reach the journal",
}


def evidence_of(slot: Slot, worker: WorkerProcess, code: int | None) -> dict[str, Any]:
    """What a dead worker leaves of its job: exit code, memory, and what it did before and at its deadline."""
    evidence: dict[str, Any] = {"exit_code": code, "pid": worker.pid}
    if slot.peak:
        evidence["peak_rss_bytes"] = slot.peak
    dump = worker.stack_dump()
    if slot.stack_before:
        evidence["stack_before"] = slot.stack_before
        dump = dump.removeprefix(slot.stack_before)
    if dump:
        evidence["stack"] = dump
    return evidence


def spilled(worker: WorkerProcess, message: Done) -> JobOutcome:
    """The outcome that was too large for a frame, if the file is the one that was meant."""
    body = worker.take_spill(message.spill) if message.spill else None
    if body is None or hashlib.sha256(body).hexdigest() != message.sha256:
        return JobOutcome(JobClass.BUG, "the worker's outcome could not be read")
    return outcome_from_document(json.loads(body))


def attempt_of(slot: Slot, outcome: JobOutcome, host: str, seconds: float, ended_at: datetime) -> Attempt:
    """What is kept of an attempt: the larger of what the worker measured of itself and what the pool saw of it."""
    measured = ((outcome.report or {}).get("usage") or {}).get("peak_rss_bytes") or 0
    peak = max(slot.peak, measured)
    pid = slot.worker.pid if slot.worker is not None else 0
    return Attempt(host, pid, ended_at - timedelta(seconds=seconds), seconds, peak or None)


def exit_reason(slot: Slot, code: int) -> str:
    if slot.killed_for == "dismissed":
        return "recycled"
    if slot.killed_for is not None:
        return EXITS.get(slot.killed_for, "killed")
    if slot.state is SlotState.STARTING:
        return "start_failed"
    return "clean" if code == 0 else "crashed"


def describe(code: int | None) -> str:
    if code is None:
        return "not even SIGKILL ends it"
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"signal {signal.Signals(-code).name}"
    except ValueError:
        return f"signal {-code}"
