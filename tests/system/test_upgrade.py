"""Rolling upgrades: while pods are exchanged, those of before work on, and start again, beside the new ones."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from fileproc.demo.partners import orders
from fileproc.errors import ExitCode
from tests.system.programs import Programs, until
from tests.system.whole import Whole, running
from tests.unit.store.test_migrate import made_later

pytestmark = pytest.mark.system


def test_a_pod_of_before_works_on_while_the_tables_grow(journal_url: str, tmp_path: Path) -> None:
    """The new version's migration runs under a pod at work; killed and started again, it works on all the same."""
    with running(tmp_path, "front", "pool", DATABASE_URL=journal_url) as whole:
        checked(whole, "before.csv")
        made_later(journal_url, oldest="0006")
        checked(whole, "meanwhile.csv")
        for name in ("front", "pool"):
            whole.programs.signal(name, signal.SIGKILL)
            whole.programs.start(name)
        whole.programs.ready()
        checked(whole, "afterwards.csv")


def checked(whole: Whole, key: str) -> None:
    """Send a file and wait for its verdict."""
    status, _ = whole.programs.post(whole.put(f"orders/{key}", orders()))
    assert 200 == status
    until(lambda: [file["verdict"] for file in whole.files(f"orders/{key}")] == ["pass"], f"the verdict of {key}")


@pytest.mark.parametrize("program", ["front", "pool"])
def test_a_program_of_before_says_that_it_is_too_old(program: str, sqlite_url: str, tmp_path: Path) -> None:
    """When something was taken away, a program that would miss it does not start, and says which one is needed."""
    made_later(sqlite_url, oldest="9999")
    programs = Programs(tmp_path, DATABASE_URL=sqlite_url, SNS_VERIFY="off")

    ended = programs.run(program)

    assert ExitCode.USAGE == ended.returncode
    assert "have version 9999, this program knows up to" in ended.stderr
    assert "run the later version of fileproc" in ended.stderr
