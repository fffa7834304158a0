"""The worker: the whole life of a child process, top to bottom.

It loads the contracts, says Ready, and then does one job at a time in a folder of its own, until its pool closes the
socket or kills it. It has no database, no secret and no child of its own, and it never outlives its pool.
"""

from __future__ import annotations

import contextlib
import ctypes
import faulthandler
import gc
import hashlib
import importlib
import json
import os
import resource
import shutil
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fileproc import bootstrap, logs
from fileproc.domain.jobs import Job, JobClass, JobOutcome
from fileproc.pool import memory, sandbox
from fileproc.pool.channel import ChannelClosed, FrameTooLarge, WorkerEnd
from fileproc.pool.messages import Assign, Done, Ready, Started, outcome_to_document

log = logs.get("worker")

PR_SET_PDEATHSIG = 1
OPEN_FILES = 1_024

#: Where a pool of a test says nothing: bytes of memory, and of the largest file.
MEMORY = 1 << 30
LARGEST_FILE = 100 << 30

#: Workers yield to the front and the pool: a sender waits for an answer, a check does not mind.
NICENESS = 19

#: Exit codes of a worker, for its pool and for people who read logs.
POOL_IS_GONE = 0
COULD_NOT_START = 3

CheckJob = Callable[[Job, Path], JobOutcome]


def main(end: socket.socket, generation: int, folder: str, spec: dict[str, Any]) -> None:
    """The target of the process; `folder` is ours alone. Our parent is the fork server, which dies with the pool."""
    _harden(Path(folder))
    logs.configure(program="worker", log_format=spec.get("log_format", "json"), level=spec.get("log_level", "info"))
    channel = WorkerEnd(end)
    try:
        check = build(spec)
    except Exception as error:
        # The one broad boundary of this process at start: whatever keeps it from starting must reach the log.
        log.exception("worker_could_not_start", error=str(error))
        sys.exit(COULD_NOT_START)
    mark = memory.PeakMark()
    usual = int(spec.get("memory_bytes", MEMORY))
    memory.bound(usual, 2 * int(spec.get("max_object_bytes", LARGEST_FILE)))
    if spec.get("sandbox", True):
        sandbox.confine(Path(folder), reads=_paths(spec, "contracts"), writes=_paths(spec, "key_sets"))
    gc.collect()
    gc.freeze()  # what is loaded stays; collections look only at what jobs make
    with contextlib.suppress(ChannelClosed, OSError):
        channel.send(Ready(generation))
        while True:
            message = channel.receive()
            if isinstance(message, Assign):
                mark.reset()
                memory.bound_seconds(2 * message.seconds)
                memory.allow_more(max(0, (message.job.memory_bytes or usual) - usual))
                _work(channel, generation, message.job, check, Path(folder))
    sys.exit(POOL_IS_GONE)


def build(spec: dict[str, Any]) -> CheckJob:
    """What checks a job: the real thing, or the factory that `spec["target"]` names as `module:function`."""
    target = spec.get("target")
    if target is None:
        return bootstrap.build_check(spec)
    module, _, name = str(target).partition(":")
    made: CheckJob = getattr(importlib.import_module(module), name)(spec)
    return made


def _paths(spec: dict[str, Any], name: str) -> list[Path]:
    return [Path(spec[name])] if spec.get(name) else []


def _work(channel: WorkerEnd, generation: int, job: Job, check: CheckJob, folder: Path) -> None:
    channel.send(Started(generation, job.id, job.fence))
    private = folder / f"job-{job.id}-{job.fence}"
    private.mkdir(mode=0o700)
    try:
        outcome = _outcome(check, job, private)
    finally:
        shutil.rmtree(private, ignore_errors=True)
    done = Done(generation, job.id, job.fence, outcome)
    try:
        channel.send(done)
    except FrameTooLarge:
        channel.send(_spilled(done, folder))


def _outcome(check: CheckJob, job: Job, private: Path) -> JobOutcome:
    try:
        return check(job, private)
    except MemoryError:
        return JobOutcome(JobClass.MEMORY, "the check needed more memory than a worker has")
    except Exception as error:
        # The one broad boundary of a job: nobody expected this, so it is a bug of ours and says where.
        log.exception("job_raised", job_id=job.id)
        return JobOutcome(JobClass.BUG, f"{type(error).__name__}: {error}"[:500])


def _spilled(done: Done, folder: Path) -> Done:
    """The outcome in a file that the pool reads and removes."""
    body = json.dumps(outcome_to_document(done.outcome or JobOutcome(JobClass.BUG))).encode()
    path = folder / f"outcome-{done.job_id}-{done.fence}.json"
    path.write_bytes(body)
    return Done(done.generation, done.job_id, done.fence, None, str(path), hashlib.sha256(body).hexdigest())


def _harden(folder: Path) -> None:
    """A session of its own, dead when its parent dies, bounded, and able to show its stack at any time."""
    with contextlib.suppress(PermissionError):
        os.setsid()
    die_with(os.getppid(), signal.SIGKILL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.set_wakeup_fd(-1)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, hard))
    os.umask(0o077)
    os.nice(NICENESS)
    # Kept open for the process's whole life; the dump is written by C code, even while the GIL is held.
    dump = os.open(folder / "stack.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    faulthandler.register(signal.SIGUSR2, file=dump, all_threads=True)


def die_with(parent: int, number: signal.Signals) -> None:
    """Ask the kernel for a signal when our parent dies; if it died before we asked, go at once."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(POOL_IS_GONE)
