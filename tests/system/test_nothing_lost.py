"""Nothing lost: 200 files while one part after another is killed; every file gets one verdict, nobody stays behind.

The sender behaves as SNS does: it signs, and tries again until somebody answers 200. Front and pool run as two
programs, as under supervisord; what is killed is started again, as supervisord would.
"""

from __future__ import annotations

import json
import os
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from fileproc.demo.partners import orders
from tests.fakes.sns_signer import CertificateServer, SnsSigner
from tests.postgres import Cluster
from tests.system.moto import MotoServer
from tests.system.programs import Programs, until

pytestmark = pytest.mark.system

FILES = 200
BUCKET = "acme-drop"
TOPIC = "arn:aws:sns:us-east-1:123456789012:files-landed"
CONTRACTS = Path(__file__).parents[2] / "fileproc" / "demo" / "contracts"


class Sender:
    """200 objects in S3, and one signed notification for each, sent until it is answered with 200."""

    def __init__(self, aws: MotoServer, signer: SnsSigner) -> None:
        s3 = aws.client("s3")
        s3.create_bucket(Bucket=BUCKET)
        self.bodies = []
        for number in range(FILES):
            key = f"orders/{number:03d}.csv"
            etag = s3.put_object(Bucket=BUCKET, Key=key, Body=orders(first=number * 1000))["ETag"].strip('"')
            self.bodies.append(json.dumps(signer.notification(created(BUCKET, key, etag))).encode())

    def send_all(self, programs: Programs, *, halfway: threading.Event) -> None:
        for number, body in enumerate(self.bodies):
            until(lambda body=body: programs.post(body)[0] == 200, f"a 200 for file {number}")
            if number == FILES // 2:
                halfway.set()


def created(bucket: str, key: str, etag: str) -> dict[str, object]:
    """S3's event for one new object."""
    record = {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": "us-east-1",
        "eventTime": "2026-11-24T06:00:00.000Z",
        "eventName": "ObjectCreated:Put",
        "s3": {
            "bucket": {"name": bucket},
            "object": {"key": key, "size": 1, "eTag": etag, "sequencer": "0055AED6DCD9"},
        },
    }
    return {"Records": [record]}


@pytest.fixture
def service(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[tuple[Programs, Sender]]:
    """Front, pool, S3 and a sender that signs; on SQLite, or on PostgreSQL where the test asks for it."""
    database = f"sqlite:///{tmp_path / 'journal.db'}"
    if request.param == "postgresql":
        cluster: Cluster = request.getfixturevalue("postgres_cluster")
        database = cluster.database()
    signer = SnsSigner(TOPIC)
    (tmp_path / "contracts").symlink_to(CONTRACTS)
    with MotoServer() as aws, CertificateServer(signer) as certificates:
        programs = Programs(
            tmp_path,
            DATABASE_URL=database,
            AWS_ENDPOINT_URL=aws.url,
            AWS_ACCESS_KEY_ID="a",
            AWS_SECRET_ACCESS_KEY="a",
            AWS_DEFAULT_REGION="us-east-1",
            SNS_TOPIC_ARNS=TOPIC,
            SNS_CERT_URL_PREFIX=certificates.url,
            SNS_WORKER_MAX="2",
            CIRCUIT_BREAKER_COOLDOWN_SECONDS="1",
        )
        assert 0 == programs.run("db", "upgrade").returncode
        programs.start("front", "pool")
        try:
            programs.ready()
            yield programs, Sender(aws, signer)
        finally:
            programs.stop()


def worker_pid(programs: Programs) -> int | None:
    slots = (programs.get("/api/v1/pool") or {}).get("slots", [])
    busy = [slot["pid"] for slot in slots if slot.get("job_id")]
    return busy[0] if busy else None


def kill_worker(programs: Programs) -> None:
    os.kill(until(lambda: worker_pid(programs), "a busy worker"), signal.SIGKILL)


def kill_and_restart(name: str):  # type: ignore[no-untyped-def]
    def strike(programs: Programs) -> None:
        programs.signal(name, signal.SIGKILL)
        programs.start(name)

    return strike


@pytest.mark.parametrize(
    ("service", "strike"),
    [
        pytest.param("sqlite", kill_worker, id="worker"),
        pytest.param("sqlite", kill_and_restart("pool"), id="pool"),
        pytest.param("sqlite", kill_and_restart("front"), id="front"),
        pytest.param("postgresql", kill_and_restart("pool"), id="pool-postgresql", marks=pytest.mark.postgres),
    ],
    indirect=["service"],
)
def test_every_file_gets_one_verdict_whoever_is_killed(service: tuple[Programs, Sender], strike) -> None:  # type: ignore[no-untyped-def]
    """SIGKILL of a worker, of the pool or of the front in mid run costs no file and doubles none; no orphan stays."""
    programs, sender = service
    halfway = threading.Event()
    sending = threading.Thread(target=sender.send_all, args=(programs,), kwargs={"halfway": halfway})
    sending.start()
    assert halfway.wait(60)

    strike(programs)
    sending.join(timeout=90)

    verdicts = until(lambda: all_verdicts(programs), f"{FILES} verdicts\n{programs.logs()}", 90)
    assert {"pass": FILES} == dict(verdicts)
    assert dict.fromkeys(("pool", "front"), 0) == {
        name: programs.signal(name, signal.SIGTERM) for name in ("pool", "front")
    }
    until(lambda: not programs.alive(), "orphans to be gone", 10)


def all_verdicts(programs: Programs) -> Counter[str] | None:
    """Verdicts over all files, once as many are finished as were sent."""
    files, before = [], ""
    while True:
        page = programs.get(f"/api/v1/files?limit=100{before}") or {}
        files += page.get("files", [])
        if not page.get("next"):
            break
        before = f"&before={page['next']}"
    done = [file["verdict"] for file in files if file["state"] in ("completed", "dead")]
    if len(done) < FILES:
        return None
    assert FILES == len(files) == len({file["key"] for file in files})
    return Counter(done)
