"""The very supervisord.conf of the container, run for real: restarts, stops and honest exit codes."""

from __future__ import annotations

import os
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


@pytest.fixture
def container(tmp_path: Path) -> Iterator[Programs]:
    """The container's first process, started as the image does."""
    (tmp_path / "contracts").mkdir()
    programs = Programs(
        tmp_path,
        PATH=f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        SNS_VERIFY="off",
        SNS_WORKER_MAX="1",
        FILEPROC_DRAIN_SECONDS="3",
    )
    yield programs
    programs.stop()
    until(lambda: not programs.alive(), "everything to be gone", 15)


def start(programs: Programs) -> subprocess.Popen[bytes]:
    with (programs.folder / "container.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "fileproc.container", str(CONF)],
            stdout=log,
            stderr=log,
            env=programs.environment,
            cwd=programs.folder,
        )
    programs.running["container"] = process
    return process


def pid_of(programs: Programs, module: str) -> int:
    """The pid of a program by what it runs."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            ours = f"RUN_MARK={programs.mark}".encode() in (process / "environ").read_bytes()
            words = (process / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if ours and module.encode() in words:
            return int(process.name)
    return 0


@pytest.mark.parametrize("module", ["fileproc.front", "fileproc.pool"])
def test_a_killed_program_is_started_again(container: Programs, module: str) -> None:
    """SIGKILL of either one: it comes back under a new pid and the service is ready again."""
    start(container)
    container.ready()
    before = pid_of(container, module)

    os.kill(before, signal.SIGKILL)

    until(lambda: pid_of(container, module) not in (0, before), f"a new {module}\n{container.logs()}")
    container.ready()


def test_sigterm_ends_everything_in_order(container: Programs) -> None:
    """The container's stop: both drain at once, exit code 0, nothing left."""
    start(container)
    container.ready()

    assert 0 == container.signal("container", signal.SIGTERM)
    assert not container.alive()
    assert "front_stopped" in container.logs()
    assert "drained" in container.logs()


def test_a_program_that_cannot_be_kept_alive_ends_the_container(container: Programs) -> None:
    """A taken port makes the front FATAL: the container ends with a non-zero code and says why."""
    with socket.create_server(("127.0.0.1", container.port)):
        process = start(container)
        code = until(process.poll, f"the container's end\n{container.logs()}", 60)

    assert FATAL == code
    assert "cannot be listened on" in (container.folder / "container.log").read_text()
    container.running.clear()


def test_wrong_settings_end_the_container_at_once(container: Programs) -> None:
    """One message that names every wrong variable, before anything is started."""
    container.environment |= {"SNS_WORKER_MAX": "many", "FILEPROC_PORT": "-1"}
    process = start(container)

    assert 2 == process.wait(timeout=30)
    log = (container.folder / "container.log").read_text()
    assert "SNS_WORKER_MAX" in log
    assert "FILEPROC_PORT" in log
    container.running.clear()
