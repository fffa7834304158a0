"""Parts in the service: written for the contract that asks, below one prefix, again the same, and never in a circle."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from fileproc.clock import SystemClock
from fileproc.domain.jobs import Job, JobClass, JobOutcome, JobState, StoreError
from fileproc.domain.objects import ObjectRef
from fileproc.quality.check import Limits
from fileproc.quality.contracts.catalogue import Catalogue
from fileproc.services.apart import Outlet
from fileproc.services.verify import check_job
from fileproc.settings import load
from tests.fakes.object_store import MemoryStore
from tests.fakes.part_store import MemoryParts

DIRTY = b"id,amount\r\n1,2\r\nx,3\r\n2\r\n3,4\r\n"
GOOD = b"id,amount\n1,2\n"


class Service:
    """One worker's world: objects, contracts and parts in memory."""

    def __init__(self, folder: Path, *, on_fail: str = "split") -> None:
        self.folder = folder
        self.objects, self.parts = MemoryStore(), MemoryParts({"out"})
        self.objects.make_bucket("in")
        self.objects.make_bucket("out")
        custom = [{"property": "onFail", "value": on_fail}]
        properties = [{"name": "id", "logicalType": "integer"}, {"name": "amount", "logicalType": "integer"}]
        document = {
            "apiVersion": "v3.1.0", "kind": "DataContract", "id": "t", "version": "1.0.0", "status": "active",
            "servers": [
                {"server": "a", "type": "s3", "location": "s3://in/**", "customProperties": custom},
                {"server": "b", "type": "s3", "location": "s3://out/**", "customProperties": custom},
            ],
            "schema": [{"name": "rows", "properties": properties}],
        }  # fmt: skip
        (folder / "contracts").mkdir()
        (folder / "contracts" / "t.yaml").write_text(yaml.safe_dump(document))
        self.catalogue = Catalogue.load(folder / "contracts")
        self.outlet = Outlet(self.parts, "s3://out/parts/")

    def check(self, key: str, body: bytes, bucket: str = "in") -> JobOutcome:
        """An object lands and is checked, as a worker does it."""
        ref = self.objects.put(bucket, key, body)
        return self.again(Job(7, ref, JobState.RUNNING))

    def again(self, job: Job) -> JobOutcome:
        private = self.folder / f"job-{len(list(self.folder.iterdir()))}"
        private.mkdir()
        return check_job(
            job, private, store=self.objects, catalogue=self.catalogue, limits=Limits(temp_folder=private),
            clock=SystemClock(), outlet=self.outlet,
        )  # fmt: skip


@pytest.fixture
def service(tmp_path: Path) -> Service:
    return Service(tmp_path)


def split_of(outcome: JobOutcome) -> dict[str, object]:
    assert outcome.report is not None
    found: dict[str, object] = outcome.report["split"]
    return found


def reason_of(outcome: JobOutcome) -> str:
    """Why a file was not split, as its report says."""
    assert outcome.report is not None
    assert "split" not in outcome.report
    return str(next(check for check in outcome.report["checks"] if check["id"] == "split")["reason"])


def test_a_file_that_failed_is_written_in_two_parts(service: Service) -> None:
    """The report says where good and bad rows are, the manifest comes last, and the original is as it was."""
    outcome = service.check("orders/monday.csv", DIRTY)

    split = split_of(outcome)
    keys = [str(split[name]).removeprefix("s3://out/") for name in ("accepted", "rejected", "manifest")]
    assert (2, 2) == (split["accepted_rows"], split["rejected_rows"])
    assert keys == service.parts.order
    assert all(key.startswith("parts/orders/monday.") for key in keys)
    assert b"id,amount\r\n1,2\r\n3,4\r\n" == service.parts.objects["out", keys[0]]
    assert DIRTY == service.objects.buckets["in"].objects["orders/monday.csv"][-1].body
    manifest = json.loads(service.parts.objects["out", keys[2]])
    assert ("7", 2, 2) == (manifest["report"], manifest["accepted"]["rows"], manifest["rejected"]["rows"])
    assert [key.rsplit("/", 1)[-1] for key in keys[:2]] == [manifest[one]["file"] for one in ("accepted", "rejected")]


def test_an_attempt_that_is_repeated_writes_the_same(service: Service) -> None:
    """A retry after a crash leaves the same objects with the same bytes; nobody has to clean up."""
    job = Job(7, service.objects.put("in", "a.csv.gz", gzip.compress(DIRTY, mtime=9)), JobState.RUNNING)
    service.again(job)
    first = dict(service.parts.objects)
    service.again(replace(job, attempts=1, fence=2))

    assert first == service.parts.objects


def test_another_upload_under_the_same_key_has_parts_of_its_own(service: Service) -> None:
    """Two versions of one key never mix, in whatever order they are checked."""
    service.check("a.csv", DIRTY)
    service.check("a.csv", DIRTY + b"y,1\n")

    assert 6 == len(service.parts.objects)


def test_a_file_that_passed_is_not_written(service: Service) -> None:
    """onFail is about files that fail; the others are where they are."""
    outcome = service.check("a.csv", GOOD)

    assert ({}, "pass") == (service.parts.objects, (outcome.report or {})["verdict"])


def test_nobody_asked_nothing_is_written(tmp_path: Path) -> None:
    """Without onFail: split a failed file is only reported."""
    service = Service(tmp_path, on_fail="report")
    outcome = service.check("a.csv", DIRTY)

    assert ({}, False) == (service.parts.objects, "split" in (outcome.report or {}))


@pytest.mark.parametrize("key", ["parts/orders/x.csv", "elsewhere/orders.0123456789ab.rejected.csv"])
def test_a_part_is_never_split_again(service: Service, key: str) -> None:
    """A watched prefix that holds the parts does not feed itself, not even by way of another service."""
    outcome = service.check(key, DIRTY, bucket="out")

    assert "is not split again" in reason_of(outcome)
    assert {} == service.parts.objects


def test_a_dry_run_writes_nothing_and_says_so(service: Service) -> None:
    """DRY_RUN is for live traffic: the report says what would be, and no object appears."""
    service.outlet = Outlet(None, reason="DRY_RUN is on, so nothing is written")

    assert "DRY_RUN" in reason_of(service.check("a.csv", DIRTY))


def test_no_row_of_a_broken_file_is_trusted(service: Service) -> None:
    """Of a file without the agreed column no row is given out as good; the manifest says why."""
    outcome = service.check("a.csv.gz", gzip.compress(DIRTY)[:-12])

    split = split_of(outcome)
    manifest = json.loads(service.parts.objects["out", str(split["manifest"]).removeprefix("s3://out/")])
    assert (None, None, False) == (split["accepted"], split["rejected"], manifest["split"])
    assert "gzip" in manifest["untrusted"]
    assert 1 == len(service.parts.objects)


def test_a_prefix_that_cannot_be_written_is_our_error(service: Service) -> None:
    """The file is not called checked while its parts are missing: the job is tried again, and says what to mend."""
    service.outlet = Outlet(service.parts, "s3://gone/parts/")
    outcome = service.check("a.csv", DIRTY)

    assert (JobClass.DENIED, "error") == (outcome.job_class, (outcome.report or {})["verdict"])
    assert "the bucket does not exist" in str(outcome.reason)


def test_an_attempt_that_breaks_off_leaves_no_manifest(service: Service) -> None:
    """Whoever finds a manifest finds whole parts: it is not there while one is missing."""
    names = [str(split_of(service.check("a.csv", DIRTY))[name])[9:] for name in ("accepted", "rejected", "manifest")]
    service.parts.objects.clear()
    service.parts.refusals[names[1]] = StoreError(JobClass.INFRA, "S3 is throttling", retry_after=5.0)
    ref = ObjectRef("in", "a.csv", etag=service.objects.buckets["in"].objects["a.csv"][-1].etag)
    outcome = service.again(Job(7, ref, JobState.RUNNING))

    assert (JobClass.INFRA, 5.0) == (outcome.job_class, outcome.retry_after)
    assert [("out", names[0])] == list(service.parts.objects)


@pytest.mark.parametrize(
    "value", ["out/parts", "s3://out", "s3://out/", "s3://out//x/", "s3://out/../x/", "https://x/"]
)
def test_a_prefix_that_is_none_is_refused_at_the_start(value: str) -> None:
    """A typing mistake in FILEPROC_SPLIT_TO is told before anything runs."""
    with pytest.raises(Exception, match="FILEPROC_SPLIT_TO must be an S3 prefix"):
        load({"FILEPROC_SPLIT_TO": value}, dotenv=None)
