"""Attacks of the threat model that have no room of their own, against the running service: the way they would come.

`docs/explanation/security.md` lists all of them, with the defence and the test of each.
"""

from __future__ import annotations

import gzip
import json
import sqlite3
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from fileproc.demo.partners import orders
from fileproc.pool.memory import resident
from tests.system.programs import Programs, until
from tests.system.whole import BUCKET, CONTRACTS, Whole, running

pytestmark = pytest.mark.system

FOREIGN = "somebody-elses-bucket"
PERSON = "Jane.Roe@example.org"
BILLION_LAUGHS = (
    "apiVersion: v3.0.2\nkind: DataContract\nid: lol\nversion: 1.0.0\nstatus: active\na0: &a0 [lol, lol]\n"
    + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))
)
CODE = (
    "apiVersion: v3.0.2\nkind: DataContract\nid: code\nversion: 1.0.0\nstatus: active\n"
    "description: !!python/object/apply:os.system ['touch {path}']\n"
)
CLASSIFIED = """
apiVersion: v3.0.2
kind: DataContract
id: people
version: 1.0.0
status: active
servers:
  - {{server: s3, type: s3, location: "s3://{bucket}/people/*.csv", format: csv}}
schema:
  - name: people
    properties:
      - {{name: 'id"; DROP TABLE reports; --', physicalName: 'id"; DROP TABLE reports; --', logicalType: integer}}
      - {{name: email, logicalType: integer, classification: restricted}}
      - {{name: note, logicalType: string, logicalTypeOptions: {{pattern: "^(a+)+$"}}}}
"""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    """The service with a folder of contracts that an attacker could write to, and one bucket on its list."""
    folder = tmp_path_factory.mktemp("threats")
    contracts = folder / "hostile"
    contracts.mkdir()
    for file in CONTRACTS.glob("*.yaml"):
        (contracts / file.name).write_bytes(file.read_bytes())
    (contracts / "laughs.odcs.yaml").write_text(BILLION_LAUGHS)
    (contracts / "code.odcs.yaml").write_text(CODE.format(path=folder / "was-run"))
    (contracts / "people.odcs.yaml").write_text(CLASSIFIED.format(bucket=BUCKET))
    with running(folder, "front", "pool", FILEPROC_CONTRACTS=str(contracts), FILEPROC_BUCKETS=BUCKET) as service:
        yield service


def verdict(whole: Whole, key: str, body: bytes) -> dict[str, Any]:
    status, document = whole.programs.post(whole.put(key, body))
    assert (200, "accepted") == (status, document["status"]), document
    path = f"/api/v1/files/{document['jobs'][0]['id']}"
    return until(
        lambda: (found := whole.programs.get(path)) and found.get("verdict") and found, whole.programs.logs(), 60
    )


def written(programs: Programs) -> str:
    """All that was logged and stored."""
    logs = "".join(path.read_text() for path in programs.folder.glob("*.log"))
    with sqlite3.connect(programs.folder / "fileproc.db") as database:
        return logs + "".join(document for (document,) in database.execute("SELECT document FROM reports"))


def test_contracts_are_data(whole: Whole) -> None:
    """A YAML bomb and a contract that is code are told by name, run nothing, and spoil no other contract."""
    assert "pass" == verdict(whole, "orders/beside-hostile-contracts.csv", orders())["verdict"]
    assert not (whole.programs.folder / "was-run").exists()
    lint = whole.programs.run("contract", "lint", str(whole.programs.folder / "hostile"))
    assert 2 == lint.returncode
    for name in ("laughs.odcs.yaml", "code.odcs.yaml"):
        assert name in lint.stdout + lint.stderr
    assert "Traceback" not in lint.stdout + lint.stderr


def test_names_are_never_sql_and_personal_data_stays_where_it_is(whole: Whole) -> None:
    """A column whose name is SQL is only a name; a classified cell is in no report, log or page; a pattern that would
    run for ever on another engine does not."""
    header = '"id""; DROP TABLE reports; --",email,note\n'
    rows = "".join(f"{number},{PERSON},{'a' * 50_000 if number == 7 else 'a'}b\n" for number in range(50))
    report = verdict(whole, "people/people.csv", (header + rows).encode())

    assert "fail" == report["verdict"]
    assert any('id"; DROP TABLE reports; --' in str(check["column"]) for check in report["checks"])
    assert whole.files("people/")
    assert PERSON not in written(whole.programs)
    for page in ("/api/v1/files", f"/api/v1/files/{report['id']}", f"/api/v1/files/{report['id']}/rows.csv"):
        assert PERSON not in (whole.programs.text(page) or "")


def test_a_foreign_bucket_is_not_read_for_anybody(whole: Whole) -> None:
    """A signed notification of an allowed topic about another bucket: acknowledged, counted, and S3 is not asked."""
    s3 = whole.aws.client("s3")
    s3.create_bucket(Bucket=FOREIGN)
    s3.put_object(Bucket=FOREIGN, Key="orders/secret.csv", Body=orders())
    envelope = json.loads(whole.notification("orders/secret.csv"))
    event = json.loads(envelope["Message"].replace(f'"{BUCKET}"', f'"{FOREIGN}"'))
    status, document = whole.programs.post(json.dumps(whole._signer.notification(event)).encode())

    assert (200, "ignored", "the bucket is not in FILEPROC_BUCKETS") == (status, document["status"], document["reason"])
    assert [] == whole.files("orders/secret")


class Owned(BaseHTTPRequestHandler):
    """An S3 whose buckets belong to one account, and which refuses whoever expects another; moto looks at no owner."""

    OWNER = "111111111111"

    def do_GET(self) -> None:  # the name is the base class's
        expected = self.headers.get("x-amz-expected-bucket-owner")
        good = expected == self.OWNER
        body = orders() if good else b"<Error><Code>AccessDenied</Code><Message>no</Message></Error>"
        self.send_response(200 if good else 403)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.mark.parametrize(("owner", "expected"), [(Owned.OWNER, "completed"), ("999999999999", "retryable")])
def test_a_bucket_of_another_owner_is_not_read(tmp_path: Path, owner: str, expected: str) -> None:
    """A bucket that somebody else has made again has the right name and the wrong owner: S3 is told whom we expect."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Owned) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        endpoint = f"http://127.0.0.1:{server.server_port}"
        with running(tmp_path, "front", "pool", AWS_ENDPOINT_URL=endpoint, FILEPROC_BUCKET_OWNER=owner) as service:
            status, _ = service.programs.post(service.notification("orders/whose.csv"))
            state = until(lambda: next((one["state"] for one in service.files("orders/whose")
                                        if one["state"] not in ("available", "running")), None), "its end")  # fmt: skip
        server.shutdown()

    assert (200, expected) == (status, state)


def test_a_bomb_bursts_in_its_own_folder(whole: Whole) -> None:
    """Half a gigabyte of zeros in half a megabyte, a zip of two thousand files: a verdict that is no pass, and front
    and pool are as small as before."""
    sizes = [resident(whole.programs.running[name].pid) for name in ("front", "pool")]
    bomb = gzip.compress(b"\0" * (64 << 20)) * 8
    entries = BytesIO()
    with zipfile.ZipFile(entries, "w") as archive:
        for number in range(2_000):
            archive.writestr(f"{number}.csv", b"")
    verdicts = [
        verdict(whole, "orders/bomb.csv.gz", bomb)["verdict"],
        verdict(whole, "orders/many.csv.zip", entries.getvalue())["verdict"],
    ]

    assert not {"pass", "warn"} & set(verdicts)
    for before, name in zip(sizes, ("front", "pool"), strict=True):
        assert resident(whole.programs.running[name].pid) < before + (64 << 20)


def test_metrics_do_not_grow_with_keys(whole: Whole) -> None:
    """Two hundred keys of an attacker's choice leave the page with the series that it had."""
    verdict(whole, "orders/warm.csv", orders())
    until(lambda: "fileproc_jobs_total" in (whole.programs.text("/metrics") or ""), "the pool's metrics")
    before = len((whole.programs.text("/metrics") or "").splitlines())
    for number in range(200):
        assert 200 == whole.programs.post(whole.notification(f"keys/{number}-{'x' * number}.csv"))[0]
    until(lambda: all(file["verdict"] for file in whole.files("keys/")), "their verdicts", 60)

    assert before == len((whole.programs.text("/metrics") or "").splitlines())
