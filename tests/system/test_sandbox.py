"""The worker as a small room: what a file that got the better of a parser could do is tried from inside."""

from __future__ import annotations

from pathlib import Path

import pytest

from fileproc.pool import sandbox
from tests.system.pools import Pool

pytestmark = pytest.mark.system

NOT_ALLOWED = [
    "read /etc/passwd",
    "read the journal",
    "read the pool's environment",
    "write beside its folder",
    "write in the home",
    "start a program",
    "connect to a database",
    "listen",
    "signal its pool",
]
NEEDED = ["write in its folder", "make a temporary file", "begin the engine"]

#: Nothing of an environment like this may be in a worker's, but for what S3 needs.
PLANTED = {"FILEPROC_ADMIN_TOKEN": "hush-token", "SLACK_TOKEN": "hush-slack", "PGPASSWORD": "hush-pg"}


def reached(folder: Path, **settings: str) -> dict[str, str]:
    """What a real worker's attempts came to."""
    pool = Pool(folder, **settings)
    pool.start()
    try:
        (job_id,) = pool.add("reach")
        pool.finished(job_id)
        report = pool.views.report(job_id)
        assert report is not None
        found: dict[str, str] = report["reach"]
        return found
    finally:
        pool.stop()


def test_a_worker_reaches_its_folder_and_nothing_else(tmp_path: Path) -> None:
    """Files, programs, ports and processes of others are out of reach; on a kernel without Landlock the log says so."""
    found = reached(tmp_path)

    assert dict.fromkeys(NEEDED, "done") == {name: found[name] for name in NEEDED}
    if "sandbox_unavailable" in (tmp_path / "pool.log").read_text():
        return  # an older kernel: one line in the log says what is missing
    assert dict.fromkeys(NOT_ALLOWED, "refused") == {name: found[name] for name in NOT_ALLOWED}


def test_an_operator_can_take_the_walls_down(tmp_path: Path) -> None:
    """FILEPROC_SANDBOX=off is for credentials from a place that the walls do not know; it shows who refused."""
    assert "done" == reached(tmp_path, FILEPROC_SANDBOX="off")["read /etc/passwd"]


def test_a_worker_gets_what_s3_needs_and_no_other_variable() -> None:
    """An allow-list: a secret that nobody thought of stays outside, credentials and proxies go in."""
    names = [
        *PLANTED,
        "DATABASE_URL",
        "DATABASE_URL_FILE",
        "GITHUB_TOKEN",
        "AWS_SECRET_ACCESS_KEY",
        "https_proxy",
        "PATH",
    ]

    assert ["AWS_SECRET_ACCESS_KEY", "https_proxy", "PATH"] == [name for name in names if sandbox.may_know(name)]
