"""Which of the waiting jobs runs next. Pure: predicted costs and instants in, a choice out.

Theory. Three rules, each for one complaint:

- *Lanes.* A job that is predicted to take `LARGE_SECONDS` or more is large. Large jobs hold at most all but a quarter
  of the slots, and all but one where there are few, so small ones never wait behind large ones alone.
- *Turns between buckets.* Inside a lane buckets take turns by deficit round robin: at each visit a bucket may spend
  `QUANTUM` more predicted seconds. One partner's hundred thousand files do not keep another's single one waiting.
- *Shortest first, within bounds.* Of its own jobs a bucket runs the one with the least *rank*: when it came plus
  `AGEING` times its predicted seconds, at most plus `MOST_OVERTAKEN`.

Which lane goes first is decided by rank, too, so that neither starves the other.

A bound follows. Let a job J come at instant a to a bucket of a lane with M buckets, and let C be the largest predicted
cost in the lane, c its own.

1. Jobs of its bucket that come after a + `MOST_OVERTAKEN` have a greater rank. So those that run before it are those
   that wait already or come until then; let W be the sum of their predicted costs.
2. A bucket whose turn has come `ceil((W + c) / QUANTUM)` times has been given as much as all of them cost; with the one
   visit that may have just passed, J has begun after at most V = `ceil((W + c) / QUANTUM)` + 1 visits.
3. Between two visits every other bucket spends at most `QUANTUM` + C, for it begins with less than C left over.

So at most V * M * (`QUANTUM` + C) predicted seconds of its lane are worked off before J begins. It depends on what
came before J, and on nothing that comes `MOST_OVERTAKEN` seconds later: J cannot starve.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from fileproc.domain.costs import LARGE_SECONDS

#: Predicted seconds that a bucket may spend at each of its turns, for small and for large jobs.
QUANTUM = {False: 1.0, True: 60.0}

#: A job may be overtaken by shorter ones of its bucket that come so many times its own seconds later, at most so much.
AGEING = 30.0
MOST_OVERTAKEN = 300.0


@dataclass(frozen=True, slots=True)
class Candidate:
    """A job that waits: `seconds` are predicted, `waited` is how long it has, in seconds."""

    id: int
    bucket: str
    seconds: float
    waited: float

    @property
    def is_large(self) -> bool:
        return self.seconds >= LARGE_SECONDS

    @property
    def rank(self) -> float:
        """The least goes first."""
        return min(MOST_OVERTAKEN, AGEING * self.seconds) - self.waited


@dataclass(slots=True)
class _Lane:
    """Buckets in the order of their turns, and what each has left to spend."""

    quantum: float
    ring: list[str] = field(default_factory=list)
    left: dict[str, float] = field(default_factory=dict)

    def bucket(self, heads: dict[str, Candidate]) -> str:
        """Whose turn it is, of those that have a job; called as often as jobs are wanted, and spends nothing."""
        self._admit(heads)
        while True:
            bucket = self.ring[0]
            if self.left[bucket] >= heads[bucket].seconds:
                return bucket
            self._next_turn(heads)

    def spend(self, job: Candidate) -> None:
        self.left[job.bucket] -= job.seconds

    def _admit(self, heads: dict[str, Candidate]) -> None:
        """A bucket without jobs keeps nothing; a new one waits for its turn like the others."""
        self.ring = [bucket for bucket in self.ring if bucket in heads]
        self.ring += [bucket for bucket in heads if bucket not in self.ring]
        self.left = {bucket: self.left.get(bucket, self.quantum if place == 0 else 0.0)
                     for place, bucket in enumerate(self.ring)}  # fmt: skip

    def _next_turn(self, heads: dict[str, Candidate]) -> None:
        """The next bucket's turn; whole rounds in which nobody could afford anything are taken at once."""
        short = [(heads[bucket].seconds - self.left[bucket]) / self.quantum for bucket in self.ring]
        idle = max(0, math.ceil(min(short)) - 1)
        for bucket in self.ring:
            self.left[bucket] += idle * self.quantum
        self.ring.append(self.ring.pop(0))
        self.left[self.ring[0]] += self.quantum


class Scheduler:
    """Remembers whose turn it is. `slots` is how many jobs may run at once."""

    def __init__(self, slots: int) -> None:
        self.most_large = max(1, slots - max(1, slots // 4))
        self._lanes = {large: _Lane(quantum) for large, quantum in QUANTUM.items()}

    def choose(
        self, waiting: Iterable[Candidate], count: int, *, running_large: int, spare: int = 0, seconds: float = 0.0
    ) -> list[Candidate]:
        """Up to `count` jobs to begin now, the first first.

        After them come those that would be next: up to `spare`, none large, predicted to take `seconds` together.
        """
        left = list(waiting)
        chosen: list[Candidate] = []
        while len(chosen) < count + spare and (lanes := self._open_lanes(left, running_large)):
            job = self._next(lanes)
            if len(chosen) >= count:
                seconds -= job.seconds
                if job.is_large or seconds < 0:
                    break  # it keeps its turn
            self._lanes[job.is_large].spend(job)
            chosen.append(job)
            left.remove(job)
            running_large += job.is_large
        return chosen

    def _open_lanes(self, jobs: Sequence[Candidate], running_large: int) -> dict[bool, list[Candidate]]:
        lanes: dict[bool, list[Candidate]] = {}
        for job in jobs:
            if not job.is_large or running_large < self.most_large:
                lanes.setdefault(job.is_large, []).append(job)
        return lanes

    def _next(self, lanes: dict[bool, list[Candidate]]) -> Candidate:
        """The lane with the least rank in it, there the bucket whose turn it is, there the job with the least rank."""
        large = min(lanes, key=lambda lane: min(job.rank for job in lanes[lane]))
        heads: dict[str, Candidate] = {}
        for job in sorted(lanes[large], key=lambda job: (job.rank, job.id)):
            heads.setdefault(job.bucket, job)
        return heads[self._lanes[large].bucket(heads)]


def bound(own: Sequence[float], cost: float, buckets: int, largest: float, *, large: bool) -> float:
    """The theory's bound: predicted seconds of the lane that are worked off before a job of `cost` begins.

    `own` are the costs of those of its bucket that may run before it, `largest` is the largest cost in the lane.
    """
    visits = math.ceil((sum(own) + cost) / QUANTUM[large]) + 1
    return visits * buckets * (QUANTUM[large] + largest)
