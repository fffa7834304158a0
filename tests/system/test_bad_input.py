"""What hostile and careless partners send, through the whole service: a verdict or a refusal, never a stuck worker."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from fileproc.demo.partners import orders
from tests.system.programs import until
from tests.system.whole import Whole, running

pytestmark = pytest.mark.system

HOSTILE_KEYS = [
    "orders/../../../etc/passwd.csv",
    "orders/'; DROP TABLE jobs; --.csv",
    'orders/"quoted" <b>.csv',
    "orders/line\nbreak\r\ttab.csv",
    "orders/\x1b[31mred\u202egnp.csv",
    "orders/emoji 🙂 + plus %20.csv",
    "orders/" + "x" * 1_000 + ".csv",
]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    with running(tmp_path_factory.mktemp("bad"), "front", "pool") as service:
        yield service


def verdict(whole: Whole, body: bytes) -> dict[str, str]:
    """Post a notification and wait for its file's verdict."""
    status, document = whole.programs.post(body)
    assert (200, "accepted") == (status, document["status"]), document
    path = f"/api/v1/files/{document['jobs'][0]['id']}"
    return until(
        lambda: (report := whole.programs.get(path)) and report.get("verdict") and report, whole.programs.logs()
    )


@pytest.mark.parametrize("key", HOSTILE_KEYS, ids=range(len(HOSTILE_KEYS)))
def test_a_hostile_key_is_only_a_name(whole: Whole, key: str) -> None:
    """It is fetched, checked and reported under exactly its name, and steers neither path, SQL, log nor page."""
    there = "\n" not in key  # the S3 of the tests has no route for such a key; AWS has, so it may well be notified
    report = verdict(whole, whole.put(key, orders()) if there else whole.notification(key))

    expected = "pass" if there and key.count("/") == 1 else "skipped"
    assert (expected, key) == (report["verdict"], report["file"]["key"])
    for log in whole.programs.folder.glob("*.log"):
        assert [] == [line for line in log.read_text().splitlines() if line and not line.startswith("{")]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", "fail"),
        (bytes(range(256)) * 100, "fail"),
        (b"PAR1 but no parquet", "fail"),
        (b"a" * 30_000_000, "fail"),
        (orders() + b'"unclosed', "fail"),
    ],
    ids=["empty", "binary", "wrong-magic", "one-line", "unclosed"],
)
def test_a_bad_file_gets_its_verdict(whole: Whole, body: bytes, expected: str) -> None:
    """Zero bytes, rubbish, something else than its name says, one endless line."""
    report = verdict(whole, whole.put(f"orders/bad-{hash(body)}.csv", body))

    assert expected == report["verdict"]
    assert report["causes"]


def test_an_object_that_is_gone_is_skipped(whole: Whole) -> None:
    """Deleted before we came: no failure of anybody's, and nothing for the breaker."""
    report = verdict(whole, whole.notification("orders/deleted.csv"))

    assert "skipped" == report["verdict"]
    assert 0 == (whole.programs.get("/breaker") or {})["consecutive_failures"]


def test_an_object_that_was_overwritten_is_skipped(whole: Whole) -> None:
    """Another version is there than the event was about; the newer event will come."""
    whole.put("orders/twice.csv", b"first")
    body = whole.notification("orders/twice.csv", etag="f" * 32)

    assert "skipped" == verdict(whole, body)["verdict"]


def test_folder_markers_and_other_events_are_ignored(whole: Whole) -> None:
    """Acknowledged, counted, and nothing is run."""
    marker = whole.programs.post(whole.notification("orders/", size=0))
    tagged = whole.programs.post(whole.notification("orders/x.csv", eventName="ObjectTagging:Put"))

    assert [(200, "ignored"), (200, "ignored")] == [(status, answer["status"]) for status, answer in (marker, tagged)]


def test_one_bad_record_does_not_spoil_its_neighbours(whole: Whole) -> None:
    """Two records in one message, one without a bucket: the other one is checked."""
    envelope = json.loads(whole.put("orders/neighbour.csv", orders()))
    good = json.loads(envelope["Message"])["Records"][0]
    bad = {**good, "s3": {"object": good["s3"]["object"]}}
    body = json.dumps(whole._signer.notification({"Records": [bad, good]})).encode()

    status, answer = whole.programs.post(body)

    assert (200, "accepted", 1) == (status, answer["status"], len(answer["jobs"]))
    assert ["malformed"] == [other["status"] for other in answer["others"]]
