"""The breaker's doors: look at it, reset it, open it.

A change is a word in the shared page, done by the pool. If the pool does not answer in time the word stays and the next
pool does it first thing: 202, and `reset_pending` is true.
"""

from __future__ import annotations

from collections.abc import Callable

import bottle
import gevent

from fileproc import logs
from fileproc.breaker.scopes import NAME
from fileproc.doorbell import ring
from fileproc.errors import BadRequest, Unavailable
from fileproc.front.guard import require_admin
from fileproc.front.parts import Parts
from fileproc.front.problems import answer, request_id

log = logs.get("admin")

#: How long the answer waits for the pool to do it, in seconds.
PATIENCE = 1.0


def add_routes(app: bottle.Bottle, parts: Parts) -> None:
    """`/breaker` and its verbs on this application."""
    app.get("/breaker", callback=lambda: answer(parts.page.read().to_document()))
    app.route("/breaker/reset", method=["GET", "POST"], callback=_verb(parts, "reset"))
    app.post("/breaker/open", callback=_verb(parts, "open"))


def _verb(parts: Parts, operation: str) -> Callable[[], bottle.HTTPResponse]:
    return lambda: _command(parts, operation)


def _command(parts: Parts, operation: str) -> bottle.HTTPResponse:
    require_admin(parts)
    bucket = _bucket()
    try:
        request = parts.page.command(operation, bucket)
    except FileNotFoundError:
        raise Unavailable("no pool has run here yet, so there is no breaker", fix="start `fileproc pool`") from None
    ring(parts.runtime_dir)
    peer = bottle.request.environ.get("REMOTE_ADDR")
    log.warning("breaker_" + operation, bucket=bucket, peer=peer, request_id=request_id())
    done = _acknowledged(parts, request)
    return answer(parts.page.read().to_document(), 200 if done else 202)


def _bucket() -> str | None:
    """The one bucket that is meant, or None for everything.

    Raises:
        BadRequest: some other parameter, or no name: what was meant for one bucket must not hit all.
    """
    query = bottle.request.query
    unknown = sorted(set(query) - {"bucket"})
    if unknown:
        raise BadRequest(f"unknown parameter {unknown[0]!r}", fix="use bucket")
    bucket: str | None = query.getunicode("bucket")
    if "bucket" in query and not (bucket and NAME.fullmatch(bucket)):
        raise BadRequest("no bucket can have this name")
    return bucket


def _acknowledged(parts: Parts, request: int) -> bool:
    deadline = parts.clock.monotonic() + PATIENCE
    while not parts.page.acknowledged(request):
        if parts.clock.monotonic() > deadline:
            return False
        gevent.sleep(0.005)
    return True
