"""The count at the end: every accepted upload has one job, one report, the right verdict and the right content."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from typing import Any

from tests.system.chaos import audit
from tests.system.chaos.sender import Truth

JOBS = """
    SELECT j.key, j.etag, j.verdict, j.crashes, r.document
    FROM jobs j LEFT JOIN reports r ON r.job_id = j.id
"""


def problems(engine: Any, truths: dict[tuple[str, str], Truth], worker_kills: int) -> tuple[list[str], dict[str, int]]:
    """What is wrong, and how often each verdict was given."""
    jobs: dict[tuple[str, str], list[Any]] = defaultdict(list)
    verdicts: Counter[str] = Counter()
    for key, etag, verdict, crashes, document in audit.rows(engine, JOBS):
        jobs[key, etag].append((verdict, crashes, document))
        verdicts[str(verdict)] += 1
    lost = sorted(set(truths) - set(jobs))
    found = [f"{len(lost)} accepted files have no job, {lost[0][0]} is one"] if lost else []
    for (key, etag), rows in jobs.items():
        if len(rows) > 1:
            found.append(f"{key} has {len(rows)} jobs")
        for verdict, crashes, document in rows:
            if verdict is None or (verdict == "error" and crashes >= 2 and worker_kills >= 2):
                continue  # told elsewhere; or its workers were killed under it as often as a job may be tried
            found += _differences(key, etag, verdict, document, truths[key, etag])
    return found, dict(verdicts)


def _differences(key: str, etag: str, verdict: str, document: str | None, truth: Truth) -> list[str]:
    if document is None:
        return [f"{key}: verdict {verdict} without a report"]
    report = json.loads(document)
    file = report["file"]
    told = {"verdict": verdict, "report": report["verdict"], "key": file["key"], "etag": file["etag"]}
    true = {"verdict": truth.verdict, "report": truth.verdict, "key": key, "etag": etag}
    if truth.rows is not None:
        told["rows"], true["rows"] = str(report["counts"]["rows"]), str(truth.rows)
    wrong = {name: (told[name], true[name]) for name in true if told[name] != true[name]}
    return [f"{key}: wrong in its report (told, true): {wrong}"] if wrong else []
