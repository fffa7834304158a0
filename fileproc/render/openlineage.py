"""OpenLineage: a check as a run of a job that reads one dataset, with the results as facets.

Source: the OpenLineage specification 2-0-2; the facets DataQualityAssertions 1-1-0, DataQualityMetrics 1-0-0 and
ErrorMessage 1-0-1. A run is COMPLETE when the file could be checked, whatever the verdict, and FAIL when it could not.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from fileproc import __version__
from fileproc.domain.reports import Result, Severity, Verdict

PRODUCER = f"https://pypi.org/project/fileproc/{__version__}"
SPEC = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent"
FACETS = "https://openlineage.io/spec/facets"
JOB_NAMESPACE = "fileproc"

#: Runs of the same delivery have the same id, as the standard asks: this names ours.
RUNS = uuid.UUID("4f2f0d3a-6d0a-5c0e-9a55-7b1f3f6d5e21")

#: What the standard calls them.
SEVERITIES = {Severity.FAIL.value: "error", Severity.WARN.value: "warn", Severity.INFO.value: "info"}


def events(report: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    """START and COMPLETE, or START and FAIL, in this order."""
    times = report.get("times") or {}
    finished = times.get("finished") or times.get("accepted")
    failed = report.get("verdict") == Verdict.ERROR
    start = _event("START", times.get("started") or finished, report, key)
    end = _event("FAIL" if failed else "COMPLETE", finished, report, key)
    end["inputs"] = [_dataset(report)]
    if failed:
        end["run"]["facets"] = {"errorMessage": _error(report)}
    return [start, end]


def _event(kind: str, moment: str | None, report: Mapping[str, Any], key: str) -> dict[str, Any]:
    contract = (report.get("contract") or {}).get("name")
    return {
        "eventType": kind,
        "eventTime": moment,
        "run": {"runId": str(uuid.uuid5(RUNS, f"{_namespace(report)}/{_name(report)} {key}"))},
        "job": {"namespace": JOB_NAMESPACE, "name": f"check.{contract or 'no-contract'}"},
        "inputs": [{"namespace": _namespace(report), "name": _name(report)}],
        "outputs": [],
        "producer": PRODUCER,
        "schemaURL": SPEC,
    }


def _dataset(report: Mapping[str, Any]) -> dict[str, Any]:
    assertions = [_assertion(check) for check in report.get("checks") or () if check["result"] in JUDGED]
    facets = {"dataQualityAssertions": _facet("1-1-0", "DataQualityAssertionsDatasetFacet", assertions=assertions)}
    return {
        "namespace": _namespace(report),
        "name": _name(report),
        "inputFacets": facets,
        "facets": {"dataQualityMetrics": _metrics(report)},
    }


#: Checks that were not run say nothing.
JUDGED = frozenset({Result.PASS.value, Result.WARN.value, Result.FAIL.value, Result.INFO.value})


def _assertion(check: Mapping[str, Any]) -> dict[str, Any]:
    told = {
        "assertion": check["type"],
        "success": check["result"] == Result.PASS,
        "column": check.get("column"),
        "severity": SEVERITIES.get(check["severity"]),
        "name": check["id"],
        "expected": check.get("expected"),
        "actual": check.get("actual"),
    }
    return {name: value for name, value in told.items() if value is not None}


def _metrics(report: Mapping[str, Any]) -> dict[str, Any]:
    counts = {"rowCount": (report.get("counts") or {}).get("rows"), "bytes": (report.get("file") or {}).get("size")}
    known = {name: value for name, value in counts.items() if value is not None}
    return _facet("1-0-0", "DataQualityMetricsDatasetFacet", fileCount=1, columnMetrics={}, **known)


def _error(report: Mapping[str, Any]) -> dict[str, Any]:
    reason = str((report.get("error") or {}).get("reason") or report.get("summary"))
    return _facet("1-0-1", "ErrorMessageRunFacet", message=reason, programmingLanguage="Python")


def _facet(version: str, name: str, **values: Any) -> dict[str, Any]:
    return {"_producer": PRODUCER, "_schemaURL": f"{FACETS}/{version}/{name}.json#/$defs/{name}", **values}


def _namespace(report: Mapping[str, Any]) -> str:
    return f"s3://{(report.get('file') or {}).get('bucket')}"


def _name(report: Mapping[str, Any]) -> str:
    return str((report.get("file") or {}).get("key"))
