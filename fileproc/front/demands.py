"""Work on demand: check an address now, and run a finished job again."""

from __future__ import annotations

import re
from functools import partial

import bottle

from fileproc.domain.events import ObjectCreated, strict_json
from fileproc.domain.objects import ObjectRef
from fileproc.doorbell import ring
from fileproc.errors import BadRequest, FileprocError, NotFound
from fileproc.front.actions import record
from fileproc.front.api import ID, id_of
from fileproc.front.guard import Caller, Role, require
from fileproc.front.parts import Parts
from fileproc.front.problems import answer
from fileproc.front.route import Route
from fileproc.front.schemas import SCHEMAS
from fileproc.front.sns_routes import read_body
from fileproc.services.accept import accept

ADDRESS = SCHEMAS["Address"]


class Conflict(FileprocError):
    """The job is not in a state from which this can be done."""

    http_status = 409


def routes(parts: Parts) -> list[Route]:
    """The two POSTs below `/api/v1/files`."""
    return [
        Route(
            "POST",
            "/api/v1/files",
            lambda: _check(parts),
            "Check an s3:// address now; one that is known is checked again.",
            {202: "Asked"},
            problems=(411, 413, 415, 503),
            body="Address",
            role=Role.OPERATOR,
        ),
        Route(
            "POST",
            "/api/v1/files/{id}/replay",
            lambda id: _replay(parts, id),
            "Run a finished job again, with all its attempts.",
            {202: "Asked"},
            problems=(404, 409, 503),
            parameters=(ID,),
            role=Role.OPERATOR,
        ),
    ]


def _check(parts: Parts) -> bottle.HTTPResponse:
    caller = require(parts, Role.OPERATOR)
    ref = _ref(strict_json(read_body()))
    if not parts.settings.takes(ref.bucket):
        raise BadRequest("the bucket is not in FILEPROC_BUCKETS", fix="name it there, or check a file of one that is")
    breaker = parts.page.read()
    acceptance = accept(
        [ObjectCreated(ref, "on demand")],
        add=parts.commits.add,
        cancel=lambda _: 0,
        restored=lambda _: 0,
        breaker_open=breaker.active,
        shut=breaker.shut,
        on_open=parts.settings.circuit_breaker_on_open,
        retry_after=breaker.remaining(frozenset({ref.bucket})),
    )
    id_, status = acceptance.document["jobs"][0]["id"], acceptance.document["status"]
    if status == "duplicate":
        status = "again" if _again(parts, int(id_)) else "waiting"
    record(parts, caller, "file.check", ref.address, status)
    return answer({"status": status, "id": id_}, 202)


def _replay(parts: Parts, text: str) -> bottle.HTTPResponse:
    caller: Caller = require(parts, Role.OPERATOR)
    job_id = id_of(text)
    job = parts.read(lambda: parts.views.job(job_id))
    if job is None:
        raise NotFound("there is no such file")
    if not _again(parts, job_id):
        record(parts, caller, "file.replay", str(job_id), "refused")
        raise Conflict(f"the job is {job['state']}, so it runs anyway", fix="replay it when it is finished")
    record(parts, caller, "file.replay", str(job_id), "done")
    return answer({"status": "again", "id": str(job_id)}, 202)


def _again(parts: Parts, job_id: int) -> bool:
    """Replay a job; False if it was not finished."""
    moved = parts.write(partial(parts.journal.replay, [job_id]))
    ring(parts.runtime_dir)
    return bool(moved)


def _ref(document: object) -> ObjectRef:
    """The object that is meant.

    Raises:
        BadRequest: not what the interface says.
    """
    fix = 'send {"address": "s3://bucket/key"}, and "version_id" if you want another version than the current one'
    if not isinstance(document, dict) or set(document) - set(ADDRESS["properties"]) or "address" not in document:
        raise BadRequest("an object with address, and maybe version_id, is wanted", fix=fix)
    for name, value in document.items():
        if not isinstance(value, str) or not re.search(ADDRESS["properties"][name]["pattern"], value):
            raise BadRequest(f"{name} is none", fix=fix)
    bucket, _, key = document["address"].removeprefix("s3://").partition("/")
    return ObjectRef(bucket, key, version_id=document.get("version_id"))
