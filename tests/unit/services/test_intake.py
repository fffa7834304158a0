"""The intake: what becomes of a queue's messages, with a queue and a journal in memory and a clock that stands."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from fileproc.clock import FrozenClock
from fileproc.domain.events import Event
from fileproc.domain.jobs import JobClass, JobState
from fileproc.domain.ports import NewJob, QueueOutcome, Settlement
from fileproc.errors import JournalUnavailable, QueueUnavailable
from fileproc.metrics.recorder import NullRecorder
from fileproc.services.accept import Acceptance, accept
from fileproc.services.intake import LONGEST, Intake
from tests.fakes.journal import MemoryJournal
from tests.fakes.queue import MemoryQueue

VISIBILITY = 120.0
PASSED = Settlement(JobState.COMPLETED, JobClass.VERDICT, verdict="pass", report={"verdict": "pass"})


class Heard(NullRecorder):
    """Keeps what it was told."""

    def __init__(self) -> None:
        self.outcomes: list[str] = []
        self.lost = 0

    def queue_message(self, outcome: str) -> None:
        self.outcomes.append(outcome)

    def queue_handle_lost(self) -> None:
        self.lost += 1


class Pod:
    """One pod's intake; several pods share queue and journal."""

    def __init__(self, queue: MemoryQueue, journal: MemoryJournal, clock: FrozenClock, most: int = 10) -> None:
        self.queue, self.journal, self.clock = queue, journal, clock
        self.heard = Heard()
        self.shut: set[str] = set()
        self.intake = Intake(
            queue, accept=self._accept, states=journal.states, recorder=self.heard, clock=clock,
            visibility=VISIBILITY, most=most, jitter=lambda: 1.0,
        )  # fmt: skip

    def _accept(self, events: list[Event], message_id: str) -> Acceptance:
        return accept(
            events, add=partial(self.journal.add, limit=1_000), cancel=self.journal.cancel_waiting,
            restored=self.journal.restored,
            breaker_open=False,
            on_open="hold", message_id=message_id, shut=self.shut,
        )  # fmt: skip

    def receive(self) -> int:
        messages = self.queue.receive(max(1, self.intake.room), wait=0, visibility=VISIBILITY)
        self.intake.take(messages)
        return len(messages)

    def work_off(self) -> None:
        """The pool checks everything that waits."""
        for job in self.journal.claim("p1", 1_000):
            self.journal.settle(job, PASSED)

    def live(self, seconds: float) -> None:
        """Time passes, with a heartbeat in each second."""
        for _ in range(int(seconds)):
            self.clock.advance(1)
            self.intake.beat()


@pytest.fixture
def queue(clock: FrozenClock) -> MemoryQueue:
    return MemoryQueue(clock=clock)


@pytest.fixture
def journal(clock: FrozenClock) -> MemoryJournal:
    return MemoryJournal(clock=clock)


@pytest.fixture
def pod(queue: MemoryQueue, journal: MemoryJournal, clock: FrozenClock) -> Pod:
    return Pod(queue, journal, clock)


def event(*keys: str, bucket: str = "b") -> dict[str, Any]:
    records = [
        {"eventVersion": "2.1", "eventSource": "aws:s3", "eventName": "ObjectCreated:Put",
         "s3": {"bucket": {"name": bucket}, "object": {"key": key, "eTag": "e", "size": 1}}}
        for key in keys
    ]  # fmt: skip
    return {"Records": records}


def enveloped(document: dict[str, Any]) -> dict[str, Any]:
    return {"Type": "Notification", "MessageId": "1", "TopicArn": "t", "Message": json.dumps(document)}


def eventbridge(key: str) -> dict[str, Any]:
    detail = {"bucket": {"name": "b"}, "object": {"key": key, "etag": "e", "size": 1}, "reason": "PutObject"}
    return {"source": "aws.s3", "detail-type": "Object Created", "detail": detail, "region": "eu-west-1"}


SHAPES: dict[str, Callable[[], dict[str, Any]]] = {
    "raw": lambda: event("a.csv"),
    "in an SNS envelope": lambda: enveloped(event("a.csv")),
    "EventBridge": lambda: eventbridge("a.csv"),
    "EventBridge in an SNS envelope": lambda: enveloped(eventbridge("a.csv")),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_message_is_deleted_when_its_verdict_is_durable_and_not_before(pod: Pod, shape: str) -> None:
    """In every shape: received, durable, hidden while it runs, gone afterwards (airflow#21159 deleted on receipt)."""
    pod.queue.send(json.dumps(SHAPES[shape]()))
    pod.receive()
    pod.intake.settle()
    before = (len(pod.journal.rows), pod.queue.hidden)
    pod.work_off()
    pod.intake.settle()

    assert (1, 1) == before
    assert (0, 0, 0) == (pod.queue.hidden, pod.queue.waiting, len(pod.intake))
    assert ["accepted"] == pod.heard.outcomes


def test_what_comes_while_the_journal_is_asked_is_not_deleted(
    pod: Pod, journal: MemoryJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asking takes a moment, in which another message is accepted: nobody asked for its job, so it has not ended."""
    pod.queue.send(json.dumps(event("a")))
    pod.receive()
    pod.queue.send(json.dumps(event("b")))
    monkeypatch.setattr(pod.intake, "_states", lambda ids: (journal.states(ids), pod.receive())[0])
    pod.intake.settle()
    monkeypatch.undo()

    assert 2 == pod.queue.hidden
    pod.work_off()
    pod.intake.settle()
    assert 0 == pod.queue.hidden


def test_a_message_of_several_files_waits_for_the_last_of_them(pod: Pod) -> None:
    """Two of three verdicts are not enough."""
    pod.queue.send(json.dumps(event("a", "b", "c")))
    pod.receive()
    for job in pod.journal.claim("p1", 2):
        pod.journal.settle(job, PASSED)
    pod.intake.settle()
    assert 1 == pod.queue.hidden
    pod.work_off()
    pod.intake.settle()
    assert 0 == pod.queue.hidden


def test_it_stays_hidden_however_long_the_check_takes(pod: Pod) -> None:
    """Heartbeats from the moment of receipt, also while the job only waits (data-prepper#4812)."""
    pod.queue.send(json.dumps(event("a")))
    pod.receive()
    pod.live(10 * VISIBILITY)

    assert (1, 0) == (pod.queue.hidden, pod.heard.lost)


def test_without_heartbeats_it_comes_to_another_pod_and_runs_once(pod: Pod) -> None:
    """A pod that vanishes costs one visibility timeout; the other finds the job known and deletes when it has ended."""
    other = Pod(pod.queue, pod.journal, pod.clock)
    pod.queue.send(json.dumps(event("a")))
    pod.receive()
    pod.clock.advance(VISIBILITY + 1)
    other.receive()
    other.work_off()
    other.intake.settle()

    assert ["duplicate"] == other.heard.outcomes
    assert 1 == len(pod.journal.rows)
    assert (0, 0) == (pod.queue.hidden, pod.queue.waiting)


def test_a_pod_that_was_stopped_for_long_forgets_its_handle(pod: Pod) -> None:
    """Its heartbeat comes too late: it lets go, counts it, and takes nothing from whoever has the message now."""
    other = Pod(pod.queue, pod.journal, pod.clock)
    pod.queue.send(json.dumps(event("a")))
    pod.receive()
    pod.clock.advance(VISIBILITY + 1)
    other.receive()
    pod.intake.beat()

    assert (1, 0) == (pod.heard.lost, len(pod.intake))
    assert 1 == pod.queue.hidden


@pytest.mark.parametrize("body", ["", "no json", "{}", '{"Records": []}', '{"Records": 1, "Records": 2}', "[" * 9_999])
def test_what_cannot_be_read_is_left_for_the_redrive_policy(pod: Pod, body: str) -> None:
    """Neither deleted nor hidden any longer: a person finds it in the dead-letter queue (quilt#5162)."""
    pod.queue.send(body)
    pod.queue.send(json.dumps(event("good")))
    pod.receive()
    pod.live(VISIBILITY + 1)

    assert ["refused", "accepted"] == pod.heard.outcomes
    assert (1, 1) == (pod.queue.hidden, pod.queue.waiting)


def test_a_bad_record_does_not_spoil_its_neighbour_and_is_not_swept_away(pod: Pod) -> None:
    """The good file is checked, and the message stays for whoever looks at the bad record."""
    document = event("good", "bad")
    del document["Records"][1]["s3"]["object"]["key"]
    pod.queue.send(json.dumps(document))
    pod.receive()
    pod.work_off()
    pod.intake.settle()

    assert ["b/good"] == [f"{row.job.ref.bucket}/{row.job.ref.key}" for row in pod.journal.rows.values()]
    assert 1 == pod.queue.hidden


@pytest.mark.parametrize(
    "document",
    [{"Event": "s3:TestEvent"}, {"Type": "SubscriptionConfirmation"}, event("folder/") | {}],
    ids=["test event", "confirmation", "folder"],
)
def test_what_needs_no_check_is_deleted_at_once(pod: Pod, document: dict[str, Any]) -> None:
    """Well-formed and nothing to do (beats#14113): it does not go round until the redrive policy takes it."""
    for record in document.get("Records", ()):
        record["s3"]["object"]["size"] = 0
    pod.queue.send(json.dumps(document))
    pod.receive()

    assert (["ignored"], 0, 0) == (pod.heard.outcomes, pod.queue.hidden, pod.queue.waiting)


def test_while_the_journal_is_away_messages_wait_longer_each_time(pod: Pod, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hidden for 30, 60, 120 … seconds, never 0, which would be a hot loop (redpanda connect#697), and never lost."""
    monkeypatch.setattr(pod.journal, "add", _away)
    pod.queue.send(json.dumps(event("a")))
    waits = []
    for _ in range(7):
        pod.receive()
        begun = pod.clock.monotonic()
        while not pod.queue.waiting:
            pod.clock.advance(1)
        waits.append(pod.clock.monotonic() - begun)

    assert [30, 60, 120, 240, 480, 900, 900] == waits
    assert {"unavailable"} == set(pod.heard.outcomes)


def _away(*_: Any, **__: Any) -> Any:
    raise JournalUnavailable("away")


def test_no_more_is_received_than_can_begin_soon(
    queue: MemoryQueue, journal: MemoryJournal, clock: FrozenClock
) -> None:
    """The rest is left to other pods (beats#34866: a fixed batch that one slow file holds up)."""
    pod = Pod(queue, journal, clock, most=3)
    for number in range(5):
        queue.send(json.dumps(event(str(number))))
    pod.receive()
    full = (pod.intake.room, queue.waiting)
    pod.work_off()
    pod.intake.settle()

    assert (0, 2) == full
    assert 3 == pod.intake.room


def test_a_bucket_that_is_shut_does_not_take_the_room_of_others(
    queue: MemoryQueue, journal: MemoryJournal, clock: FrozenClock
) -> None:
    """Messages whose jobs are held stay hidden and cost nobody a place."""
    pod = Pod(queue, journal, clock, most=2)
    pod.shut.add("denied")
    for number in range(4):
        queue.send(json.dumps(event(str(number), bucket="denied")))
    for _ in range(2):
        pod.receive()
        pod.intake.settle()

    assert ({"held"}, 2, 4) == (set(pod.heard.outcomes), pod.intake.room, queue.hidden)


def test_after_half_a_day_a_message_is_let_go_and_comes_again(pod: Pod) -> None:
    """SQS hides for 12 hours in all and then takes no heartbeat any more (shoryuken#73)."""
    pod.queue.send(json.dumps(event("a")))
    pod.receive()
    begun = pod.clock.monotonic()
    while len(pod.intake):
        pod.clock.advance(30)
        pod.intake.beat()
    held = pod.clock.monotonic() - begun
    pod.clock.advance(VISIBILITY)

    assert LONGEST <= held < 12 * 3_600
    assert (1, 0) == (pod.queue.waiting, pod.heard.lost)


def test_at_the_end_only_what_has_not_begun_is_given_back(pod: Pod) -> None:
    """A deploy gives waiting files to other pods at once; what runs is left to end, and is not received twice."""
    for key in ("runs", "waits"):
        pod.queue.send(json.dumps(event(key)))
    pod.receive()
    pod.journal.claim("p1", 1)
    pod.intake.let_go()

    assert (1, 1) == (pod.queue.hidden, pod.queue.waiting)


def test_a_delete_that_failed_is_tried_again(pod: Pod, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither an outage of SQS nor a failure inside a successful answer leaves a finished message behind."""
    pod.queue.send(json.dumps(event("a")))
    pod.receive()
    pod.work_off()
    with monkeypatch.context() as patched:
        patched.setattr(pod.queue, "delete", _gone)
        with pytest.raises(QueueUnavailable):
            pod.intake.settle()
    with monkeypatch.context() as patched:
        patched.setattr(pod.queue, "delete", lambda messages: QueueOutcome(again=frozenset(m.id for m in messages)))
        pod.intake.settle()
    still = pod.queue.hidden
    pod.intake.settle()

    assert (1, 0) == (still, pod.queue.hidden)


def _gone(_: Any) -> Any:
    raise QueueUnavailable("away")


def test_a_heartbeat_that_failed_is_tried_again_soon(pod: Pod, monkeypatch: pytest.MonkeyPatch) -> None:
    """An outage of SQS of half the time that messages are hidden costs nothing."""
    pod.queue.send(json.dumps(event("a")))
    pod.receive()
    with monkeypatch.context() as patched:
        patched.setattr(pod.queue, "hide", _gone)
        for _ in range(int(VISIBILITY / 2)):
            pod.clock.advance(1)
            try:
                pod.intake.beat()
            except QueueUnavailable:
                continue
    pod.live(VISIBILITY)

    assert (1, 0) == (pod.queue.hidden, pod.heard.lost)


def test_a_job_that_was_purged_counts_as_ended(pod: Pod) -> None:
    """A message that comes back after the retention does not go round for ever."""
    pod.queue.send(json.dumps(event("a")))
    pod.receive()
    pod.journal.rows.clear()
    pod.intake.settle()

    assert 0 == pod.queue.hidden


def test_new_jobs_are_written_with_the_message_they_came_by(pod: Pod) -> None:
    """Whoever asks where a file came from finds the queue's message."""
    written: list[NewJob] = []
    add = pod.journal.add
    pod.journal.add = lambda jobs, *, limit: (written.extend(jobs), add(jobs, limit=limit))[1]  # type: ignore[method-assign]
    pod.queue.send(json.dumps(event("a")))
    pod.receive()

    assert ["m1"] == [job.message_id for job in written]
