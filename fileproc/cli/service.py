"""A running service over HTTP, for the verbs that talk to one."""

from __future__ import annotations

import http.client
import json
import os
import urllib.error
import urllib.request
from typing import Any

import click

from fileproc import settings
from fileproc.errors import FileprocError, UsageError

url_option = click.option("--url", default=None, help="Address of the service; default: from the settings.")
token_option = click.option("--token", default=None, help="Admin token; default: FILEPROC_ADMIN_TOKEN.")


class NoAnswer(FileprocError):
    """The service cannot be reached, or its answer is none."""


def call(method: str, path: str, *, url: str | None, token: str | None = None) -> tuple[int, dict[str, Any]]:
    """(status, document) of one request. Raises NoAnswer."""
    base = url or _own_address()
    if not base.startswith(("http://", "https://")):
        raise UsageError(f"{base!r} is no address", fix="write http://HOST:PORT")
    token = token or os.environ.get("FILEPROC_ADMIN_TOKEN")
    headers = {"Accept": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    request = urllib.request.Request(base.rstrip("/") + path, method=method, headers=headers)  # noqa: S310 - checked
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - checked above
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, _document(error.read())
    except (OSError, ValueError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", error)
        raise NoAnswer(
            f"{base} does not answer: {reason}", fix="is the service running, and is that its address?"
        ) from None


def _own_address() -> str:
    loaded = settings.load()
    port = loaded.fileproc_admin_port or loaded.fileproc_port
    host = "127.0.0.1" if loaded.fileproc_host in ("0.0.0.0", "::", "") else loaded.fileproc_host  # noqa: S104
    return f"http://{host}:{port}"


def _document(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}
