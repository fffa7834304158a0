"""The least that is an SQS: one queue in memory, fast enough not to be what is measured (tests/ports/test_queue.py).

`python -m bench.quick_sqs` prints its port and serves until it is ended, at the lowest priority: in earnest SQS is
another machine.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

#: The path of the only queue; any other is none.
QUEUE = "/000000000000/files"

#: How often a long poll looks again, in seconds.
LOOK = 0.005

Answer = dict[str, Any]


@dataclass
class _Message:
    id: str
    body: str
    visible_at: float = 0.0
    receives: int = 0
    handle: str = ""


class NoQueue(Exception):
    """It was asked for another queue."""


class Queue:
    """Messages by id, in the order in which they came."""

    def __init__(self) -> None:
        self._messages: dict[str, _Message] = {}

    async def answer(self, operation: str, asked: Answer, has_gone: Callable[[], bool]) -> Answer:
        """One call of SQS's JSON protocol; whoever `has_gone` in mid poll takes nothing along. Raises NoQueue."""
        if not asked.get("QueueUrl", "").endswith(QUEUE):
            raise NoQueue
        if operation == "SendMessage":
            return self._send(asked["MessageBody"])
        if operation == "ReceiveMessage":
            return await self._receive(asked, has_gone)
        if operation == "GetQueueAttributes":
            return self._attributes()
        deletes = operation == "DeleteMessageBatch"
        failed = [entry["Id"] for entry in asked["Entries"] if not self._changed(entry, deletes=deletes)]
        return {"Successful": [], "Failed": [{"Id": one, "Code": "ReceiptHandleIsInvalid", "SenderFault": True}
                                             for one in failed]}  # fmt: skip

    def _send(self, body: str) -> Answer:
        message = _Message(str(uuid.uuid4()), body)
        self._messages[message.id] = message
        return {"MessageId": message.id, "MD5OfMessageBody": _digest(body)}

    async def _receive(self, asked: Answer, has_gone: Callable[[], bool]) -> Answer:
        until = time.monotonic() + float(asked.get("WaitTimeSeconds", 0))
        while not (found := self._visible(int(asked.get("MaxNumberOfMessages", 1)))) and time.monotonic() < until:
            await asyncio.sleep(LOOK)
            if has_gone():
                return {}
        hidden_until = time.monotonic() + float(asked.get("VisibilityTimeout", 30))
        return {"Messages": [self._handed_out(message, hidden_until) for message in found]}

    def _visible(self, most: int) -> list[_Message]:
        now, found = time.monotonic(), []
        for message in self._messages.values():
            if message.visible_at <= now:
                found.append(message)
                if len(found) == most:
                    break
        return found

    def _handed_out(self, message: _Message, hidden_until: float) -> Answer:
        message.visible_at, message.receives = hidden_until, message.receives + 1
        message.handle = f"{message.id}.{message.receives}"
        self._messages[message.id] = self._messages.pop(message.id)  # to the end, so that the next look is short
        return {
            "MessageId": message.id, "ReceiptHandle": message.handle, "Body": message.body,
            "MD5OfBody": _digest(message.body), "Attributes": {"ApproximateReceiveCount": str(message.receives)},
        }  # fmt: skip

    def _changed(self, entry: Answer, *, deletes: bool) -> bool:
        message = self._messages.get(entry["ReceiptHandle"].rpartition(".")[0])
        if message is None or message.handle != entry["ReceiptHandle"]:
            return False
        if deletes:
            del self._messages[message.id]
        elif message.visible_at <= time.monotonic():
            return False
        else:
            message.visible_at = time.monotonic() + float(entry["VisibilityTimeout"])
        return True

    def _attributes(self) -> Answer:
        waiting = sum(message.visible_at <= time.monotonic() for message in self._messages.values())
        hidden = len(self._messages) - waiting
        counts = {"ApproximateNumberOfMessages": waiting, "ApproximateNumberOfMessagesNotVisible": hidden}
        return {"Attributes": {name: str(count) for name, count in counts.items()}}


def _digest(body: str) -> str:
    return hashlib.md5(body.encode(), usedforsecurity=False).hexdigest()


async def serve() -> None:
    """Answer on one port until cancelled."""
    queue = Queue()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
                fields = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
                asked = json.loads(await reader.readexactly(int(fields.get("content-length", 0))) or b"{}")
                writer.write(await _answered(queue, _operation(fields["x-amz-target"]), asked, reader.at_eof))
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def _operation(target: str) -> str:
    """The operation of `amazonsqs.receivemessage` in its own spelling."""
    names = ("SendMessage", "ReceiveMessage", "GetQueueAttributes", "DeleteMessageBatch",
             "ChangeMessageVisibilityBatch")  # fmt: skip
    return next(name for name in names if name.lower() == target.rpartition(".")[2].strip())


async def _answered(queue: Queue, operation: str, asked: Answer, has_gone: Callable[[], bool]) -> bytes:
    try:
        status, document = "200 OK", await queue.answer(operation, asked, has_gone)
    except NoQueue:
        status, document = "400 Bad Request", {"__type": "com.amazonaws.sqs#QueueDoesNotExist", "message": "none"}
    body = json.dumps(document).encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/x-amz-json-1.0\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


@contextmanager
def quick_sqs() -> Iterator[str]:
    """The address of a stand-in's queue."""
    process = subprocess.Popen([sys.executable, "-m", "bench.quick_sqs"], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}{QUEUE}"
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    os.nice(19)
    asyncio.run(serve())
