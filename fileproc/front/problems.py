"""Errors as RFC 9457 problem documents, with a request id; what went wrong inside stays inside."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import bottle

from fileproc import logs
from fileproc.errors import FileprocError, Unauthorized, Unavailable

log = logs.get("front")

PROBLEM = "application/problem+json"

HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}


def header(name: str) -> str:
    """A header of this request as it came, each byte one character, or "". Bottle's own way raises on bad UTF-8."""
    return str(bottle.request.environ.get("HTTP_" + name.upper().replace("-", "_"), ""))


def request_id() -> str:
    """The id of this request; made at its first use."""
    environ = bottle.request.environ
    if "fileproc.request_id" not in environ:
        environ["fileproc.request_id"] = secrets.token_hex(8)
    return str(environ["fileproc.request_id"])


def answer(document: Any, status: int = 200) -> bottle.HTTPResponse:
    """A JSON answer."""
    body = json.dumps(document, ensure_ascii=False).encode("utf-8", "backslashreplace")
    return bottle.HTTPResponse(body, status=status, headers={"Content-Type": "application/json", **HEADERS})


def problem(status: int, detail: str | None = None, *, headers: dict[str, str] | None = None) -> bottle.HTTPResponse:
    """A problem document. Without `detail` it says no more than the status does."""
    body = _body(status, request_id(), detail)
    return bottle.HTTPResponse(body, status=status, headers={"Content-Type": PROBLEM, **HEADERS, **(headers or {})})


def whole_answer(status: HTTPStatus) -> bytes:
    """The bytes of an answer to something that never became a request; the connection ends with it."""
    body = _body(status, secrets.token_hex(8), None)
    headers = {"Content-Type": PROBLEM, **HEADERS, "Content-Length": str(len(body)), "Connection": "close"}
    lines = [f"HTTP/1.1 {status.value} {status.phrase}", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body


def _body(status: int, id_: str, detail: str | None) -> bytes:
    document = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "request_id": id_}
    if detail is not None:
        document["detail"] = detail
    return json.dumps(document).encode()


def of_error(error: FileprocError, *, silent: bool = False) -> bottle.HTTPResponse:
    """The answer to an error of ours; `silent` gives no reason."""
    headers: dict[str, str] = {}
    if isinstance(error, Unavailable):
        headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, Unauthorized):
        headers["WWW-Authenticate"] = 'Bearer realm="fileproc"'
    return problem(error.http_status, None if silent else str(error), headers=headers)


class Problems:
    """A Bottle plug-in: whatever a route raises becomes a problem document."""

    name = "problems"
    api = 2

    def apply(self, callback: Callable[..., Any], route: Any) -> Callable[..., Any]:
        def guarded(*args: Any, **kwargs: Any) -> Any:
            try:
                return callback(*args, **kwargs)
            except bottle.HTTPResponse:
                raise
            except FileprocError as error:
                return of_error(error)
            except Exception:
                # The one broad boundary of the front: a traceback goes to the log, never to the caller.
                log.exception("request_failed", request_id=request_id(), route=route.rule)
                return problem(500)

        return guarded


def handle_http_error(error: bottle.HTTPError) -> bottle.HTTPResponse:
    """Bottle's own errors (no such route, wrong method) in the same dress."""
    headers = {"Allow": error.get_header("Allow")} if error.get_header("Allow") else None
    return problem(error.status_code, headers=headers)
