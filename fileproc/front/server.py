"""gevent's WSGI server, made to survive slow, half-open, oversized and ambiguous requests.

Theory. In production it stands behind a load balancer. In itself it never waits without a deadline (first byte, head,
rest of an unread body, each write), never reads more than it must, and refuses a head that two parsers could read
differently: that is how requests are smuggled past a proxy. What it refuses it answers once, and hangs up. When
connections get scarce, those that only wait make room (`room`); a burst of messages takes turns (`lane`).
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import socket
import sys
import termios
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from http import HTTPStatus
from typing import Any

import gevent
from gevent.event import Event
from gevent.pool import Pool
from gevent.pywsgi import Input, WSGIHandler, WSGIServer

from fileproc import logs
from fileproc.front.headers import Headers
from fileproc.front.lane import Lane
from fileproc.front.problems import whole_answer
from fileproc.front.room import Room, places

log = logs.get("server")

#: A request line and all headers, from the first byte on, in seconds; a drip of bytes does not renew it.
HEAD_SECONDS = 10.0

#: How long a connection may idle, in seconds. Load balancers must hang up first (AWS's idle for 60), else they answer
#: 502 now and then; nginx uses 75 too. When connections get scarce it is as short as `HEAD_SECONDS`.
IDLE_SECONDS = 75.0

#: One write must be taken off our hands in this time, in seconds.
WRITE_SECONDS = 20.0

#: A body that nobody wanted is read this far, so that the answer gets through, and no further.
LARGEST_UNREAD_BODY = 4 << 20
UNREAD_SECONDS = 5.0

#: An answer up to this size is copied behind its head; a second write would cost more.
LARGEST_COPIED = 16 * 1024

MOST_CONNECTIONS = 2_048

#: So many places are kept free by hanging up on whoever waits longest.
RESERVE = 64

#: How often that is looked after, in seconds, while it is crowded.
CROWDED_SECONDS = 0.05

BACKLOG = 4_096

#: How a message begins; other requests take no turns.
MESSAGE = b"POST / "


class Body(Input):  # type: ignore[misc]
    """A request's body; what the application left of it is read only within bounds."""

    __slots__ = ("waits",)

    waits: Callable[[], AbstractContextManager[None]]

    def read(self, length: int | None = None) -> Any:
        """All or a part of it; meanwhile its sender has the next word."""
        with self.waits():
            return super().read(length)

    @property
    def unread(self) -> int:
        return int(self.content_length or 0) - int(self.position)

    def _discard(self) -> None:
        waits_for_100 = self.socket is not None
        if self.unread <= LARGEST_UNREAD_BODY and not waits_for_100:
            with gevent.Timeout(UNREAD_SECONDS, False):
                super()._discard()


class Handler(WSGIHandler):  # type: ignore[misc]
    """One connection."""

    close_connection: bool
    wsgi_input: Body
    _deadline = 0.0
    _gathered: bytearray | None = None

    def handle(self) -> None:
        """Serve until either side hangs up; a refusal that nobody is there to hear is no error of ours."""
        with contextlib.suppress(ConnectionError):
            super().handle()

    def read_requestline(self) -> Any:
        """Wait for a first byte as an idler, for a turn if it is a message, then read against the head's deadline."""
        room = self.server.room
        with room.waits(self, idle=True), gevent.Timeout(self.server.idle_seconds, TimeoutError("idle")):
            first = self.rfile.peek(1)[: len(MESSAGE)]
        if first and MESSAGE.startswith(first):
            self.server.lane.take_turn()
        self._deadline = time.monotonic() + HEAD_SECONDS
        with room.waits(self), gevent.Timeout(HEAD_SECONDS, TimeoutError("no request line in time")):
            return super().read_requestline()

    def read_request(self, raw_requestline: Any) -> Any:
        left = max(0.001, self._deadline - time.monotonic())
        with self.server.room.waits(self), gevent.Timeout(left, TimeoutError("no headers in time")):
            understood = super().read_request(raw_requestline)
        self.close_connection = self.close_connection or self.server.stopping
        return understood

    def MessageClass(self, rfile: Any, *_: Any) -> Headers:
        """The headers; pywsgi's name for what reads them."""
        return Headers.read(rfile)

    def get_environ(self) -> Any:
        """The body is always counted; pywsgi hands out the bare socket to whoever asks for an upgrade."""
        environ = super().get_environ()
        self.wsgi_input = Body(self.rfile, self.content_length, socket=self.wsgi_input.socket)
        self.wsgi_input.waits = partial(self.server.room.waits, self)
        environ["wsgi.input"] = self.wsgi_input
        return environ

    def handle_one_response(self) -> None:
        super().handle_one_response()
        if self.wsgi_input.unread > 0:
            self.close_connection = True  # what comes next is the rest of a body, not a request

    def _write_with_headers(self, data: Any) -> None:
        """Head and body of a small answer are one write; a large one is not copied."""
        if len(data) > LARGEST_COPIED:
            super()._write_with_headers(data)
            return
        self._gathered = bytearray()
        try:
            super()._write_with_headers(data)
        finally:
            whole, self._gathered = self._gathered, None
        self._sendall(whole)

    def _sendall(self, data: Any) -> None:
        if self._gathered is not None:
            self._gathered += data
            return
        with gevent.Timeout(WRITE_SECONDS, BrokenPipeError(errno.EPIPE, "the answer was not taken in time")):
            super()._sendall(data)

    def hang_up(self) -> None:
        """End a wait for the sender."""
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)

    def has_unread_bytes(self) -> bool:
        """Whether the kernel holds something that the sender has said."""
        try:
            return int.from_bytes(fcntl.ioctl(self.socket.fileno(), termios.FIONREAD, bytes(4)), sys.byteorder) > 0
        except (OSError, ValueError):  # closed meanwhile
            return False

    def log_request(self) -> None:
        """Outcomes are logged where they are known."""

    def _handle_client_error(self, ex: Exception) -> tuple[str, bytes]:
        late = isinstance(ex, TimeoutError)
        log.info("bad_request_on_the_wire", peer=self.client_address[0], detail=str(ex)[:200])
        status = HTTPStatus.REQUEST_TIMEOUT if late else HTTPStatus.BAD_REQUEST
        return str(status.value), whole_answer(status)

    def _log_error(self, t: Any, v: Any, tb: Any) -> None:
        log.error("connection_failed", exc_info=(t, v, tb))


class Server(WSGIServer):  # type: ignore[misc]
    """A listening port with its application."""

    handler_class = Handler

    def __init__(self, address: tuple[str, int], app: Any) -> None:
        self.stopping = False
        self.room = Room(time.monotonic)
        self.lane = Lane()
        self._crowded = Event()
        gevent.spawn(self._keep_reserve)
        super().__init__(
            address,
            app,
            spawn=Pool(places(MOST_CONNECTIONS)),
            backlog=BACKLOG,
            log=None,
            error_log=_ErrorLog(),
            environ={"SERVER_NAME": address[0]},  # else it asks the DNS for one
        )

    def handle(self, sock: Any, address: Any) -> None:
        """Serve one connection. Head and body of an answer are two writes; neither waits for the other's receipt."""
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.pool.free_count() < RESERVE:
            self._crowded.set()
        super().handle(sock, address)

    @property
    def idle_seconds(self) -> float:
        """How long a connection may wait for its next request, as things are."""
        if self.stopping:
            return 0.1
        return IDLE_SECONDS if self.pool.free_count() > self.pool.size // 2 else HEAD_SECONDS

    def _keep_reserve(self) -> None:
        """While it is crowded, hang up on whoever has waited too long; a full house accepts nobody who could do it."""
        while True:
            self._crowded.wait()
            missing = RESERVE - self.pool.free_count()
            if missing <= 0:
                self._crowded.clear()
                continue
            self.room.make(missing)
            gevent.sleep(CROWDED_SECONDS)

    def begin_stop(self) -> None:
        """Take no new connection, and let go of those that have nothing to say."""
        self.stopping = True
        self.close()
        self.room.empty()


class _ErrorLog:
    """A file as pywsgi wants one; lines become log events."""

    def write(self, text: str) -> None:
        if text.strip():
            log.info("server", detail=text.strip()[:500])

    def flush(self) -> None:
        """Nothing is kept."""
