"""S3 as far as one pinned GET goes, in memory and quick: it refuses, dawdles and hangs up by the harness's dice."""

from __future__ import annotations

import hashlib
import random
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit


class SmallS3:
    """`objects` by path (`/bucket/key`); `trouble`: share of requests gone wrong; `down` refuses, `lag` delays all."""

    def __init__(self, seed: int, trouble: float = 0.03) -> None:
        self.objects: dict[str, bytes] = {}
        self.trouble = trouble
        self.down = False
        self.lag = 0.0
        self.dice = random.Random(seed)
        handler = type("Handler", (_Handler,), {"s3": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def put(self, bucket: str, key: str, body: bytes) -> str:
        """Keep an object; returns its eTag."""
        self.objects[f"/{bucket}/{key}"] = body
        return etag(body)

    def __enter__(self) -> SmallS3:
        self._thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def etag(body: bytes) -> str:
    return hashlib.md5(body, usedforsecurity=False).hexdigest()


class _Handler(BaseHTTPRequestHandler):
    s3: SmallS3

    def do_GET(self) -> None:
        body = self.s3.objects.get(unquote(urlsplit(self.path).path))
        bad = self.s3.down or self.s3.dice.random() < self.s3.trouble
        way = "refuse" if self.s3.down else self.s3.dice.choice(["refuse", "dawdle", "hang up"]) if bad else ""
        time.sleep(self.s3.lag + (0.2 if way == "dawdle" else 0.0))
        if way == "refuse":
            self._send(503, b"<Error><Code>SlowDown</Code><Message>slower</Message></Error>")
        elif body is None:
            self._send(404, b"<Error><Code>NoSuchKey</Code><Message>none</Message></Error>")
        elif self.headers.get("If-Match", f'"{etag(body)}"') != f'"{etag(body)}"':
            self._send(412, b"<Error><Code>PreconditionFailed</Code><Message>replaced</Message></Error>")
        else:
            self._send(200, body, cut=len(body) // 2 if way == "hang up" else 0)

    def _send(self, status: int, body: bytes, cut: int = 0) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("ETag", f'"{etag(body)}"')
        self.end_headers()
        self.wfile.write(body[: len(body) - cut])

    def log_message(self, *_arguments: object) -> None:
        """Silence."""
