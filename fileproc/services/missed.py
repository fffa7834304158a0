"""Missed: what is in a bucket and has no verdict. A notification that was lost leaves no trace but this."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from fileproc.domain.jobs import FINISHED
from fileproc.domain.objects import ObjectRef
from fileproc.domain.ports import Known


@dataclass(slots=True)
class Reconciled:
    """Counts of a listing. `missed` has at most as many objects as were wanted; `more` are left out of it."""

    objects: int = 0
    verdicts: int = 0
    waiting: int = 0
    missed: list[ObjectRef] = field(default_factory=list)
    more: int = 0

    def __str__(self) -> str:
        """`1,204 objects, 1,200 verdicts, 1 waits, 3 missed`."""
        missed = len(self.missed) + self.more
        waits = f", {self.waiting:,} {'waits' if self.waiting == 1 else 'wait'}" if self.waiting else ""
        return f"{self.objects:,} objects, {self.verdicts:,} verdicts{waits}, {missed:,} missed"


def reconcile(
    pages: Iterable[Sequence[ObjectRef]],
    known: Callable[[str, list[str]], Mapping[str, Sequence[Known]]],
    *,
    most: int,
) -> Reconciled:
    """Hold pages of objects against the journal; `known` gives the jobs of keys of a bucket, by key."""
    told = Reconciled()
    for page in pages:
        jobs = known(page[0].bucket, [ref.key for ref in page]) if page else {}
        for ref in page:
            told.objects += 1
            states = [job.state for job in jobs.get(ref.key, ()) if _is_same(job, ref)]
            if any(state in FINISHED for state in states):
                told.verdicts += 1
            elif states:
                told.waiting += 1
            elif len(told.missed) < most:
                told.missed.append(ref)
            else:
                told.more += 1
    return told


def _is_same(job: Known, ref: ObjectRef) -> bool:
    """The same version where both sides know it, else the same bytes."""
    if job.version_id is not None and ref.version_id is not None:
        return job.version_id == ref.version_id
    return job.etag == ref.etag
