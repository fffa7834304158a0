"""One job through a worker: what the check may know beside the bytes of the file."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from fileproc.clock import SystemClock
from fileproc.domain.jobs import Job, JobState
from fileproc.quality.check import Limits
from fileproc.quality.contracts.catalogue import Catalogue
from fileproc.services.verify import Keys, check_job
from tests.fakes.object_store import MemoryStore

CONTRACT: dict[str, Any] = {
    "apiVersion": "v3.2.0", "kind": "DataContract", "id": "shop", "version": "1.0.0", "status": "active",
    "servers": [{"server": "drop", "type": "s3", "location": "s3://drop/{model}/*", "format": "csv"}],
    "slaProperties": [{"property": "freshness", "value": 1, "unit": "h", "element": "orders.at"}],
    "schema": [
        {"name": "customers", "properties": [{"name": "id"}]},
        {"name": "orders", "properties": [
            {"name": "at", "logicalType": "timestamp"},
            {"name": "customer", "relationships": [{"id": "known", "to": "customers.id"}]}]},
        {"name": "object", "logicalType": "blob", "properties": [
            {"name": "tier", "enum": [{"value": "STANDARD"}]}, {"name": "etag", "required": True}]},
    ],
}  # fmt: skip


@pytest.fixture
def store() -> MemoryStore:
    made = MemoryStore()
    made.make_bucket("drop")
    return made


def run(folder: Path, store: MemoryStore, key: str, body: bytes, *, at: datetime, keys: Keys) -> dict[str, Any]:
    """The results of a job's checks, by id."""
    contracts = folder / "contracts"
    contracts.mkdir(exist_ok=True)
    (contracts / "shop.yaml").write_text(yaml.safe_dump(CONTRACT))
    job = Job(1, store.put("drop", key, body), JobState.RUNNING, event_time=at)
    outcome = check_job(
        job, folder, store=store, catalogue=Catalogue.load(contracts), limits=Limits(temp_folder=folder),
        clock=SystemClock(), keys=keys,
    )  # fmt: skip
    assert outcome.report is not None, outcome.reason
    return {check["id"]: check["result"] for check in outcome.report["checks"]}


def test_ages_count_from_the_event(tmp_path: Path, store: MemoryStore) -> None:
    """A file that waited for hours is as fresh as it was when it came."""
    came = datetime(2026, 11, 1, 12, tzinfo=UTC)
    body = b"at,customer\n2026-11-01T11:30:00Z,a\n"
    early = run(tmp_path, store, "orders/a.csv", body, at=came, keys=Keys())
    late = run(tmp_path, store, "orders/a.csv", body, at=came + timedelta(hours=3), keys=Keys())

    assert ("pass", "fail") == (early["sla.freshness"], late["sla.freshness"])


def test_what_the_store_says_of_an_object_is_checked(tmp_path: Path, store: MemoryStore) -> None:
    """Storage class and eTag come with the object, so a blob's properties are more than its name."""
    found = run(tmp_path, store, "orders/a.csv", b"at,customer\n", at=datetime.now(UTC), keys=Keys())

    assert ("pass", "pass") == (found["tier.enum"], found["etag.required"])


@pytest.mark.parametrize(("looks", "expected"), [(False, "pass"), (True, "skipped")])
def test_keys_go_from_job_to_job(tmp_path: Path, store: MemoryStore, looks: bool, expected: str) -> None:
    """One job's accepted file is what the next one's references are held against; a dry run remembers nothing."""
    keys = Keys(tmp_path / "keys", looks)
    now = datetime.now(UTC)
    run(tmp_path, store, "customers/a.csv", b"id\na\n", at=now, keys=keys)
    found = run(tmp_path, store, "orders/a.csv", b"at,customer\n,a\n", at=now, keys=keys)

    assert expected in (found.get("known"), found.get("known.relationship"))
