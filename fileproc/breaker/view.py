"""What a reader sees of the breaker, derived at the moment of reading."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from fileproc.breaker.content import circuits_of
from fileproc.breaker.scopes import severity
from fileproc.breaker.states import Breaker, JobFailure, State
from fileproc.clock import iso

#: The pool beats about once a second; after this many seconds without one its page is stale.
STALE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class ScopeView:
    """One bucket's circuit."""

    bucket: str
    state: str
    consecutive_failures: int
    cooldown_remaining: float
    last_failure: JobFailure | None = None

    def to_document(self) -> dict[str, Any]:
        """One of the `scopes` of `GET /breaker`."""
        last = self.last_failure
        return {
            "bucket": self.bucket,
            "active": self.state != State.CLOSED,
            "state": self.state,
            "consecutive_failures": self.consecutive_failures,
            "cooldown_remaining": round(self.cooldown_remaining, 3),
            "last_failure": None if last is None else _failure_document(last),
        }


@dataclass(frozen=True, slots=True)
class BreakerView:
    """What a reader sees. The fields are those of the whole; `scopes` are beside it, the worst first."""

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
    scopes: tuple[ScopeView, ...] = ()
    headline: ScopeView | None = None
    problem: str | None = None

    @property
    def active(self) -> bool:
        """Whether all new work is kept back."""
        return self.state != State.CLOSED

    @property
    def shut(self) -> frozenset[str]:
        """Buckets whose new work is kept back, whatever the whole says."""
        return frozenset(scope.bucket for scope in self.scopes if scope.state != State.CLOSED)

    def remaining(self, buckets: frozenset[str]) -> float:
        """How long, in seconds, work of these buckets is kept back at least."""
        waits = [scope.cooldown_remaining for scope in self.scopes if scope.bucket in buckets]
        return max([self.cooldown_remaining, *waits])

    def to_document(self) -> dict[str, Any]:
        """The answer of `GET /breaker`: the worst circuit first, since something is kept back there."""
        last, head = self.last_failure_time, self.headline
        return {
            "active": (self.state if head is None else head.state) != State.CLOSED,
            "consecutive_failures": self.consecutive_failures if head is None else head.consecutive_failures,
            "last_failure_time": last,
            "cooldown_remaining": round(self.cooldown_remaining if head is None else head.cooldown_remaining, 3),
            "state": self.state if head is None else head.state,
            "scope": None if head is None else head.bucket,
            "last_failure_at": None if last is None else _wall(last),
            "last_failures": [_failure_document(failure) for failure in reversed(self.last_failures)],
            "max_failures": self.max_failures,
            "cooldown_seconds": self.cooldown_seconds,
            "held": self.held,
            "generation": self.generation,
            "stale": self.stale,
            "reset_pending": self.reset_pending,
            "whole": {
                "active": self.active,
                "state": self.state,
                "consecutive_failures": self.consecutive_failures,
                "cooldown_remaining": round(self.cooldown_remaining, 3),
            },
            "scopes": [scope.to_document() for scope in self.scopes],
            **({"problem": self.problem} if self.problem else {}),
        }


def view_of(content: dict[str, Any], now: float, *, beat: float, reset_pending: bool) -> BreakerView:
    """The view of a page's content at `now`."""
    circuits = circuits_of(content).at(now)
    whole, policy = circuits.whole, circuits.policy
    order = sorted(circuits.scopes.items(), key=lambda one: severity(one[1].breaker), reverse=True)
    scopes = tuple(_scope_view(bucket, scope.breaker, now) for bucket, scope in order)
    worse = bool(order) and severity(order[0][1].breaker) > severity(whole)
    return BreakerView(
        state=whole.state.value,
        consecutive_failures=whole.consecutive,
        last_failure_time=whole.failures[-1].at if whole.failures else None,
        cooldown_remaining=_remaining(whole, now),
        last_failures=whole.failures,
        max_failures=policy.max_failures,
        cooldown_seconds=policy.cooldown,
        held=int(content["held"]),
        generation=whole.generation,
        stale=now - beat > STALE_SECONDS,
        reset_pending=reset_pending,
        scopes=scopes,
        headline=scopes[0] if worse else None,
    )


def _scope_view(bucket: str, breaker: Breaker, now: float) -> ScopeView:
    last = breaker.failures[-1] if breaker.failures else None
    return ScopeView(bucket, breaker.state.value, breaker.consecutive, _remaining(breaker, now), last)


def _remaining(breaker: Breaker, now: float) -> float:
    return max(0.0, breaker.open_until - now) if breaker.state is State.OPEN else 0.0


def _failure_document(failure: JobFailure) -> dict[str, Any]:
    return {
        "job_id": str(failure.job_id),
        "class": failure.job_class,
        "reason": failure.reason,
        "at": _wall(failure.at),
    }


def _wall(epoch: float) -> str:
    return iso(datetime.fromtimestamp(epoch, UTC)) or ""
