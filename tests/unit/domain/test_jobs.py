"""Jobs: the table is the truth about what may happen to a job."""

from __future__ import annotations

import itertools

import pytest

from fileproc.domain.jobs import CLASSES, FINISHED, TRANSITIONS, JobClass, JobState, Outcome, move
from fileproc.domain.objects import ObjectRef
from fileproc.errors import IllegalTransition


@pytest.mark.parametrize(("current", "new"), list(itertools.product(JobState, JobState)))
def test_only_moves_in_the_table_are_possible(current: JobState, new: JobState) -> None:
    """Each of the 49 pairs either moves or raises; there is no third way."""
    if new in TRANSITIONS[current]:
        assert new == move(current, new)
    else:
        with pytest.raises(IllegalTransition, match=f"from {current} to {new}"):
            move(current, new)


def test_every_state_can_be_left_and_reached() -> None:
    """No job can get stuck: each state has a way out, and finished ones can be replayed."""
    reached = set().union(*TRANSITIONS.values())

    assert set(JobState) == reached
    assert all(TRANSITIONS.values())
    assert all(JobState.AVAILABLE in TRANSITIONS[state] for state in FINISHED)


def test_a_bad_file_is_a_success_of_the_service() -> None:
    """Only what kept us from checking may open the breaker."""
    failures = {job_class for job_class, rule in CLASSES.items() if rule.outcome is Outcome.FAILURE}

    assert {JobClass.DENIED, JobClass.INFRA, JobClass.TIMEOUT, JobClass.CRASH, JobClass.BUG} == failures
    assert Outcome.SUCCESS is CLASSES[JobClass.VERDICT].outcome


def test_identity_prefers_the_version() -> None:
    """The same version through two doors is one job, whatever sequencer each door tells."""
    one = ObjectRef("b", "k", version_id="v1", etag="e", sequencer="01")
    two = ObjectRef("b", "k", version_id="v1", etag="e", sequencer=None)

    assert one.identity == two.identity


def test_identity_tells_uploads_of_the_same_bytes_apart() -> None:
    """Without versioning, the sequencer makes a second upload of the same bytes a job of its own."""
    one = ObjectRef("b", "k", etag="e", sequencer="01")
    two = ObjectRef("b", "k", etag="e", sequencer="02")

    assert one.identity != two.identity


def test_no_key_can_forge_another_identity() -> None:
    """Moving characters between bucket, key and version never yields the same identity."""
    parts = ["a", "1:a", "a1:", ":", "/"]
    refs = [ObjectRef(b, k, version_id=v) for b, k, v in itertools.product(parts, parts, parts)]

    assert len(refs) == len({ref.identity for ref in refs})
