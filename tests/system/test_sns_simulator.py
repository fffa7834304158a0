"""A front and an SNS that retries, waits 15 seconds and signs under its own name: settings as on AWS, no emulator's."""

from __future__ import annotations

import contextlib
import json
import socket
import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.sns_forgeries import addresses, foreign_or_broken, forged
from tests.fakes.sns_simulator import DeliveryPolicy, SnsSimulator, Subscription, landed
from tests.system.fronts import Front, running

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def sns() -> Iterator[SnsSimulator]:
    with SnsSimulator(answer_seconds=1.0) as simulator:
        yield simulator


@pytest.fixture(scope="module")
def front(sns: SnsSimulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    with running(tmp_path_factory.mktemp("front"), **sns.environment()) as started:
        yield started


@pytest.fixture(scope="module")
def subscription(sns: SnsSimulator, front: Front) -> Subscription:
    """Confirmed by a signed call, over TLS, to SNS's own name."""
    made = sns.subscribe(front.url)
    assert made.confirmed.is_set(), front.log.read_text()
    return made


def jobs(front: Front) -> list[tuple[str, str]]:
    """Key and sequencer of every job, in the order of their acceptance."""
    with sqlite3.connect(front.database) as database:
        return database.execute("SELECT key, sequencer FROM jobs ORDER BY id").fetchall()


def test_a_subscription_can_be_cut_by_its_owner_only(sns: SnsSimulator, subscription: Subscription) -> None:
    """Unsubscribing us takes a signed call, for we asked for that; no address of the message was visited."""
    assert subscription.authenticated
    assert [("ConfirmSubscription", sns.signer.topic_arn)] == [(c["Action"], c["TopicArn"]) for c in sns.calls]
    assert [] == sns.visits


def test_several_records_are_one_delivery(sns: SnsSimulator, front: Front, subscription: Subscription) -> None:
    """Fifty objects in one message are fifty jobs and one answer; the certificate is fetched once for all messages."""
    keys = [f"many/{number}.csv" for number in range(50)]
    id_ = sns.publish(landed("acme", *keys), Subject="Amazon S3 Notification", SignatureVersion="1")
    sns.publish(landed("acme", "many/after.csv"))

    assert [(id_, 0, 200)] == [(a.message_id, a.number, a.status) for a in subscription.attempts if a.message_id == id_]
    assert [*keys, "many/after.csv"] == [key for key, _ in jobs(front) if key.startswith("many/")]
    assert [f"/{sns.signer.cert_name}"] == sns.fetched


def test_newer_before_older_is_kept_in_both_names(sns: SnsSimulator, front: Front, subscription: Subscription) -> None:
    """S3 promises no order: an event that overtook another is a job of its own, with its sequencer to judge by."""
    older, newer = landed("acme", "order.csv", etag="1"), landed("acme", "order.csv", etag="2")
    sns.publish(newer)
    sns.publish(older)
    stored = [sequencer for key, sequencer in jobs(front) if key == "order.csv"]

    assert 2 == len(stored)
    assert stored == sorted(stored, reverse=True)


def test_an_answer_that_is_too_late_costs_no_second_job(
    sns: SnsSimulator, front: Front, subscription: Subscription
) -> None:
    """The journal is locked for longer than SNS waits: it comes again on its schedule, and one file stays one job."""
    blocker = sqlite3.connect(front.database, isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    before = list(sns.waits)
    sns._wait = lambda _delay: blocker.execute("ROLLBACK") if blocker.in_transaction else None
    try:
        id_ = sns.publish(landed("acme", "late.csv"))
    finally:
        sns._wait = sns.waits.append
        blocker.close()

    assert [0, 200] == [attempt.status for attempt in subscription.attempts if attempt.message_id == id_]
    assert 1 == [key for key, _ in jobs(front)].count("late.csv")
    assert before == sns.waits


def test_what_we_refuse_is_never_sent_again(sns: SnsSimulator, front: Front, subscription: Subscription) -> None:
    """One try, and the dead-letter queue has it: so a refusal is only for what can never be good."""
    envelope = sns.signer.notification("no event")
    sns.send(envelope)

    assert [400] == [a.status for a in subscription.attempts if a.message_id == envelope["MessageId"]]
    assert envelope == subscription.dead_letters[-1]


def test_an_outage_is_waited_out_on_the_schedule(sns: SnsSimulator, tmp_path: Path) -> None:
    """A front that is away loses nothing while SNS has tries left; the schedule is the subscription's own."""
    policy = DeliveryPolicy(6, 1, 60, immediate=2, at_min_delay=1, backoff="exponential")
    with running(tmp_path, **sns.environment()) as front:
        subscription = sns.subscribe(front.url, policy)
        front.environment["FILEPROC_PORT"] = str(front.port)
        front.stop()
        waits: list[float] = []

        def back_again(delay: float) -> None:
            waits.append(delay)
            if len(waits) == 4:
                front.log.unlink()
                front.start()

        sns._wait = back_again
        try:
            sns._deliver(subscription, sns.signer.notification(landed("acme", "outage.csv")))
        finally:
            sns._wait = sns.waits.append

        assert ([0, 0, 1, 1], policy.delays()[:4]) == (waits[:4], waits)
        assert [0, 0, 0, 0, 200] == [attempt.status for attempt in subscription.attempts[1:]]
        assert ["outage.csv"] == [key for key, _ in jobs(front)]
        sns.subscriptions.remove(subscription)


@dataclass
class Listener:
    """A port of this machine that nobody should call."""

    port: int
    calls: list[Any]


@pytest.fixture
def listener() -> Iterator[Listener]:
    """Counts whoever connects."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        made = Listener(server.getsockname()[1], [])

        def take() -> None:
            with contextlib.suppress(OSError):
                while True:
                    made.calls.append(server.accept()[1])

        threading.Thread(target=take, daemon=True).start()
        yield made
        server.shutdown(socket.SHUT_RDWR)


def refused(front: Front, envelope: Any, jobs_before: int) -> bool:
    """Whether it got a 4xx and left nothing behind."""
    return front.post(envelope).status in (400, 403) and jobs_before == len(jobs(front))


def test_no_forgery_gets_in(sns: SnsSimulator, front: Front, subscription: Subscription) -> None:
    """Every field flipped, every key, version and type swapped, against the running service; nothing becomes a job."""
    before = len(jobs(front))
    forgeries = forged(sns.signer, json.dumps(landed("acme", "forged.csv")))
    let_in = [name for name, make in forgeries.items() if not refused(front, make(), before)]

    assert [] == let_in
    assert [] == sns.visits


def test_no_foreign_or_broken_message_makes_us_call_anybody(
    sns: SnsSimulator, front: Front, subscription: Subscription
) -> None:
    """Other topics, accounts, regions and ages: refused, and SNS is asked for nothing."""
    before, fetched, calls = len(jobs(front)), list(sns.fetched), list(sns.calls)
    let_in = [name for name, make in foreign_or_broken(sns.signer).items() if not refused(front, make(), before)]

    assert [] == let_in
    assert (fetched, calls, []) == (sns.fetched, sns.calls, sns.visits)


def test_no_address_of_a_certificate_is_fetched_but_the_right_one(
    sns: SnsSimulator, front: Front, subscription: Subscription, listener: Listener
) -> None:
    """Each trick with user names, ports, dots, letters and lines, and straight to a listener here: nobody connects."""
    before, fetched = len(jobs(front)), list(sns.fetched)
    port, hex_ = listener.port, sns.signer.cert_name
    here = [f"{scheme}://{host}:{port}/{hex_}" for scheme in ("http", "https") for host in HERE]
    here += [f"https://{sns.host}@127.0.0.1:{port}/{hex_}", f"https://{sns.host}\\@127.0.0.1:{port}/{hex_}"]
    urls = [*addresses(sns.signer), *here]
    let_in = [url for url in urls if not refused(front, sns.signer.notification("{}", SigningCertURL=url), before)]

    assert [] == let_in
    assert ([], fetched, []) == (listener.calls, sns.fetched, sns.visits)


HERE = ("127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1", "127.1", "0.0.0.0")
