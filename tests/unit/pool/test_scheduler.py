"""The scheduler: lanes, turns between buckets, shortest first, and a bound that holds whatever comes."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from fileproc.domain.costs import LARGE_SECONDS
from fileproc.pool.scheduler import (
    MOST_OVERTAKEN,
    Candidate,
    Scheduler,
    bound,
)


def job(id_: int, bucket: str = "a", seconds: float = 0.1, waited: float = 0.0) -> Candidate:
    return Candidate(id_, bucket, seconds, waited)


def ids(jobs: list[Candidate]) -> list[int]:
    return [one.id for one in jobs]


def test_small_jobs_never_wait_behind_large_ones_alone() -> None:
    """Of eight slots two stay free of large jobs, however many large ones wait and for how long."""
    large = [job(number, seconds=100, waited=10_000) for number in range(20)]
    small = [job(100 + number) for number in range(20)]

    chosen = Scheduler(8).choose([*large, *small], 8, running_large=0)

    assert (6, 2) == (sum(one.is_large for one in chosen), sum(not one.is_large for one in chosen))
    assert [] == Scheduler(8).choose(large, 8, running_large=6)


def test_a_large_job_does_not_starve_behind_small_ones() -> None:
    """It goes before every small one that came later than it may be overtaken."""
    old = job(1, seconds=100, waited=MOST_OVERTAKEN + 4)
    new = [job(number, waited=0) for number in range(2, 50)]

    assert [1] == ids(Scheduler(2).choose([*new, old], 1, running_large=0))


def test_one_worker_does_large_jobs_too() -> None:
    """A pool of one has no quarter to keep free."""
    assert [1] == ids(Scheduler(1).choose([job(1, seconds=1_000)], 1, running_large=0))


def test_one_partners_flood_does_not_keep_another_waiting() -> None:
    """The single file of a second bucket begins within one turn, not behind ten thousand."""
    flood = [job(number, "flood", waited=100) for number in range(200)]

    chosen = Scheduler(2).choose([*flood, job(999, "quiet")], 50, running_large=0)

    assert 999 in ids(chosen)[:12]


def test_shorter_ones_of_a_bucket_go_first_and_nobody_is_overtaken_for_ever() -> None:
    """A short file overtakes a longer one of the same bucket that came a little before it, but not much before it."""
    scheduler = Scheduler(2)

    assert [2, 1] == ids(scheduler.choose([job(1, seconds=5, waited=10), job(2, seconds=0.1)], 2, running_large=0))
    assert [1, 2] == ids(scheduler.choose([job(1, seconds=5, waited=160), job(2, seconds=0.1)], 2, running_large=0))


ARRIVALS = st.lists(
    st.tuples(st.integers(0, 400), st.sampled_from("abcd"), st.floats(0.01, 9.0)), min_size=1, max_size=60
)


@settings(max_examples=150, deadline=None)
@given(ARRIVALS, st.data())
def test_no_job_waits_longer_than_the_proof_says(arrivals: list[tuple[int, str, float]], data: st.DataObject) -> None:
    """Whatever comes, whenever, from whomever: the work done before a job begins keeps to the bound of the theory."""
    observed = data.draw(st.integers(0, len(arrivals) - 1))
    begun = simulate(arrivals)
    came, bucket, cost = arrivals[observed]
    own = [
        seconds
        for number, (when, whose, seconds) in enumerate(arrivals)
        if number != observed and whose == bucket and when <= came + MOST_OVERTAKEN
    ]
    buckets = len({whose for _, whose, _ in arrivals})
    largest = max(seconds for _, _, seconds in arrivals)

    before = begun[: [number for _, number in begun].index(observed)]
    worked = sum(arrivals[number][2] for when, number in before if when >= came)

    assert worked <= bound(own, cost, buckets, largest, large=False)


def simulate(arrivals: list[tuple[int, str, float]]) -> list[tuple[float, int]]:
    """One slot works off all arrivals; (when, which) in the order in which they began."""
    scheduler, now, begun = Scheduler(1), 0.0, []
    left = set(range(len(arrivals)))
    while left:
        here = [number for number in left if arrivals[number][0] <= now]
        if not here:
            now = float(min(arrivals[number][0] for number in left))
            continue
        waiting = [job(n, arrivals[n][1], arrivals[n][2], waited=now - arrivals[n][0]) for n in sorted(here)]
        (chosen,) = scheduler.choose(waiting, 1, running_large=0)
        begun.append((now, chosen.id))
        left.remove(chosen.id)
        now += chosen.seconds
    return begun


def test_every_job_of_the_proof_is_small() -> None:
    """The simulation above is about one lane."""
    assert LARGE_SECONDS > 9.0
