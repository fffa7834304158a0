"""The API: files with their verdicts, one report, its rows, checks and replays on demand, what the pool does now."""

from __future__ import annotations

import bottle

from fileproc.domain.jobs import JobState
from fileproc.domain.reports import Verdict, without_samples
from fileproc.doorbell import ask
from fileproc.errors import Forbidden, NotFound, Unavailable
from fileproc.front.guard import may_see_samples
from fileproc.front.parts import Parts
from fileproc.front.problems import HEADERS, answer
from fileproc.front.query import BEFORE, LARGEST_ID, LARGEST_PAGE, instant, limit_of, number, one_of, query
from fileproc.front.route import Parameter, Route
from fileproc.render import csv_rows

#: What a database can be asked for; a NUL is refused.
ANY = {"type": "string", "pattern": "^[^\\u0000]*$"}
VERDICTS = [verdict.value for verdict in Verdict]
STATES = [state.value for state in JobState]

ID = Parameter("id", {"type": "string", "pattern": "^[0-9]{1,18}$"}, "the file's id", "path")

FILTERS = (
    Parameter("verdict", {"enum": VERDICTS}, "what was said of the file"),
    Parameter("state", {"enum": STATES}, "where its job is"),
    Parameter("bucket", ANY, "exactly this bucket"),
    Parameter("prefix", ANY, "keys that begin so"),
    Parameter("contract", ANY, "the contract's name"),
    Parameter("since", {"type": "string", "format": "date-time"}, "accepted then or later"),
    BEFORE,
    limit_of(LARGEST_PAGE),
)


class Api:
    """`/api/v1/files…` and `/api/v1/pool`."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def routes(self) -> list[Route]:
        files, one = "/api/v1/files", "/api/v1/files/{id}"
        missing = {"problems": (404, 503), "parameters": (ID,)}
        return [
            Route(
                "GET",
                files,
                self._files,
                "Files, newest first.",
                {200: "Files"},
                problems=(503,),
                parameters=FILTERS,
            ),
            Route("GET", one, self._file, "A report, with its job.", {200: "Report"}, **missing),  # type: ignore[arg-type]
            Route(
                "GET",
                f"{one}/rows.csv",
                self._rows,
                "The failing rows that the report holds, for a spreadsheet.",
                {200: "text/csv"},
                problems=(401, 403, 404, 503),
                parameters=(ID,),
            ),
            Route("GET", "/api/v1/pool", self._pool, "What every worker does now.", {200: "Pool"}, problems=(503,)),
        ]

    def _files(self) -> bottle.HTTPResponse:
        values = query(*(parameter.name for parameter in FILTERS))
        limit = number(values, "limit", 50, 1, LARGEST_PAGE)
        verdict, state = one_of(values, "verdict", VERDICTS), one_of(values, "state", STATES)
        since, before = instant(values, "since"), number(values, "before", None, 1, LARGEST_ID)
        views = self._parts.views
        files = self._parts.read(
            lambda: views.files(
                limit=limit + 1,
                verdict=verdict,
                state=state,
                since=since,
                before_id=before,
                bucket=values.get("bucket"),
                prefix=values.get("prefix"),
                contract=values.get("contract"),
            )
        )
        page = files[:limit]
        return answer({"files": page, "next": page[-1]["id"] if len(files) > limit else None})

    def _file(self, id: str) -> bottle.HTTPResponse:
        parts, job_id = self._parts, id_of(id)
        job = parts.read(lambda: parts.views.job(job_id))
        if job is None:
            raise NotFound("there is no such file")
        report = parts.read(lambda: parts.views.report(job_id))
        if not may_see_samples(parts):
            report = report and without_samples(report)
            job.pop("evidence", None)
        job["deliveries"] = parts.read(lambda: parts.views.deliveries(job_id))
        return answer({**(report or {"id": job["id"], "verdict": job["verdict"]}), "job": job})

    def _rows(self, id: str) -> bottle.HTTPResponse:
        parts, job_id = self._parts, id_of(id)
        if not may_see_samples(parts):
            raise Forbidden("rows are partners' data", fix="send the token of a viewer as Authorization: Bearer TOKEN")
        report = parts.read(lambda: parts.views.report(job_id))
        if report is None:
            raise NotFound("there is no report of such a file")
        body = csv_rows.render([report]).encode("utf-8", "replace")
        named = {"Content-Disposition": f'attachment; filename="rows-{job_id}.csv"'}
        return bottle.HTTPResponse(body, headers={"Content-Type": "text/csv; charset=utf-8", **named, **HEADERS})

    def _pool(self) -> bottle.HTTPResponse:
        figures = ask(self._parts.runtime_dir, {"ask": "figures"})
        if figures is None:
            raise Unavailable("the pool does not answer", fix="see its log; supervisord starts it again")
        return answer({key: value for key, value in figures.items() if not key.startswith("metrics")})


def id_of(text: str) -> int:
    """The id that stands in a path.

    Raises:
        NotFound: it is none.
    """
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise NotFound("there is no such file")
    return int(text)
