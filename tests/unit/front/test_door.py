"""The short way of messages: it answers as Bottle would, and nothing but messages takes it."""

from __future__ import annotations

import io
import json
from typing import Any

import bottle
import pytest

from fileproc.errors import Unavailable
from fileproc.front.door import Door
from fileproc.front.problems import answer
from fileproc.front.route import Route


def door(call: Any) -> Door:
    others = bottle.Bottle()
    others.route("/", method="GET", callback=lambda: "page")
    return Door(Route("POST", "/", call, "A message.", {200: "Accepted"}), others)


def ask(app: Door, method: str, path: str) -> tuple[str, dict[str, str], bytes]:
    told: list[Any] = []
    environ = {"REQUEST_METHOD": method, "PATH_INFO": path, "wsgi.input": io.BytesIO(), "wsgi.errors": io.StringIO()}
    body = b"".join(app(environ, lambda status, headers, *_: told.extend((status, dict(headers)))))
    return told[0], told[1], body


def test_a_message_is_answered_with_its_length() -> None:
    """A sender that keeps its connection knows where the answer ends."""
    status, headers, body = ask(door(lambda: answer({"status": "accepted"})), "POST", "/")

    assert ("200 OK", {"status": "accepted"}) == (status, json.loads(body))
    assert ("application/json", str(len(body))) == (headers["Content-Type"], headers["Content-Length"])


@pytest.mark.parametrize(
    ("error", "status"),
    [(Unavailable("later"), "503 Service Unavailable"), (KeyError("secret"), "500 Internal Server Error")],
)
def test_what_goes_wrong_becomes_a_problem(error: Exception, status: str) -> None:
    """The short way has the same last boundary: no traceback reaches a sender, who comes again."""

    def fails() -> Any:
        raise error

    told, headers, body = ask(door(fails), "POST", "/")

    assert (status, "application/problem+json") == (told, headers["Content-Type"])
    assert b"secret" not in body


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/", "200 OK"), ("POST", "/other", "404 Not Found"), ("PUT", "/", "405 Method Not Allowed")],
)
def test_all_else_is_bottles(method: str, path: str, status: str) -> None:
    """Pages, probes and wrong addresses are answered as before."""
    assert status == ask(door(lambda: answer({})), method, path)[0]
