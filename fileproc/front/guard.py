"""Who may do what.

A change needs a bearer token of a role, or, where no token is set, a caller on this machine who really speaks to this
machine: a page in somebody's browser that reaches loopback under another name (DNS rebinding) or from another site is
neither. A viewer sees samples, an operator changes state too, an admin also sees who changed what.
"""

from __future__ import annotations

import hmac
import ipaddress
from dataclasses import dataclass
from enum import IntEnum

import bottle

from fileproc import logs
from fileproc.errors import Forbidden, Unauthorized, Unavailable
from fileproc.front.parts import Parts
from fileproc.front.problems import header

log = logs.get("guard")

LOOPBACK_NAMES = {"localhost", "127.0.0.1", "[::1]"}

#: Whoever sends one of these stands behind a proxy, which may well run on this machine. They are never believed, but
#: their presence says that the peer is not the caller.
PROXY_MARKS = ("Forwarded", "X-Forwarded-For", "X-Real-IP", "Via")
OWN_SITE = {"", "none", "same-origin"}


class Role(IntEnum):
    """What a caller may do; each may also do what those before may."""

    NOBODY = 0
    VIEWER = 1
    OPERATOR = 2
    ADMIN = 3


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose request it is; `who` never holds a token."""

    role: Role
    who: str
    peer: str


class TooManyFailures(Unavailable):
    """Wrong tokens came from this address again and again."""

    http_status = 429


def require(parts: Parts, role: Role) -> Caller:
    """The caller, who has at least this role.

    Raises:
        Unauthorized: a token is needed and was not given, or is wrong.
        Forbidden: from another site, of a lesser role, or without a token from another machine.
        TooManyFailures: this address guesses tokens.
    """
    if header("Sec-Fetch-Site").lower() not in OWN_SITE:
        raise Forbidden("requests from other sites are refused")
    if _tokens(parts):
        return _by_token(parts, role)
    if parts.is_open_to_the_world:
        raise Forbidden("read-only: no admin token is set", fix="set FILEPROC_ADMIN_TOKEN")
    if not _is_local():
        raise Forbidden("without an admin token only this machine may change state", fix="set FILEPROC_ADMIN_TOKEN")
    return Caller(Role.ADMIN, "local", peer())


def may_see_samples(parts: Parts) -> bool:
    """Samples hold partners' data: for those with a token, or for people on this machine only."""
    if not _tokens(parts):
        return parts.settings.on_loopback
    return _role(parts) >= Role.VIEWER or (parts.settings.on_loopback and _is_local())


def peer() -> str:
    """The address of the other end of the connection."""
    return str(bottle.request.environ.get("REMOTE_ADDR", ""))


def _by_token(parts: Parts, role: Role) -> Caller:
    if seconds := parts.lockout.seconds(peer()):
        raise TooManyFailures("too many wrong tokens came from your address", retry_after=seconds)
    found = _role(parts)
    if found is Role.NOBODY:
        raise Unauthorized("the admin token is missing or wrong", fix="send Authorization: Bearer TOKEN")
    if found < role:
        fix = f"use the token of an {role.name.lower()}"
        raise Forbidden(f"a {found.name.lower()} may not do that", fix=fix)
    return Caller(found, f"{found.name.lower()} token", peer())


def _tokens(parts: Parts) -> list[tuple[Role, str]]:
    settings = parts.settings
    set_ = (
        (Role.VIEWER, settings.fileproc_viewer_token),
        (Role.OPERATOR, settings.fileproc_operator_token),
        (Role.ADMIN, settings.fileproc_admin_token),
    )
    return [(role, token) for role, token in set_ if token is not None]


def _role(parts: Parts) -> Role:
    """The role whose token was sent. Every token is compared, each in constant time; a wrong one is remembered."""
    given = header("Authorization").encode("latin-1", "replace")
    if not given or parts.lockout.seconds(peer()):
        return Role.NOBODY
    matches = [role for role, token in _tokens(parts) if hmac.compare_digest(given, f"Bearer {token}".encode())]
    if not matches and parts.lockout.failed(peer()):
        log.error("address_locked_out", peer=peer(), reason="too many wrong tokens")
    return max(matches, default=Role.NOBODY)


def _is_local() -> bool:
    if any(header(mark) for mark in PROXY_MARKS):
        return False
    name = header("Host").lower()
    name = name if name.endswith("]") else name.rsplit(":", 1)[0]
    return _is_loopback(peer()) and name in LOOPBACK_NAMES


def _is_loopback(address: str) -> bool:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = getattr(parsed, "ipv4_mapped", None)
    return (mapped or parsed).is_loopback
