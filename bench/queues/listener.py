"""The listener before every queue: verifies a notification as the front does, submits it, answers 200.

`python -m bench.queues.listener MODULE PORT`: `MODULE.submit(event)` hands an event over.
"""

from __future__ import annotations

import importlib
import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from fileproc.aws.certificates import Certificates, fetch_over_http
from fileproc.aws.sns import MessageVerifier
from fileproc.clock import SystemClock
from fileproc.domain.events import Notification, ObjectCreated, parse_event, strict_json
from fileproc.errors import FileprocError


def serve(module: str, port: int) -> None:
    """Until it is killed."""
    submit = importlib.import_module(module).submit
    clock = SystemClock()
    verifier = MessageVerifier(
        (os.environ["SNS_TOPIC_ARNS"],),
        certificates=Certificates(fetch_over_http, clock),
        clock=clock,
        extra_prefix=os.environ["SNS_CERT_URL_PREFIX"],
    )

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:  # the name is the base class's
            try:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                message = verifier.verify(strict_json(body))
                assert isinstance(message, Notification)
                for event in parse_event(strict_json(message.message)):
                    if isinstance(event, ObjectCreated):
                        submit({"bucket": event.ref.bucket, "key": event.ref.key, "etag": event.ref.etag})
                self._answer(200)
            except FileprocError as error:
                self._answer(error.http_status)
            except Exception:  # noqa: BLE001 - the broker is away: whoever sent it comes again
                self._answer(503)

        def _answer(self, status: int) -> None:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    ThreadingHTTPServer.request_queue_size = 512
    ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]))
