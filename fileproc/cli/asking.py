"""Asking a running service over HTTP, for the verbs that do."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from fileproc import settings
from fileproc.errors import FileprocError, UsageError

#: A ready service answers in milliseconds; `/readyz` gives its own database 5 s.
SECONDS = 10.0
LARGEST_ANSWER = 4 << 20

#: What a service that listens everywhere is called from its own machine.
HERE = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - read, not bound


class NoAnswer(FileprocError):
    """Nobody answers, or something that is no fileproc."""


@dataclass(frozen=True, slots=True)
class Service:
    """A running service: its address, and the token for state changes if one is known."""

    url: str
    token: str | None = None

    @classmethod
    def at(cls, url: str | None, token: str | None = None, *, admin: bool = False) -> Service:
        """The service at `url`, or the one that the settings describe.

        Raises:
            SettingsError, UsageError: settings are wrong, or do not tell where it listens.
        """
        if url is not None:
            return cls(url.rstrip("/"), token)
        loaded = settings.load()
        port = loaded.fileproc_port
        if admin and loaded.fileproc_admin_port is not None:
            port = loaded.fileproc_admin_port
        if port == 0:
            raise UsageError("the settings do not tell on which port the service listens", fix="give --url")
        host = HERE.get(loaded.fileproc_host, loaded.fileproc_host)
        host = f"[{host}]" if ":" in host else host
        return cls(f"http://{host}:{port}", token or loaded.fileproc_admin_token or loaded.fileproc_operator_token)

    def ask(self, method: str, path: str) -> tuple[int, dict[str, Any]]:
        """Status and document. Follows no redirect: the token is for this service only.

        Raises:
            UsageError: the address is none.
            NoAnswer: nothing there, or no JSON object.
        """
        headers = {"Accept": "application/json", "Content-Length": "0"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        connection = self._connection()
        try:
            connection.request(method, path, headers=headers)
            response = connection.getresponse()
            document = json.loads(response.read(LARGEST_ANSWER))
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise NoAnswer(
                f"no answer from {self.url}: {getattr(error, 'strerror', None) or type(error).__name__}",
                fix="is `fileproc serve` running there? --url says where to ask",
            ) from None
        finally:
            connection.close()
        if not isinstance(document, dict):
            raise NoAnswer(f"what answers at {self.url} is no fileproc", fix="--url says where to ask")
        return response.status, document

    def _connection(self) -> http.client.HTTPConnection:
        parts = urlsplit(self.url)
        try:
            port = parts.port
        except ValueError:
            port = -1
        if parts.scheme not in ("http", "https") or not parts.hostname or port == -1:
            raise UsageError(f"{self.url!r} is no address", fix="write http://HOST:PORT")
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        return kind(parts.hostname, port, timeout=SECONDS)
