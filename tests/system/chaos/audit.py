"""The auditor: a trigger in the database that writes down every move of every job, whoever makes it."""

from __future__ import annotations

from collections import Counter
from typing import Any

from sqlalchemy import Engine, text

from fileproc.domain.jobs import TRANSITIONS, JobState

NOTE = "INSERT INTO audit VALUES (new.id, old.state, new.state, old.fence, new.fence);"
TABLE = "CREATE TABLE audit (job bigint, old text, new text, fence_before bigint, fence_after bigint)"
SQLITE = (TABLE, f"CREATE TRIGGER audited AFTER UPDATE OF state ON jobs BEGIN {NOTE} END")
POSTGRESQL = (
    TABLE,
    f"CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {NOTE} RETURN new; END $$",
    "CREATE TRIGGER audited AFTER UPDATE OF state ON jobs FOR EACH ROW EXECUTE FUNCTION note()",
)

ENDS = {JobState.COMPLETED.value, JobState.DEAD.value}


def begin(engine: Engine) -> None:
    """From now on every move is written down."""
    with engine.begin() as connection:
        for statement in SQLITE if connection.dialect.name == "sqlite" else POSTGRESQL:
            connection.execute(text(statement))


def rows(engine: Engine, query: str) -> list[Any]:
    with engine.connect() as connection:
        return list(connection.execute(text(query)))


def broken_moves(engine: Engine) -> list[str]:
    """Moves that no job may make, claims without a new fence, and jobs that ended more than once."""
    moves = rows(engine, "SELECT job, old, new, fence_before, fence_after FROM audit")
    found = [
        f"job {job} went from {old} to {new}" for job, old, new, *_ in moves if new not in TRANSITIONS[JobState(old)]
    ]
    found += [
        f"job {job} was claimed under its old fence {after}"
        for job, _, new, before, after in moves
        if new == JobState.RUNNING and after != before + 1
    ]
    ends = Counter(job for job, _, new, *_ in moves if new in ENDS)
    return found + [f"job {job} ended {times} times" for job, times in ends.items() if times > 1]
