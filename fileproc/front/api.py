"""The reading API: files with their verdicts, one report, what the pool does now."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import bottle

from fileproc.domain.jobs import JobState
from fileproc.domain.reports import Verdict
from fileproc.doorbell import ask
from fileproc.errors import BadRequest, NotFound, Unavailable
from fileproc.front.guard import may_see_samples
from fileproc.front.parts import Document, Parts
from fileproc.front.problems import answer

LARGEST_PAGE = 500
FILTERS = ("verdict", "state", "bucket", "prefix", "contract", "since", "before", "limit")


class Api:
    """`/api/v1/…`"""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def add_routes(self, app: bottle.Bottle) -> None:
        app.get("/api/v1/files", callback=self._files)
        app.get("/api/v1/files/<number>", callback=self._file)
        app.get("/api/v1/pool", callback=self._pool)

    def _files(self) -> bottle.HTTPResponse:
        query = _query()
        limit = _number(query, "limit", 50, 1, LARGEST_PAGE)
        filters: dict[str, Any] = {
            "verdict": _one_of(query, "verdict", [verdict.value for verdict in Verdict]),
            "state": _one_of(query, "state", [state.value for state in JobState]),
            "since": _instant(query, "since"),
            "before_id": _number(query, "before", None, 1, 1 << 62),
            **{name: query.get(name) for name in ("bucket", "prefix", "contract")},
        }
        files = self._parts.read(lambda: self._parts.views.files(limit=limit + 1, **filters))
        page = files[:limit]
        return answer({"files": page, "next": page[-1]["id"] if len(files) > limit else None})

    def _file(self, number: str) -> bottle.HTTPResponse:
        if not (number.isascii() and number.isdigit() and len(number) < 19):
            raise NotFound("there is no such file")
        job = self._parts.read(lambda: self._parts.views.job(int(number)))
        if job is None:
            raise NotFound("there is no such file")
        report = self._parts.read(lambda: self._parts.views.report(int(number)))
        if not may_see_samples(self._parts):
            report = without_samples(report)
            job.pop("evidence", None)
        return answer({**(report or {"id": job["id"], "verdict": job["verdict"]}), "job": job})

    def _pool(self) -> bottle.HTTPResponse:
        figures = ask(self._parts.runtime_dir, {"ask": "figures"})
        if figures is None:
            raise Unavailable("the pool does not answer", fix="see its log; supervisord starts it again")
        return answer({key: value for key, value in figures.items() if not key.startswith("metrics")})


def without_samples(report: Document | None) -> Document | None:
    """The report without partners' data; every number stays."""
    if report is None:
        return None
    causes = [{**cause, "samples": []} for cause in report.get("causes", [])]
    return {**report, "causes": causes, "samples_hidden": True}


def _query() -> dict[str, str]:
    """The query as text; an unknown name is an error, since a filter that is ignored shows the wrong files."""
    query = bottle.request.query
    unknown = sorted(set(query) - set(FILTERS))
    if unknown:
        raise BadRequest(f"unknown filter {unknown[0]!r}", fix=f"use {', '.join(FILTERS)}")
    values = {name: query.getunicode(name) for name in query}
    for name, value in values.items():
        if value is None or "\x00" in value:
            raise BadRequest(f"{name} is no text")
    return values


def _number(query: dict[str, str], name: str, default: int | None, low: int, high: int) -> Any:
    text = query.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 19 and low <= int(text) <= high):
        raise BadRequest(f"{name} is a whole number from {low} to {high}")
    return int(text)


def _one_of(query: dict[str, str], name: str, choices: list[str]) -> str | None:
    text = query.get(name)
    if text is not None and text not in choices:
        raise BadRequest(f"{name} is one of {', '.join(choices)}")
    return text


def _instant(query: dict[str, str], name: str) -> datetime | None:
    text = query.get(name)
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BadRequest(f"{name} is an ISO 8601 instant, such as 2026-11-24T06:00:00Z") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
