"""The action log's doors: write down who changed what, and show it."""

from __future__ import annotations

import bottle

from fileproc import logs
from fileproc.errors import JournalUnavailable
from fileproc.front.guard import Caller, Role, require
from fileproc.front.parts import Parts
from fileproc.front.problems import answer, request_id
from fileproc.front.query import BEFORE, limit_of, paged
from fileproc.front.route import Route
from fileproc.store.actions import Action

log = logs.get("actions")


def record(parts: Parts, caller: Caller, action: str, target: str | None, outcome: str) -> None:
    """Write a change down, as a log line and in the table. What was done stays done if the table cannot be written."""
    made = Action(parts.clock.utcnow(), caller.who, caller.peer, action, target, outcome, request_id())
    log.warning(
        "action",
        who=made.who,
        peer=made.peer,
        action=action,
        target=target,
        outcome=outcome,
        request_id=made.request_id,
    )
    try:
        parts.write(lambda: parts.actions.add(made))
    except JournalUnavailable as error:
        log.error("action_not_stored", action=action, request_id=made.request_id, error=error.message)


def routes(parts: Parts) -> list[Route]:
    """`/api/v1/actions`."""
    return [
        Route(
            "GET",
            "/api/v1/actions",
            lambda: _actions(parts),
            "Who changed what, newest first.",
            {200: "Actions"},
            problems=(503,),
            parameters=(limit_of(500), BEFORE),
            role=Role.ADMIN,
        )
    ]


def _actions(parts: Parts) -> bottle.HTTPResponse:
    require(parts, Role.ADMIN)
    limit, before = paged()
    found = parts.read(lambda: parts.actions.page(limit=limit + 1, before_id=before))
    page = found[:limit]
    return answer({"actions": page, "next": page[-1]["id"] if len(found) > limit else None})
