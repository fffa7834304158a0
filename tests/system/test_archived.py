"""An archived file, from its event to its verdict: a real S3 that archives and restores, and a real journal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from fileproc.aws.s3 import S3Store
from fileproc.clock import FrozenClock
from fileproc.domain.events import parse_event
from fileproc.domain.jobs import Job, JobClass, JobState
from fileproc.domain.ports import Settlement
from fileproc.quality.check import Limits
from fileproc.quality.contracts.catalogue import Catalogue
from fileproc.services.accept import Acceptance, accept
from fileproc.services.settle import decide
from fileproc.services.verify import check_job
from fileproc.store.engine import open_engine
from fileproc.store.journal import SqlJournal
from tests.system.moto import MotoServer

HOUR = 3_600.0


class Gate:
    """Accepting, checking and settling, put together as the front and the pool do it, without their processes."""

    def __init__(self, server: MotoServer, journal: SqlJournal, clock: FrozenClock, folder: Path) -> None:
        self.s3 = server.client("s3")
        self.journal = journal
        self._clock = clock
        self._folder = folder
        self._store = S3Store(max_bytes=1 << 20, make_client=lambda _service, _region: self.s3)

    def tell(self, name: str, version_id: str | None) -> Acceptance:
        """S3's event about the one file of these tests."""
        object_ = {"key": "a.csv", "size": 4, "versionId": version_id, "sequencer": "01"}
        s3 = {"bucket": {"name": "drop"}, "object": object_}
        record = {"eventSource": "aws:s3", "eventVersion": "2.1", "eventName": name, "s3": s3}
        return accept(
            parse_event({"Records": [record]}),
            add=lambda jobs: self.journal.add(jobs, limit=100),
            cancel=self.journal.cancel_waiting,
            restored=self.journal.restored,
            breaker_open=False,
            on_open="hold",
        )

    def run(self) -> list[Settlement]:
        """Every job that is due, once."""
        return [self._settled(job) for job in self.journal.claim("p1", 10)]

    def _settled(self, job: Job) -> Settlement:
        outcome = check_job(
            job,
            self._folder, store=self._store, catalogue=Catalogue([]), limits=Limits(), clock=self._clock,
        )  # fmt: skip
        settlement = decide(job, outcome, now=self._clock.utcnow(), jitter=lambda: 1.0)
        assert self.journal.settle(job, settlement)
        return settlement


@pytest.fixture
def journal(sqlite_url: str, clock: FrozenClock) -> Iterator[SqlJournal]:
    """On SQLite, where the test owns the time; that both databases wake the same jobs is shown in tests/ports."""
    engine = open_engine(sqlite_url)
    yield SqlJournal(engine, clock=clock)
    engine.dispose()


@pytest.mark.parametrize("storage", ["GLACIER", "DEEP_ARCHIVE"])
def test_an_archived_file_waits_and_runs_when_it_is_restored(
    storage: str, journal: SqlJournal, clock: FrozenClock, tmp_path: Path
) -> None:
    """It waits at no cost, ever seldomer looked at; the restore's event runs it at once, and it gets its verdict."""
    with MotoServer() as server:
        gate = Gate(server, journal, clock, tmp_path)
        gate.s3.create_bucket(Bucket="drop")
        gate.s3.put_bucket_versioning(Bucket="drop", VersioningConfiguration={"Status": "Enabled"})
        version = gate.s3.put_object(Bucket="drop", Key="a.csv", Body=b"a\n1\n", StorageClass=storage)["VersionId"]
        gate.tell("ObjectCreated:Put", version)
        waits = []
        for _ in range(4):
            (settlement,) = gate.run()
            assert (JobState.RETRYABLE, JobClass.ARCHIVED) == (settlement.state, settlement.job_class)
            assert f"archived in {storage}" in (settlement.reason or "")
            waits.append((settlement.retry_in or 0.0) / HOUR)
            clock.advance(settlement.retry_in or 0.0)
        assert [1, 1, 2, 4] == waits

        (settlement,) = gate.run()
        assert [] == gate.run()
        gate.s3.restore_object(Bucket="drop", Key="a.csv", VersionId=version, RestoreRequest={"Days": 1})
        gate.tell("ObjectRestore:Completed", version)

        (settlement,) = gate.run()
    assert JobState.COMPLETED is settlement.state
    assert 1 == (settlement.report or {})["attempt"]


def test_a_lost_restore_event_costs_time_and_nothing_else(
    journal: SqlJournal, clock: FrozenClock, tmp_path: Path
) -> None:
    """The next look finds the object restored."""
    with MotoServer() as server:
        gate = Gate(server, journal, clock, tmp_path)
        gate.s3.create_bucket(Bucket="drop")
        gate.s3.put_object(Bucket="drop", Key="a.csv", Body=b"a\n1\n", StorageClass="GLACIER")
        gate.tell("ObjectCreated:Put", None)
        assert [JobClass.ARCHIVED] == [settlement.job_class for settlement in gate.run()]

        gate.s3.restore_object(Bucket="drop", Key="a.csv", RestoreRequest={"Days": 1})
        clock.advance(timedelta(hours=1).total_seconds())

        assert [JobClass.VERDICT] == [settlement.job_class for settlement in gate.run()]
