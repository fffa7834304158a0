"""The breaker's doors: look at it, reset it, open it.

A change is a word in the shared page, done by the pool. If the pool does not answer in time the word stays and the next
pool does it first thing: 202, and `reset_pending` is true.
"""

from __future__ import annotations

import bottle
import gevent

from fileproc.breaker.scopes import NAME
from fileproc.doorbell import ring
from fileproc.errors import BadRequest, Unavailable
from fileproc.front.actions import record
from fileproc.front.guard import Role, require
from fileproc.front.parts import Parts
from fileproc.front.problems import answer
from fileproc.front.route import Parameter, Route

#: How long the answer waits for the pool to do it, in seconds.
PATIENCE = 1.0


def routes(parts: Parts) -> list[Route]:
    """`/breaker` and its verbs."""
    show = lambda: answer(parts.page.read().to_document())  # noqa: E731
    return [
        Route(
            "GET", "/breaker", show, "The breaker: the worst circuit, the whole's, and the buckets'.", {200: "Breaker"}
        ),
        _verb(parts, "GET", "reset", "Close it, as operators know it."),
        _verb(parts, "POST", "reset", "Close it; held jobs run."),
        _verb(parts, "POST", "open", "Open it for one cooldown."),
    ]


def _verb(parts: Parts, method: str, operation: str, what: str) -> Route:
    return Route(
        method,
        f"/breaker/{operation}",
        lambda: _command(parts, operation),
        what,
        {200: "Breaker", 202: "Breaker"},
        problems=(503,),
        parameters=(Parameter("bucket", {"type": "string", "pattern": f"^{NAME.pattern}$"}, "only this bucket's"),),
        role=Role.OPERATOR,
    )


def _command(parts: Parts, operation: str) -> bottle.HTTPResponse:
    caller = require(parts, Role.OPERATOR)
    bucket = _bucket()
    try:
        request = parts.page.command(operation, bucket)
    except FileNotFoundError:
        raise Unavailable("no pool has run here yet, so there is no breaker", fix="start `fileproc pool`") from None
    ring(parts.runtime_dir)
    done = _acknowledged(parts, request)
    record(parts, caller, f"breaker.{operation}", bucket, "done" if done else "asked for")
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
