"""The breaker and its scopes: one circuit for the whole service, and one beside it for each bucket that has trouble.

Theory. A partner who takes our rights away fails every job of one bucket and nobody else's. That bucket's own circuit
opens and keeps back its jobs only. When S3 itself is down, jobs of several buckets fail in a row, and the circuit of
the whole opens as ever.

Rules.
1. A job that ends moves the circuit of its bucket and that of the whole, under the rules of `states`.
2. The whole counts a scope once while it is open: when one opens, its failures in the present run become one, and what
   its probes find later counts no more. So one bucket alone never opens the whole, whatever fails in it.
3. A job starts when both circuits let it.
4. Scopes exist while there is something to remember, and there are at most `MOST_SCOPES`: the oldest closed one makes
   room. A bucket for which there is no room, or whose name no bucket can have, has the whole's circuit only.
5. Moves are numbered through. A job knows the number of the last move when it started, and does not move a scope that
   moved later. `floor` keeps this true for scopes that were forgotten: a new one begins with the last of their numbers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from fileproc.breaker.states import Breaker, JobFailure, Policy, State
from fileproc.domain.jobs import Outcome

#: Buckets with trouble that are told apart; more of them at a time is trouble of the whole.
MOST_SCOPES = 64

#: Names of buckets, and ARNs of access points.
NAME = re.compile(r"[A-Za-z0-9._:/-]{1,255}")


@dataclass(frozen=True, slots=True)
class Scope:
    """The circuit of one bucket; `share` is how many of the whole's failures in a row are its own."""

    breaker: Breaker
    share: int = 0

    @property
    def is_clean(self) -> bool:
        """Whether there is nothing to remember of it."""
        return self.breaker.state is State.CLOSED and not self.breaker.consecutive and not self.share


@dataclass(frozen=True, slots=True)
class Start:
    """What was true when a job started: the whole's generation, and the number of the last move of a scope."""

    generation: int
    moves: int


@dataclass(frozen=True, slots=True)
class End:
    """How an attempt ended."""

    outcome: Outcome
    job_id: int
    fence: int
    bucket: str
    start: Start
    failure: JobFailure | None = None


@dataclass(frozen=True, slots=True)
class Circuits:
    """One moment of all circuits. Every verb returns the next moment."""

    policy: Policy = field(default_factory=Policy)
    whole: Breaker = field(default_factory=Breaker)
    scopes: Mapping[str, Scope] = field(default_factory=dict)
    moves: int = 0
    floor: int = 0

    @classmethod
    def closed(cls, policy: Policy) -> Circuits:
        """The beginning: everything flows."""
        return cls(policy=policy, whole=Breaker(policy=policy))

    def at(self, now: float) -> Circuits:
        """The same circuits at `now`: cooldowns that are over have ended."""
        moment = replace(self, whole=self.whole.at(now))
        for bucket, scope in self.scopes.items():
            if (breaker := scope.breaker.at(now)) is not scope.breaker:
                moment = moment._with(bucket, replace(scope, breaker=breaker))
        return moment

    def permits(self, bucket: str, now: float) -> int | None:
        """How many jobs of this bucket may be started now; None is as many as there are."""
        limits = [self.whole.permits(now)]
        if (scope := self.scopes.get(bucket)) is not None:
            limits.append(scope.breaker.permits(now))
        return min((limit for limit in limits if limit is not None), default=None)

    def shut(self, now: float) -> frozenset[str]:
        """Buckets of which nothing may be started now, whatever the whole says."""
        return frozenset(bucket for bucket, scope in self.scopes.items() if scope.breaker.permits(now) == 0)

    def start(self) -> Start:
        """What a job that starts now must remember."""
        return Start(self.whole.generation, self.moves)

    def started(self, job_id: int, fence: int, bucket: str, now: float) -> Circuits:
        """A job was handed to a worker."""
        moment = replace(self.at(now), whole=self.whole.started(job_id, fence, now))
        scope = moment.scopes.get(bucket)
        if scope is None:
            return moment
        return moment._with(bucket, replace(scope, breaker=scope.breaker.started(job_id, fence, now)))

    def ended(self, end: End, now: float) -> Circuits:
        """An attempt ended."""
        moment = self.at(now)
        before = moment._scope_of(end.bucket)
        if before is None:
            return moment._counted(end, end.outcome, now)
        fresh = end.start.moves >= before.breaker.generation
        generation = before.breaker.generation if fresh else -1
        breaker = before.breaker.ended(end.outcome, end.job_id, end.fence, generation, now, end.failure)
        after = replace(before, breaker=breaker)
        if end.outcome is not Outcome.FAILURE or breaker.state is State.CLOSED:
            return moment._with(end.bucket, after)._counted(end, end.outcome, now)
        return moment._failed_open(end, before, after, now)

    def reset(self, now: float, bucket: str | None = None) -> Circuits:
        """By hand: this bucket's circuit is closed, or all are."""
        moment = self.at(now)
        if bucket is None:
            moves = moment.moves + 1
            return replace(moment, whole=moment.whole.reset(now), scopes={}, moves=moves, floor=moves)
        scope = moment.scopes.get(bucket)
        if scope is None:
            return moment
        whole = moment.whole.without(scope.share, scope.breaker.counted)
        moves = moment.moves + 1
        return replace(moment, whole=whole, moves=moves)._forgotten(bucket, moves)

    def opened(self, now: float, bucket: str | None = None) -> Circuits:
        """By hand: this bucket's circuit is open for the ordinary cooldown, or the whole's is."""
        moment = self.at(now)
        if bucket is None:
            return replace(moment, whole=moment.whole.opened(now))
        scope = moment._scope_of(bucket)
        if scope is None:
            return moment
        return moment._with(bucket, replace(scope, breaker=scope.breaker.opened(now)))

    @property
    def headline(self) -> Breaker:
        """The circuit that people should see first: the whole's, unless a bucket's is worse."""
        circuits = [self.whole, *(scope.breaker for scope in self.scopes.values())]
        return max(circuits, key=severity)  # the first of equals

    def _scope_of(self, bucket: str) -> Scope | None:
        """The bucket's circuit, a new one if need be, or None where it can have none."""
        if (scope := self.scopes.get(bucket)) is not None:
            return scope
        full = len(self.scopes) >= MOST_SCOPES and self._oldest_closed() is None
        if full or not NAME.fullmatch(bucket):
            return None
        return Scope(Breaker(policy=self.policy, generation=self.floor))

    def _oldest_closed(self) -> str | None:
        closed = (bucket for bucket, scope in self.scopes.items() if scope.breaker.state is State.CLOSED)
        return next(closed, None)

    def _failed_open(self, end: End, before: Scope, after: Scope, now: float) -> Circuits:
        """A failure in a bucket whose circuit is open now: the whole counts it once."""
        moment = self._with(end.bucket, after)
        if before.breaker.state is State.CLOSED:
            whole = moment.whole.without(before.share, (*before.breaker.counted, end.job_id))
            moment = replace(moment, whole=whole)._with(end.bucket, replace(after, share=0))
            return moment._counted(end, end.outcome, now)
        first = before.share == 0 and self.whole.state is State.CLOSED
        return moment._counted(end, Outcome.FAILURE if first else Outcome.NEUTRAL, now)

    def _counted(self, end: End, outcome: Outcome, now: float) -> Circuits:
        """The whole's circuit hears of the end; whose failure it counted is written down."""
        before = self.whole
        whole = before.ended(outcome, end.job_id, end.fence, end.start.generation, now, end.failure)
        moment = replace(self, whole=whole)
        if whole.consecutive == 0 and before.consecutive:
            for bucket, scope in moment.scopes.items():
                moment = moment._with(bucket, replace(scope, share=0))
        elif whole.consecutive > before.consecutive and end.bucket in moment.scopes:
            mine = moment.scopes[end.bucket]
            moment = moment._with(end.bucket, replace(mine, share=mine.share + 1))
        return moment

    def _with(self, bucket: str, scope: Scope) -> Circuits:
        """The bucket's circuit is this one; a move gets its number, and what is clean is forgotten."""
        known = self.scopes.get(bucket)
        moves, breaker = self.moves, scope.breaker
        before = known.breaker.state if known else State.CLOSED
        if breaker.state is not before:
            moves += 1
            scope = replace(scope, breaker=replace(breaker, generation=moves))
        moment = replace(self, moves=moves)
        if scope.is_clean:
            return moment._forgotten(bucket, scope.breaker.generation) if known else moment
        if known is None and len(self.scopes) >= MOST_SCOPES and (oldest := self._oldest_closed()) is not None:
            moment = moment._forgotten(oldest, self.scopes[oldest].breaker.generation)
        return replace(moment, scopes={**moment.scopes, bucket: scope})

    def _forgotten(self, bucket: str, generation: int) -> Circuits:
        """Without this scope; what started before its last move does not move the bucket's next one either."""
        rest = {name: scope for name, scope in self.scopes.items() if name != bucket}
        return replace(self, scopes=rest, floor=max(self.floor, generation))


def severity(breaker: Breaker) -> tuple[int, int, float]:
    """Open is worse than half open, half open than closed; then more failures, then the longer wait."""
    rank = {State.CLOSED: 0, State.HALF_OPEN: 1, State.OPEN: 2}[breaker.state]
    return rank, breaker.consecutive, breaker.open_until
