"""The past in a file: one JSON line for each accepted file, for people who check without a service.

    {"contract": "orders", "schema": "rows", "file": "mon.csv", "identity": "…", "at": "2026-11-23T…", "profile": {…}}

It is always whole: a change writes a new file beside it and takes its place. Whoever writes holds a lock for that long,
so checks that run at the same time lose nothing of each other.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fileproc.domain.objects import ObjectRef
from fileproc.domain.profiles import KEPT, Past, Profile, trained_by
from fileproc.errors import Unavailable, UsageError

#: Larger than what a hundred contracts with code lists leave behind.
LARGEST_FILE = 256 << 20


@dataclass(frozen=True, slots=True)
class Entry:
    """One line."""

    contract: str
    schema: str
    identity: str
    past: Past

    def line(self) -> str:
        document = {
            "contract": self.contract,
            "schema": self.schema,
            "file": self.past.file,
            "identity": self.identity,
            "at": self.past.at.isoformat(),
            "profile": self.past.profile.to_document(),
        }
        return json.dumps(document, separators=(",", ":")) + "\n"


class HistoryFile:
    """The accepted files of the past, as a file keeps them; it need not be there yet."""

    def __init__(self, path: Path) -> None:
        """Raises UsageError when there is a file, and it is none of ours."""
        self._path = Path(os.path.realpath(path))
        self._entries()

    def accepted_before(self, contract: str, schema: str, *, before: datetime, but: ObjectRef, most: int) -> list[Past]:
        """Accepted files of a contract's schema object that came before a moment, newest first, without this one.

        Raises:
            UsageError: the file is none of ours; says which line.
        """
        identity = _digest(but)
        mine = [one for one in self._entries() if (one.contract, one.schema) == (contract, schema)]
        past = [one.past for one in mine if one.past.at < before and one.identity != identity]
        return sorted(past, key=lambda one: one.at, reverse=True)[:most]

    def came_at(self, ref: ObjectRef) -> datetime | None:
        """When this very file was accepted first: checked again, it is compared with what came before that."""
        identity = _digest(ref)
        return next((one.past.at for one in self._entries() if one.identity == identity), None)

    def remember(self, report: Mapping[str, Any], ref: ObjectRef, *, name: str, at: datetime) -> None:
        """Exchange what is known of this file for what its settled report says: nothing, unless it was accepted.

        Raises:
            UsageError: the file is none of ours.
            Unavailable: it cannot be written.
        """
        identity = _digest(ref)
        trained = trained_by(report)
        with self._locked():
            before = self._entries()
            entries = [one for one in before if one.identity != identity]
            if trained is not None:
                entries.append(Entry(trained.contract, trained.schema, identity, Past(name, at, trained.profile)))
            kept = _trimmed(entries)
            if kept != before:
                self._write(kept)

    def _entries(self) -> list[Entry]:
        try:
            with self._path.open("rb") as file:
                data = file.read(LARGEST_FILE + 1)
        except FileNotFoundError:
            return []
        except OSError as error:
            raise UsageError(f"the history {self._path} cannot be read: {error.strerror}") from None
        if len(data) > LARGEST_FILE:
            raise UsageError(f"the history {self._path} is larger than {LARGEST_FILE:,} bytes", fix="begin a new one")
        return [self._entry(number, line) for number, line in enumerate(data.splitlines(), 1) if line.strip()]

    def _entry(self, number: int, line: bytes) -> Entry:
        try:
            document = json.loads(line)
            at = datetime.fromisoformat(document["at"])
            past = Past(
                str(document["file"]),
                at if at.tzinfo else at.replace(tzinfo=UTC),
                Profile.from_document(document["profile"]),
            )
            return Entry(str(document["contract"]), str(document["schema"]), str(document["identity"]), past)
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
            fix = "name another file, or remove the line"
            raise UsageError(f"{self._path}:{number}: this is no line of a history", fix=fix) from None

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One writer at a time; the lock is on the folder, since the file itself is exchanged."""
        try:
            descriptor = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY)
        except OSError as error:
            raise UsageError(f"the history {self._path} cannot be written: {error.strerror}") from None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _write(self, entries: list[Entry]) -> None:
        new = self._path.with_name(f".{self._path.name}.{secrets.token_hex(4)}")
        try:
            try:
                with new.open("w", encoding="ascii") as file:
                    file.writelines(one.line() for one in entries)
                    file.flush()
                    os.fsync(file.fileno())
                new.replace(self._path)
            finally:
                new.unlink(missing_ok=True)
        except OSError as error:
            raise Unavailable(f"the history {self._path} cannot be written: {error.strerror}") from None


def _digest(ref: ObjectRef) -> str:
    return hashlib.sha256(ref.identity.encode("utf-8", "surrogatepass")).hexdigest()


def _trimmed(entries: list[Entry]) -> list[Entry]:
    """The newest of each series, in the order in which they came."""
    kept: list[Entry] = []
    counted: dict[tuple[str, str], int] = {}
    for one in sorted(entries, key=lambda entry: entry.past.at, reverse=True):
        series = (one.contract, one.schema)
        counted[series] = counted.get(series, 0) + 1
        if counted[series] <= KEPT:
            kept.append(one)
    return kept[::-1]
