"""The interface as its own document tells it, against the living service: front, pool and workers."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from sysconfig import get_path

import pytest

from tests.system.programs import Programs, until

pytestmark = pytest.mark.system

#: Examples for each operation; the long form is for a quiet machine.
EXAMPLES = os.environ.get("FILEPROC_TEST_API_EXAMPLES", "12")

#: Whether a notification is believed is no question of its form, so a well-formed one may be refused.
CONFIG = """\
[[operations]]
include-name = "POST /"
checks.positive_data_acceptance.enabled = false
"""


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Programs]:
    """The whole service, whose S3 refuses every connection, so that its breaker is busy too."""
    nobody = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_DEFAULT_REGION": "us-east-1"}
    keys = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "a"}
    (tmp_path / "contracts").mkdir()
    (tmp_path / "schemathesis.toml").write_text(CONFIG)
    service = Programs(tmp_path, SNS_VERIFY="off", SNS_WORKER_MAX="2", **nobody, **keys)
    assert 0 == service.run("db", "upgrade").returncode
    service.start("serve")
    try:
        service.ready()
        yield service
    finally:
        service.stop()


def test_no_request_gets_an_undocumented_answer(service: Programs) -> None:
    """Hundreds of valid and mangled requests to every operation: no 500, and no answer that is not promised."""
    body = json.dumps({"address": "s3://acme/known.csv"}).encode()
    assert 202 == service.post(body, "/api/v1/files")[0]
    url = f"http://127.0.0.1:{service.port}/openapi.json"
    arguments = [
        "--max-examples",
        EXAMPLES,
        "--seed",
        "1",
        "--max-response-time",
        "10",
        "--no-color",
    ]
    done = subprocess.run(
        [Path(get_path("scripts")) / "schemathesis", "run", url, *arguments, "--generation-database", "none"],
        capture_output=True,
        text=True,
        cwd=service.folder,
        timeout=max(60, int(EXAMPLES) * 5),
    )

    assert 0 == done.returncode, done.stdout
    assert "request_failed" not in service.logs()
    until(lambda: service.text("/readyz"), "the service to be as ready as before")
