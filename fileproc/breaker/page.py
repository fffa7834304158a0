"""The breaker's page: one mapped file that every process of the host can read, without locks.

Theory. There is one writer, the pool. It fills the slot that is not current (payload, length, checksum), then stores
the sequence word that makes it current. A reader takes the sequence word, copies that slot and checks the checksum; if
a writer came between, it looks again. A writer that is killed half-way leaves the last good slot current, and a reader
never sees half of one state and half of another. Checksums make this true whatever order a processor writes memory in.

The front's one cell is the command word: a number of the request and what is asked. The pool answers by storing the
same number in the acknowledgement word. If the pool is down the word stays, and the next pool does it first thing.

Instants in the page are monotonic, so they mean something only under the same boot; a page of another boot, version or
size is not adopted.
"""

from __future__ import annotations

import contextlib
import json
import mmap
import os
import struct
import zlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fileproc.breaker.states import Breaker, JobFailure, Policy, State
from fileproc.clock import Clock, iso

MAGIC = b"FPBR0001"
PAGE_BYTES = 16_384
BOOT = slice(8, 56)
SEQUENCE = 64
SLOTS = (256, 4_352)
SLOT_BYTES = 4_096
COMMAND = 8_448
ACKNOWLEDGED = 8_512
BEAT = 8_576

_head = struct.Struct("<QII")  # sequence, length, checksum
_command = struct.Struct("<QBI")  # request, operation, checksum

OPERATIONS = {"reset": 1, "open": 2}
NAMES = {number: name for name, number in OPERATIONS.items()}

#: The pool beats about once a second; after this many seconds without one its page is stale.
STALE_SECONDS = 5.0

#: A reader that meets a writer this often in a row gives up and says what it saw last.
LOOKS = 100

#: Bytes; eight failures and the rest must fit into a slot, however hostile the key in a reason is.
LONGEST_REASON = 160


@dataclass(frozen=True, slots=True)
class BreakerView:
    """What a reader sees, derived at the moment of reading."""

    state: str = "closed"
    consecutive_failures: int = 0
    last_failure_time: float | None = None
    cooldown_remaining: float = 0.0
    last_failures: tuple[JobFailure, ...] = ()
    max_failures: int = 0
    cooldown_seconds: float = 0.0
    held: int = 0
    generation: int = 0
    stale: bool = True
    reset_pending: bool = False

    @property
    def active(self) -> bool:
        """Whether new work is kept back."""
        return self.state != State.CLOSED

    @property
    def accepting_holds(self) -> bool:
        """Whether what arrives now must wait: open, or half open and probing."""
        return self.active

    def to_document(self) -> dict[str, Any]:
        """The answer of `GET /breaker`."""
        last = self.last_failure_time
        return {
            "active": self.active,
            "consecutive_failures": self.consecutive_failures,
            "last_failure_time": last,
            "cooldown_remaining": round(self.cooldown_remaining, 3),
            "state": self.state,
            "last_failure_at": None if last is None else iso(datetime.fromtimestamp(last, UTC)),
            "last_failures": [
                {
                    "job_id": str(failure.job_id),
                    "class": failure.job_class,
                    "reason": failure.reason,
                    "at": iso(datetime.fromtimestamp(failure.at, UTC)),
                }
                for failure in reversed(self.last_failures)
            ],
            "max_failures": self.max_failures,
            "cooldown_seconds": self.cooldown_seconds,
            "held": self.held,
            "generation": self.generation,
            "stale": self.stale,
            "reset_pending": self.reset_pending,
        }


class _Mapped:
    """The mapped file and its cells."""

    def __init__(self, path: Path) -> None:
        descriptor = os.open(path, os.O_RDWR)
        try:
            self.map = mmap.mmap(descriptor, PAGE_BYTES)
        finally:
            os.close(descriptor)
        # Words are stored through a view, as one store: `struct.pack_into` clears its target before it fills it, and
        # a writer that is killed in between would leave a zero behind.
        self._words = memoryview(self.map).cast("Q")
        self._instants = memoryview(self.map).cast("d")

    def word(self, offset: int) -> int:
        return self._words[offset // 8]

    def store(self, offset: int, value: int) -> None:
        self._words[offset // 8] = value

    def instant(self, offset: int) -> float:
        return self._instants[offset // 8]

    def store_instant(self, offset: int, value: float) -> None:
        self._instants[offset // 8] = value

    def payload(self) -> dict[str, Any] | None:
        """The current slot's content, or None if no whole one could be seen."""
        for _ in range(LOOKS):
            sequence = self.word(SEQUENCE)
            if sequence == 0:
                return None
            offset = SLOTS[sequence & 1]
            slot = bytes(self.map[offset : offset + SLOT_BYTES])
            seen, length, checksum = _head.unpack_from(slot)
            body = slot[_head.size : _head.size + length]
            if seen == sequence and len(body) == length and zlib.crc32(body, seen & 0xFFFFFFFF) == checksum:
                content: dict[str, Any] = json.loads(body)
                return content
        return None

    def write_payload(self, content: dict[str, Any]) -> None:
        """Fill the other slot, then make it current; the last store is what counts."""
        sequence = self.word(SEQUENCE) + 1
        body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
        offset = SLOTS[sequence & 1]
        self.map[offset + _head.size : offset + _head.size + len(body)] = body
        _head.pack_into(self.map, offset, sequence, len(body), zlib.crc32(body, sequence & 0xFFFFFFFF))
        self.store(SEQUENCE, sequence)

    def command(self) -> tuple[int, str] | None:
        """The latest request and what it asks, if it is whole."""
        request, operation, checksum = _command.unpack_from(self.map, COMMAND)
        if checksum != zlib.crc32(_command.pack(request, operation, 0)) or operation not in NAMES:
            return None
        return request, NAMES[operation]


class PageWriter:
    """The pool's side: the only writer of the state. Adopts a page of the same boot, else begins closed."""

    def __init__(self, path: Path, clock: Clock, policy: Policy, *, boot_id: str) -> None:
        self._clock = clock
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not _is_ours(path, boot_id):
            _create(path, boot_id)
        self._page = _Mapped(path)
        content = self._page.payload()
        self.breaker = _breaker_of(content, policy) if content else Breaker(policy=policy)
        self._held = int(content.get("held", 0)) if content else 0
        self.publish()
        self.beat()

    def publish(self, breaker: Breaker | None = None, *, held: int | None = None) -> None:
        """Make this moment the one that readers see."""
        self.breaker = self.breaker if breaker is None else breaker
        self._held = self._held if held is None else held
        self._page.write_payload(_content_of(self.breaker, self._held))

    def beat(self) -> None:
        """Say that the pool is alive."""
        self._page.store_instant(BEAT, self._clock.monotonic())

    def take_command(self) -> str | None:
        """What was asked and not yet done: `reset`, `open` or None. Taking it acknowledges it."""
        command = self._page.command()
        if command is None or command[0] == self._page.word(ACKNOWLEDGED):
            return None
        return command[1]

    def acknowledge(self) -> None:
        """The latest command is done and published."""
        command = self._page.command()
        if command is not None:
            self._page.store(ACKNOWLEDGED, command[0])


class PageReader:
    """Any other process's side. A page that is not there (yet) reads as closed and stale."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._clock = clock
        self._page: _Mapped | None = None
        self._inode = 0
        self._last = BreakerView()

    def read(self) -> BreakerView:
        """The breaker now; state and remaining time are derived from the clock, so nobody has to tick."""
        page = self._mapped()
        if page is None:
            return BreakerView()
        content = page.payload()
        if content is None:
            return replace(self._last, stale=True)
        self._last = self._view(page, content)
        return self._last

    def command(self, operation: str) -> int:
        """Ask for `reset` or `open`; returns the number of the request.

        Raises:
            FileNotFoundError: there is no page, so no pool ever ran here.
        """
        page = self._mapped()
        if page is None:
            raise FileNotFoundError(self._path)
        before = page.command()
        request = max(before[0] if before else 0, page.word(ACKNOWLEDGED)) + 1
        number = OPERATIONS[operation]
        _command.pack_into(page.map, COMMAND, request, number, zlib.crc32(_command.pack(request, number, 0)))
        return request

    def acknowledged(self, request: int) -> bool:
        """Whether the pool has done it."""
        page = self._mapped()
        return page is not None and page.word(ACKNOWLEDGED) >= request

    def _view(self, page: _Mapped, content: dict[str, Any]) -> BreakerView:
        now = self._clock.monotonic()
        policy = Policy(**content["policy"])
        breaker = _breaker_of(content, policy).at(now)
        beat = page.instant(BEAT)
        command = page.command()
        return BreakerView(
            state=breaker.state.value,
            consecutive_failures=breaker.consecutive,
            last_failure_time=breaker.failures[-1].at if breaker.failures else None,
            cooldown_remaining=max(0.0, breaker.open_until - now) if breaker.state is State.OPEN else 0.0,
            last_failures=breaker.failures,
            max_failures=policy.max_failures,
            cooldown_seconds=policy.cooldown,
            held=int(content["held"]),
            generation=breaker.generation,
            stale=now - beat > STALE_SECONDS,
            reset_pending=command is not None and command[0] > page.word(ACKNOWLEDGED),
        )

    def _mapped(self) -> _Mapped | None:
        """The page, mapped anew when another pool has put another file in its place."""
        try:
            inode = self._path.stat().st_ino
            if self._page is None or inode != self._inode:
                self._page = _Mapped(self._path)
                self._inode = inode
        except (OSError, ValueError):
            self._page = None
        return self._page


def _content_of(breaker: Breaker, held: int) -> dict[str, Any]:
    return {
        "policy": {name: getattr(breaker.policy, name) for name in ("max_failures", "cooldown", "probes")},
        "state": breaker.state.value,
        "consecutive": breaker.consecutive,
        "generation": breaker.generation,
        "open_until": breaker.open_until,
        "cooldown": breaker.cooldown,
        "failures": [[f.job_id, f.job_class, _short(f.reason), f.at] for f in breaker.failures],
        "counted": list(breaker.counted),
        "held": held,
    }


def _short(reason: str) -> str:
    printable = "".join(character if character.isprintable() else "?" for character in reason)
    return printable.encode("utf-8", "replace")[:LONGEST_REASON].decode("utf-8", "ignore")


def _breaker_of(content: dict[str, Any], policy: Policy) -> Breaker:
    """The breaker as the page has it. Probes are not in it: their workers died with the pool that knew them."""
    return Breaker(
        policy=policy,
        state=State(content["state"]),
        consecutive=content["consecutive"],
        generation=content["generation"],
        open_until=content["open_until"],
        cooldown=content["cooldown"],
        failures=tuple(JobFailure(*failure) for failure in content["failures"]),
        counted=tuple(content["counted"]),
    )


def _is_ours(path: Path, boot_id: str) -> bool:
    try:
        data = path.read_bytes()
    except OSError:
        return False
    return len(data) == PAGE_BYTES and data.startswith(MAGIC) and data[BOOT].rstrip(b"\0") == boot_id.encode()[:48]


def _create(path: Path, boot_id: str) -> None:
    """Make the page whole before it gets its name, so nobody ever maps half of one."""
    page = bytearray(PAGE_BYTES)
    page[: len(MAGIC)] = MAGIC
    mark = boot_id.encode()[:48]
    page[BOOT.start : BOOT.start + len(mark)] = mark
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with contextlib.suppress(FileNotFoundError):
        temporary.unlink()
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(page)
    temporary.replace(path)
