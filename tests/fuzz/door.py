"""`make fuzz ARGS="--door --minutes 15"`: hostile requests to `POST /` of a real front, without end.

Six kinds in turn: bytes of a whole request, bytes of a body, fields of an envelope, events that are signed by the
topic's own key, so that they get past the signature, heads with two readings that hide a second request, and bodies in
chunks. A 500, a traceback in the log, an answer that does not come, a hidden request that is answered, a good
notification that is refused, or memory that grows is a find; its request is kept with the command that sends it again.
The same seed sends the same edits.
"""

from __future__ import annotations

import argparse
import copy
import json
import random
import resource
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.system.fronts import Front, Reply, created, replies, running

#: With the limits of `tests.system.fronts.QUICK` the slowest answer takes about three seconds.
HANGS_AFTER = 15.0

#: Requests before the first reading of memory: caches are full by then.
WARM = 2_000
LOOK_EVERY = 500

#: Growth of a front that leaks nothing, in KiB: fragmentation, and the database's cache of pages.
MOST_GROWTH_KB = 24 * 1_024

FINE = frozenset({100, 200, 400, 403, 408, 411, 413, 414, 415, 417, 431, 404, 405, 501, 503, 505})

ODD: list[Any] = [
    None, True, 0, -1, 2**63, 1e308, "", " ", "\x00", "\ud800", "\u2028", "../../etc/passwd", "'; DROP TABLE jobs; --",
    "%", "%zz", "%00", "+", "a" * 5_000, [], {}, [[]], [None], {"a": {}}, "2026-13-45T99:99:99Z", "Notification",
    "https://sns.us-east-1.amazonaws.com@127.0.0.1/x.pem", "ObjectRemoved:Delete", "s3:TestEvent", "3.0", "0" * 40,
]  # fmt: skip

WORDS = [
    b"\r\n", b"\r\n\r\n", b"\n", b"\r", b"\x00", b"Content-Length: 0\r\n", b"Content-Length: 99999999999\r\n",
    b"Transfer-Encoding: chunked\r\n", b"Content-Encoding: gzip\r\n", b"Expect: 100-continue\r\n", b"Upgrade: h2c\r\n",
    b"x-amz-sns-rawdelivery: true\r\n", b"HTTP/1.0", b"HTTP/2.0", b"GET ", b"OPTIONS * ", b"http://evil/", b"//", b"?",
    b"%00", b"{", b"[" * 3_000, b'"', b"\\ud800", b"\\u0000", b"NaN", b"1e99999", b"-", b"9" * 5_000, b"\xff\xfe", b":",
]  # fmt: skip

#: Lines of a head that two parsers read differently; `%d` is the length of what is sent.
TWO_READINGS = [
    b"Content-Length: %d\r\nTransfer-Encoding: chunked", b"Transfer-Encoding: chunked\r\nContent-Length: %d",
    b"Content-Length: %d\r\nTransfer-Encoding: xchunked", b"Content-Length: %d\r\ntransfer-encoding:\tchunked",
    b"Content-Length: %d\r\nTransfer-Encoding: identity, chunked", b"Content-Length: %d\r\nTransfer-Encoding : chunked",
    b"Content-Length: %d\r\n Transfer-Encoding: chunked", b"Content-Length: %d\r\nX: y\rTransfer-Encoding: chunked",
    b"Content-Length: %d\r\nContent-Length: 0", b"Content-Length: 0\r\nContent-Length: %d", b"Content-Length: +%d",
    b"Content-Length: %d, 0", b"Content-Length: 0x%d", b"Content-Length: %d_0", b"Content-Length : %d",
    b"Content-Length: -%d", b"Content-\x00Length: %d", b"X: \x00\r\nContent-Length: %d",
]  # fmt: skip

#: What hides behind them; only a smuggled request is ever answered with this.
HIDDEN = b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"


@dataclass(slots=True)
class Session:
    """One front, what was sent to it, and what came of that."""

    front: Front
    dice: random.Random
    keep: Path
    statuses: Counter[str] = field(default_factory=Counter)
    finds: set[str] = field(default_factory=set)
    slowest: float = 0.0
    memory: list[int] = field(default_factory=list)

    def send(self, request: bytes) -> list[Reply]:
        """Send one request and judge what comes back."""
        begun = time.monotonic()
        try:
            answers = replies(_exchange(self.front, request))
        except TimeoutError:
            self.find("hang", request, f"no end after {HANGS_AFTER:g} s")
            return []
        except (ValueError, IndexError) as error:
            self.find("unreadable-answer", request, repr(error))
            return []
        self.slowest = max(self.slowest, time.monotonic() - begun)
        self.statuses.update(str(answer.status) for answer in answers)
        for answer in answers:
            if answer.status not in FINE:
                self.find(f"status-{answer.status}", request, answer.body.decode("utf-8", "replace"))
        return answers

    def send_smuggled(self, request: bytes) -> None:
        """A head with two readings is refused, once, and nothing behind it is heard."""
        statuses = [answer.status for answer in self.send(request)]
        if statuses not in ([400], []):  # [] where the front hung up while we still wrote
            self.find("smuggled", request, str(statuses))

    def look(self, last: bytes) -> None:
        """Is it well? Good notifications pass, nothing of ours is in the log, memory stays."""
        good = self.front.post(self.front.signer.notification(created(f"good-{self.dice.random()}.csv")))
        if good.status != 200:
            self.find(f"good-one-refused-{good.status}", last, good.body.decode("utf-8", "replace"))
        logged = self.front.log.read_text(errors="replace")
        if "Traceback" in logged or '"request_failed"' in logged or '"connection_failed"' in logged:
            self.find("traceback", last, logged[-20_000:])
        with self.front.log.open("r+b") as log:
            log.truncate(0)  # the front appends, so it goes on at the new end
        self.memory.append(_resident_kb(self.front))

    def find(self, signature: str, request: bytes, text: str) -> None:
        """Keep a find, and say so the first time."""
        self.keep.mkdir(parents=True, exist_ok=True)
        path = self.keep / f"door-{signature}.case"
        if signature not in self.finds:
            self.finds.add(signature)
            path.write_bytes(request)
            path.with_suffix(".txt").write_text(text)
            print(f'✕ {signature}: make fuzz ARGS="--door --replay {path}"', flush=True)


def main(arguments: list[str]) -> int:
    """Exit code 1 if anything was found."""
    options = _options(arguments)
    with tempfile.TemporaryDirectory(prefix="fuzz-door-") as folder, running(Path(folder), SNS_CONFIRM="manual") as up:
        session = Session(up, random.Random(options.seed), options.keep)
        if options.replay is not None:
            print([answer.status for answer in session.send(options.replay.read_bytes())])
        else:
            print(f"fuzzing POST / for {options.minutes:g} minutes, seed {options.seed}", flush=True)
            fuzz(session, time.monotonic() + 60 * options.minutes)
        session.look(b"")
    return 1 if session.finds else 0


def fuzz(session: Session, until: float) -> int:
    """Send until the time is up; the number of requests."""
    sent, told = 0, time.monotonic()
    kinds = (wire, body, envelope, signed, smuggled, chunked)
    while time.monotonic() < until:
        kind = kinds[sent % len(kinds)]
        request = kind(session.front, session.dice)
        if kind is smuggled:
            session.send_smuggled(request)
        else:
            session.send(request)
        sent += 1
        if sent >= WARM and sent % LOOK_EVERY == 0:
            session.look(request)
        if time.monotonic() - told > 60:
            told = time.monotonic()
            print(_line(session, sent), flush=True)
    if len(session.memory) > 1 and session.memory[-1] - session.memory[0] > MOST_GROWTH_KB:
        session.find("memory-grows", b"", str(session.memory))
    print(f"done: {_line(session, sent)}", flush=True)
    return sent


def wire(front: Front, dice: random.Random) -> bytes:
    """A good request with wrong bytes anywhere."""
    return mangled(_request(_good(front, dice)), dice)


def body(front: Front, dice: random.Random) -> bytes:
    """A good head, and a body with wrong bytes."""
    return _request(mangled(_good(front, dice), dice))


def envelope(front: Front, dice: random.Random) -> bytes:
    """Fields that are missing, of another type, or odd."""
    made = dice.choice((front.signer.notification, front.signer.confirmation, front.signer.unsubscribe_confirmation))
    document = made(created("x.csv")) if made == front.signer.notification else made()  # type: ignore[call-arg]
    return _request(json.dumps(warped(document, dice)).encode())


def signed(front: Front, dice: random.Random) -> bytes:
    """Odd events under a good signature."""
    event = warped(created(*(f"{dice.randrange(1_000)}.csv" for _ in range(dice.choice((1, 1, 3, 50))))), dice)
    text = json.dumps(event)
    if dice.random() < 0.2:
        text = mangled(text.encode(), dice).decode("utf-8", "replace")
    return _request(json.dumps(front.signer.notification(text)).encode())


def smuggled(front: Front, dice: random.Random) -> bytes:
    """A head with two readings, and a second request where one of them sees the end of the first."""
    content = dice.choice((b"", b"0\r\n\r\n", _good(front, dice))) + HIDDEN
    lines = [b"POST / HTTP/1.1", b"Host: localhost", dice.choice(TWO_READINGS) % len(content)]
    lines[2:2] = [b"X-%d: y" % number for number in range(dice.choice((0, 0, 1, 20)))]
    return b"\r\n".join([*lines, b"", content])


def chunked(front: Front, dice: random.Random) -> bytes:
    """A body in chunks, whole or with wrong sizes, extensions and trailers."""
    content, chunks = _good(front, dice), bytearray()
    while content:
        size = dice.choice((1, 7, 200, 5_000))
        part, content = content[:size], content[size:]
        told = dice.choice((b"%x", b"%x", b"%X;a=b", b"0%x", b"-%x", b"%xg", b" %x", b"ffffffff%x")) % len(part)
        chunks += told + b"\r\n" + part + dice.choice((b"\r\n", b"\r\n", b"\n", b""))
    end = dice.choice((b"0\r\n\r\n", b"0\r\nContent-Length: 5\r\n\r\n", b"0\r\n", b""))
    return b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n" + bytes(chunks) + end


def mangled(data: bytes, dice: random.Random) -> bytes:
    """One to four edits: a byte, a word, a slice twice or gone."""
    result = bytearray(data)
    for _ in range(dice.randint(1, 4)):
        at = dice.randrange(len(result) + 1)
        match dice.randrange(4):
            case 0 if at < len(result):
                result[at] = dice.randrange(256)
            case 1:
                result[at:at] = dice.choice(WORDS)
            case 2:
                result[at:at] = result[at : at + dice.randrange(200)]
            case _:
                del result[at : at + dice.choice((1, 1, 10, 300))]
    return bytes(result)


def warped(document: Any, dice: random.Random) -> Any:
    """One to three places of a document replaced, removed or doubled."""
    result = copy.deepcopy(document)
    for _ in range(dice.randint(1, 3)):
        place = result
        while isinstance(place, dict | list) and place:
            name = dice.choice(list(place)) if isinstance(place, dict) else dice.randrange(len(place))
            if dice.random() < 0.4 or not isinstance(place[name], dict | list):
                _change(place, name, dice)
                break
            place = place[name]
    return result


def _change(place: Any, name: Any, dice: random.Random) -> None:
    choice = dice.random()
    if choice < 0.2:
        del place[name]
    elif choice < 0.3 and isinstance(place, list):
        place.extend([place[name]] * dice.choice((1, 1_200)))
    elif choice < 0.4 and isinstance(place, dict):
        place[dice.choice(("Type", "Records", "detail", "Message", "x" * 300, ""))] = place[name]
    else:
        place[name] = dice.choice(ODD)


def _good(front: Front, dice: random.Random) -> bytes:
    return json.dumps(front.signer.notification(created(f"{dice.randrange(1_000)}.csv"))).encode()


def _request(content: bytes) -> bytes:
    head = f"POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {len(content)}\r\n\r\n"
    return head.encode() + content


def _exchange(front: Front, request: bytes) -> bytes:
    """Everything until the front hangs up. Our side is shut first: a length that promises too much waits for nobody."""
    received = bytearray()
    with front.connected(timeout=HANGS_AFTER) as connection:
        try:
            connection.sendall(request)
            connection.shutdown(1)
            while chunk := connection.recv(65_536):
                received += chunk
        except (ConnectionResetError, BrokenPipeError, OSError) as error:
            if isinstance(error, TimeoutError):
                raise
    return bytes(received)


def _resident_kb(front: Front) -> int:
    assert front.process is not None
    pages = int(Path(f"/proc/{front.process.pid}/statm").read_text().split()[1])
    return pages * resource.getpagesize() // 1_024


def _line(session: Session, sent: int) -> str:
    answers = ", ".join(f"{status}: {count:,}" for status, count in sorted(session.statuses.items()))
    memory = f"{session.memory[0]:,} → {session.memory[-1]:,} KiB" if session.memory else "not yet read"
    return (
        f"{sent:,} requests ({answers}), slowest {session.slowest:.2f} s, memory {memory}, {len(session.finds)} finds"
    )


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog='make fuzz ARGS="--door"', description=__doc__)
    parser.add_argument("--minutes", type=float, default=5, help="how long")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, default=Path(__file__).parents[2] / ".fuzz", help="for what is found")
    parser.add_argument("--replay", type=Path, help="send one kept request again")
    return parser.parse_args(arguments)
