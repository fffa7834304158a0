"""Flask under gunicorn's gevent worker, with a Celery `delay`: how people usually put a queue behind a webhook."""

from __future__ import annotations

import os

from flask import Flask, Response, request

from bench.queues.celery_app import submit
from fileproc.aws.certificates import Certificates, fetch_over_http
from fileproc.aws.sns import MessageVerifier
from fileproc.clock import SystemClock
from fileproc.domain.events import Notification, ObjectCreated, parse_event, strict_json
from fileproc.errors import FileprocError

app = Flask("bench")
clock = SystemClock()
verifier = MessageVerifier(
    (os.environ["SNS_TOPIC_ARNS"],),
    certificates=Certificates(fetch_over_http, clock),
    clock=clock,
    extra_prefix=os.environ["SNS_CERT_URL_PREFIX"],
)


@app.post("/")
def receive() -> Response:
    """Verify, hand over, answer."""
    try:
        message = verifier.verify(strict_json(request.get_data()))
        assert isinstance(message, Notification)
        for event in parse_event(strict_json(message.message)):
            if isinstance(event, ObjectCreated):
                submit({"bucket": event.ref.bucket, "key": event.ref.key, "etag": event.ref.etag})
    except FileprocError as error:
        return Response(status=error.http_status)
    return Response(status=200)
