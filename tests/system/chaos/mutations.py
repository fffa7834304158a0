"""Guards that can be broken on purpose, each in the process that has it: the harness must catch every one."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any


@dataclass(frozen=True)
class Mutation:
    """What is broken, and how; `breaks` is called with the program's name (`front` or `pool`) before it runs."""

    story: str
    breaks: Callable[[str], None]


def _no_fence(_program: str) -> None:
    """Whoever comes late writes, too. The attempts' own key would stand in the way: a second fence."""
    from fileproc.store import attempts, journal, results

    journal._under_fence = lambda job: [journal.jobs.c.id == job.id]  # type: ignore[attr-defined]
    any_fence = results.jobs.c.fence >= results.bindparam("job_fence")  # type: ignore[attr-defined]
    this_one = results.jobs.c.id == results.bindparam("job_id")  # type: ignore[attr-defined]
    results._under_fence = lambda: [this_one, any_fence]  # type: ignore[assignment]
    attempts.write = lambda *_: None  # type: ignore[assignment]


def _acknowledge_first(program: str) -> None:
    if program != "front":
        return
    import gevent

    from fileproc.domain.ports import Added
    from fileproc.front.group_commit import GroupCommit

    real = GroupCommit.add

    def add(self: Any, jobs: list[Any]) -> list[Added]:
        gevent.spawn_later(0.5, real, self, jobs)
        return [Added(0, duplicate=False, state=job.state) for job in jobs]

    GroupCommit.add = add  # type: ignore[method-assign]


def _no_death_signal(_program: str) -> None:
    from fileproc.pool import process

    process.PRELOAD.insert(0, "tests.system.chaos.no_death_signal")


def _no_rescue(_program: str) -> None:
    from fileproc.pool import ledger

    ledger.rescue = lambda *_: []  # type: ignore[attr-defined]


def _no_uniqueness(_program: str) -> None:
    from fileproc.domain.objects import ObjectRef

    real = ObjectRef.identity.fget  # type: ignore[attr-defined]
    mark = uuid.uuid4().hex

    def identity(self: Any) -> str:
        return sha256(f"{real(self)}{mark}{id(self)}".encode()).hexdigest()

    ObjectRef.identity = property(identity)  # type: ignore[assignment]


def _no_outbox(_program: str) -> None:
    from fileproc.pool.ledger import Ledger

    real = Ledger._failed

    def failed(self: Any, error: Any) -> None:
        self._outbox.clear()
        real(self, error)

    Ledger._failed = failed  # type: ignore[method-assign]


def _one_page_slot(_program: str) -> None:
    import json
    import zlib

    from fileproc.breaker import page

    def write_payload(self: Any, content: dict[str, Any]) -> None:
        sequence = max(2, self.word(page.SEQUENCE) + 2)  # always the same slot
        body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
        offset = self.layout.slots[sequence & 1]
        head = page._head.size
        self.map[offset + head : offset + head + len(body)] = b"\0" * len(body)
        time.sleep(0.05)
        self.map[offset + head : offset + head + len(body)] = body
        page._head.pack_into(self.map, offset, sequence, len(body), zlib.crc32(body, sequence & 0xFFFFFFFF))
        self.store(page.SEQUENCE, sequence)

    page._Mapped.write_payload = write_payload  # type: ignore[method-assign]


def _no_cleaning(_program: str) -> None:
    from fileproc.pool import process

    process.shutil = type("Kept", (), {"rmtree": staticmethod(lambda *_, **__: None)})  # type: ignore[attr-defined]


MUTATIONS = {
    "no-fence": Mutation("a result is written whoever holds the job now", _no_fence),
    "acknowledge-first": Mutation("200 is answered before the journal has it", _acknowledge_first),
    "no-death-signal": Mutation("the kernel is not asked to end workers with their pool", _no_death_signal),
    "no-rescue": Mutation("nobody takes back the jobs of a pool that is gone", _no_rescue),
    "no-uniqueness": Mutation("the same object is a new job each time", _no_uniqueness),
    "no-outbox": Mutation("a result that cannot be written now is dropped", _no_outbox),
    "one-page-slot": Mutation("the breaker's page is written in place", _one_page_slot),
    "no-cleaning": Mutation("what a worker left in its folder stays", _no_cleaning),
}
