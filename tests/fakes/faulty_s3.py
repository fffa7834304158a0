"""An S3 that misbehaves on purpose: each request gets the next answer of a script, byte by byte as written.

What no emulator does: too few bytes, wrong checksums, resets, silence, throttling with Retry-After.
"""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Answer:
    """Bytes to send, and then: hang up properly, reset the connection, or say nothing more until the test is over."""

    data: bytes = b""
    end: str = "close"  # close | reset | silence


def answer(status: int, body: bytes = b"", end: str = "close", **headers: str) -> Answer:
    """An HTTP answer; Content-Length is the body's unless it is given. `x_y` stands for the header `x-y`."""
    named = {"content-length": str(len(body)), **{name.replace("_", "-"): value for name, value in headers.items()}}
    lines = "".join(f"{name}: {value}\r\n" for name, value in named.items())
    return Answer(f"HTTP/1.1 {status} X\r\n{lines}connection: close\r\n\r\n".encode() + body, end)


def refusal(status: int, code: str, message: str = "no", *, extra: str = "", **headers: str) -> Answer:
    """S3's XML for an error."""
    body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>{message}</Message>{extra}</Error>"
    return answer(status, body.encode(), content_type="application/xml", **headers)


@dataclass
class FaultyS3:
    """`script` is played in order, its last line again and again; `requests` are the heads that came."""

    script: list[Answer]
    url: str = ""
    requests: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def play(self, connection: socket.socket) -> None:
        with connection:
            head = b""
            while b"\r\n\r\n" not in head and (more := connection.recv(65_536)):
                head += more
            line = self.script[min(len(self.requests), len(self.script) - 1)]
            self.requests.append(head.decode("latin-1"))
            connection.sendall(line.data)
            if line.end == "silence":
                self.over.wait(30)
            elif line.end == "reset":
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@contextmanager
def faulty_s3(*script: Answer) -> Iterator[FaultyS3]:
    """The server, listening on loopback, and gone afterwards with every connection."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = FaultyS3(list(script), f"http://127.0.0.1:{listener.getsockname()[1]}")
        threads: list[threading.Thread] = []

        def accept() -> None:
            while not server.over.is_set():
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                threads.append(threading.Thread(target=server.play, args=(connection,)))
                threads[-1].start()

        accepting = threading.Thread(target=accept)
        accepting.start()
        try:
            yield server
        finally:
            server.over.set()
            listener.shutdown(socket.SHUT_RDWR)
            for thread in (accepting, *threads):
                thread.join(10)
