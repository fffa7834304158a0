"""The least that is an S3: GET of any key answers with the same object, so that what is measured is not the stand-in.

`python -m bench.quick_s3 FILE` prints its port and serves until it is ended, at the lowest priority: in earnest S3 is
another machine, and has a machine of its own.
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


async def serve(body: bytes) -> None:
    """Answer GETs on one port until cancelled."""
    head = (
        f'HTTP/1.1 200 OK\r\nETag: "{etag_of(body)}"\r\nContent-Length: {len(body)}\r\nContent-Type: text/csv\r\n'
        "Last-Modified: Wed, 25 Nov 2026 00:00:00 GMT\r\nAccept-Ranges: bytes\r\n\r\n"
    ).encode()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                writer.write(head + body)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


@contextmanager
def quick_s3(file: Path) -> Iterator[str]:
    """The address of a stand-in that serves this file."""
    process = subprocess.Popen([sys.executable, "-m", "bench.quick_s3", str(file)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    os.nice(19)
    asyncio.run(serve(Path(sys.argv[1]).read_bytes()))
