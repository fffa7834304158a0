"""Which addresses a webhook may reach. Names are resolved here, and the connection goes to what was looked at: a name
that means something else a moment later leads nowhere new.

Link-local addresses serve a machine's own credentials, so nothing is ever sent there. Those of private networks and of
this host need the operator's word, `private: true`.
"""

from __future__ import annotations

import ipaddress
import socket

from fileproc.domain.deliveries import DeliveryError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

#: Where AWS serves credentials over IPv6; it is a unique local address like any other.
METADATA = frozenset({ipaddress.ip_address("fd00:ec2::254"), ipaddress.ip_address("fd00:ec2::23")})

#: IPv4 inside of IPv6: the translator's prefix leads to any of them.
NAT64 = ipaddress.ip_network("64:ff9b::/96")


def reachable(host: str, port: int, *, private: bool) -> str:
    """An address of the host that may be connected to.

    Raises:
        DeliveryError: the name means nothing, or an address where nothing may be sent.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise DeliveryError(f"the host {host} is not known") from None
    addresses = [ipaddress.ip_address(str(one[4][0]).partition("%")[0]) for one in found]
    for address in addresses:
        if not allowed(address, private=private):
            hint = "" if private or never(address) else "; if it is meant, write `private: true`"
            raise DeliveryError(f"the host {host} has an address that may not be reached{hint}")
    return str(addresses[0])


def allowed(address: Address, *, private: bool) -> bool:
    """Whether something may be sent there."""
    inner = _inner(address)
    return not never(address) and (private or (inner.is_global and not inner.is_multicast))


def never(address: Address) -> bool:
    """Whether nothing is ever sent there, whatever the operator says."""
    inner = _inner(address)
    return inner.is_link_local or inner.is_multicast or inner.is_unspecified or inner in METADATA


def _inner(address: Address) -> Address:
    """An IPv4 address in IPv6's clothes is judged as what it is."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address.sixtofour is not None:
            return address.sixtofour
        if address in NAT64:
            return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address
