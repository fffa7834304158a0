"""gevent's WSGI server, made to survive slow, half-open and oversized requests.

In production it stands behind a load balancer; in itself it still bounds how long a request line and headers may take,
how many connections there are and how large headers get.
"""

from __future__ import annotations

from typing import Any

import gevent
from gevent.pool import Pool
from gevent.pywsgi import WSGIHandler, WSGIServer

from fileproc import logs

log = logs.get("server")

#: A whole request line and all headers; also how long an idle kept-alive connection stays. Seconds.
HEADER_SECONDS = 10.0
MOST_CONNECTIONS = 2_048
BACKLOG = 4_096


class Handler(WSGIHandler):  # type: ignore[misc]
    """One connection. A total deadline for what comes before the body: a drip of bytes does not renew it."""

    def read_requestline(self) -> Any:
        with gevent.Timeout(HEADER_SECONDS, TimeoutError("no request in time")):
            return super().read_requestline()

    def read_request(self, raw_requestline: Any) -> Any:
        with gevent.Timeout(HEADER_SECONDS, TimeoutError("no headers in time")):
            return super().read_request(raw_requestline)

    def log_request(self) -> None:
        """Outcomes are logged where they are known."""

    def log_error(self, msg: str, *args: Any) -> None:
        log.info("bad_request_on_the_wire", detail=str(msg % args if args else msg)[:200])


class Server(WSGIServer):  # type: ignore[misc]
    """A listening port with its application."""

    handler_class = Handler

    def __init__(self, address: tuple[str, int], app: Any) -> None:
        super().__init__(address, app, spawn=Pool(MOST_CONNECTIONS), backlog=BACKLOG, log=None, error_log=_ErrorLog())
        self.environ["SERVER_SOFTWARE"] = "fileproc"

    def handle_error(self, context: Any, type_: Any, value: Any, _traceback: Any) -> None:
        log.info("connection_error", error=f"{getattr(type_, '__name__', type_)}: {value}"[:200])


class _ErrorLog:
    """A file as pywsgi wants one; lines become log events."""

    def write(self, text: str) -> None:
        if text.strip():
            log.info("server", detail=text.strip()[:500])

    def flush(self) -> None:
        """Nothing is kept."""
