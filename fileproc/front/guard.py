"""Who may change state, and who may see samples.

A change needs the bearer token, or, where none is set, a caller on this machine who really speaks to this machine: a
page in somebody's browser that reaches loopback under another name (DNS rebinding) or from another site is neither.
"""

from __future__ import annotations

import hmac
import ipaddress

import bottle

from fileproc.errors import Forbidden, Unauthorized
from fileproc.front.parts import Parts
from fileproc.front.problems import header

LOOPBACK_NAMES = {"localhost", "127.0.0.1", "[::1]"}

#: Whoever sends one of these stands behind a proxy, which may well run on this machine. They are never believed, but
#: their presence says that the peer is not the caller.
PROXY_MARKS = ("Forwarded", "X-Forwarded-For", "X-Real-IP", "Via")
OWN_SITE = {"", "none", "same-origin"}


def require_admin(parts: Parts) -> None:
    """Let an operator pass.

    Raises:
        Unauthorized: a token is needed and was not given, or is wrong.
        Forbidden: from another site, or without a token from another machine.
    """
    if header("Sec-Fetch-Site").lower() not in OWN_SITE:
        raise Forbidden("requests from other sites are refused")
    if parts.settings.fileproc_admin_token is not None:
        if not _has_token(parts):
            raise Unauthorized("the admin token is missing or wrong", fix="send Authorization: Bearer TOKEN")
        return
    if parts.is_open_to_the_world:
        raise Forbidden("read-only: no admin token is set", fix="set FILEPROC_ADMIN_TOKEN")
    if not _is_local():
        raise Forbidden("without an admin token only this machine may change state", fix="set FILEPROC_ADMIN_TOKEN")


def may_see_samples(parts: Parts) -> bool:
    """Samples hold partners' data: for operators, or for people on this machine only."""
    if parts.settings.fileproc_admin_token is not None:
        return _has_token(parts) or (parts.settings.on_loopback and _is_local())
    return parts.settings.on_loopback


def _has_token(parts: Parts) -> bool:
    wanted = f"Bearer {parts.settings.fileproc_admin_token}"
    return hmac.compare_digest(header("Authorization").encode("latin-1", "replace"), wanted.encode())


def _is_local() -> bool:
    if any(header(mark) for mark in PROXY_MARKS):
        return False
    name = header("Host").lower()
    name = name if name.endswith("]") else name.rsplit(":", 1)[0]
    return _is_loopback(str(bottle.request.environ.get("REMOTE_ADDR", ""))) and name in LOOPBACK_NAMES


def _is_loopback(peer: str) -> bool:
    try:
        address = ipaddress.ip_address(peer)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback
