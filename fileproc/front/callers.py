"""Where a request comes from: its peer, or, behind a proxy that the operator named, the address before it.

A caller writes what he likes into `X-Forwarded-For`; each proxy adds, on the right, whom it saw. So the list is read
from the right, as long as it is proxies of ours who wrote, and the first address that is none of theirs is the
caller's. Nobody gains a right by this: it only says whom to count, to lock out and to write down.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

import bottle

from fileproc.front.problems import header

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

#: Hops that are looked at; a longer list was made up.
MOST_HOPS = 16

#: Whoever has one IPv6 address has all of its /64.
HOUSEHOLD_BITS = 64


def peer() -> str:
    """The address of the other end of the connection."""
    return str(bottle.request.environ.get("REMOTE_ADDR", ""))


def caller(proxies: Sequence[Network]) -> str:
    """The address of whoever called, as far as proxies of ours vouch for it."""
    nearest = address(peer())
    if not proxies or nearest is None:
        return peer()
    for hop in reversed(header("X-Forwarded-For").split(",")[-MOST_HOPS:]):
        if not _within(nearest, proxies):
            break
        before = address(hop)
        if before is None:
            break  # what our own proxy wrote cannot be read: it is the last one we know
        nearest = before
    return str(nearest)


def household(text: str) -> str:
    """Who shares a lockout: one IPv4 address, or an IPv6 network as one line of one customer has."""
    parsed = address(text)
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((parsed, HOUSEHOLD_BITS), strict=False))
    return text


def address(text: str) -> Address | None:
    """An address, also as proxies write it: with a port, in brackets. IPv4 inside IPv6 is IPv4."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        parsed = ipaddress.ip_address(text)
    except ValueError:
        return None
    return getattr(parsed, "ipv4_mapped", None) or parsed


def _within(one: Address, networks: Sequence[Network]) -> bool:
    return any(one in network for network in networks)
