"""Many at once: durable, none twice, and nobody waits for somebody else's disk."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from bench.load import Answer, burst, probe
from tests.system.fronts import Front, Reply, created, metric, running
from tests.system.programs import until

pytestmark = pytest.mark.system


@pytest.fixture
def front(tmp_path: Path) -> Iterator[Front]:
    with running(tmp_path) as started:
        yield started


@contextmanager
def locked(front: Front) -> Iterator[None]:
    """Somebody else writes to the journal and does not finish."""
    other = sqlite3.connect(front.database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


def bodies(front: Front, *keys: str) -> list[bytes]:
    return [json.dumps(front.signer.notification(created(key))).encode() for key in keys]


def posted(front: Front, messages: list[bytes]) -> list[dict[str, Any]]:
    """All at once; the documents of the answers, each of which must be 200."""
    answers = asyncio.run(burst(front.port, messages, at_once=len(messages)))
    assert {200} == {answer.status for answer in answers}
    return [json.loads(answer.body) for answer in answers]


def stored(front: Front) -> list[str]:
    """The keys in the journal, as its file says."""
    with sqlite3.connect(front.database) as connection:
        return [key for (key,) in connection.execute("SELECT key FROM jobs ORDER BY id")]


def test_those_who_arrive_together_share_commits(front: Front) -> None:
    """Two hundred requests at once cost far fewer commits, and every single one is in the file."""
    keys = [f"{number:03d}.csv" for number in range(200)]
    documents = posted(front, bodies(front, *keys))

    assert {"accepted"} == {document["status"] for document in documents}
    assert 200 == len({document["jobs"][0]["id"] for document in documents})
    assert keys == sorted(stored(front))
    assert 200 == metric(front, "fileproc_journal_batch_jobs_sum")
    assert metric(front, "fileproc_journal_commit_seconds_count") < 100


def test_the_same_object_at_once_is_one_job(front: Front) -> None:
    """Fifty deliveries of one event, under as many message ids, make one job; the others learn which."""
    documents = posted(front, bodies(front, *["same.csv"] * 50))

    assert {"accepted": 1, "duplicate": 49} == {
        status: sum(document["status"] == status for document in documents) for status in ("accepted", "duplicate")
    }
    assert {"1"} == {document["jobs"][0]["id"] for document in documents}
    assert ["same.csv"] == stored(front)


def test_a_replay_changes_nothing(front: Front) -> None:
    """The very same bytes again are a duplicate."""
    (body,) = bodies(front, "a.csv")

    assert ["accepted", "duplicate"] == [front.post(body).document["status"] for _ in range(2)]


def test_several_records_in_one_message(front: Front) -> None:
    """Each has its own job or its own reason."""
    event = created("a.csv", "%FF", "b.csv", "dir/", "a.csv")
    event["Records"][3]["s3"]["object"]["size"] = 0
    document = front.post(front.signer.notification(event)).document

    assert ("accepted", ["a.csv", "b.csv"], 1) == (
        document["status"],
        [job["key"] for job in document["jobs"]],
        document["duplicates"],
    )
    assert ["malformed", "ignored"] == [other["status"] for other in document["others"]]


def test_the_front_answers_while_the_journal_is_slow(front: Front) -> None:
    """A commit that waits for a lock stalls neither the liveness probe nor anybody else, and then it is answered."""
    post = InTheBackground(front, *bodies(front, "slow.csv"))
    with locked(front):
        post.start()
        answers = asyncio.run(probing(front, 1.0))
        assert post.reply is None
    post.join(20)

    assert {200} == {answer.status for answer in answers}
    assert max(answer.seconds for answer in answers) < 0.25
    assert post.reply is not None
    assert (200, ["slow.csv"]) == (post.reply.status, stored(front))


def test_a_journal_that_stays_away_is_503_and_not_a_lost_file(tmp_path: Path) -> None:
    """SNS is asked to come again, is not told why, and its next try is accepted."""
    with running(tmp_path, quick={"front.program.WRITE_SECONDS": 0.3}) as front:
        (body,) = bodies(front, "a.csv")
        with locked(front):
            reply = front.post(body)
        assert (503, {"type", "title", "status", "request_id"}) == (reply.status, set(reply.document))
        assert int(reply.headers["retry-after"]) > 0

        def again() -> bool:
            return front.post(body).status == 200

        until(again, "the journal to come back")
        assert ["a.csv"] == stored(front)


def test_a_full_backlog_is_503(tmp_path: Path) -> None:
    """Above the high-water mark SNS and its dead-letter queue keep the rest."""
    with running(tmp_path, FILEPROC_BACKLOG_MAX="1") as front:
        for key in ("a.csv", "b.csv"):
            assert 200 == front.post(front.signer.notification(created(key))).status
        reply = front.post(front.signer.notification(created("c.csv")))

        assert (503, "60") == (reply.status, reply.headers["retry-after"])
        assert ["a.csv", "b.csv"] == stored(front)


def test_no_certificate_is_503(tmp_path: Path) -> None:
    """Our own trouble never loses a file: without the certificate nothing is refused for ever."""
    with running(tmp_path, SNS_CERT_URL_PREFIX="http://127.0.0.1:9/") as front:
        reply = front.post(front.signer.notification(created("a.csv")))

        assert 503 == reply.status
        assert int(reply.headers["retry-after"]) > 0


async def probing(front: Front, seconds: float) -> list[Answer]:
    stop = asyncio.Event()
    asyncio.get_running_loop().call_later(seconds, stop.set)
    return await probe(front.port, "/livez", stop)


class InTheBackground(threading.Thread):
    """One POST by a thread of its own."""

    def __init__(self, front: Front, body: bytes) -> None:
        super().__init__(daemon=True)
        self.front, self.body = front, body
        self.reply: Reply | None = None
        self.begun = time.monotonic()

    def run(self) -> None:
        self.reply = self.front.post(self.body)
