"""What workers run in tests of the pool: the beginning of a job's key says what it does."""

from __future__ import annotations

import os
import re
import resource
import signal
import socket
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb

from fileproc.domain.jobs import Job, JobClass, JobOutcome
from fileproc.domain.reports import CheckResult, FileInfo, Report, Result, Severity

PASSED = CheckResult("c", "required", "x", None, Severity.FAIL, Result.PASS)


def by_key(_spec: dict[str, Any]) -> Callable[[Job, Path], JobOutcome]:
    """A check that obeys the key: `sleep-0.5-a`, `die-SIGSEGV-a`, `exit-3-a`, `infra-a`, `environ`, …"""
    pool = _parent_of(os.getppid())  # our parent is the fork server, and its parent is the pool; asked before the walls
    return lambda job, folder: _obey(job, folder, pool)


def broken(_spec: dict[str, Any]) -> Callable[[Job, Path], JobOutcome]:
    """A worker that cannot start."""
    raise RuntimeError("the contracts are on fire")


def fragile(spec: dict[str, Any]) -> Callable[[Job, Path], JobOutcome]:
    """A worker that cannot start while somebody has broken the contracts."""
    if (Path.home() / "broken").exists():
        raise RuntimeError("the new contracts are on fire")
    return by_key(spec)


def _obey(job: Job, folder: Path, pool: int) -> JobOutcome:
    verb, _, rest = job.ref.key.partition("-")
    argument = rest.split("-")[0]
    found: dict[str, Any] = {}
    if verb == "sleep":
        time.sleep(float(argument))
    elif verb == "stubborn":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        _sleep_on(60)
    elif verb == "gil":
        re.match(r"(a+)+$", "a" * 60 + "b")  # longer than any test, in C, without ever letting go of the GIL
    elif verb == "grow":
        found = {"grown": len(bytearray(int(argument) << 20).replace(b"\0", b"x"))}
    elif verb == "swell":
        held = [bytearray(b"x") * (8 << 20)]
        while len(held) < int(argument) // 8:
            held.append(bytearray(b"x") * (8 << 20))
            time.sleep(0.05)
        _sleep_on(60)
    elif verb == "hold":
        _held = bytearray(b"x") * (int(argument) << 20)
        while not (Path.home() / "let-go").exists():
            time.sleep(0.02)
    elif verb == "abort":
        _held = _fill_to(int(argument) << 20)
        time.sleep(0.6)  # long enough to be looked at
        os.abort()
    elif verb == "need":
        _held = _fill_to(int(argument) << 20)
        time.sleep(0.6)  # long enough to be looked at
        found = {"memory_bytes": job.memory_bytes}
    elif verb == "killpool":
        os.kill(pool, signal.SIGKILL)
        _sleep_on(60)
    elif verb == "pid":
        time.sleep(float(argument))
        found = {"pid": os.getpid()}
    elif verb == "die":
        os.kill(os.getpid(), signal.Signals[argument])
        _sleep_on(60)
    elif verb == "exit":
        os._exit(int(argument))
    elif verb == "raise":
        raise ZeroDivisionError("nobody expected this")
    elif verb == "infra" and not (Path.home() / "s3-is-up").exists():
        return JobOutcome(JobClass.INFRA, "S3 is down")
    elif verb == "environ":
        found = {"environ": dict(os.environ), "proc": _proc_environ(), "mode": oct(folder.stat().st_mode & 0o777)}
        (folder / "left-behind").write_text("x")
        found["folder"] = str(folder)
    elif verb == "reach":
        found = {"reach": {name: _tried(attempt) for name, attempt in _attempts(folder, pool).items()}}
    elif verb == "large":
        found = {"large": "x" * (3 << 20)}
    report = Report(str(job.id), FileInfo(job.ref.bucket, job.ref.key), checks=[PASSED]).to_document()
    return JobOutcome(JobClass.VERDICT, report=report | found)


def _attempts(folder: Path, pool: int) -> dict[str, Callable[[], object]]:
    """What somebody would try who got hold of a worker, and two things that it must be able to do."""
    return {
        "read /etc/passwd": lambda: Path("/etc/passwd").read_text(),
        "read the journal": lambda: (Path.home() / "fileproc.db").read_bytes(),
        "read the pool's environment": lambda: Path(f"/proc/{pool}/environ").read_bytes(),
        "write beside its folder": lambda: (folder.parent.parent / "beside").write_text("x"),
        "write in the home": lambda: (Path.home() / "note").write_text("x"),
        "start a program": lambda: os.posix_spawn("/bin/true", ["true"], {}),
        "connect to a database": lambda: socket.create_connection(("127.0.0.1", 5432), 1),
        "listen": lambda: socket.create_server(("127.0.0.1", 0)),
        "signal its pool": lambda: os.kill(pool, 0),
        "write in its folder": lambda: (folder / "mine").write_text("x"),
        "make a temporary file": lambda: tempfile.TemporaryFile().close(),
        "begin the engine": lambda: duckdb.sql("SELECT 1").fetchall(),
    }


def _tried(attempt: Callable[[], object]) -> str:
    try:
        attempt()
    except PermissionError:
        return "refused"
    except OSError as error:
        return type(error).__name__
    return "done"


def _parent_of(pid: int) -> int:
    stat = Path(f"/proc/{pid}/stat").read_text()
    return int(stat[stat.rindex(")") + 2 :].split()[1])


def _sleep_on(seconds: float) -> None:
    """Sleep although signals come."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(0.05)


def _fill_to(size: int) -> list[bytearray]:
    """Have so many bytes of memory in all."""
    held = []
    while resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10 < size:
        held.append(bytearray(b"x") * (2 << 20))
    return held


def _proc_environ() -> str:
    return Path("/proc/self/environ").read_bytes().decode(errors="replace")
