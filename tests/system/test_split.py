"""The service takes rows apart: from S3 and SNS to accepted rows, rejected rows and manifest in another bucket."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.system.programs import until
from tests.system.whole import Whole, running

pytestmark = pytest.mark.system

PARTS = "acme-parts"

CONTRACT = f"""apiVersion: v3.1.0
kind: DataContract
id: acme
name: acme
version: 1.0.0
status: active
servers:
  - server: drop
    type: s3
    location: "s3://acme-drop/**"
    format: csv
    customProperties: [{{property: onFail, value: split}}]
  - {{server: parts, type: s3, location: "s3://{PARTS}/**", format: csv}}
schema:
  - name: orders
    properties:
      - {{name: id, logicalType: integer, required: true, unique: true}}
      - {{name: amount, logicalType: number}}
"""

DIRTY = b'id,amount\n1,2.50\n2,"3,5"\n3\n1,4\n5,6\n'


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    """A running service with a contract that wants the rows apart."""
    contracts = tmp_path_factory.mktemp("promises")
    (contracts / "c.odcs.yaml").write_text(CONTRACT)
    folder = tmp_path_factory.mktemp("split")
    settings = {"FILEPROC_CONTRACTS": str(contracts), "FILEPROC_SPLIT_TO": f"s3://{PARTS}/rows/"}
    with running(folder, "front", "pool", **settings) as service:
        service.aws.client("s3").create_bucket(Bucket=PARTS)
        yield service


def verdict(whole: Whole, key: str, body: bytes) -> dict[str, Any]:
    """The report of an object that lands."""
    whole.programs.post(whole.put(key, body))
    (file,) = until(lambda: [one for one in whole.files(key) if one["verdict"]], "the verdict")
    return report(whole, file["id"])


def report(whole: Whole, job_id: str) -> dict[str, Any]:
    shown = json.loads(whole.programs.run("jobs", "show", job_id, "--format", "json").stdout)
    found: dict[str, Any] = shown["report"]
    return found


def parts(whole: Whole) -> dict[str, bytes]:
    """Everything in the bucket of parts."""
    s3 = whole.aws.client("s3")
    listed = s3.list_objects_v2(Bucket=PARTS).get("Contents", [])
    return {one["Key"]: s3.get_object(Bucket=PARTS, Key=one["Key"])["Body"].read() for one in listed}


def test_a_failed_file_is_taken_apart(whole: Whole) -> None:
    """A partner's file with good and bad rows: both parts and the manifest are where the report says, the same again
    after a replay, and the file itself is as it was."""
    told = verdict(whole, "daily/../orders.csv", DIRTY)
    first = parts(whole)
    split = told["split"]
    replayed = whole.programs.run("replay", told["id"])
    until(lambda: whole.files("daily")[0]["state"] == "completed", "the replay")

    assert ("fail", 2, 3) == (told["verdict"], split["accepted_rows"], split["rejected_rows"])
    assert b"id,amount\n1,2.50\n5,6\n" == first[split["accepted"].removeprefix(f"s3://{PARTS}/")]
    manifest = json.loads(first[split["manifest"].removeprefix(f"s3://{PARTS}/")])
    assert (told["id"], 5, {"decimal_comma", "short_row", "duplicate"}) == (
        manifest["report"], manifest["rows"], {reason["code"] for reason in manifest["reasons"]},
    )  # fmt: skip
    assert all(key.startswith("rows/daily/__/orders.") for key in first)
    assert (0, first) == (replayed.returncode, parts(whole))
    original = whole.aws.client("s3").get_object(Bucket="acme-drop", Key="daily/../orders.csv")["Body"].read()
    assert DIRTY == original


def test_a_dry_run_leaves_no_parts(whole: Whole, tmp_path_factory: pytest.TempPathFactory) -> None:
    """`process --dry-run` judges the same file and writes nothing but its report."""
    event = tmp_path_factory.mktemp("event") / "event.json"
    envelope = json.loads(whole.put("dry.csv", DIRTY))
    event.write_text(envelope["Message"])
    before = parts(whole)
    done = whole.programs.run("process", str(event), "--dry-run", "--format", "json")
    told = json.loads(done.stdout)

    assert (1, "fail", before) == (done.returncode, told["verdict"], parts(whole))
    assert "DRY_RUN" in next(check["reason"] for check in told["checks"] if check["id"] == "split")
