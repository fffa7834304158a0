"""The very supervisord.conf of the container, run for real: restarts, stops and honest exit codes."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.programs import Programs, until

pytestmark = pytest.mark.system

ROOT = Path(__file__).parents[2]
CONF = ROOT / "supervisord.conf"
FATAL = 70

#: In the place of front and pool: a program whose starts all seem to succeed, and which never stays.
CRASHING = "[program:crashing]\ncommand=false\nstartsecs=0\nautorestart=true\n\n"


@pytest.fixture
def container(tmp_path: Path) -> Iterator[Programs]:
    """The container's first process, started as the image does."""
    (tmp_path / "contracts").mkdir()
    programs = Programs(
        tmp_path,
        SNS_VERIFY="off",
        SNS_WORKER_MAX="1",
        FILEPROC_DRAIN_SECONDS="3",
    )
    yield programs
    programs.stop()
    try:
        until(lambda: not programs.alive(), "everything to be gone", 15)
    finally:
        for pid in pids_of(programs):  # a first process that broke leaves the rest behind
            os.kill(pid, signal.SIGKILL)


def start(programs: Programs, conf: Path = CONF) -> subprocess.Popen[bytes]:
    with (programs.folder / "container.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "fileproc.container", str(conf)],
            stdout=log,
            stderr=log,
            env=programs.environment,
            cwd=programs.folder,
        )
    programs.running["container"] = process
    return process


def log_of(programs: Programs) -> str:
    """Everything the container has said."""
    return (programs.folder / "container.log").read_text()


def pids_of(programs: Programs, module: str = "") -> list[int]:
    """The pids of everything that runs in this container, or of what runs one module."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            ours = f"LC_RUN_MARK={programs.mark}".encode() in (process / "environ").read_bytes()
            words = (process / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if ours and (not module or module.encode() in words):
            found.append(int(process.name))
    return found


def pid_of(programs: Programs, module: str) -> int:
    """The pid of a program by what it runs; 0 while there is none."""
    return next(iter(pids_of(programs, module)), 0)


@pytest.mark.parametrize("module", ["fileproc.front", "fileproc.pool"])
def test_a_killed_program_is_started_again(container: Programs, module: str) -> None:
    """SIGKILL of either one: it comes back under a new pid and the service is ready again."""
    start(container)
    container.ready()
    before = pid_of(container, module)

    os.kill(before, signal.SIGKILL)

    until(lambda: pid_of(container, module) not in (0, before), f"a new {module}\n{container.logs()}")
    container.ready()


@pytest.mark.parametrize("module", ["fileproc.front", "fileproc.pool"])
def test_a_program_that_goes_by_itself_is_started_again(container: Programs, module: str) -> None:
    """Somebody sends TERM to one program alone: it drains, exits 0, and is back. Neither may stay away unnoticed."""
    start(container)
    until(lambda: log_of(container).count("entered RUNNING") == 3, f"all to run\n{container.logs()}")
    before = pid_of(container, module)

    os.kill(before, signal.SIGTERM)

    until(lambda: pid_of(container, module) not in (0, before), f"a new {module}\n{container.logs()}")
    container.ready()


def test_a_program_that_ends_again_and_again_ends_the_container(container: Programs) -> None:
    """A crash loop is not gone through for ever, even where each start seems to succeed."""
    conf = container.folder / "crash-loop.conf"
    conf.write_text(re.sub(r"\[group:.*?(?=\[eventlistener)", CRASHING, CONF.read_text(), flags=re.DOTALL))
    process = start(container, conf)

    assert FATAL == until(process.poll, f"the container's end\n{container.logs()}", 60)
    assert "crashing ended 5 times within 300 seconds" in log_of(container)
    container.running.clear()


def test_a_stop_while_it_is_starting_is_heard(container: Programs) -> None:
    """A container that is stopped before it is up goes at once; a first process has no second chance to hear."""
    process = start(container)
    until(lambda: handles(process.pid, signal.SIGTERM), "the first process to listen for TERM")

    assert 0 == container.signal("container", signal.SIGTERM)
    until(lambda: not container.alive(), "everything to be gone", 15)


def handles(pid: int, number: signal.Signals) -> bool:
    """Whether a process has a handler for a signal, as the kernel tells."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    (caught,) = (int(line.split()[1], 16) for line in lines if line.startswith("SigCgt"))
    return bool(caught >> (number - 1) & 1)


def test_sigterm_ends_everything_in_order(container: Programs) -> None:
    """The container's stop: both drain at once, exit code 0, nothing left."""
    start(container)
    container.ready()

    assert 0 == container.signal("container", signal.SIGTERM)
    until(lambda: not container.alive(), "everything to be gone", 15)
    assert "front_stopped" in container.logs()
    assert "drained" in container.logs()
    assert 1 == log_of(container).count("spawned: 'front'")


def test_a_program_that_cannot_be_kept_alive_ends_the_container(container: Programs) -> None:
    """A taken port makes the front FATAL: the container ends with a non-zero code and says why."""
    with socket.create_server(("127.0.0.1", container.port)):
        process = start(container)
        code = until(process.poll, "the container's end", 100)

    assert FATAL == code
    assert "cannot be listened on" in log_of(container)
    # The second where this machine is so busy that each start seems to succeed.
    assert re.search("front (could not be started|ended 5 times)", log_of(container))
    container.running.clear()


@pytest.mark.parametrize(
    "wrong",
    [{"SNS_WORKER_MAX": "many", "FILEPROC_PORT": "-1"}, {"SNS_VERIFY": "on", "SNS_TOPIC_ARNS": ""}],
    ids=["values", "no topic"],
)
def test_wrong_settings_end_the_container_at_once(container: Programs, wrong: dict[str, str]) -> None:
    """One message that names every wrong variable, before anything is started."""
    container.environment |= wrong
    process = start(container)

    assert 2 == process.wait(timeout=30)
    log = log_of(container)
    assert [] == [name for name in wrong if name not in log and wrong[name] != "on"]
    assert "spawned" not in log
    container.running.clear()
