"""The chaos harness in short: a seeded run of the service on each database, and a broken guard that it catches."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.postgres import Cluster
from tests.system.chaos.__main__ import NEEDED, SHOWS, mutated
from tests.system.chaos.mutations import MUTATIONS
from tests.system.chaos.run import Plan, run

pytestmark = pytest.mark.system

SHORT = Plan(seed=20261125, events=60, seconds=5.0)


def test_nothing_is_lost_or_doubled_while_everything_is_struck(tmp_path: Path) -> None:
    """Random kills, stops, a locked database and a lying S3 cost no file its one right verdict, leave nothing
    (pebble#163 a death at any step, celery#8610 interrupted work, gunicorn#3626 an answer that comes too late)."""
    assert [] == run(SHORT, tmp_path).problems


@pytest.mark.postgres
def test_the_same_on_postgresql(tmp_path: Path, postgres_cluster: Cluster) -> None:
    """Two pods on one PostgreSQL whose connections are cut again and again keep every promise, too."""
    plan = Plan(seed=7, events=40, seconds=3.0, database=postgres_cluster.database())
    assert [] == run(plan, tmp_path).problems


def test_a_guard_that_is_missing_is_seen(tmp_path: Path) -> None:
    """The harness is no ornament: without the journal's uniqueness the run names the file that has two jobs."""
    problems = run(Plan(seed=3, events=30, seconds=2.0, patience=5.0, mutation="no-uniqueness"), tmp_path).problems
    assert any("has 2 jobs" in problem for problem in problems), problems


def test_every_mutation_has_the_strikes_that_show_it() -> None:
    """A guard that is added to the list is also tried by `--mutations`."""
    assert set(MUTATIONS) == set(NEEDED) == set(SHOWS)
    assert all(mutated(name, 1).strikes for name in MUTATIONS)
