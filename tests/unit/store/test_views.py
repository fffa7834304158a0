"""What people ask of the store: found by what they know, newest first, page by page."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from fileproc.clock import FrozenClock, iso
from fileproc.domain.jobs import JobState
from fileproc.domain.objects import ObjectRef
from fileproc.domain.ports import NewJob
from fileproc.store.journal import SqlJournal
from fileproc.store.views import LARGEST_PAGE, Views
from tests.ports.journals import LIMIT, in_state, new


def found(views: Views, **filters: Any) -> list[str]:
    return [row["key"] for row in views.files(**filters)]


def test_pages_follow_one_another_without_a_gap(sql_journal: SqlJournal, views: Views) -> None:
    """Newest first; a page starts where the one before ended, also while new files arrive."""
    sql_journal.add([new(f"x/{n}") for n in range(5)], limit=LIMIT)

    first = views.files(limit=2)
    sql_journal.add([new("x/9")], limit=LIMIT)
    second = views.files(limit=2, before_id=int(first[-1]["id"]))

    assert ["x/4", "x/3", "x/2", "x/1"] == [row["key"] for row in first + second]


@pytest.mark.parametrize(
    ("prefix", "expected"),
    [
        ("x/", ["x/1"]),
        ("x%", ["x%/1"]),
        ("x_", ["x_/1"]),
        ("X/", ["X/1"]),
        ("é\\", ["é\\1"]),
        ("", ["é\\1", "X/1", "x_/1", "x%/1", "x/1"]),
        ("💥", []),
        ("a\x00", []),
        ("a\udcff", []),
    ],
)
def test_a_prefix_is_the_beginning_of_the_key(
    sql_journal: SqlJournal, views: Views, prefix: str, expected: list[str]
) -> None:
    """No wildcard, no other case, on both databases alike; what no key can hold finds nothing."""
    sql_journal.add([new(key) for key in ("x/1", "x%/1", "x_/1", "X/1", "é\\1")], limit=LIMIT)

    assert expected == found(views, prefix=prefix)


def test_files_are_found_by_what_is_known_of_them(sql_journal: SqlJournal, views: Views) -> None:
    """Verdict, state, bucket and contract, alone and together; a hostile value is only a value."""
    in_state(sql_journal, JobState.COMPLETED, "good")
    in_state(sql_journal, JobState.DEAD, "dead")
    sql_journal.add([NewJob(ObjectRef("other", "waits", etag="e"))], limit=LIMIT)

    assert ["good"] == found(views, verdict="pass")
    assert ["dead"] == found(views, state="dead")
    assert ["waits"] == found(views, bucket="other")
    assert ["dead"] == found(views, job_class="crash")
    assert ["good"] == found(views, contract="orders", bucket="b", state="completed")
    assert [] == found(views, bucket="b' OR 1=1 --")
    assert [] == found(views, contract="\x00")


def test_until_is_the_moment_that_no_longer_belongs(sql_journal: SqlJournal, views: Views, clock: FrozenClock) -> None:
    """Two spans that meet hold every file once."""
    sql_journal.add([new("early")], limit=LIMIT)
    clock.advance(60)
    (added,) = sql_journal.add([new("late")], limit=LIMIT)
    moment = datetime.fromisoformat((views.job(added.job_id) or {})["accepted_at"])

    assert (["early"], ["late"]) == (found(views, until=moment), found(views, since=moment))


@pytest.mark.parametrize("zone", [0, 13, -11])
def test_since_is_an_instant_in_whatever_zone_it_is_written(
    sql_journal: SqlJournal, views: Views, clock: FrozenClock, zone: int
) -> None:
    """An operator in Auckland and one in Honolulu find the same files."""
    sql_journal.add([new("a")], limit=LIMIT)
    there = timezone(timedelta(hours=zone))

    assert ["a"] == found(views, since=(clock.utcnow() - timedelta(minutes=1)).astimezone(there))
    assert [] == found(views, since=(clock.utcnow() + timedelta(minutes=1)).astimezone(there))


def test_documents_carry_texts_only_json_knows(sql_journal: SqlJournal, views: Views, clock: FrozenClock) -> None:
    """Ids are strings, instants ISO 8601 in UTC with a Z."""
    event_time = clock.utcnow().astimezone(timezone(timedelta(hours=5, minutes=45)))
    (added,) = sql_journal.add([NewJob(ObjectRef("b", "a", etag="e"), event_time=event_time)], limit=LIMIT)

    shown = views.job(added.job_id) or {}

    assert (str(added.job_id), iso(clock.utcnow()), None) == tuple(
        shown[name] for name in ("id", "event_time", "finished_at")
    )
    accepted_at = datetime.fromisoformat(shown["accepted_at"])  # by the database's clock
    assert shown["accepted_at"].endswith("Z")
    assert abs(accepted_at - clock.utcnow()) < timedelta(minutes=1)


def test_a_page_has_a_largest_size(sql_journal: SqlJournal, views: Views) -> None:
    """Whoever asks for everything, or for nothing, gets a page."""
    sql_journal.add([new(str(n)) for n in range(LARGEST_PAGE + 1)], limit=LIMIT)

    assert LARGEST_PAGE == len(views.files(limit=10**9))
    assert 1 == len(views.files(limit=0))


def test_a_number_that_is_no_id_finds_nothing(sql_journal: SqlJournal, views: Views) -> None:
    """However large; and a page before it is the first page."""
    sql_journal.add([new("a")], limit=LIMIT)

    assert (None, None) == (views.job(10**30), views.report(10**30))
    assert (None, None) == (views.job(999), views.report(999))
    assert ["a"] == found(views, before_id=10**30)
