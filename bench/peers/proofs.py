"""Did it do the work? A figure counts only if the output shows that every row was read and every check was run."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from bench.peers.measure import document

Proof = Callable[[str], str | None]

#: What the scripts of the peers call the things that did not hold.
FAILURES = ("failures", "failed", "not_passed", "key_duplicates", "broken_lines")


def clean_report(rows: int) -> Proof:
    """Our report on a clean file: passed, all rows read to the end, nothing skipped."""
    return _read_with(lambda report: _of_report(report, rows) or _of_clean(report))


def bad_report(rows: int) -> Proof:
    """Our report on a file where every row is bad: failed, and every single row counted as failing."""
    return _read_with(lambda report: _of_report(report, rows) or _of_bad(report, rows))


def worker_says(verdict: str) -> Proof:
    """The verdicts of a worker."""
    return _read_with(lambda said: None if said["verdicts"] == [verdict] else f"verdicts {said['verdicts']}")


def clean_counts(rows: int) -> Proof:
    """What the script of a peer prints about a clean file. Not all of them tell the rows."""
    return _read_with(lambda counts: _of_counts(counts, rows))


def _read_with(judge: Callable[[dict[str, Any]], str | None]) -> Proof:
    def proof(out: str) -> str | None:
        try:
            return judge(document(out))
        except (ValueError, KeyError, TypeError) as error:
            return f"what it printed cannot be understood: {type(error).__name__} {error}"[:200]

    return proof


def _of_report(report: dict[str, Any], rows: int) -> str | None:
    if report["verdict"] == "error":
        return f"error: {(report.get('error') or {}).get('reason')}"
    if report["read"]["rows"] != rows or not report["read"]["complete"]:
        return f"verdict {report['verdict']}, {report['read']['rows']} rows read instead of {rows}"
    return None


def _of_clean(report: dict[str, Any]) -> str | None:
    if report["verdict"] != "pass":
        return f"verdict {report['verdict']}: {', '.join(cause['title'] for cause in report['causes'])}"[:200]
    skipped = [check["id"] for check in report["checks"] if check["result"] == "skipped"]
    return f"not run: {', '.join(skipped)}" if skipped else None


def _of_bad(report: dict[str, Any], rows: int) -> str | None:
    if report["verdict"] != "fail":
        return f"verdict {report['verdict']} instead of fail"
    failing = report["counts"]["failing_rows"]
    return None if failing == rows else f"{failing} failing rows instead of {rows}"


def _of_counts(counts: dict[str, Any], rows: int) -> str | None:
    if counts.get("rows", rows) != rows:
        return f"{counts['rows']} rows read instead of {rows}"
    wrong = {name: counts[name] for name in FAILURES if counts.get(name)}
    wrong |= {name: count for name, count in counts.items() if name.endswith(("_type", "_null", "_range")) and count}
    return f"finds fault with a clean file: {json.dumps(wrong)}"[:200] if wrong else None
