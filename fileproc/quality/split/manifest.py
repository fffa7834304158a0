"""The manifest: what was split, into what, and why. It is written last, so where it is, the parts are whole.

It holds nothing that differs from one attempt to the next, and no cell of the file.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from fileproc.domain.reports import Report, Severity
from fileproc.quality.split.names import Names
from fileproc.quality.split.parts import Parts

SCHEMA = "fileproc/split/1"

#: Causes about the file as a whole that a manifest lists.
MOST_CAUSES = 100


def manifest(parts: Parts, report: Report, names: Names) -> dict[str, Any]:
    """The manifest of a split, as a document."""
    of_rows = {(reason["check"], reason["code"]) for reason in parts.reasons}
    rows = report.counts.rows
    return {
        "schema": SCHEMA,
        "report": report.id,
        "verdict": report.verdict.value,
        "source": {
            **{name: value for name, value in asdict(report.file).items() if value is not None},
            "sha256": parts.source_sha256,
        },
        "contract": asdict(report.contract),
        "rows": rows,
        "split": parts.untrusted is None,
        "accepted": parts.accepted.to_document(_last(names.accepted)) if parts.accepted else None,
        "rejected": parts.rejected.to_document(_last(names.rejected)) if parts.rejected else None,
        "reasons": list(parts.reasons),
        "file_causes": _of_file(report, of_rows),
        "notes": list(parts.notes),
        **({"untrusted": parts.untrusted} if parts.untrusted is not None else {}),
    }


def _of_file(report: Report, of_rows: set[tuple[str, str]]) -> list[dict[str, Any]]:
    """Causes of severity fail that no rejected row explains: about the file as a whole."""
    checks = {check for check, _ in of_rows}
    found = [
        {"code": cause.code, "check": cause.check, "column": cause.column, "fix": cause.fix}
        for cause in report.causes
        if cause.severity is Severity.FAIL and cause.check not in checks and cause.code not in checks
    ]
    return found[:MOST_CAUSES]


def to_bytes(document: dict[str, Any]) -> bytes:
    """The manifest as it is written."""
    return json.dumps(document, indent=2, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n"


def _last(name: str) -> str:
    return name.rsplit("/", 1)[-1]
