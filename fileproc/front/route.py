"""A route: what is asked, who may, and every answer it can give. The table of them makes the application and its
OpenAPI document, so neither can tell of something that the other does not have."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import bottle

from fileproc.front.guard import Role

Schema = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One value of the query or of the path."""

    name: str
    schema: Schema
    what: str
    where: str = "query"


@dataclass(frozen=True, slots=True)
class Route:
    """`answers` maps a status to the name of its document in `schemas`, or to its content types.

    `problems` are the statuses that are answered with a problem document. With an admin port, the `public` port and the
    `inner` one are two.
    """

    method: str
    path: str
    call: Callable[..., bottle.HTTPResponse]
    what: str
    answers: dict[int, str]
    problems: tuple[int, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    body: str | None = None
    role: Role = Role.NOBODY
    public: bool = False
    inner: bool = True

    @property
    def rule(self) -> str:
        """The path as Bottle spells it."""
        return self.path.replace("{", "<").replace("}", ">")

    @property
    def every_problem(self) -> list[int]:
        """What any request may be answered with, too: a malformed head, one that takes too long, a wrong token."""
        found = {400, 408, *self.problems}
        if self.role is not Role.NOBODY:
            found |= {401, 403, 429}
        return sorted(found)


def add(app: bottle.Bottle, routes: list[Route]) -> None:
    """Make the application answer these."""
    for route in routes:
        app.route(route.rule, method=route.method, callback=route.call)
