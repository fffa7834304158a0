"""The service remembers accepted files: from S3 and SNS to the verdict of the file that shrank."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.system.programs import until
from tests.system.whole import Whole, running

pytestmark = pytest.mark.system

CONTRACT = """apiVersion: v3.1.0
kind: DataContract
id: acme
name: acme
version: 1.0.0
status: active
servers:
  - {server: drop, type: s3, location: "s3://acme-drop/daily/*.csv", format: csv}
schema:
  - name: orders
    properties:
      - name: id
        logicalType: integer
      - name: country
        logicalType: string
        quality:
          - {id: new-countries, type: custom, engine: fileproc, severity: warning,
             implementation: {check: history, measure: newCategories, mustBe: 0}}
    quality:
      - {id: usual-size, type: custom, engine: fileproc,
         implementation: {check: history, measure: rowCount, mustBeBetween: [-50, 50]}}
"""


def arrives(whole: Whole, day: int, body: bytes) -> dict[str, Any]:
    """A file of a day lands; its report once it has a verdict."""
    key = f"daily/{day}.csv"
    whole.put(key, body)
    etag = hashlib.md5(body, usedforsecurity=False).hexdigest()
    when = f"2026-11-{day:02}T06:00:00.000Z"
    whole.programs.post(whole.notification(key, etag=etag, size=len(body), eventTime=when))
    (file,) = until(lambda: [one for one in whole.files(key) if one["verdict"]], "the verdict")
    return report(whole, file["id"])


def report(whole: Whole, job_id: str) -> dict[str, Any]:
    return json.loads(whole.programs.run("jobs", "show", job_id, "--format", "json").stdout)["report"]


def body(rows: int, country: str = "DE") -> bytes:
    return b"id,country\n" + f"1,{country}\n".encode() * rows


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    """A running service with a contract that looks back."""
    contracts = tmp_path_factory.mktemp("promises")
    (contracts / "c.odcs.yaml").write_text(CONTRACT)
    folder = tmp_path_factory.mktemp("history")
    with running(folder, "front", "pool", FILEPROC_CONTRACTS=str(contracts)) as service:
        yield service


def test_a_file_that_shrinks_fails_and_does_not_train(whole: Whole) -> None:
    """Three accepted files, a broken one, and the next whole one: judged by the accepted ones before it, and replayed
    with the past of its day."""
    first = [arrives(whole, day, body(rows)) for day, rows in enumerate((100, 110, 90), 1)]
    shrunk = arrives(whole, 4, body(20))
    whole_again = arrives(whole, 5, body(100, "XX"))
    replayed = whole.programs.run("replay", first[2]["id"])
    until(lambda: _settled(whole, first[2]["id"]), "the replay")
    third = report(whole, first[2]["id"])

    assert ["pass"] * 3 == [one["verdict"] for one in first]
    assert "fail" == shrunk["verdict"]
    assert "20 rows are 80 % less than the mean of the last 3 accepted files, 100" in shrunk["summary"]
    assert ("warn", "'XX'") == (whole_again["verdict"], whole_again["causes"][0]["title"].rpartition(": ")[2])
    assert ["3.csv", "2.csv", "1.csv"] == _compared_with(whole_again)
    assert (0, ["2.csv", "1.csv"]) == (replayed.returncode, _compared_with(third))


def test_one_event_is_compared_without_a_journal(whole: Whole) -> None:
    """A dry `process` takes the past from a file and writes the accepted ones back to it."""
    records = []
    for day, rows in enumerate((100, 110, 90, 20), 11):
        whole.put(f"daily/{day}.csv", body(rows))
        notification = json.loads(whole.notification(f"daily/{day}.csv", eventTime=f"2026-11-{day}T06:00:00.000Z"))
        record = json.loads(notification["Message"])["Records"][0]
        del record["s3"]["object"]["eTag"]
        records.append(record)
    (whole.programs.folder / "days.json").write_text(json.dumps({"Records": records}))

    done = whole.programs.run("process", "days.json", "--dry-run", "--history", "past.jsonl")
    alone = whole.programs.run("process", "days.json", "--dry-run")

    assert (1, True) == (done.returncode, "20 rows are 80 % less" in done.stdout), done.stderr
    assert 3 == len((whole.programs.folder / "past.jsonl").read_text().splitlines())
    assert 0 == alone.returncode


def _settled(whole: Whole, job_id: str) -> bool:
    return all(file["state"] == "completed" for file in whole.files("daily/") if file["id"] == job_id)


def _compared_with(report: dict[str, Any]) -> list[str]:
    return [one["file"].rpartition("/")[2] for one in report["history"]["compared_with"]]
