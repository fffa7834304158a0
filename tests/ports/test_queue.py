"""What every Queue promises: the one in memory that other tests use, SQS as boto3 sees it (moto), and the stand-in of
the benchmarks."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import boto3
import pytest

from bench.quick_sqs import quick_sqs
from fileproc.aws.sqs import SqsQueue
from fileproc.clock import SystemClock
from fileproc.domain.ports import Queue
from fileproc.errors import QueueUnavailable
from tests.fakes.queue import MemoryQueue
from tests.system.moto import MotoServer

World = tuple[Queue, Callable[[str], Any]]
LONG = 60.0


@pytest.fixture(scope="module")
def moto() -> Iterator[MotoServer]:
    with MotoServer() as server:
        yield server


@pytest.fixture(scope="module")
def quick() -> Iterator[str]:
    with quick_sqs() as url:
        yield url


@pytest.fixture(params=["memory", "moto", "quick"])
def world(request: pytest.FixtureRequest) -> World:
    """A queue, and how somebody sends to it."""
    if request.param == "memory":
        memory = MemoryQueue(clock=SystemClock())
        return memory, memory.send
    if request.param == "quick":
        url = request.getfixturevalue("quick")
        sqs = boto3.Session("a", "a", region_name="us-east-1").client("sqs", endpoint_url=url.rpartition("/0")[0])
        queue = SqsQueue(url, make_client=lambda *_: sqs)
        while left := queue.receive(10, wait=0, visibility=LONG):
            queue.delete(left)
        return queue, partial(_send, sqs, url)
    sqs = request.getfixturevalue("moto").client("sqs")
    url = sqs.create_queue(QueueName=uuid.uuid4().hex)["QueueUrl"]
    return SqsQueue(url, make_client=lambda *_: sqs), partial(_send, sqs, url)


def _send(sqs: Any, url: str, body: str) -> None:
    sqs.send_message(QueueUrl=url, MessageBody=body)


def test_a_message_is_hidden_while_somebody_has_it(world: World) -> None:
    """Two pods do not get the same message, and one that is asked for more than ten gives ten."""
    queue, send = world
    for number in range(12):
        send(f"body {number}")
    first = queue.receive(99, wait=0, visibility=LONG)
    second = queue.receive(99, wait=0, visibility=LONG)

    assert (10, 2) == (len(first), len(second))
    assert {f"body {number}" for number in range(12)} == {one.body for one in (*first, *second)}
    assert [] == queue.receive(1, wait=0, visibility=LONG)


def test_a_message_that_is_given_back_comes_again_and_counts(world: World) -> None:
    """Hidden for 0 seconds is anybody's at once; how often it was received is told."""
    queue, send = world
    send("again")
    (first,) = queue.receive(1, wait=0, visibility=LONG)
    assert not queue.hide([(first, 0.0)]).lost
    (second,) = queue.receive(1, wait=0, visibility=LONG)

    assert (first.id, 1, 2) == (second.id, first.receives, second.receives)


def test_a_deleted_message_is_gone(world: World) -> None:
    """Deleted is for good, and all of a batch are, however many."""
    queue, send = world
    for number in range(12):
        send(str(number))
    received = [*queue.receive(10, wait=0, visibility=LONG), *queue.receive(10, wait=0, visibility=LONG)]
    outcome = queue.delete(received)
    gone = queue.hide([(one, 0.0) for one in received])

    assert (frozenset(), frozenset()) == (outcome.lost, outcome.again)
    assert {one.id for one in received} == gone.lost
    assert [] == queue.receive(1, wait=0, visibility=LONG)


def test_a_handle_that_is_none_is_told_apart_from_its_neighbours(world: World) -> None:
    """One entry of a batch fails and the others are done, although the answer as a whole is a success."""
    queue, send = world
    send("good")
    (good,) = queue.receive(1, wait=0, visibility=LONG)
    strange = replace(good, id="strange", handle="no such handle")
    outcome = queue.delete([strange, good])

    assert frozenset({"strange"}) == outcome.lost
    assert {good.id} == queue.hide([(good, 0.0)]).lost


def test_a_queue_that_is_not_there_says_so(moto: MotoServer) -> None:
    """The message names the setting to mend."""
    queue = SqsQueue(f"{moto.url}/123456789012/none", make_client=lambda *_: moto.client("sqs"))
    with pytest.raises(QueueUnavailable, match=r"no such queue .* SQS_QUEUE_URL") as raised:
        queue.receive(1, wait=0, visibility=LONG)
    assert "gone" == raised.value.reason
