"""The whole service with S3 and a sender that signs; for tests and for measuring."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

from fileproc.store import migrate
from tests.fakes.sns_signer import CertificateServer, SnsSigner
from tests.system.moto import MotoServer
from tests.system.programs import Programs

TOPIC = "arn:aws:sns:us-east-1:123456789012:files-landed"
BUCKET = "acme-drop"
CONTRACTS = Path(__file__).parents[2] / "fileproc" / "demo" / "contracts"
NO_ETAG = "0" * 32


class Whole:
    """Programs, S3 and signer together. Buckets are made on first use."""

    def __init__(self, programs: Programs, aws: MotoServer, signer: SnsSigner) -> None:
        self.programs = programs
        self.aws = aws
        self._signer = signer
        self._s3 = aws.client("s3")
        self._s3.create_bucket(Bucket=BUCKET)

    def put(self, key: str, body: bytes) -> bytes:
        """Put an object and return its signed notification."""
        etag = self._s3.put_object(Bucket=BUCKET, Key=key, Body=body)["ETag"].strip('"')
        return self.notification(key, etag=etag, size=len(body))

    def notification(self, key: str, *, etag: str = NO_ETAG, size: int = 1, **record: Any) -> bytes:
        """The signed notification of an object that may or may not be there."""
        object_ = {"key": quote_plus(key, safe="/"), "size": size, "eTag": etag, "sequencer": "0055AED6DCD9"}
        created = {
            "eventVersion": "2.1",
            "eventSource": "aws:s3",
            "awsRegion": "us-east-1",
            "eventTime": "2026-11-24T06:00:00.000Z",
            "eventName": "ObjectCreated:Put",
            "s3": {"bucket": {"name": BUCKET}, "object": object_},
        }
        return json.dumps(self._signer.notification({"Records": [created | record]})).encode()

    def notifications(self, count: int, *, prefix: str) -> list[bytes]:
        """Signed notifications of so many different objects that are not there."""
        return [self.notification(f"{prefix}{number:06d}.csv") for number in range(count)]

    def files(self, prefix: str = "") -> list[dict[str, Any]]:
        """Every file with this prefix, newest first, page by page."""
        found: list[dict[str, Any]] = []
        before = ""
        while True:
            page = self.programs.get(f"/api/v1/files?limit=500&prefix={prefix}{before}") or {}
            found += page.get("files", [])
            if not page.get("next"):
                return found
            before = f"&before={page['next']}"


@contextmanager
def running(folder: Path, *names: str, **settings: str) -> Iterator[Whole]:
    """Start programs (`front`, `pool`) in `folder` with these settings."""
    signer = SnsSigner(TOPIC)
    (folder / "contracts").symlink_to(CONTRACTS)
    with MotoServer() as aws, CertificateServer(signer) as certificates:
        programs = Programs(
            folder,
            **{
                "AWS_ENDPOINT_URL": aws.url,
                "AWS_ACCESS_KEY_ID": "a",
                "AWS_SECRET_ACCESS_KEY": "a",
                "AWS_DEFAULT_REGION": "us-east-1",
                "SNS_TOPIC_ARNS": TOPIC,
                "SNS_CERT_URL_PREFIX": certificates.url,
                "SNS_WORKER_MAX": "2",
            }
            | settings,
        )
        migrate.upgrade(programs.environment["DATABASE_URL"])
        programs.start(*names)
        try:
            if {"front", "pool"} <= set(names):
                programs.ready()
            yield Whole(programs, aws, signer)
        finally:
            programs.stop()
