"""CloudEvents 1.0, JSON: a verdict as an event, a summary with a link and without anybody's data.

Source: the CloudEvents specification 1.0.2, required attributes and the JSON event format.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

TYPE = "fileproc.verdict.v1"

#: An event is read by programs and by people in a hurry; the report has all causes.
MOST_CAUSES = 20

FILE = ("bucket", "key", "version_id", "etag", "size")
CAUSE = ("code", "severity", "column", "title", "count", "first_line", "fix")


def event(report: Mapping[str, Any], key: str, *, link: str | None, source: str) -> dict[str, Any]:
    """The event; `key` is its id, `source` a URI that says who tells it."""
    file = report.get("file") or {}
    envelope = {
        "specversion": "1.0",
        "id": key,
        "source": source,
        "type": TYPE,
        "subject": str(file.get("key") or "?"),
        "time": (report.get("times") or {}).get("finished"),
        "datacontenttype": "application/json",
        "data": data(report, link),
    }
    return {name: value for name, value in envelope.items() if value is not None}


def data(report: Mapping[str, Any], link: str | None) -> dict[str, Any]:
    """What happened, in one screen."""
    causes = report.get("causes") or []
    told = {
        "report_id": str(report.get("id")),
        "verdict": report.get("verdict"),
        "summary": report.get("summary"),
        "file": {name: value for name, value in (report.get("file") or {}).items() if name in FILE},
        "contract": {name: (report.get("contract") or {}).get(name) for name in ("name", "version")},
        "counts": report.get("counts"),
        "causes": [{name: cause.get(name) for name in CAUSE} for cause in causes[:MOST_CAUSES]],
        "more_causes": max(0, len(causes) - MOST_CAUSES),
        "error": report.get("error"),
        "link": link,
    }
    return {name: value for name, value in told.items() if value is not None}
