"""Checking small files in tests: bytes and a few lines of contract in, a report out."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import yaml

from fileproc.clock import SystemClock
from fileproc.domain.reports import Cause, CheckResult, FileInfo, Report
from fileproc.quality.check import Limits, check_file
from fileproc.quality.checks.planner import Surroundings
from fileproc.quality.contracts.catalogue import Catalogue
from fileproc.quality.contracts.contract import Match, NoMatch


def contract(
    properties: list[dict[str, Any]],
    *,
    quality: list[dict[str, Any]] | None = None,
    server: dict[str, Any] | None = None,
    more: list[dict[str, Any]] | None = None,
    only: dict[str, Any] | None = None,
    relationships: list[dict[str, Any]] | None = None,
    sla: list[dict[str, Any]] | None = None,
    **words: Any,
) -> Match:
    """A contract with one schema object; `words` become customProperties of its server.

    `more` are further schema objects, `only` is one instead of the rows; `sla` are slaProperties.
    """
    rows = {"name": "rows", "properties": properties, "quality": quality or [], "relationships": relationships or []}
    custom = [{"property": name, "value": value} for name, value in words.items()]
    document = {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": "test",
        "version": "1.0.0",
        "status": "active",
        "servers": [
            {"server": "drop", "type": "s3", "location": "s3://b/*", "customProperties": custom, **(server or {})}
        ],
        "slaProperties": sla or [],
        "schema": [only] if only else [rows, *(more or [])],
    }
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "contract.yaml"
        file.write_text(yaml.safe_dump(document, allow_unicode=True, sort_keys=False))
        match = Catalogue.single(file)
    assert isinstance(match, Match), match
    return match


def check(
    data: bytes,
    match: Match | NoMatch,
    *,
    name: str = "file.csv",
    samples: int = 5,
    around: Surroundings | None = None,
) -> Report:
    """The report about these bytes under this name."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "input"
        path.write_bytes(data)
        info = FileInfo(bucket="b", key=name, size=len(data))
        limits = Limits(samples=samples, temp_folder=Path(folder))
        return check_file(path, match, file=info, report_id="1", limits=limits, clock=SystemClock(), around=around)


def causes(report: Report) -> dict[str, Cause]:
    """Causes by code."""
    return {cause.code: cause for cause in report.causes}


def result(report: Report, check_id: str) -> CheckResult:
    """One check by its id."""
    return next(one for one in report.checks if one.id == check_id)


def failed(report: Report) -> dict[str, int]:
    """How many cells failed, by the id of each check that did not hold."""
    return {one.id: one.failed or 0 for one in report.checks if one.result in ("fail", "warn", "info")}
