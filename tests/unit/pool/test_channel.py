"""The channel between pool and worker: whole frames or none, and a nonsense speaker is noticed."""

from __future__ import annotations

import socket
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fileproc.domain.jobs import Job, JobClass, JobOutcome, JobState
from fileproc.domain.objects import ObjectRef
from fileproc.pool.channel import (
    LARGEST_FRAME,
    MOST_BUFFERED,
    ChannelClosed,
    FrameTooLarge,
    PoolEnd,
    ProtocolError,
    WorkerEnd,
    encode,
)
from fileproc.pool.messages import Assign, Done, Ready, Started

JOB = Job(
    7,
    ObjectRef("b", 'k"\n🙂', "v", "e", "s", 5),
    JobState.RUNNING,
    3,
    1,
    2,
    4,
    "eu-west-1",
    datetime.now(UTC),
    None,
    None,
)
OUTCOME = JobOutcome(JobClass.VERDICT, None, {"verdict": "pass"}, None, {"a": [1]})


@pytest.fixture
def ends() -> tuple[PoolEnd, WorkerEnd]:
    ours, theirs = socket.socketpair()
    return PoolEnd(ours), WorkerEnd(theirs)


@pytest.mark.parametrize(
    "message", [Ready(1), Started(1, 7, 3), Done(1, 7, 3, OUTCOME), Done(1, 7, 3, None, "/x", "ab")]
)
def test_what_a_worker_says_arrives_as_it_was(ends: tuple[PoolEnd, WorkerEnd], message) -> None:  # type: ignore[no-untyped-def]
    """Every kind of message, there and back."""
    pool, worker = ends
    worker.send(message)

    assert ([message], False) == pool.receive()


def test_a_job_arrives_as_it_was(ends: tuple[PoolEnd, WorkerEnd]) -> None:
    """Hostile keys, instants and counters included."""
    pool, worker = ends
    sent = Assign(1, JOB)
    pool.send(sent)

    received = worker.receive()

    assert isinstance(received, Assign)
    assert (JOB.ref, JOB.fence, JOB.state) == (received.job.ref, received.job.fence, received.job.state)


@given(st.lists(st.sampled_from([Ready(1), Started(1, 2, 3), Done(1, 2, 3, OUTCOME)]), max_size=8), st.integers(1, 40))
def test_frames_may_arrive_in_any_pieces(messages: list[Ready | Started | Done], piece: int) -> None:
    """However the bytes are cut, the same messages come out."""
    ours, theirs = socket.socketpair()
    pool, stream, received = PoolEnd(ours), b"".join(map(encode, messages)), []
    for start in range(0, len(stream), piece):
        theirs.sendall(stream[start : start + piece])
        received += pool.receive()[0]
    theirs.close()

    assert (messages, True) == (received, pool.receive()[1])
    pool.close()


@pytest.mark.parametrize(
    "noise", [b"\xff\xff\xff\xff", b"\0\0\0\x02{}", b"\0\0\0\x03abc", b'\0\0\0\x10{"kind": "ready"}']
)
def test_nonsense_is_noticed(ends: tuple[PoolEnd, WorkerEnd], noise: bytes) -> None:
    """A worker that went mad is not believed."""
    pool, worker = ends
    worker._end.sendall(noise)

    with pytest.raises(ProtocolError):
        pool.receive()


def test_a_large_outcome_does_not_fit_a_frame(ends: tuple[PoolEnd, WorkerEnd]) -> None:
    """It goes through a file instead; the limit is the sender's to notice."""
    with pytest.raises(FrameTooLarge):
        ends[1].send(Done(1, 2, 3, JobOutcome(JobClass.VERDICT, report={"x": "y" * LARGEST_FRAME})))


def test_a_worker_that_does_not_read_is_a_hang_and_not_a_stall(ends: tuple[PoolEnd, WorkerEnd]) -> None:
    """The pool's loop goes on; beyond the buffer the worker counts as gone."""
    pool, _ = ends
    with pytest.raises(ChannelClosed):
        for _ in range(MOST_BUFFERED // 50_000 + 50):
            pool.send(Assign(1, Job(1, ObjectRef("b", "k" * 50_000), JobState.RUNNING)))
    assert pool.has_unsent


def test_the_pool_s_end_is_the_worker_s_end(ends: tuple[PoolEnd, WorkerEnd]) -> None:
    """A worker whose pool is gone learns it at its next word."""
    pool, worker = ends
    pool.close()

    with pytest.raises(ChannelClosed):
        worker.receive()
