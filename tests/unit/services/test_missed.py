"""Missed: a bucket's listing against the journal."""

from __future__ import annotations

from collections.abc import Sequence

from fileproc.domain.jobs import JobState
from fileproc.domain.objects import ObjectRef
from fileproc.domain.ports import Known
from fileproc.services.missed import Reconciled, reconcile

DONE, WAITS = JobState.COMPLETED, JobState.RETRYABLE


def held_against(jobs: dict[str, list[Known]], *pages: Sequence[ObjectRef], most: int = 100) -> Reconciled:
    return reconcile(pages, lambda _bucket, keys: {key: jobs[key] for key in keys if key in jobs}, most=most)


def ref(key: str, etag: str = "e", version: str | None = None) -> ObjectRef:
    return ObjectRef("b", key, version, etag)


def test_every_object_is_counted_once_as_what_it_is() -> None:
    """N objects, N verdicts: a verdict, one that waits, and one that nobody ever heard of, over several pages."""
    jobs = {"done": [Known(None, "e", DONE)], "waits": [Known(None, "e", WAITS)]}
    told = held_against(jobs, [ref("done"), ref("waits")], [], [ref("lost")])

    assert "3 objects, 1 verdicts, 1 waits, 1 missed" == str(told)
    assert [ref("lost")] == told.missed


def test_a_verdict_of_other_bytes_is_none_of_these() -> None:
    """An object that was replaced, without a word, has been missed although its key is known."""
    assert [ref("a", "new")] == held_against({"a": [Known(None, "old", DONE)]}, [ref("a", "new")]).missed


def test_versions_decide_where_both_sides_know_them() -> None:
    """The same bytes uploaded again are another version; a job without one is known by its bytes."""
    jobs = {"again": [Known("v1", "e", DONE)], "bytes": [Known(None, "e", DONE)]}
    told = held_against(jobs, [ref("again", "e", "v2"), ref("bytes", "e", "v1")])

    assert ([ref("again", "e", "v2")], 1) == (told.missed, told.verdicts)


def test_more_than_were_wanted_are_counted_and_not_kept() -> None:
    """A million lost files are told, and do not fill the memory."""
    told = held_against({}, [ref(str(number)) for number in range(10)], most=3)

    assert (3, 7) == (len(told.missed), told.more)
    assert "10 objects, 0 verdicts, 10 missed" == str(told)
