"""Profiles of accepted files: written with the report that accepted them, read when a later file is compared.

A profile stands here exactly while the stored report of its object is pass or warn: storing a report exchanges it. It
outlives the job, which is purged by age, and is found by the object's identity, so no object trains twice.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from fileproc.domain.jobs import Job
from fileproc.domain.objects import ObjectRef
from fileproc.domain.profiles import KEPT, Past, Profile, Trained, trained_by
from fileproc.store.rows import identity_of, json_text, storable
from fileproc.store.tables import profiles


def exchange(connection: Connection, told: Sequence[tuple[Job, dict[str, Any]]], now: datetime) -> None:
    """Each object's profile is now what its report says, or none; the oldest of their series go."""
    if not told:
        return
    identities = [identity_of(job.ref) for job, _ in told]
    connection.execute(delete(profiles).where(profiles.c.identity.in_(identities)))
    rows = {}  # by identity: the last report of an object counts
    for identity, (job, report) in zip(identities, told, strict=True):
        trained = trained_by(report)
        rows[identity] = None if trained is None else _row(identity, job, trained, now)
    new = [row for row in rows.values() if row is not None]
    if new:
        connection.execute(insert(profiles), new)
    for series in sorted({row["series"] for row in new}):
        _trim(connection, series)


def _row(identity: str, job: Job, trained: Trained, now: datetime) -> dict[str, Any]:
    return {
        "identity": identity,
        "series": series_of(trained.contract, trained.schema),
        "contract": storable(trained.contract),
        "schema_name": storable(trained.schema),
        "file": storable(job.ref.address),
        "at": job.came_at or now,
        "document": json_text(trained.profile.to_document()),
    }


def accepted_before(
    connection: Connection, contract: str, schema: str, *, before: datetime, but: ObjectRef, most: int
) -> list[Past]:
    """Accepted files of a contract's schema object that came before a moment, newest first, without the object."""
    query = (
        select(profiles.c.file, profiles.c.at, profiles.c.document)
        .where(profiles.c.series == series_of(contract, schema), profiles.c.at < before)
        .where(profiles.c.identity != identity_of(but))
        .order_by(profiles.c.at.desc(), profiles.c.identity)
        .limit(most)
    )
    rows = connection.execute(query).all()
    return [Past(row.file, row.at, Profile.from_document(json.loads(row.document))) for row in rows]


def series_of(contract: str, schema: str) -> str:
    """A fixed-size digest: ids of contracts may be longer than an index entry."""
    text = f"{len(contract)}:{contract}{schema}"
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _trim(connection: Connection, series: str) -> None:
    mine = select(profiles.c.identity).where(profiles.c.series == series)
    old = mine.order_by(profiles.c.at.desc(), profiles.c.identity).offset(KEPT)
    # SQLite knows OFFSET only behind LIMIT; one settlement adds one, so a few at a time keep up.
    gone = list(connection.scalars(old.limit(KEPT)))
    if gone:
        connection.execute(delete(profiles).where(profiles.c.identity.in_(gone)))
