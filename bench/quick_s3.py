"""The least that is an S3: GET of any key answers with the same object, so that what is measured is not the stand-in.

`python -m bench.quick_s3 FILE LARGE` prints its port and serves until it is ended, at the lowest priority: in earnest
S3 is another machine. Whoever asks for a key with `large` in it gets the second file.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def etag_of(body: bytes) -> str:
    return hashlib.md5(body, usedforsecurity=False).hexdigest()


def _answer(body: bytes) -> bytes:
    head = (
        f'HTTP/1.1 200 OK\r\nETag: "{etag_of(body)}"\r\nContent-Length: {len(body)}\r\nContent-Type: text/csv\r\n'
        "Last-Modified: Wed, 25 Nov 2026 00:00:00 GMT\r\nAccept-Ranges: bytes\r\n\r\n"
    )
    return head.encode() + body


async def serve(small: bytes, large: bytes) -> None:
    """Answer GETs on one port until cancelled."""
    small_answer, large_answer = _answer(small), _answer(large)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                writer.write(large_answer if b"large" in head.partition(b"\r\n")[0] else small_answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


@contextmanager
def quick_s3(file: Path, large: Path | None = None) -> Iterator[str]:
    """The address of a stand-in that serves this file, and the other one to those who ask for a large one."""
    command = [sys.executable, "-m", "bench.quick_s3", str(file), str(large or file)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    os.nice(19)
    asyncio.run(serve(*(Path(argument).read_bytes() for argument in sys.argv[1:3])))
