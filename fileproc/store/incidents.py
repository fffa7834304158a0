"""Incidents: what is wrong with the files of a contract, as one sink was told of it.

An incident is a contract and a cause; it is open from the first file that has the cause to the first that could be
checked and has it not. Somebody is told of these two moments, however many files there are between them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from fileproc.clock import iso
from fileproc.domain.deliveries import Delivery
from fileproc.domain.reports import Severity, Verdict
from fileproc.store.rows import storable
from fileproc.store.tables import incidents

LONGEST_CONTRACT = 255


def change(connection: Connection, delivery: Delivery, now: datetime) -> dict[str, Any]:
    """Write what the report changes, and return it: `opened` and `recovered`, each with title, files and since."""
    contract = contract_of(delivery.report)
    mine = (incidents.c.sink == delivery.sink, incidents.c.contract == contract)
    known = {row.cause: row for row in connection.execute(select(incidents).where(*mine).with_for_update())}
    found = dict(_causes(delivery.report))
    opened = {cause: title for cause, title in found.items() if cause not in known}
    gone = [cause for cause in known if cause not in found and _can_tell(delivery.report, cause)]
    rows = [
        {"sink": delivery.sink, "contract": contract, "cause": cause, "title": title, "files": 1, "since": now}
        for cause, title in opened.items()
    ]
    if rows:
        connection.execute(insert(incidents), rows)
    if again := sorted(found.keys() & known.keys()):
        more = update(incidents).where(*mine, incidents.c.cause.in_(again))
        connection.execute(more.values(files=incidents.c.files + 1))
    if gone:
        connection.execute(delete(incidents).where(*mine, incidents.c.cause.in_(gone)))
    recovered = [
        {"title": known[cause].title, "files": known[cause].files, "since": iso(known[cause].since)} for cause in gone
    ]
    return {"contract": contract, "opened": list(opened.values()), "recovered": recovered}


def contract_of(report: Mapping[str, Any]) -> str:
    """The contract by name; files without one are told apart by their bucket."""
    name = (report.get("contract") or {}).get("name") or f"s3://{(report.get('file') or {}).get('bucket')}"
    return (storable(str(name)) or "")[:LONGEST_CONTRACT]


def _causes(report: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Fingerprint and title of everything that is wrong; rows and counts do not matter, the check and column do."""
    if report.get("verdict") == Verdict.ERROR:
        failure = report.get("error") or {}
        yield "error", f"files could not be checked ({failure.get('class', 'unknown')})"
    for cause in report.get("causes", ()):
        if cause["severity"] != Severity.INFO:
            told = "\0".join(str(cause.get(name)) for name in ("code", "check", "column"))
            yield hashlib.sha256(told.encode("utf-8", "replace")).hexdigest(), storable(str(cause["title"])) or ""


def _can_tell(report: Mapping[str, Any], cause: str) -> bool:
    """A file that could not be read to its end says nothing of what it does not show."""
    if report.get("verdict") not in (Verdict.PASS, Verdict.WARN, Verdict.FAIL):
        return False
    return cause == "error" or bool((report.get("read") or {}).get("complete"))
