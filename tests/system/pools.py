"""A pool as a real process, with its journal and its views."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from fileproc.domain.jobs import JobState
from fileproc.domain.objects import ObjectRef
from fileproc.domain.ports import NewJob
from fileproc.doorbell import ask
from fileproc.store import migrate
from fileproc.store.engine import open_engine
from fileproc.store.journal import SqlJournal
from fileproc.store.views import Views
from tests.system.programs import Programs, until

ROOT = Path(__file__).parents[2]


class Pool:
    """A pool under test, its journal and its views."""

    def __init__(self, folder: Path, target: str = "by_key", **settings: str) -> None:
        self.programs = Programs(
            folder,
            POOL_TARGET=f"tests.system.targets:{target}",
            PYTHONPATH=str(ROOT),
            HOME=str(folder),
            FILEPROC_ADMIN_TOKEN="hush-token",
            **settings,
        )
        url = self.programs.environment["DATABASE_URL"]
        migrate.upgrade(url)
        engine = open_engine(url)
        self.journal, self.views = SqlJournal(engine), Views(engine)

    def start(self) -> None:
        with (self.programs.folder / "pool.log").open("ab") as log:
            self.programs.running["pool"] = subprocess.Popen(
                [sys.executable, "-m", "tests.system.pool_main"],
                stdout=log, stderr=log, env=self.programs.environment, cwd=ROOT,
            )  # fmt: skip

    def add(self, *keys: str, state: JobState = JobState.AVAILABLE, bucket: str = "b") -> list[int]:
        jobs = [NewJob(ObjectRef(bucket, key, etag="e"), state) for key in keys]
        return [one.job_id for one in self.journal.add(jobs, limit=10_000)]

    def job(self, job_id: int) -> dict[str, Any]:
        job = self.views.job(job_id)
        assert job is not None
        return job

    def finished(self, *job_ids: int, seconds: float = 30) -> list[dict[str, Any]]:
        """The jobs, once each has its verdict."""
        until(lambda: all(self.job(one)["verdict"] for one in job_ids), f"verdicts\n{self.programs.logs()}", seconds)
        return [self.job(one) for one in job_ids]

    def running(self, *job_ids: int) -> None:
        until(lambda: all(self.job(one)["state"] == "running" for one in job_ids), "jobs to run")

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        return self.programs.signal("pool", number)

    def ask(self) -> dict[str, Any]:
        """What the pool says of itself."""
        answer: dict[str, Any] = until(
            lambda: ask(self.programs.folder / "run", {"ask": "figures"}), "the desk to answer"
        )
        return answer

    def ready(self) -> int:
        """Workers that have a job or could."""
        return sum(slot["state"] in ("idle", "busy") for slot in self.ask()["slots"])

    def worker_of(self, job_id: int) -> int:
        """The process that has this job."""
        of_job = lambda: [slot["pid"] for slot in self.ask()["slots"] if slot["job_id"] == str(job_id)]  # noqa: E731
        return int(until(of_job, f"a worker to have job {job_id}")[0])
