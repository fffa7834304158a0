"""A channel: length-prefixed JSON frames over one end of a socket pair.

The pool's end never blocks: what the worker does not read is buffered up to `MOST_BUFFERED`, and more than that means
that the worker hangs. The worker's end blocks, since a worker has nothing else to do. No pickle crosses this line.
"""

from __future__ import annotations

import json
import socket
import struct
from typing import Any

from fileproc.pool.messages import Message, from_document, to_document

LARGEST_FRAME = 1 << 20
MOST_BUFFERED = 4 << 20
_length = struct.Struct("!I")


class ChannelClosed(Exception):
    """The other side is gone."""


class FrameTooLarge(Exception):
    """A frame over the limit; the sender spills to a file instead."""


class ProtocolError(Exception):
    """The other side does not speak our language; it is not to be trusted with a job."""


def encode(message: Message) -> bytes:
    """One frame. Raises FrameTooLarge."""
    body = json.dumps(to_document(message), separators=(",", ":")).encode()
    if len(body) > LARGEST_FRAME:
        raise FrameTooLarge(len(body))
    return _length.pack(len(body)) + body


def _decode(body: bytes) -> Message:
    try:
        document: dict[str, Any] = json.loads(body)
        return from_document(document)
    except (ValueError, TypeError, AttributeError) as error:
        raise ProtocolError(str(error)) from error


class PoolEnd:
    """The pool's end: non-blocking, buffered both ways."""

    def __init__(self, end: socket.socket) -> None:
        end.setblocking(False)
        self._end = end
        self._received = bytearray()
        self._unsent = bytearray()

    def fileno(self) -> int:
        return self._end.fileno()

    @property
    def has_unsent(self) -> bool:
        return bool(self._unsent)

    def send(self, message: Message) -> None:
        """Queue a frame and send what the socket takes now.

        Raises:
            ChannelClosed: the worker is gone, or has not read for so long that it counts as gone.
        """
        self._unsent += encode(message)
        if len(self._unsent) > MOST_BUFFERED:
            raise ChannelClosed("the worker does not read")
        self.flush()

    def flush(self) -> None:
        """Send what the socket takes. Raises ChannelClosed."""
        try:
            while self._unsent:
                sent = self._end.send(self._unsent)
                del self._unsent[:sent]
        except BlockingIOError:
            return
        except OSError as error:
            raise ChannelClosed(str(error)) from error

    def receive(self) -> tuple[list[Message], bool]:
        """Every whole frame that has arrived, and whether the other side has closed.

        Raises:
            ProtocolError: what arrived is no frame.
        """
        closed = self._fill()
        messages: list[Message] = []
        while len(self._received) >= _length.size:
            size: int = _length.unpack_from(self._received)[0]
            if size > LARGEST_FRAME:
                raise ProtocolError(f"a frame of {size:,} bytes")
            end = _length.size + size
            if len(self._received) < end:
                break
            messages.append(_decode(bytes(self._received[_length.size : end])))
            del self._received[:end]
        return messages, closed

    def _fill(self) -> bool:
        while True:
            try:
                chunk = self._end.recv(262_144)
            except BlockingIOError:
                return False
            except OSError:
                return True
            if not chunk:
                return True
            self._received += chunk

    def close(self) -> None:
        self._end.close()


class WorkerEnd:
    """The worker's end: blocking, one frame at a time."""

    def __init__(self, end: socket.socket) -> None:
        end.setblocking(True)
        self._end = end

    def send(self, message: Message) -> None:
        """Raises FrameTooLarge, and OSError when the pool is gone."""
        self._end.sendall(encode(message))

    def receive(self) -> Message:
        """The next message. Raises ChannelClosed when the pool is gone."""
        (size,) = _length.unpack(self._exactly(_length.size))
        return _decode(self._exactly(size))

    def _exactly(self, count: int) -> bytes:
        received = bytearray()
        while len(received) < count:
            chunk = self._end.recv(count - len(received))
            if not chunk:
                raise ChannelClosed("the pool is gone")
            received += chunk
        return bytes(received)
