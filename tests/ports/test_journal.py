"""The journal's promises: the fake in memory and both databases keep every one of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from fileproc.clock import FrozenClock
from fileproc.domain.jobs import FINISHED, TRANSITIONS, WAITING, Job, JobClass, JobState
from fileproc.domain.objects import ObjectRef
from fileproc.domain.ports import Journal, NewJob, Settlement
from fileproc.errors import BacklogFull, IllegalTransition
from fileproc.store.engine import open_engine
from fileproc.store.journal import SqlJournal
from tests.conftest import KINDS
from tests.fakes.journal import MemoryJournal
from tests.ports.journals import AGAIN, DIED, LIMIT, PASSED, in_state, keys, new, pool, state_of


@pytest.fixture(params=["memory", *KINDS], ids=["memory", "sqlite", "postgresql"])
def journal_url(request: pytest.FixtureRequest) -> str:
    """The fake has no address."""
    if request.param == "memory":
        return "memory"
    return str(request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url"))


@pytest.fixture
def journal(journal_url: str, clock: FrozenClock, request: pytest.FixtureRequest) -> Journal:
    """An empty journal of each kind."""
    if journal_url == "memory":
        return MemoryJournal(clock=clock)
    journal: Journal = request.getfixturevalue("sql_journal")
    return journal


# accepting


def test_the_same_object_is_one_job(journal: Journal) -> None:
    """A second event about the same version finds the first one's job, whatever came in between."""
    first = journal.add([new("a"), new("b")], limit=LIMIT)
    again = journal.add([new("b"), new("c")], limit=LIMIT)

    assert [False, False] == [one.duplicate for one in first]
    assert [(first[1].job_id, True), (again[1].job_id, False)] == [(one.job_id, one.duplicate) for one in again]


def test_duplicates_within_one_batch_are_one_job(journal: Journal) -> None:
    """Two requests that share a commit and mean the same object make one job, and both are told."""
    added = journal.add([new("a"), new("a"), new("a")], limit=LIMIT)

    assert [False, True, True] == [one.duplicate for one in added]
    assert 1 == len({one.job_id for one in added})


def test_another_version_is_another_job(journal: Journal) -> None:
    """An overwritten file is checked again."""
    added = journal.add([new("a", version_id="1"), new("a", version_id="2")], limit=LIMIT)

    assert [False, False] == [one.duplicate for one in added]


def test_nothing_to_add_is_nothing(journal: Journal) -> None:
    """A message whose records are all ignored costs no error."""
    assert [] == journal.add([], limit=LIMIT)


def test_the_backlog_has_a_limit(journal: Journal, clock: FrozenClock) -> None:
    """Above it nothing is written, so SNS keeps what we cannot take."""
    journal.add([new(str(n)) for n in range(4)], limit=3)
    clock.advance(2)

    with pytest.raises(BacklogFull):
        journal.add([new("one more")], limit=3)
    assert 4 == journal.backlog()[JobState.AVAILABLE]


def test_a_job_that_is_skipped_on_purpose_never_runs_but_can(journal: Journal) -> None:
    """`CIRCUIT_BREAKER_ON_OPEN=skip` leaves a record that an operator can replay."""
    (added,) = journal.add([new("a", JobState.CANCELLED)], limit=LIMIT)

    assert [] == journal.claim("p1", 5, held=True)
    assert [added.job_id] == journal.replay([added.job_id])
    assert ["a"] == keys(journal.claim("p1", 5))


@pytest.mark.parametrize("state", sorted(set(JobState) - {JobState.AVAILABLE, JobState.HELD, JobState.CANCELLED}))
def test_no_job_begins_in_the_middle_of_its_life(journal: Journal, state: JobState) -> None:
    """A job that nobody runs must not look as if somebody did; its neighbours in the batch are not written either."""
    with pytest.raises(IllegalTransition):
        journal.add([new("good"), new("odd", state)], limit=LIMIT)
    assert [] == journal.claim("p1", 5)


def test_a_job_keeps_what_its_event_said(journal: Journal) -> None:
    """Version, eTag, sequencer, size, region and both instants reach the worker, whatever zone they came in."""
    noon = datetime(2026, 11, 24, 12, 30, tzinfo=timezone(timedelta(hours=13)))
    ref = ObjectRef("b", "é/💥 [x]\n.csv", "v1", "e", "0055AE", 5 * 1024**4)
    journal.add([NewJob(ref, region="eu-central-1", event_time=noon)], limit=LIMIT)

    (job,) = journal.claim("p1", 1)

    assert (ref, "eu-central-1", noon) == (job.ref, job.region, job.event_time)
    assert job.accepted_at is not None
    assert timedelta(0) == job.accepted_at.utcoffset()


# running


def test_claims_are_oldest_first_under_a_new_fence(journal: Journal) -> None:
    """Each claim bumps the fence, so an older attempt can never write over a newer one."""
    ids = [one.job_id for one in journal.add([new(str(n)) for n in range(3)], limit=LIMIT)]

    claimed = journal.claim("p1", 2)

    assert [(ids[0], 1, JobState.RUNNING), (ids[1], 1, JobState.RUNNING)] == [
        (job.id, job.fence, job.state) for job in claimed
    ]
    assert journal.release(claimed[0])
    assert [(ids[0], 2)] == [(job.id, job.fence) for job in journal.claim("p1", 1)]


@pytest.mark.parametrize("count", [0, -1])
def test_a_pool_without_a_free_slot_claims_nothing(journal: Journal, count: int) -> None:
    """No slot, no job, no error."""
    journal.add([new("a")], limit=LIMIT)

    assert [] == journal.claim("p1", count)


def test_held_jobs_wait_until_they_are_released(journal: Journal) -> None:
    """What came while the breaker was open is not claimed, and runs by itself afterwards."""
    journal.add([new("a", JobState.HELD)], limit=LIMIT)

    assert [] == journal.claim("p1", 5)
    assert 1 == journal.release_held()
    assert 0 == journal.release_held()
    assert ["a"] == keys(journal.claim("p1", 5))


def test_a_probe_may_be_a_held_job(journal: Journal) -> None:
    """Half open, with only held jobs there, one of them is tried; the oldest, whatever state it waits in."""
    journal.add([new("a", JobState.HELD), new("b"), new("c", JobState.HELD)], limit=LIMIT)

    assert ["a", "b"] == keys(journal.claim("p1", 2, held=True))


def test_buckets_that_are_shut_wait_while_others_run(journal: Journal) -> None:
    """One partner's denied bucket keeps its own jobs back, held ones too, and nobody else's."""
    theirs, ours = replace(new("a").ref, bucket="denied"), new("b").ref
    states = (JobState.AVAILABLE, JobState.HELD)
    shut = frozenset({"denied"})
    journal.add(
        [NewJob(replace(ref, key=f"{ref.key}{state}"), state) for ref in (theirs, ours) for state in states],
        limit=LIMIT,
    )

    assert ["bavailable"] == keys(journal.claim("p1", 5, without=shut))
    assert 1 == journal.release_held(without=shut)
    assert ["bheld"] == keys(journal.claim("p1", 5, held=True, without=shut))
    assert ["aavailable", "aheld"] == keys(journal.claim("p1", 5, held=True))


def test_a_job_that_must_wait_is_not_claimed_before(journal: Journal) -> None:
    """A retry keeps its distance, by the database's clock, and does not stand in the way of others."""
    journal.add([new("a"), new("b")], limit=LIMIT)
    (job,) = journal.claim("p1", 1)
    assert journal.settle(job, replace(AGAIN, retry_in=3_600.0))

    assert ["b"] == keys(journal.claim("p1", 5))
    assert JobState.RETRYABLE is state_of(journal, "a")


@pytest.mark.parametrize("retry_in", [None, -3_600.0], ids=["at once", "due"])
def test_a_retry_that_is_due_goes_before_what_came_after_it(journal: Journal, retry_in: float | None) -> None:
    """Oldest first holds across states; a retry does not go to the end of the queue."""
    journal.add([new(str(n)) for n in range(3)], limit=LIMIT)
    (job,) = journal.claim("p1", 1)
    journal.settle(job, replace(AGAIN, retry_in=retry_in))

    assert ["0", "1"] == keys(journal.claim("p1", 2))


def test_one_named_job_can_be_claimed_if_it_waits(journal: Journal) -> None:
    """`fileproc process` runs its own job and no other; what runs already is left alone."""
    _, second = journal.add([new("a"), new("b")], limit=LIMIT)

    job = journal.claim_one("p1", second.job_id)

    assert ("b", 1) == (job and job.ref.key, job and job.fence)
    assert journal.claim_one("p1", second.job_id) is None
    assert journal.claim_one("p1", 999) is None


def test_an_old_fence_changes_nothing(journal: Journal) -> None:
    """A zombie's result is dropped; the current attempt's counts, and only once."""
    zombie = in_state(journal, JobState.RUNNING)
    journal.release(zombie)
    (current,) = journal.claim("p2", 1)

    assert not journal.settle(zombie, DIED)
    assert not journal.release(zombie)
    assert JobState.RUNNING is state_of(journal, "a")
    assert journal.settle(current, PASSED)
    assert not journal.settle(current, PASSED)
    assert JobState.COMPLETED is state_of(journal, "a")


def test_several_results_are_written_together_each_under_its_fence(journal: Journal) -> None:
    """A zombie's result among good ones is dropped, and theirs count, each with its own end."""
    zombie = in_state(journal, JobState.RUNNING, "a")
    journal.release(zombie)
    (current,) = journal.claim("p2", 1)
    passed, again = in_state(journal, JobState.RUNNING, "b"), in_state(journal, JobState.RUNNING, "c")

    assert [False, True, True] == journal.settle_all([(zombie, DIED), (passed, PASSED), (again, AGAIN)])
    assert JobState.RUNNING is state_of(journal, "a")
    assert JobState.COMPLETED is state_of(journal, "b")
    assert JobState.RETRYABLE is state_of(journal, "c")
    assert journal.settle(current, PASSED)


def test_results_that_cannot_be_written_together_are_not_written_at_all(journal: Journal) -> None:
    """A move that the table does not know spoils the whole commit, so nobody takes a part for all of it."""
    good, bad = in_state(journal, JobState.RUNNING, "a"), in_state(journal, JobState.RUNNING, "b")
    with pytest.raises(IllegalTransition):
        journal.settle_all([(good, PASSED), (bad, Settlement(JobState.RUNNING, JobClass.VERDICT))])
    assert JobState.RUNNING is state_of(journal, "a")


@pytest.mark.parametrize(
    ("job_class", "charged"),
    [
        (JobClass.DENIED, (1, 0, 0)),
        (JobClass.INFRA, (1, 0, 0)),
        (JobClass.TIMEOUT, (1, 0, 0)),
        (JobClass.MEMORY, (1, 0, 0)),
        (JobClass.BUG, (1, 0, 0)),
        (JobClass.CRASH, (0, 1, 0)),
        (JobClass.INTERRUPTED, (0, 0, 1)),
        (JobClass.ARCHIVED, (0, 0, 0)),
    ],
)
def test_each_class_charges_its_own_budget(
    journal: Journal, job_class: JobClass, charged: tuple[int, int, int]
) -> None:
    """A deploy never uses up a job's retries, and a crash is not one of the job's own errors."""
    job = in_state(journal, JobState.RUNNING)

    journal.settle(job, Settlement(JobState.RETRYABLE, job_class))

    (again,) = journal.claim("p1", 1)
    assert charged == (again.attempts, again.crashes, again.interruptions)


def test_giving_a_job_back_costs_it_nothing(journal: Journal) -> None:
    """A drain is counted as an interruption and nothing else, and the job is first in line again."""
    job = in_state(journal, JobState.RUNNING)

    journal.release(job)

    (again,) = journal.claim("p2", 1)
    assert (0, 0, 1) == (again.attempts, again.crashes, again.interruptions)


@pytest.mark.parametrize("state", sorted(set(JobState) - TRANSITIONS[JobState.RUNNING]))
def test_an_illegal_end_raises_and_changes_nothing(journal: Journal, state: JobState) -> None:
    """The table of states is enforced where it is written."""
    job = in_state(journal, JobState.RUNNING)

    with pytest.raises(IllegalTransition):
        journal.settle(job, Settlement(state, JobClass.VERDICT))
    assert journal.settle(job, PASSED)


#: Everything that may move a job, called as somebody would who is wrong about its state.
MOVERS: dict[str, Callable[[Journal, Job], object]] = {
    "add": lambda journal, job: journal.add([NewJob(job.ref, JobState.HELD)], limit=LIMIT),
    "claim": lambda journal, _: journal.claim("p2", 5),
    "claim held": lambda journal, _: journal.claim("p2", 5, held=True),
    "claim_one": lambda journal, job: journal.claim_one("p2", job.id),
    "settle": lambda journal, job: journal.settle(job, AGAIN),
    "release": lambda journal, job: journal.release(job),
    "cancel_waiting": lambda journal, job: journal.cancel_waiting(job.ref),
    "restored": lambda journal, job: journal.restored(job.ref),
    "release_held": lambda journal, _: journal.release_held(),
    "replay": lambda journal, job: journal.replay([job.id]),
    "rescue": lambda journal, _: journal.rescue(pool("me"), lambda one: False, ttl=30),
    "purge": lambda journal, _: journal.purge(30),
}

#: What each of them is for; every other state must stay as it is.
MOVES = {
    "claim": {(JobState.AVAILABLE, JobState.RUNNING), (JobState.RETRYABLE, JobState.RUNNING)},
    "settle": {(JobState.RUNNING, JobState.RETRYABLE)},
    "release": {(JobState.RUNNING, JobState.AVAILABLE)},
    "rescue": {(JobState.RUNNING, JobState.AVAILABLE)},
    "release_held": {(JobState.HELD, JobState.AVAILABLE)},
    "replay": {(state, JobState.AVAILABLE) for state in FINISHED},
    "claim held": {(state, JobState.RUNNING) for state in WAITING},
    "claim_one": {(state, JobState.RUNNING) for state in WAITING},
    "cancel_waiting": {(state, JobState.CANCELLED) for state in WAITING},
}


@pytest.mark.parametrize("mover", MOVERS)
def test_every_move_is_in_the_table(journal: Journal, mover: str) -> None:
    """Whatever is called, by somebody who is wrong about a job's state: it makes the move that is meant, or none."""
    moved: set[tuple[JobState, JobState]] = set()
    for state in JobState:
        job = in_state(journal, state, state.value)
        MOVERS[mover](journal, job)
        after = state_of(journal, state.value)
        moved |= {(state, after)} - {(state, state)}
        for left in journal.claim("p1", 5, held=True):
            journal.settle(left, PASSED)

    assert MOVES.get(mover, set()) == moved
    assert all(after in TRANSITIONS[before] for before, after in moved)


@pytest.mark.parametrize("state", sorted(FINISHED))
def test_replay_resets_every_counter(journal: Journal, state: JobState) -> None:
    """A finished job gets its whole budget again; its old attempt cannot write any more."""
    old = in_state(journal, state)

    assert [old.id] == journal.replay([old.id, 999, 10**30])

    (again,) = journal.claim("p1", 1)
    assert (0, 0, 0) == (again.attempts, again.crashes, again.interruptions)
    assert old.fence < again.fence
    assert not journal.settle(old, PASSED)


@pytest.mark.parametrize("state", sorted(set(JobState) - FINISHED))
def test_what_is_not_finished_cannot_be_replayed(journal: Journal, state: JobState) -> None:
    """A replay never runs a job twice at once."""
    job = in_state(journal, state)

    assert [] == journal.replay([job.id])
    assert state is state_of(journal, "a")


# pools and their leases


def test_a_dead_pool_on_this_host_is_rescued_at_once(journal: Journal) -> None:
    """The jobs of a killed pool run again without waiting for a lease, and are not charged."""
    journal.add([new("a"), new("b")], limit=LIMIT)
    journal.register_pool(pool("dead", pid=1))
    journal.register_pool(pool("living", pid=2))
    (lost,) = journal.claim("dead", 1)
    (kept,) = journal.claim("living", 1)

    rescued = journal.rescue(pool("me", pid=3), lambda one: one.pid == 2, ttl=30)

    assert [lost.id] == rescued
    again = journal.claim_suspect("me")
    assert again is not None
    assert (lost.id, 0, 0, 1) == (again.id, again.attempts, again.crashes, again.interruptions)
    assert not journal.settle(lost, PASSED)
    assert journal.settle(kept, PASSED)


def test_what_a_dead_pool_was_running_is_suspected_and_runs_alone(journal: Journal) -> None:
    """One of them may have killed it: none is claimed beside others, each is claimed by itself, oldest first."""
    journal.register_pool(pool("p1"))
    journal.add([new("a"), new("b"), new("c")], limit=LIMIT)
    journal.claim("p1", 2)
    journal.rescue(pool("me"), lambda one: False, ttl=30)

    assert (2, 1) == (journal.suspects(), len(journal.claim("me", 5)))
    assert (0, None) == (journal.suspects(without=frozenset("b")), journal.claim_suspect("me", without=frozenset("b")))
    first, second, third = (journal.claim_suspect("me") for _ in range(3))
    assert first is not None and second is not None and third is None
    assert ["a", "b"] == keys([first, second])
    assert [(True, 0, 1)] * 2 == [(job.suspect, job.crashes, job.interruptions) for job in (first, second)]


def test_only_who_was_alone_in_a_dead_pool_is_charged(journal: Journal) -> None:
    """A suspect that its pool died with again has a crash; one that ended in any way is a suspect no more."""
    journal.register_pool(pool("p1"))
    journal.add([new("a"), new("b")], limit=LIMIT)
    journal.claim("p1", 2)
    journal.rescue(pool("p2", pid=2), lambda one: False, ttl=30)
    journal.register_pool(pool("p2", pid=2))
    killer = journal.claim_suspect("p2")
    journal.rescue(pool("p3", pid=3), lambda one: False, ttl=30)
    journal.register_pool(pool("p3", pid=3))
    again, innocent = journal.claim_suspect("p3"), journal.claim_suspect("p3")
    assert killer is not None and again is not None and innocent is not None

    assert (killer.id, 1, 0) == (again.id, again.crashes, innocent.crashes)
    assert journal.settle(innocent, replace(AGAIN, retry_in=None))
    assert [innocent.id] == [job.id for job in journal.claim("p3", 5)]


@pytest.mark.parametrize("far", [{"host": "elsewhere"}, {"boot": "another"}], ids=["another host", "another boot"])
def test_a_pool_elsewhere_keeps_its_jobs_while_it_beats(journal: Journal, far: dict[str, str]) -> None:
    """Where a pid means nothing it proves nothing: hosts share names, and must not take each other's jobs for ever."""
    journal.register_pool(pool("far", **far))
    journal.add([new("a")], limit=LIMIT)
    journal.claim("far", 1)

    assert [] == journal.rescue(pool("me"), lambda one: False, ttl=30)
    assert journal.beat("far")


def test_a_lease_that_ran_out_is_rescued(journal: Journal) -> None:
    """A pool that was cut off loses its jobs after its time to live, and learns it at its next beat."""
    journal.register_pool(pool("far", host="elsewhere"))
    journal.add([new("a")], limit=LIMIT)
    (job,) = journal.claim("far", 1)

    rescued = journal.rescue(pool("me"), lambda one: True, ttl=-1)

    assert [job.id] == rescued
    assert not journal.beat("far")
    assert not journal.settle(job, PASSED)


def test_nobody_rescues_itself(journal: Journal) -> None:
    """A pool that is late with its own beat does not take its own jobs from under its workers."""
    journal.register_pool(pool("me"))
    journal.add([new("a")], limit=LIMIT)
    (job,) = journal.claim("me", 1)

    assert [] == journal.rescue(pool("me"), lambda one: False, ttl=-1)
    assert journal.settle(job, PASSED)


def test_what_a_retired_pool_left_is_taken_back(journal: Journal) -> None:
    """A drain that could not finish everything loses nothing."""
    journal.register_pool(pool("old"))
    journal.add([new("a")], limit=LIMIT)
    (job,) = journal.claim("old", 1)

    journal.retire_pool("old")

    assert [job.id] == journal.rescue(pool("me"), lambda one: True, ttl=30)


def test_a_pool_may_register_again(journal: Journal) -> None:
    """After it lost its lease a living pool goes on under the same name."""
    journal.register_pool(pool("p1"))
    journal.register_pool(pool("p1"))

    assert journal.beat("p1")


# removal, figures and upkeep


def test_an_object_that_was_removed_is_not_checked(journal: Journal) -> None:
    """What still waits for it is cancelled, held and retryable too; another key is not, nor what runs."""
    journal.add([new("a"), new("b")], limit=LIMIT)
    journal.add([new("a", JobState.HELD, etag="2")], limit=LIMIT)

    assert 2 == journal.cancel_waiting(ObjectRef("b", "a"))
    assert 0 == journal.cancel_waiting(ObjectRef("other", "b"))
    assert ["b"] == keys(journal.claim("p1", 5, held=True))
    assert 0 == journal.cancel_waiting(ObjectRef("b", "b"))


def test_a_removed_version_spares_the_others(journal: Journal) -> None:
    """Deleting one version of a key says nothing about the other ones."""
    journal.add([new("a", version_id="1"), new("a", version_id="2")], limit=LIMIT)

    assert 1 == journal.cancel_waiting(ObjectRef("b", "a", version_id="1"))
    assert ["2"] == [job.ref.version_id for job in journal.claim("p1", 5)]


ARCHIVED = Settlement(JobState.RETRYABLE, JobClass.ARCHIVED, "archived", retry_in=3_600)


def archived(journal: Journal, key: str, **identity: str) -> Job:
    """A job that waits for its object to be restored."""
    journal.add([new(key, **identity)], limit=LIMIT)
    (job,) = journal.claim("p1", 1)
    journal.settle(job, ARCHIVED)
    return job


def test_what_waits_for_a_restore_is_due_when_it_comes(journal: Journal) -> None:
    """A restored object is checked at once instead of at the next look, and its waiting has cost it nothing."""
    archived(journal, "a")
    archived(journal, "other")

    assert [] == journal.claim("p1", 5)
    assert 1 == journal.restored(ObjectRef("b", "a"))
    (again,) = journal.claim("p1", 5)
    assert ("a", 0, 0, 0) == (again.ref.key, again.attempts, again.crashes, again.interruptions)


def test_a_restore_runs_nothing_but_what_waits_for_it(journal: Journal) -> None:
    """Another version, and a job that waits for its next attempt for a reason of its own, stay where they are."""
    archived(journal, "a", version_id="1")
    journal.add([new("b")], limit=LIMIT)
    journal.settle(journal.claim("p1", 1)[0], Settlement(JobState.RETRYABLE, JobClass.INFRA, retry_in=60))

    assert [0, 0, 1] == [
        journal.restored(ref)
        for ref in (ObjectRef("b", "a", version_id="2"), ObjectRef("b", "b"), ObjectRef("b", "a", version_id="1"))
    ]


def test_an_archived_object_makes_nobody_look_late(journal: Journal, clock: FrozenClock) -> None:
    """The age of the oldest waiting job, which alerts look at, leaves out what waits for a person's restore."""
    archived(journal, "a")
    clock.advance(90)

    assert 0.0 == journal.oldest_waiting_seconds()


def test_an_upload_after_a_removal_is_checked_in_whatever_order_they_arrive(journal: Journal) -> None:
    """A removal cancels only what came before it; sequencers are compared padded, as text."""
    journal.add([new("a", sequencer="0055AED6DCD90281E4"), new("a", sequencer="0055AED6DD")], limit=LIMIT)

    assert 1 == journal.cancel_waiting(ObjectRef("b", "a", sequencer="0055AED6DCD90281E5"))
    assert ["0055AED6DD"] == [job.ref.sequencer for job in journal.claim("p1", 5)]


def test_the_backlog_counts_each_state(journal: Journal) -> None:
    """What waits, what runs and what died are figures of their own; what is done is in none."""
    for state in JobState:
        in_state(journal, state, state.value)

    assert dict.fromkeys(set(JobState) - {JobState.COMPLETED, JobState.CANCELLED}, 1) == journal.backlog()


@pytest.mark.parametrize("state", [JobState.AVAILABLE, JobState.HELD, JobState.RETRYABLE])
def test_the_oldest_job_that_waits_has_an_age(journal: Journal, clock: FrozenClock, state: JobState) -> None:
    """An alert can watch it; a queue with nothing in it has age zero."""
    assert 0.0 == journal.oldest_waiting_seconds()
    in_state(journal, state)
    clock.advance(90)
    journal.add([new("young")], limit=LIMIT)

    assert 90 == round(journal.oldest_waiting_seconds())


def test_old_jobs_are_purged_and_nothing_that_waits(journal: Journal, clock: FrozenClock) -> None:
    """Retention takes what is finished, and a later event about such an object is a new job."""
    done = in_state(journal, JobState.COMPLETED, "done")
    journal.add([new("waits")], limit=LIMIT)
    clock.advance(31 * 86_400)
    in_state(journal, JobState.CANCELLED, "fresh")

    assert 1 == journal.purge(30)
    assert 0 == journal.purge(30)
    assert JobState.AVAILABLE is state_of(journal, "waits")
    (added,) = journal.add([new("done")], limit=LIMIT)
    assert (False, True) == (added.duplicate, added.job_id > done.id)


def test_a_purge_can_be_narrowed_down(journal: Journal, clock: FrozenClock) -> None:
    """Only what has all the values goes: dead jobs, say, and the verdicts of good files stay."""
    in_state(journal, JobState.COMPLETED, "passed")
    in_state(journal, JobState.DEAD, "dead")
    in_state(journal, JobState.RETRYABLE, "again")
    clock.advance(31 * 86_400)

    removed = [
        journal.purge(30, only=only)
        for only in (
            {"bucket": "other"},
            {"state": "dead", "verdict": "pass"},
            {"state": "retryable"},
            {"state": "dead"},
        )
    ]

    assert [0, 0, 0, 1] == removed
    assert (JobState.COMPLETED, JobState.RETRYABLE) == (state_of(journal, "passed"), state_of(journal, "again"))


def test_one_purge_is_bounded(journal: Journal, clock: FrozenClock) -> None:
    """Years of history do not stop the service while they are removed."""
    for number in range(5):
        in_state(journal, JobState.COMPLETED, str(number))
    clock.advance(31 * 86_400)

    assert [2, 2, 1, 0] == [journal.purge(30, most=2) for _ in range(4)]


@pytest.mark.postgres
@pytest.mark.parametrize("hours", [-1, 1])
def test_a_host_whose_clock_is_an_hour_off_changes_nothing(postgres_url: str, hours: int) -> None:
    """Back-off, leases and the fence go by the database's clock: no wait is shortened or stretched, no pool buried."""
    engines = [open_engine(postgres_url) for _ in range(2)]
    now = datetime.now(UTC)
    here = SqlJournal(engines[0], clock=FrozenClock(wall=now))
    there = SqlJournal(engines[1], clock=FrozenClock(wall=now + timedelta(hours=hours)))
    for journal, name in ((here, "here"), (there, "there")):
        journal.register_pool(pool(name, host=name))
    here.add([new("a"), new("b"), new("c")], limit=LIMIT)
    waits, due, runs = there.claim("there", 3)
    there.settle(waits, replace(AGAIN, retry_in=600.0))
    there.settle(due, replace(AGAIN, retry_in=-1.0))

    for journal, name in ((here, "here"), (there, "there")):
        assert [] == journal.rescue(pool(name, host=name), lambda _: True, ttl=30)
    assert [due.id] == [job.id for job in here.claim("here", 3)]
    assert there.settle(runs, PASSED)
    for engine in engines:
        engine.dispose()
