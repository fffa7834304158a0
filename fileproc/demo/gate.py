"""The gate before the demo's S3: passes every request on, or answers 503 SlowDown while S3 is told to refuse.

It stands only between the service and S3, so partners can still drop files. It also makes the certificates that sign
the demo's messages reachable: moto serves them only to requests that look signed for SNS.
"""

from __future__ import annotations

import http.client
import shutil
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SLOW_DOWN = (
    b'<?xml version="1.0" encoding="UTF-8"?><Error><Code>SlowDown</Code>'
    b"<Message>Please reduce your request rate.</Message></Error>"
)
SNS_SCOPE = "AWS4-HMAC-SHA256 Credential=demo/20260101/us-east-1/sns/aws4_request, SignedHeaders=host, Signature=0"
CERTIFICATES = "/SimpleNotificationService-"
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade", "proxy-connection"}


class Gate:
    """A reverse proxy on loopback in front of `upstream_port`."""

    def __init__(self, upstream_port: int) -> None:
        self.refusing = threading.Event()
        handler = type("Handler", (_Handler,), {"upstream_port": upstream_port, "refusing": self.refusing})
        self._server = _Server(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True, name="gate")

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: object, client_address: object) -> None:
        """A worker that was killed leaves its connection open in the middle; that is part of the play."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    upstream_port: int
    refusing: threading.Event

    def do_GET(self) -> None:
        is_certificate = self.path.startswith(CERTIFICATES)
        if self.refusing.is_set() and not is_certificate:
            self._refuse()
        else:
            self._pass_on()

    do_HEAD = do_POST = do_GET

    def _refuse(self) -> None:
        self.send_response(HTTPStatus.SERVICE_UNAVAILABLE)
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(SLOW_DOWN)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(SLOW_DOWN)

    def _pass_on(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length) if length else None
        headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP}
        if self.path.startswith(CERTIFICATES):
            headers["Authorization"] = SNS_SCOPE
        upstream = http.client.HTTPConnection("127.0.0.1", self.upstream_port, timeout=60)
        try:
            upstream.request(self.command, self.path, body=body, headers=headers)
            self._answer(upstream.getresponse())
        finally:
            upstream.close()

    def _answer(self, response: http.client.HTTPResponse) -> None:
        self.send_response(response.status)
        for name, value in response.getheaders():
            if name.lower() not in HOP_BY_HOP | {"date", "server"}:
                self.send_header(name, value)
        if response.getheader("Content-Length") is None:
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()
        if self.command != "HEAD":
            shutil.copyfileobj(response, self.wfile, 1 << 20)

    def log_message(self, format: str, *args: object) -> None:
        """Silence: the demo tells its own story."""
