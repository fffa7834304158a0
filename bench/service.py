"""A service to measure: its programs, an S3 with files in it, and notifications that are really signed."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.fakes.sns_signer import CertificateServer, SnsSigner
from tests.system.moto import MotoServer
from tests.system.programs import Programs

TOPIC = "arn:aws:sns:us-east-1:123456789012:files-landed"
CONTRACTS = Path(__file__).parents[1] / "fileproc" / "demo" / "contracts"


class Bench:
    """Programs, S3 and signer together."""

    def __init__(self, programs: Programs, aws: MotoServer, signer: SnsSigner) -> None:
        self.programs = programs
        self.aws = aws
        self._signer = signer

    def notifications(self, count: int, *, prefix: str, bucket: str = "acme-drop", etag: str = "0" * 32) -> list[bytes]:
        """Signed bodies for `count` different keys."""
        return [self.notification(f"{prefix}{number:06d}.csv", bucket=bucket, etag=etag) for number in range(count)]

    def notification(self, key: str, *, bucket: str = "acme-drop", etag: str = "0" * 32) -> bytes:
        record = {
            "eventVersion": "2.1",
            "eventSource": "aws:s3",
            "eventName": "ObjectCreated:Put",
            "s3": {"bucket": {"name": bucket}, "object": {"key": key, "size": 1, "eTag": etag}},
        }
        return json.dumps(self._signer.notification({"Records": [record]})).encode()


@contextmanager
def running(*names: str, folder: Path | None = None, **settings: str) -> Iterator[Bench]:
    """Start programs (`front`, `pool`) with these settings, on SQLite unless they say otherwise."""
    signer = SnsSigner(TOPIC)
    with tempfile.TemporaryDirectory(prefix="bench-") as temporary, MotoServer() as aws:
        home = folder or Path(temporary)
        (home / "contracts").symlink_to(CONTRACTS)
        with CertificateServer(signer) as certificates:
            programs = Programs(
                home,
                AWS_ENDPOINT_URL=aws.url,
                AWS_ACCESS_KEY_ID="bench",
                AWS_SECRET_ACCESS_KEY="bench",
                AWS_DEFAULT_REGION="us-east-1",
                SNS_TOPIC_ARNS=TOPIC,
                SNS_CERT_URL_PREFIX=certificates.url,
                FILEPROC_LOG_LEVEL="error",
                **settings,
            )
            try:
                programs.run("db", "upgrade")
                programs.start(*names)
                yield Bench(programs, aws, signer)
            finally:
                programs.stop()
