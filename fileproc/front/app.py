"""The Bottle applications: the public one, and, with a port of its own, the admin one."""

from __future__ import annotations

import bottle

from fileproc.front import admin, sns_routes
from fileproc.front.api import Api
from fileproc.front.health import Health
from fileproc.front.parts import Parts
from fileproc.front.problems import Problems, handle_http_error


def make_apps(parts: Parts) -> tuple[bottle.Bottle, bottle.Bottle | None]:
    """(public, admin). Without an admin port the public one has every route."""
    health = Health(parts)
    public = _bare()
    sns_routes.add_routes(public, parts)
    health.add_probes(public)
    separate = parts.settings.fileproc_admin_port is not None
    inner = _bare() if separate else public
    admin.add_routes(inner, parts)
    Api(parts).add_routes(inner)
    health.add_rest(inner)
    if separate:
        health.add_probes(inner)
    return public, inner if separate else None


def _bare() -> bottle.Bottle:
    app = bottle.Bottle()
    app.install(Problems())
    app.default_error_handler = handle_http_error
    return app
