"""OORS: a report as a document of the Open Observability Results Standard.

Source: the standard's draft v0.8.1, pages Fundamentals, Results and Run Lifecycle. It is a draft: expect changes. No
document holds data of the file. The contract is told as custom properties; the draft's own object for it is still
moving.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from fileproc.domain.reports import Result, Severity, Verdict

VERSION = "v0.8.1"
DOCUMENTS = uuid.UUID("c2e4bb4e-31a8-5b7c-8b0f-0d6a3c1f7c55")

STATUS = {
    Result.PASS.value: "pass",
    Result.WARN.value: "warn",
    Result.FAIL.value: "fail",
    Result.INFO.value: "warn",
    Result.SKIPPED.value: "skip",
    Result.ERROR.value: "error",
}
OVERALL = {
    Verdict.PASS.value: "pass",
    Verdict.WARN.value: "warn",
    Verdict.FAIL.value: "fail",
    Verdict.ERROR.value: "error",
    Verdict.SKIPPED.value: "skip",
}
SEVERITY = {Severity.FAIL.value: "high", Severity.WARN.value: "medium", Severity.INFO.value: "low"}


def document(report: Mapping[str, Any], key: str) -> dict[str, Any]:
    """One document a report; `key` makes its id, the same for every try."""
    file, times = report.get("file") or {}, report.get("times") or {}
    address = f"s3://{file.get('bucket')}/{file.get('key')}"
    status = OVERALL.get(str(report.get("verdict")), "unknown")
    results = [_result(check, address) for check in report.get("checks") or ()]
    if status in ("error", "skip", "unknown") or not results:  # and then the file as a whole is what there is to tell
        results = [_whole(report, address, status), *(results if status == "error" else ())]
    return {
        "apiVersion": VERSION,
        "kind": "ObservabilityResults",
        "id": str(uuid.uuid5(DOCUMENTS, f"{address} {key}")),
        "observedAt": times.get("finished") or times.get("accepted"),
        "source": {"process": "fileproc", "runId": key, "vendor": "fileproc"},
        "status": status,
        "results": results,
        "customProperties": _properties(report),
    }


def _result(check: Mapping[str, Any], address: str) -> dict[str, Any]:
    column = check.get("column")
    told = {
        "id": check["id"],
        "type": "check",
        "name": check["type"] if column is None else f"{check['type']} of {column}",
        "status": STATUS[check["result"]],
        "severity": SEVERITY[check["severity"]],
        "dimension": check.get("dimension"),
        "target": {"resourceType": "file" if column is None else "column",
                   "resourceIdentifier": address if column is None else f"{address}#{column}"},
        "measure": _measure(check),
        "message": check.get("reason"),
    }  # fmt: skip
    return {name: value for name, value in told.items() if value is not None}


def _measure(check: Mapping[str, Any]) -> dict[str, Any] | None:
    """How many did not meet it, of how many; where it was counted."""
    failed, tested = check.get("failed"), check.get("tested")
    if failed is None:
        return None
    rows = {} if tested is None else {"rowCount": tested, "failedRowCount": failed}
    return {"metric": "failedRowCount", "value": failed, "unit": "rows", **rows}


def _whole(report: Mapping[str, Any], address: str, status: str) -> dict[str, Any]:
    """A file that no check was made of still has a result: there must be one, and it says why."""
    return {
        "id": "file",
        "type": "check",
        "name": "the file can be checked",
        "status": status,
        "target": {"resourceType": "file", "resourceIdentifier": address},
        "message": str(report.get("summary")),
    }


def _properties(report: Mapping[str, Any]) -> list[dict[str, Any]]:
    contract = report.get("contract") or {}
    named = {
        "reportId": str(report.get("id")),
        "contractStandard": "ODCS",
        "contractName": contract.get("name"),
        "contractVersion": contract.get("version"),
    }
    return [{"property": name, "value": value} for name, value in named.items() if value is not None]
