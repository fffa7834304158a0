"""Where webhooks may lead: a table of addresses, and that nothing is sent where nothing may be."""

from __future__ import annotations

import ipaddress
import socket
from typing import Any

import pytest

from fileproc.clock import SystemClock
from fileproc.domain.deliveries import DeliveryError, Message
from fileproc.sinks.addresses import allowed, reachable
from fileproc.sinks.webhook import Webhook
from tests.fakes.hook import Hook

#: (address, without `private`, with it)
TABLE = [
    ("93.184.216.34", True, True),
    ("2606:2800:220:1::1", True, True),
    ("127.0.0.1", False, True),
    ("::1", False, True),
    ("10.1.2.3", False, True),
    ("172.16.0.1", False, True),
    ("192.168.1.1", False, True),
    ("100.64.0.1", False, True),
    ("fd12::1", False, True),
    ("::ffff:10.0.0.1", False, True),
    ("64:ff9b::a00:1", False, True),
    ("2002:a00:1::", False, True),
    ("169.254.169.254", False, False),
    ("::ffff:169.254.169.254", False, False),
    ("64:ff9b::a9fe:a9fe", False, False),
    ("fe80::1", False, False),
    ("fd00:ec2::254", False, False),
    ("0.0.0.0", False, False),
    ("::", False, False),
    ("224.0.0.1", False, False),
    ("ff02::1", False, False),
]


@pytest.mark.parametrize(("text", "plain", "private"), TABLE)
def test_which_addresses_may_be_reached(text: str, plain: bool, private: bool) -> None:
    """The public ones; this host and private networks by the operator's word; where credentials are served never."""
    address = ipaddress.ip_address(text)

    assert (plain, private) == (allowed(address, private=False), allowed(address, private=True))


def test_one_bad_address_of_a_host_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name with a good and a bad address would lead to either."""

    def both(*_arguments: Any, **_more: Any) -> list[Any]:
        return [(2, 1, 6, "", ("93.184.216.34", 443)), (2, 1, 6, "", ("169.254.169.254", 443))]

    monkeypatch.setattr(socket, "getaddrinfo", both)
    with pytest.raises(DeliveryError, match="may not be reached"):
        reachable("both.example", 443, private=True)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0x7f000001", "2130706433", "127.1", "[::1]"])
def test_nothing_is_fetched_where_nothing_may_be(host: str) -> None:
    """However this host is spelt, a webhook without `private: true` sends nothing to it."""
    with Hook() as hook:
        webhook = Webhook(f"https://{host}:{hook.port}/", SystemClock())
        with pytest.raises(DeliveryError):
            webhook.send(Message("1-1", b"{}"))

        assert [] == hook.received
