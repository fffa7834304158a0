"""The sink: a report document in, rows out, in one transaction.

It may be called again with a report that it has kept already (delivery is at least once), so rows are merged by the
report's id. What it raises is a reason to be called again later; `Refused` is for what can never be kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from acme_schema.models import FileCheck, Finding
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker

from fileproc.sinks.plugins import Refused

SCHEMA = "fileproc/report/1"


class Warehouse:
    """`options` are what the sinks file says below `options:`; this one needs `database_url`."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._sessions = sessionmaker(create_engine(options["database_url"], pool_pre_ping=True))

    def deliver(self, report: Mapping[str, Any], key: str) -> None:
        """Keep one report."""
        if report.get("schema") != SCHEMA:
            raise Refused(f"this sink knows {SCHEMA} only")
        with self._sessions.begin() as session:
            known = session.get(FileCheck, int(report["id"]))
            if known is not None:
                session.delete(known)
                session.flush()
            session.add(row_of(report, key))


def row_of(report: Mapping[str, Any], key: str) -> FileCheck:
    """The mapping, and the only place that knows both sides."""
    file, finished = report["file"], report["times"].get("finished")
    return FileCheck(
        report_id=int(report["id"]),
        bucket=file["bucket"],
        key=file["key"],
        contract=report["contract"]["name"],
        verdict=report["verdict"],
        rows=report["counts"]["rows"],
        checked_at=None if finished is None else datetime.fromisoformat(finished),
        delivery=key,
        findings=[
            Finding(
                code=cause["code"],
                column_name=cause["column"],
                title=cause["title"],
                cells=cause["count"],
                first_line=cause["first_line"],
            )
            for cause in report["causes"]
        ],
    )
