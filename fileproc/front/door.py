"""The public application, with a short way for messages: what Bottle does for a page costs a message a tenth of itself.

Only a `POST` to exactly `/` takes it; it ends in the same route behind the same plug-in. Bottle answers all else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import bottle

from fileproc.front.problems import Problems
from fileproc.front.route import Route


class Door:
    """A WSGI application."""

    def __init__(self, message: Route, others: bottle.Bottle) -> None:
        self._take: Callable[[], bottle.HTTPResponse] = Problems().apply(message.call, message)
        self._others = others

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one request."""
        if environ["PATH_INFO"] != "/" or environ["REQUEST_METHOD"] != "POST":
            answers: Iterable[bytes] = self._others(environ, start_response)
            return answers
        bottle.request.bind(environ)
        answer = self._take()
        start_response(answer.status_line, [*answer.headerlist, ("Content-Length", str(len(answer.body)))])
        return [answer.body]
