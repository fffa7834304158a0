"""The breaker's page: one mapped file that every process of the host can read, without locks.

Theory. There is one writer, the pool. It fills the slot that is not current (payload, length, checksum), then stores
the sequence word that makes it current. A reader takes the sequence word, copies that slot and checks the checksum; if
a writer came between, it looks again. A writer that is killed half-way leaves the last good slot current, and a reader
never sees half of one state and half of another. Checksums make this true whatever order a processor writes memory in.

The front's cells are the commands: a number of the request, what is asked, and of which bucket. They are taken in their
order, and the pool answers each by storing its number in the acknowledgement word. If the pool is down the commands
stay, and the next pool does them first thing.

Instants in the page are monotonic, so they mean something only under the same boot. The first word is the version of
the layout: the one before is read (and adopted) too, so that front and pool may be upgraded one after the other; a page
of any other version is refused by name.
"""

from __future__ import annotations

import contextlib
import json
import mmap
import os
import struct
import zlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from fileproc.breaker.content import circuits_of, content_of
from fileproc.breaker.scopes import NAME, Circuits
from fileproc.breaker.states import Policy
from fileproc.breaker.view import BreakerView, view_of
from fileproc.clock import Clock
from fileproc.errors import Unavailable, UsageError

BOOT = slice(8, 56)
SEQUENCE = 64
ACKNOWLEDGED = 8_512
BEAT = 8_576

#: Commands that may wait at a time; the next one is refused until the pool has taken some.
CELLS = 16
CELL = 288
COMMANDS = 256

_head = struct.Struct("<QII")  # sequence, length, checksum
_command = struct.Struct("<QBH255sI")  # request, operation, length of the bucket's name, the name, checksum

OPERATIONS = {"reset": 1, "open": 2}
NAMES = {number: name for name, number in OPERATIONS.items()}

#: A reader that meets a writer this often in a row gives up and says what it saw last.
LOOKS = 100


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the slots of one version are."""

    page_bytes: int
    slots: tuple[int, int]
    slot_bytes: int
    takes_commands: bool = True


MAGIC = b"FPBR0002"
LAYOUTS = {
    MAGIC: Layout(147_456, (16_384, 81_920), 65_536),
    b"FPBR0001": Layout(16_384, (256, 4_352), 4_096, takes_commands=False),
}


@dataclass(frozen=True, slots=True)
class Command:
    """What somebody asked: `reset` or `open`, of one bucket or (None) of everything."""

    request: int
    operation: str
    bucket: str | None = None


class UnknownLayout(UsageError):
    """A page that another version of the program made."""

    http_status = 503


class _Mapped:
    """The mapped file and its cells."""

    def __init__(self, path: Path) -> None:
        descriptor = os.open(path, os.O_RDWR)
        try:
            self.layout = _layout(os.pread(descriptor, len(MAGIC), 0), path)
            self.map = mmap.mmap(descriptor, self.layout.page_bytes)
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
            offset = self.layout.slots[sequence & 1]
            seen, length, checksum = _head.unpack_from(self.map, offset)
            start = offset + _head.size
            body = bytes(self.map[start : start + min(length, self.layout.slot_bytes - _head.size)])
            if seen == sequence and len(body) == length and zlib.crc32(body, seen & 0xFFFFFFFF) == checksum:
                content: dict[str, Any] = json.loads(body)
                return content
        return None

    def write_payload(self, content: dict[str, Any]) -> None:
        """Fill the other slot, then make it current; the last store is what counts."""
        sequence = self.word(SEQUENCE) + 1
        body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
        offset = self.layout.slots[sequence & 1]
        self.map[offset + _head.size : offset + _head.size + len(body)] = body
        _head.pack_into(self.map, offset, sequence, len(body), zlib.crc32(body, sequence & 0xFFFFFFFF))
        self.store(SEQUENCE, sequence)

    def commands(self) -> list[Command]:
        """What was asked and not yet done, in its order. A cell that was not written to its end is none."""
        if not self.layout.takes_commands:
            return []
        done = self.word(ACKNOWLEDGED)
        cells = [
            cell for cell in range(CELLS) if self.word(COMMANDS + cell * CELL) > done
        ]  # the pool asks all the time
        return sorted(filter(None, map(self._command, cells)), key=lambda command: command.request)

    def _command(self, cell: int) -> Command | None:
        request, operation, length, name, checksum = _command.unpack_from(self.map, COMMANDS + cell * CELL)
        if checksum != zlib.crc32(_command.pack(request, operation, length, name, 0)) or operation not in NAMES:
            return None
        return Command(request, NAMES[operation], name[:length].decode("ascii", "replace") or None)

    def ask(self, command: Command) -> None:
        """Write a command into its cell."""
        name = (command.bucket or "").encode("ascii")
        parts = (command.request, OPERATIONS[command.operation], len(name), name)
        checksum = zlib.crc32(_command.pack(*parts, 0))
        _command.pack_into(self.map, COMMANDS + command.request % CELLS * CELL, *parts, checksum)


class PageWriter:
    """The pool's side: the only writer of the state. Adopts a page of the same boot, else begins closed."""

    def __init__(self, path: Path, clock: Clock, policy: Policy, *, boot_id: str) -> None:
        self._clock = clock
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        found = _adopted(path, boot_id)
        content = found.payload() if found is not None else None
        if found is None or found.layout is not LAYOUTS[MAGIC]:
            _create(path, boot_id)
            found = _Mapped(path)
        self._page = found
        self.circuits = circuits_of(content, policy) if content else Circuits.closed(policy)
        self._held = int(content.get("held", 0)) if content else 0
        self.publish()
        self.beat()

    def publish(self, circuits: Circuits | None = None, *, held: int | None = None) -> None:
        """Make this moment the one that readers see."""
        self.circuits = self.circuits if circuits is None else circuits
        self._held = self._held if held is None else held
        self._page.write_payload(content_of(self.circuits, self._held))

    def beat(self) -> None:
        """Say that the pool is alive."""
        self._page.store_instant(BEAT, self._clock.monotonic())

    def commands(self) -> list[Command]:
        """What was asked and is not acknowledged yet, in its order."""
        return self._page.commands()

    def acknowledge(self, command: Command) -> None:
        """This command is done and published."""
        self._page.store(ACKNOWLEDGED, command.request)


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
        try:
            page = self._mapped()
        except UnknownLayout as error:
            return BreakerView(problem=str(error))
        if page is None:
            return BreakerView()
        content = page.payload()
        if content is None:
            return replace(self._last, stale=True)
        now = self._clock.monotonic()
        pending = bool(page.commands())
        self._last = view_of(content, now, beat=page.instant(BEAT), reset_pending=pending)
        return self._last

    def command(self, operation: str, bucket: str | None = None) -> int:
        """Ask for `reset` or `open`, of one bucket or of everything; returns the number of the request.

        Raises:
            FileNotFoundError: there is no page, so no pool ever ran here.
            UsageError: no bucket can have this name, or another version of the program made the page.
            Unavailable: too many commands wait for a pool that is down, or the pool is of the version before.
        """
        if bucket is not None and not NAME.fullmatch(bucket):
            raise UsageError("no bucket can have this name")
        page = self._mapped()
        if page is None:
            raise FileNotFoundError(self._path)
        if not page.layout.takes_commands:
            raise Unavailable("the pool is of the version before", fix="restart `fileproc pool`")
        waiting = page.commands()
        if len(waiting) >= CELLS - 1:
            raise Unavailable(f"{len(waiting)} commands wait for the pool", fix="start `fileproc pool`")
        request = max([page.word(ACKNOWLEDGED), *(one.request for one in waiting)]) + 1
        page.ask(Command(request, operation, bucket))
        return request

    def acknowledged(self, request: int) -> bool:
        """Whether the pool has done it."""
        page = self._mapped()
        return page is not None and page.word(ACKNOWLEDGED) >= request

    def _mapped(self) -> _Mapped | None:
        """The page, mapped anew when another pool has put another file in its place.

        Raises:
            UnknownLayout: another version of the program made it.
        """
        try:
            inode = self._path.stat().st_ino
            if self._page is None or inode != self._inode:
                self._page = None
                self._page = _Mapped(self._path)
                self._inode = inode
        except (OSError, ValueError):
            self._page = None
        return self._page


def _layout(magic: bytes, path: Path) -> Layout:
    """The layout that the first word names."""
    if magic not in LAYOUTS:
        shown = magic.decode("ascii", "backslashreplace")
        raise UnknownLayout(
            f"the breaker's page {path} has the layout {shown!r}, which this version does not know",
            fix="run front and pool in the same version of fileproc",
        )
    return LAYOUTS[magic]


def _adopted(path: Path, boot_id: str) -> _Mapped | None:
    """The page that is there, if it is whole, of this boot, and of a layout that we know."""
    try:
        with path.open("rb") as file:
            data = file.read(BOOT.stop)
            size = os.fstat(file.fileno()).st_size
        layout = _layout(data[: len(MAGIC)], path)
        ours = size == layout.page_bytes and data[BOOT].rstrip(b"\0") == boot_id.encode()[:48]
        return _Mapped(path) if ours else None
    except (OSError, ValueError, UnknownLayout):
        return None


def _create(path: Path, boot_id: str) -> None:
    """Make the page whole before it gets its name, so nobody ever maps half of one."""
    page = bytearray(LAYOUTS[MAGIC].page_bytes)
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
