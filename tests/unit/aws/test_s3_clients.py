"""boto3 clients: few, made late, patient within bounds, and at the endpoint that the environment names."""

from __future__ import annotations

import subprocess
import sys
from collections import OrderedDict
from pathlib import Path

import pytest

from fileproc.aws import clients
from fileproc.aws.s3 import S3Store
from fileproc.domain.jobs import FetchError, JobClass
from fileproc.domain.objects import ObjectRef
from tests.fakes.faulty_s3 import answer, faulty_s3, refusal

REF = ObjectRef("drop", "orders/monday.csv", etag="abc")


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No client of another test, no settings of this machine."""
    monkeypatch.setattr(clients, "_clients", OrderedDict())
    monkeypatch.setattr(clients, "_sessions", [])
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")


def fetch(folder: Path, region: str | None = None) -> FetchError:
    with pytest.raises(FetchError) as caught:
        S3Store(max_bytes=100).fetch(REF, folder, region=region)
    return caught.value


def test_the_endpoint_of_the_environment_is_used_with_the_bucket_in_the_path(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """`AWS_ENDPOINT_URL` is enough for LocalStack and for stores whose buckets have no host name of their own."""
    with faulty_s3(answer(200, b"id\n")) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        fetched = S3Store(max_bytes=100).fetch(REF, tmp_path, region="eu-west-1")

    assert (3, True) == (fetched.size, server.requests[0].startswith("GET /drop/orders/monday.csv HTTP/1.1"))
    assert "/eu-west-1/s3/aws4_request" in server.requests[0]


@pytest.mark.parametrize(
    ("endpoint", "chosen", "used"),
    [("", "", "when_supported"), ("http://s", "", "when_required"), ("http://s", "when_supported", "when_supported")],
)
def test_uploads_to_other_stores_carry_no_checksum_that_they_refuse(
    endpoint: str, chosen: str, used: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AWS gets checksums with every upload, other stores only where they must; AWS's own variable has the last word."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    monkeypatch.setenv("AWS_REQUEST_CHECKSUM_CALCULATION", chosen)

    assert used == clients._config().request_checksum_calculation  # type: ignore[attr-defined]


def test_without_an_endpoint_the_regions_own_is_asked() -> None:
    """In AWS the bucket's name is part of the host name, as S3 wants it."""
    made = clients.client("s3", "eu-west-1")

    assert ("https://s3.eu-west-1.amazonaws.com", "auto") == (
        made.meta.endpoint_url,
        made.meta.config.s3["addressing_style"],
    )


def test_three_attempts_and_no_more(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Throttling is retried twice in place; after that the job's back-off waits, which blocks no worker."""
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda *_: 0.0)
    with faulty_s3(refusal(503, "SlowDown", retry_after="9")) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        error = fetch(tmp_path)

    assert (3, JobClass.INFRA, 9.0) == (len(server.requests), error.job_class, error.retry_after)


def test_no_credentials_is_infra_and_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A pod without a role is told from a bucket without rights."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    error = fetch(tmp_path)

    assert (JobClass.INFRA, True) == (error.job_class, "renew the AWS credentials" in error.reason)


@pytest.mark.parametrize(
    ("name", "value", "region"),
    [
        ("AWS_ENDPOINT_URL", "not an address", None),
        ("AWS_PROFILE", "nobody", None),
        ("AWS_DEFAULT_REGION", "us-east-1", "x.evil.example/#"),
    ],
)
def test_settings_that_make_no_sense_are_denied(
    name: str, value: str, region: str | None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A wrong endpoint, profile or region is for a person to mend; no host of somebody's choosing is asked."""
    monkeypatch.setenv(name, value)
    error = fetch(tmp_path, region)

    assert (JobClass.DENIED, True) == (error.job_class, "AWS_ENDPOINT_URL" in error.reason), error.reason


def test_clients_are_made_once_and_their_number_is_bounded() -> None:
    """Events name regions; a thousand invented ones do not fill the worker's memory."""
    first = clients.client("s3", "eu-west-1")

    assert first is clients.client("s3", "eu-west-1")
    for number in range(clients.MOST_CLIENTS + 5):
        clients.client("s3", f"made-up-{number}")
    assert clients.MOST_CLIENTS == len(clients._clients)
    assert 1 == len(clients._sessions)


def test_importing_makes_nothing() -> None:
    """Workers are forked from a process that has imported this: no client, session, thread or socket may exist."""
    program = (
        "import os, threading; before = set(os.listdir('/proc/self/fd')); "
        "import fileproc.aws.s3; from fileproc.aws import clients; "
        "print(len(clients._clients), len(clients._sessions), threading.active_count(), "
        "len(set(os.listdir('/proc/self/fd')) - before))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert "0 0 1 0" == done.stdout.strip()
