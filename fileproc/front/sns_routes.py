"""`POST /`: from bytes to an answer, in the order in which trust grows.

Size and headers → parse → type, topic, age, certificate, signature → journal → 200. Nothing else happens before the
200: SNS waits 15 seconds and never retries a 4xx. Refusals give no reason; it is in our log.
"""

from __future__ import annotations

from typing import Any

import bottle
import gevent

from fileproc import logs
from fileproc.domain.events import (
    Event,
    Ignored,
    Notification,
    ObjectCreated,
    ObjectRemoved,
    ObjectRestored,
    SubscriptionConfirmation,
    UnsubscribeConfirmation,
    parse_event,
    strict_json,
)
from fileproc.domain.objects import ObjectRef
from fileproc.doorbell import ring
from fileproc.errors import BadRequest, FileprocError, Forbidden, TooLarge, Unavailable
from fileproc.front.callers import caller
from fileproc.front.parts import Parts
from fileproc.front.problems import answer, header, of_error, request_id
from fileproc.front.route import Route
from fileproc.services.accept import Acceptance, accept

log = logs.get("sns_routes")

#: An SNS message has at most 256 KiB; JSON escapes can blow it up sixfold.
LARGEST_BODY = 2 << 20
BODY_SECONDS = 10.0

KNOWN_TYPES = ("Notification", "SubscriptionConfirmation", "UnsubscribeConfirmation")


def routes(parts: Parts) -> list[Route]:
    """`POST /`."""
    return [
        Route(
            "POST",
            "/",
            lambda: receive(parts),
            "Take an SNS message.",
            {200: "Accepted"},
            problems=(403, 411, 413, 415, 503),
            body="SnsMessage",
            public=True,
            inner=False,
        )
    ]


def receive(parts: Parts) -> bottle.HTTPResponse:
    """Answer one message, count it, and keep the reason of a refusal to ourselves."""
    kind = header("x-amz-sns-message-type")
    kind = kind if kind in KNOWN_TYPES else "unknown"
    try:
        _refuse_while_draining(parts)
        envelope = strict_json(read_body())
        if isinstance(envelope, dict) and envelope.get("Type") in KNOWN_TYPES:
            kind = str(envelope["Type"])
        acceptance = _handle(parts, envelope)
    except FileprocError as error:
        outcome = "refused" if error.http_status < 500 else "unavailable"
        parts.recorder.notification(kind, outcome)
        log.warning(
            "notification_" + outcome, type=kind, reason=error.message, request_id=request_id(), peer=_caller(parts)
        )
        return of_error(error, silent=True)
    except Exception:
        parts.recorder.notification(kind, "error")  # the one boundary logs it and answers 500, so SNS comes again
        raise
    parts.recorder.notification(kind, acceptance.outcome)
    log.info("notification", type=kind, outcome=acceptance.outcome, jobs=acceptance.new, request_id=request_id())
    return answer(acceptance.document)


def read_body() -> bytes:
    """The whole body, bounded in size and time.

    Raises:
        BadRequest: no honest Content-Length, an encoding, or fewer bytes than promised.
        TooLarge: more than any SNS message.
        Forbidden: raw delivery, which carries no signature.
    """
    environ = bottle.request.environ
    if environ.get("HTTP_X_AMZ_SNS_RAWDELIVERY", "").lower() == "true":
        raise Forbidden("raw delivery carries no signature")
    if "HTTP_TRANSFER_ENCODING" in environ:
        raise BadRequest("Transfer-Encoding is not accepted")
    if environ.get("HTTP_CONTENT_ENCODING", "identity").lower() != "identity":
        raise UnsupportedEncoding("Content-Encoding is not accepted")
    text = environ.get("CONTENT_LENGTH") or ""
    if not text:
        raise LengthRequired("Content-Length is missing")
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise BadRequest("Content-Length is not a number")
    if int(text) > LARGEST_BODY:
        raise TooLarge("the body is larger than any SNS message")
    try:
        with gevent.Timeout(BODY_SECONDS, BadRequest("the body came too slowly")):
            body: bytes = environ["wsgi.input"].read(int(text))
    except OSError:
        raise BadRequest("the body is shorter than Content-Length") from None
    if len(body) != int(text):
        raise BadRequest("the body is shorter than Content-Length")
    return body


class UnsupportedEncoding(BadRequest):
    """A compressed body."""

    http_status = 415


class LengthRequired(BadRequest):
    """A body of unknown length."""

    http_status = 411


def _handle(parts: Parts, envelope: Any) -> Acceptance:
    message = parts.verifier.verify(envelope)
    if isinstance(message, Notification):
        return _notification(parts, message)
    if isinstance(message, SubscriptionConfirmation):
        return _confirmation(parts, message)
    return _farewell(message)


def _notification(parts: Parts, message: Notification) -> Acceptance:
    events = parse_event(strict_json(message.message))
    return _accepted(parts, events, message.message_id)


def accept_queued(parts: Parts, events: list[Event], message_id: str) -> Acceptance:
    """The same for a message of a queue, which is asked only while the breaker lets something through."""
    return _accepted(parts, events, message_id, asks_the_breaker=False)


def _accepted(parts: Parts, events: list[Event], message_id: str, *, asks_the_breaker: bool = True) -> Acceptance:
    breaker = parts.page.read()
    events = [_taken(parts, event) for event in events]
    buckets = frozenset(event.ref.bucket for event in events if isinstance(event, ObjectCreated))
    return accept(
        events,
        add=parts.commits.add,
        cancel=lambda ref: parts.write(lambda: parts.journal.cancel_waiting(ref)),
        restored=lambda ref: _restored(parts, ref),
        breaker_open=asks_the_breaker and breaker.active,
        on_open=parts.settings.circuit_breaker_on_open,
        shut=breaker.shut,
        retry_after=breaker.remaining(buckets),
        message_id=message_id,
    )


def _restored(parts: Parts, ref: ObjectRef) -> int:
    """What waits for this restore is due, and the pool is told so."""
    woken: int = parts.write(lambda: parts.journal.restored(ref))
    if woken:
        ring(parts.runtime_dir)
    log.info("object_restored", object=ref.address, jobs=woken)
    return woken


#: Events that are about an object of somebody's bucket.
OBJECTS = (ObjectCreated, ObjectRemoved, ObjectRestored)


def _taken(parts: Parts, event: Event) -> Event:
    """Whoever may publish to a topic does not choose which buckets we read."""
    if isinstance(event, OBJECTS) and not parts.settings.takes(event.ref.bucket):
        return Ignored("the bucket is not in FILEPROC_BUCKETS", event.ref.address)
    if isinstance(event, ObjectCreated) and event.ref.address.startswith(parts.outputs):
        return Ignored("it lies where FILEPROC_SINKS writes", event.ref.address)
    return event


def _confirmation(parts: Parts, message: SubscriptionConfirmation) -> Acceptance:
    if parts.settings.sns_confirm == "manual":
        log.warning(
            "subscription_pending", topic=message.topic_arn, fix="confirm it in the console, or SNS_CONFIRM=auto"
        )
        return Acceptance("pending", {"status": "pending"})
    arn = parts.confirm(message)
    log.info("subscription_confirmed", topic=message.topic_arn, subscription=arn)
    return Acceptance("confirmed", {"status": "confirmed"})


def _farewell(message: UnsubscribeConfirmation) -> Acceptance:
    log.error("subscription_removed", topic=message.topic_arn, fix="subscribe again if nobody meant that")
    return Acceptance("unsubscribed", {"status": "ignored", "reason": "UnsubscribeConfirmation"})


def _refuse_while_draining(parts: Parts) -> None:
    if parts.draining:
        raise Unavailable("shutting down", retry_after=5)


def _caller(parts: Parts) -> str:
    return caller(parts.settings.fileproc_trusted_proxies)
