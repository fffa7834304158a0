"""Who may do what.

A change needs a bearer token of a role, or, where no token is set, a caller on this machine who really speaks to this
machine: a page in somebody's browser that reaches loopback under another name (DNS rebinding) or from another site is
neither. A viewer sees samples, an operator changes state too, an admin also sees who changed what.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from enum import IntEnum

from fileproc import logs
from fileproc.errors import FileprocError, Forbidden, Unauthorized, Unavailable
from fileproc.front.callers import address, caller, household, peer
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
    """Whose request it is; `who` never holds a token, `peer` is his address as far as it is known."""

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
        raise _refused(parts, "other_site", Forbidden("requests from other sites are refused"))
    if _tokens(parts):
        return _by_token(parts, role)
    fix = "set FILEPROC_ADMIN_TOKEN"
    if parts.is_open_to_the_world:
        raise _refused(parts, "read_only", Forbidden("read-only: no admin token is set", fix=fix))
    if not _is_local():
        error = Forbidden("without an admin token only this machine may change state", fix=fix)
        raise _refused(parts, "not_local", error)
    return Caller(Role.ADMIN, "local", peer())


def may_see_samples(parts: Parts) -> bool:
    """Samples hold partners' data: for those with a token, or for people on this machine only."""
    if not _tokens(parts):
        return parts.settings.on_loopback
    return _role(parts) >= Role.VIEWER or (parts.settings.on_loopback and _is_local())


def _by_token(parts: Parts, role: Role) -> Caller:
    who = caller(parts.settings.fileproc_trusted_proxies)
    if seconds := parts.lockout.seconds(household(who)):
        error = TooManyFailures("too many wrong tokens came from your address", retry_after=seconds)
        raise _refused(parts, "locked_out", error)
    found = _role(parts)
    if found is Role.NOBODY:
        if not header("Authorization"):
            parts.recorder.admin_refused("no_token")  # a wrong one is counted where it is compared
        raise Unauthorized("the admin token is missing or wrong", fix="send Authorization: Bearer TOKEN")
    if found < role:
        fix = f"use the token of an {role.name.lower()}"
        raise _refused(parts, "lesser_role", Forbidden(f"a {found.name.lower()} may not do that", fix=fix))
    return Caller(found, f"{found.name.lower()} token", who)


def _refused(parts: Parts, reason: str, error: FileprocError) -> FileprocError:
    parts.recorder.admin_refused(reason)
    return error


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
    who = caller(parts.settings.fileproc_trusted_proxies)
    if not given or parts.lockout.seconds(household(who)):
        return Role.NOBODY
    matches = [role for role, token in _tokens(parts) if hmac.compare_digest(given, f"Bearer {token}".encode())]
    if not matches:
        parts.recorder.admin_refused("wrong_token")
        if parts.lockout.failed(household(who)):
            log.error("address_locked_out", peer=who, reason="too many wrong tokens")
    return max(matches, default=Role.NOBODY)


def _is_local() -> bool:
    if any(header(mark) for mark in PROXY_MARKS):
        return False
    name = header("Host").lower()
    name = name if name.endswith("]") else name.rsplit(":", 1)[0]
    parsed = address(peer())
    return parsed is not None and parsed.is_loopback and name in LOOPBACK_NAMES
