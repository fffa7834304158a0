"""The Bottle applications: the public one, and, with a port of its own, the admin one."""

from __future__ import annotations

import bottle

from fileproc.front import actions, admin, demands, sns_routes
from fileproc.front.api import Api
from fileproc.front.contracts import Contracts
from fileproc.front.door import Door
from fileproc.front.health import Health
from fileproc.front.openapi import openapi
from fileproc.front.parts import Parts
from fileproc.front.problems import Problems, answer, handle_http_error
from fileproc.front.route import Route, add


def make_apps(parts: Parts) -> tuple[Door, bottle.Bottle | None]:
    """(public, admin). Without an admin port the public one has every route."""
    table = routes(parts)
    (message,) = sns_routes.routes(parts)
    if parts.settings.fileproc_admin_port is None:
        return Door(message, _app(table)), None
    public = _app([route for route in table if route.public])
    return Door(message, public), _app([route for route in table if route.inner])


def routes(parts: Parts) -> list[Route]:
    """The table of everything that is answered; the document about it is one of its answers."""
    table = [
        *sns_routes.routes(parts),
        *Health(parts).routes(),
        *admin.routes(parts),
        *Api(parts).routes(),
        *demands.routes(parts),
        *Contracts(parts).routes(),
        *actions.routes(parts),
    ]
    about = lambda: answer(openapi(table))  # noqa: E731
    table.append(Route("GET", "/openapi.json", about, "This interface, as OpenAPI 3.1.", {200: "OpenApi"}))
    return table


def _app(table: list[Route]) -> bottle.Bottle:
    app = bottle.Bottle()
    app.install(Problems())
    app.default_error_handler = handle_http_error
    add(app, table)
    return app
