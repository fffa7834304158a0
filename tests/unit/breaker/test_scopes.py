"""Scopes: one partner's bucket has a circuit of its own, and does not stop the others."""

from __future__ import annotations

from fileproc.breaker.scopes import MOST_SCOPES, Circuits, End, Start
from fileproc.breaker.states import JobFailure, Policy, State
from fileproc.domain.jobs import Outcome

POLICY = Policy(max_failures=3, cooldown=60, probes=1)


def ended(
    circuits: Circuits, outcome: Outcome, bucket: str, job: int, now: float = 0.0, start: Start | None = None
) -> Circuits:
    failure = JobFailure(job, "denied", "no", 0.0) if outcome is Outcome.FAILURE else None
    return circuits.ended(End(outcome, job, 1, bucket, start or circuits.start(), failure), now)


def fail(circuits: Circuits, bucket: str, *jobs: int, now: float = 0.0) -> Circuits:
    for job in jobs:
        circuits = ended(circuits, Outcome.FAILURE, bucket, job, now)
    return circuits


def succeed(circuits: Circuits, bucket: str, job: int, now: float = 0.0) -> Circuits:
    return ended(circuits, Outcome.SUCCESS, bucket, job, now)


def closed() -> Circuits:
    return Circuits.closed(POLICY)


def test_one_denied_bucket_stops_itself_only() -> None:
    """However many of its jobs fail, the others run, and the whole counts it once."""
    circuits = fail(closed(), "denied", 1, 2, 3)

    assert (0, None) == (circuits.permits("denied", 59), circuits.permits("other", 59))
    assert ({"denied"}, State.CLOSED, 1) == (circuits.shut(59), circuits.whole.state, circuits.whole.consecutive)


def test_its_probes_do_not_count_again() -> None:
    """A bucket that stays denied for days is tried ever more seldom, and never opens the whole."""
    circuits, now = fail(closed(), "denied", 1, 2, 3), 0.0
    for job in range(4, 20):
        now = circuits.scopes["denied"].breaker.open_until
        assert 1 == circuits.permits("denied", now)
        circuits = circuits.started(job, 1, "denied", now)
        assert 0 == circuits.permits("denied", now)
        circuits = fail(circuits, "denied", job, now=now)

    assert (State.CLOSED, 1) == (circuits.whole.state, circuits.whole.consecutive)
    assert State.CLOSED is fail(circuits, "other", 90, now=now).whole.state


def test_several_buckets_in_a_row_open_the_whole() -> None:
    """When S3 is down, jobs of everybody fail; a bucket that is open counts as one of them."""
    mixed = fail(fail(fail(closed(), "a", 1), "b", 2), "c", 3)
    after_a = fail(fail(fail(closed(), "a", 1, 2, 3), "b", 4), "c", 5)

    assert [State.OPEN, State.OPEN] == [mixed.whole.state, after_a.whole.state]
    assert 0 == mixed.permits("d", 59)


def test_a_success_of_anybody_closes_the_run_of_the_whole_but_not_a_scope() -> None:
    """Another partner's good file proves that S3 is there, not that the denied bucket is."""
    circuits = succeed(fail(closed(), "a", 1, 2), "b", 3)

    assert (0, {"a"}) == (circuits.whole.consecutive, circuits.at(0).shut(0) | set(circuits.scopes))
    assert {"a"} == fail(circuits, "a", 4).shut(0)
    assert {} == succeed(circuits, "a", 5).scopes


def test_a_success_closes_a_scope_and_it_is_forgotten() -> None:
    """Rights are back: the bucket's next probe lets everything of it run."""
    circuits = succeed(fail(closed(), "a", 1, 2, 3).started(4, 1, "a", 60), "a", 4, now=61)

    assert (None, {}) == (circuits.permits("a", 61), circuits.scopes)


def test_a_dead_prober_frees_the_scopes_permit() -> None:
    """A drained probe does not keep a bucket half open for ever."""
    circuits = fail(closed(), "a", 1, 2, 3).started(4, 1, "a", 60)

    freed = ended(circuits, Outcome.NEUTRAL, "a", 4, 61)

    assert (0, 1) == (circuits.permits("a", 61), freed.permits("a", 61))


def test_what_started_before_does_not_move_a_scope() -> None:
    """Slow failures from before a reset do not open what was just closed, though the scope was forgotten."""
    circuits = fail(closed(), "a", 1, 2, 3)
    before = circuits.start()
    circuits = circuits.reset(10, "a")
    for job in (11, 12, 13, 14):
        circuits = ended(circuits, Outcome.FAILURE, "a", job, 11, start=Start(before.generation, before.moves))

    assert frozenset() == circuits.shut(11)
    assert {"a"} == fail(circuits, "a", 21, 22, 23, now=12).shut(12)


def test_retries_of_one_job_are_one_failure_of_its_bucket() -> None:
    """One poisonous file does not stop its partner's other files."""
    assert frozenset() == fail(closed(), "a", *[7] * 20).shut(0)


def test_by_hand() -> None:
    """An operator opens and resets one bucket, or everything."""
    one = closed().opened(0, "a")
    every = fail(one.opened(0), "b", 1, 2, 3)

    assert ({"a"}, State.CLOSED) == (one.shut(1), one.whole.state)
    assert (frozenset(), State.CLOSED) == (one.reset(1, "a").shut(1), one.reset(1, "a").whole.state)
    assert (0, {}, State.CLOSED) == (
        every.permits("c", 1),
        every.reset(1).scopes,
        every.reset(1).whole.state,
    )


def test_without_probes_the_cooldown_is_a_plain_reset_of_a_bucket_too() -> None:
    """As for the whole."""
    circuits = fail(Circuits.closed(Policy(max_failures=1, cooldown=60, probes=0)), "a", 1)

    assert ({"a"}, None) == (circuits.shut(59), circuits.permits("a", 60))


def test_scopes_are_bounded_and_strange_names_have_none() -> None:
    """A storm over thousands of buckets costs no memory: what has no scope counts on the whole, which opens."""
    circuits = Circuits.closed(Policy(max_failures=10_000))
    for job in range(3_000):
        circuits = fail(circuits, f"bucket-{job}", job)
    strange = fail(closed(), "no\nbucket", 1, 2, 3)

    assert MOST_SCOPES == len(circuits.scopes)
    assert ({}, State.OPEN) == (strange.scopes, strange.whole.state)


def test_open_scopes_never_make_room() -> None:
    """With as many open scopes as there may be, none of them is forgotten, and more trouble is trouble of the whole."""
    policy = Policy(max_failures=3)
    circuits = Circuits.closed(policy)
    for number in range(MOST_SCOPES):
        circuits = succeed(fail(circuits, f"b{number}", *range(number * 10, number * 10 + 3)), "good", 10_000 + number)
    beyond = fail(circuits, "late", 1_001, 1_002, 1_003)

    assert (MOST_SCOPES, State.CLOSED) == (len(circuits.shut(1)), circuits.whole.state)
    assert (MOST_SCOPES, State.OPEN) == (len(beyond.shut(1)), beyond.whole.state)
