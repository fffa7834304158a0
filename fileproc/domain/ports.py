"""What the services need from outside, as protocols: adapters in aws/, store/ and metrics/ fulfil them, so do the fakes
in tests/fakes/, and both pass the same tests in tests/ports/."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from fileproc.domain.deliveries import Delivery, Ending
from fileproc.domain.jobs import Attempt, Job, JobClass, JobState
from fileproc.domain.objects import ObjectRef
from fileproc.domain.profiles import Past


@dataclass(frozen=True, slots=True)
class NewJob:
    """A job to be accepted; `state` is available, held or cancelled (skipped on purpose)."""

    ref: ObjectRef
    state: JobState = JobState.AVAILABLE
    message_id: str | None = None
    region: str | None = None
    event_time: datetime | None = None


@dataclass(frozen=True, slots=True)
class Added:
    """What the journal did with a NewJob: the new id, or the id of the job it duplicates."""

    job_id: int
    duplicate: bool
    state: JobState


@dataclass(frozen=True, slots=True)
class Settlement:
    """The end of one attempt, decided: the next state, and everything that is stored with it in one commit.

    `report` is the report document (None for an attempt that ends without one and is tried again). `retry_in` is how
    many seconds from now, by the journal's clock, the next attempt must wait; None is at once.
    """

    state: JobState
    job_class: JobClass
    reason: str | None = None
    verdict: str | None = None
    report: dict[str, Any] | None = None
    retry_in: float | None = None
    evidence: dict[str, Any] = field(default_factory=dict)
    attempt: Attempt | None = None


@dataclass(frozen=True, slots=True)
class PoolIdentity:
    """Who a pool process is: pid and its start time under one boot prove its death on the same host."""

    id: str
    host: str
    boot_id: str
    pid: int
    pid_start: int


@dataclass(frozen=True, slots=True)
class Fetched:
    """A local copy of exactly one version of an object."""

    path: Path
    size: int
    etag: str | None
    version_id: str | None
    facts: dict[str, str] = field(default_factory=dict)  # what else the store says of it, by the names of ODCS's blob


@dataclass(frozen=True, slots=True)
class Known:
    """A job of an object, as whoever knows only the object sees it."""

    version_id: str | None
    etag: str | None
    state: JobState


@dataclass(frozen=True, slots=True)
class Received:
    """A message of a queue; `handle` is this receipt's, `receives` how often it has been received by now."""

    id: str
    handle: str
    body: str
    receives: int = 1


@dataclass(frozen=True, slots=True)
class QueueOutcome:
    """Ids of messages that an action did not reach: those whose handle is `lost`, and those to try `again`."""

    lost: frozenset[str] = frozenset()
    again: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Line:
    """Jobs of one state, bucket and order of size that wait, the oldest first."""

    state: JobState
    bucket: str
    weight: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """A job that waits, as whoever chooses sees it; `waited` is seconds, by the journal's clock."""

    id: int
    bucket: str
    key: str
    size: int | None
    waited: float


class Queue(Protocol):
    """Messages that are hidden while somebody has them, and come again unless deleted. Raises QueueUnavailable."""

    def receive(self, most: int, *, wait: float, visibility: float) -> list[Received]:
        """Up to `most` messages, hidden from others for `visibility` seconds; waits `wait` seconds for the first."""
        ...

    def delete(self, messages: Sequence[Received]) -> QueueOutcome:
        """Messages that nobody needs any more."""
        ...

    def hide(self, messages: Iterable[tuple[Received, float]]) -> QueueOutcome:
        """Each stays hidden for so many seconds from now; 0 gives it to the next who asks."""
        ...


class Journal(Protocol):
    """The durable list of accepted jobs."""

    def add(self, jobs: list[NewJob], *, limit: int) -> list[Added]:
        """Write all jobs in one commit; duplicates by object identity are found, not written.

        Raises:
            BacklogFull: more than `limit` jobs wait already; nothing was written.
            JournalUnavailable: the database cannot be written; nothing was written.
        """
        ...

    def claim(
        self, pool_id: str, count: int, *, held: bool = False, without: frozenset[str] = frozenset()
    ) -> list[Job]:
        """Up to `count` due jobs, oldest first, now running under a new fence. `held` claims held ones too.

        Jobs of the buckets `without` stay where they are.
        """
        ...

    def claim_suspect(self, pool_id: str, *, without: frozenset[str] = frozenset()) -> Job | None:
        """The oldest suspect that waits, now running; None when there is none. Nothing else may run beside it."""
        ...

    def suspects(self, *, without: frozenset[str] = frozenset()) -> int:
        """How many jobs wait to run alone, since their pool died with them; many are told as some hundreds."""
        ...

    def claim_one(self, pool_id: str, job_id: int) -> Job | None:
        """This very job, now running, or None when it does not wait."""
        ...

    def cancel_waiting(self, ref: ObjectRef) -> int:
        """The object was removed: what waits for it and did not come later is cancelled; returns how many."""
        ...

    def restored(self, ref: ObjectRef) -> int:
        """The object can be read again: what waits for that is due at once, uncharged; returns how many."""
        ...

    def settle(self, job: Job, settlement: Settlement) -> bool:
        """Write the end of an attempt; False when the fence is old, and then nothing was written.

        With a report, the object's profile is exchanged in the same commit: what the report tells of an accepted file
        is what later ones are compared with, and a file that was not accepted leaves none.
        """
        ...

    def settle_all(self, endings: Sequence[tuple[Job, Settlement]]) -> list[bool]:
        """Several at once, all in one commit or none; in the order given."""
        ...

    def states(self, job_ids: Sequence[int]) -> dict[int, JobState]:
        """Where these jobs are; those that do not exist (any more) are left out."""
        ...

    def release(self, job: Job) -> bool:
        """Give a claimed job back uncharged (interrupted); False when the fence is old."""
        ...

    def release_held(self, *, without: frozenset[str] = frozenset()) -> int:
        """Held jobs, but those of the buckets `without`, become available; returns how many."""
        ...

    def register_pool(self, pool: PoolIdentity) -> None:
        """Write the pool's row; its beat is now."""
        ...

    def beat(self, pool_id: str) -> bool:
        """Renew the lease by the database's clock; False when the row is gone (somebody took our jobs back)."""
        ...

    def retire_pool(self, pool_id: str) -> None:
        """The pool has drained; its row goes."""
        ...

    def rescue(self, me: PoolIdentity, alive: Callable[[PoolIdentity], bool], *, ttl: float) -> list[int]:
        """Take back the running jobs of dead pools: same host and boot and not `alive`, or no beat for `ttl` seconds.

        The jobs become available with `interruptions` + 1, as suspects, and the dead pools' rows go. A suspect that
        was running alone has `crashes` + 1 besides. Returns the job ids.
        """
        ...

    def replay(self, job_ids: list[int]) -> list[int]:
        """Finished jobs become available with all counters reset; returns those that moved."""
        ...

    def backlog(self) -> dict[JobState, int]:
        """How many jobs are in each unfinished state (plus dead)."""
        ...

    def oldest_waiting_seconds(self) -> float:
        """Age of the oldest job that waits, in seconds; 0 when none does."""
        ...

    def purge(self, older_than_days: int, *, most: int = ..., only: Mapping[str, str] = ...) -> int:
        """Delete up to `most` jobs that finished longer ago, with their reports; returns how many.

        `only` narrows it down: the value of `verdict`, `state` or `bucket`.
        """
        ...


class Outbox(Protocol):
    """Reports that are to be delivered to sinks. Every call may raise JournalUnavailable; nothing is lost then."""

    def due(self, sinks: Sequence[str]) -> list[str]:
        """Those of the sinks for which something is to be delivered now."""
        ...

    def take(self, sink: str, most: int, *, lease: float) -> list[Delivery]:
        """Up to `most` due ones of a sink, the oldest first; nobody else's for `lease` seconds."""
        ...

    def settle(self, endings: Sequence[tuple[Delivery, Ending]]) -> list[bool]:
        """How tries ended, in one commit, in the order given; False for one that was not ours any more."""
        ...

    def changes(self, delivery: Delivery) -> dict[str, Any]:
        """What the report changes in the incidents its sink was told of; the same at every try."""
        ...

    def waiting(self) -> dict[str, int]:
        """How many wait, by sink."""
        ...


class Turns(Protocol):
    """The waiting jobs by line, for who chooses among them; the same jobs as the journal's."""

    def lines(self, *, held: bool = False, without: frozenset[str] = frozenset(), most: int) -> list[Line]:
        """Which lines have jobs, up to `most` of each state; those of the buckets `without` are left out.

        Whoever has more buckets than that sees the others in later calls: each goes on where the last one stopped.
        """
        ...

    def waiting(self, lines: Sequence[Line], *, each: int) -> list[Waiting]:
        """The first `each` jobs of every line that are due and not suspect."""
        ...

    def claim_these(self, pool_id: str, job_ids: Sequence[int], *, held: bool = False) -> list[Job]:
        """Of these jobs those that still wait, now running under a new fence, in the order of the ids given."""
        ...


class Accepted(Protocol):
    """The accepted files of the past; a journal knows them."""

    def accepted_before(self, contract: str, schema: str, *, before: datetime, but: ObjectRef, most: int) -> list[Past]:
        """Accepted files of a contract's schema object that came before a moment, newest first, without `but`.

        The newest `KEPT` of each series are known, whatever became of their jobs.
        """
        ...


class ObjectStore(Protocol):
    """Where files are."""

    def fetch(self, ref: ObjectRef, folder: Path, *, region: str | None = None) -> Fetched:
        """Copy exactly this version into `folder`.

        Raises:
            FetchError: with the job class that says what it means.
        """
        ...


@dataclass(frozen=True, slots=True)
class Listed:
    """A file as a listing shows it. `key` counts from the folder that was listed."""

    key: str
    size: int
    modified: datetime


class FolderStore(Protocol):
    """A folder of files, or all objects of a bucket below a prefix."""

    def listing(self, below: str, *, most: int) -> dict[str, Listed]:
        """Every file whose key begins with `below`.

        Raises:
            FetchError: it cannot be listed, or there are more than `most` files.
        """
        ...

    def fetch(self, listed: Listed, folder: Path) -> Path:
        """One file as a local one; where it is none already, as a copy in `folder`.

        Raises:
            FetchError: with the job class that says what it means.
        """
        ...


class PartStore(Protocol):
    """Where the parts of split files go."""

    def put(self, path: Path, bucket: str, key: str) -> None:
        """Store a file as a whole object under exactly this key; what was there is replaced.

        Raises:
            StoreError: with the job class that says what it means; the object is then as it was.
        """
        ...
