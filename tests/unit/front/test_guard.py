"""The guard: who counts as an operator."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import bottle
import pytest

from fileproc.clock import FrozenClock
from fileproc.errors import FileprocError, Forbidden, Unauthorized
from fileproc.front.callers import caller
from fileproc.front.guard import Role, TooManyFailures, may_see_samples, require
from fileproc.front.lockout import MOST_FAILURES, MOST_PEERS, WINDOW_SECONDS, Lockout
from fileproc.settings.parsers import networks


def parts(
    *,
    token: str | None = None,
    operator: str | None = None,
    viewer: str | None = None,
    loopback: bool = True,
    proxies: str = "",
) -> Any:
    """What the guard looks at."""
    settings = SimpleNamespace(
        fileproc_admin_token=token,
        fileproc_operator_token=operator,
        fileproc_viewer_token=viewer,
        on_loopback=loopback,
        fileproc_trusted_proxies=networks(proxies),
    )
    open_ = not loopback and not any((token, operator, viewer))
    return SimpleNamespace(
        settings=settings, is_open_to_the_world=open_, lockout=Lockout(FrozenClock()), recorder=Refusals()
    )


class Refusals(list[str]):
    """Remembers what was counted."""

    def admin_refused(self, reason: str) -> None:
        self.append(reason)


def require_admin(parts: Any) -> None:
    require(parts, Role.ADMIN)


def arrives(peer: str = "127.0.0.1", host: str = "127.0.0.1:8080", **headers: str) -> None:
    """Make this the request that is being answered."""
    environ = {"REMOTE_ADDR": peer, "HTTP_HOST": host}
    bottle.request.bind(environ | {f"HTTP_{name.upper()}": value for name, value in headers.items()})


@pytest.mark.parametrize("peer", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"])
@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8080", "127.0.0.1:1", "[::1]", "[::1]:8080"])
def test_this_machine_is_trusted_where_no_token_is_set(peer: str, host: str) -> None:
    """On a laptop nothing has to be set up."""
    arrives(peer, host)

    require_admin(parts())


@pytest.mark.parametrize("peer", ["10.0.0.1", "192.168.1.1", "::1234", "fe80::1", "::ffff:10.0.0.1", "", "127.0.0.1x"])
def test_other_machines_are_not(peer: str) -> None:
    """An address that only begins like loopback is another machine."""
    arrives(peer)

    with pytest.raises(Forbidden):
        require_admin(parts())


@pytest.mark.parametrize("host", ["", "evil.example", "127.0.0.1.evil.example", "localhost.evil:80", "[::2]"])
def test_another_name_for_this_machine_is_another_site(host: str) -> None:
    """A page in somebody's browser can make a name of its own point here."""
    arrives(host=host)

    with pytest.raises(Forbidden):
        require_admin(parts())


@pytest.mark.parametrize("header", ["x_forwarded_for", "forwarded", "x_real_ip", "via"])
def test_a_proxy_on_this_machine_is_not_this_machine(header: str) -> None:
    """Behind a proxy every caller looks local; then only a token counts, whatever the header says."""
    arrives(**{header: "127.0.0.1"})

    with pytest.raises(Forbidden):
        require_admin(parts())
    assert not may_see_samples(parts(token="t"))


@pytest.mark.parametrize(
    "given", [None, "", "Bearer ", "Bearer t", "Bearer tokenX", "bearer token", "token", "Bearer \xff"]
)
def test_a_wrong_token_is_no_token(given: str | None) -> None:
    """Where a token is set, this machine needs it too."""
    arrives(**({} if given is None else {"authorization": given}))

    with pytest.raises(Unauthorized):
        require_admin(parts(token="token"))


def test_the_right_token_works_from_anywhere() -> None:
    """From another machine, behind a proxy, under any name."""
    arrives("10.0.0.1", "fileproc.example", authorization="Bearer token", x_forwarded_for="1.2.3.4")

    require_admin(parts(token="token", loopback=False))
    assert may_see_samples(parts(token="token", loopback=False))


@pytest.mark.parametrize("site", ["cross-site", "same-site", "Cross-Site", "nonsense"])
def test_other_sites_are_refused_even_with_the_token(site: str) -> None:
    """A browser that has the token does not lend it to another page."""
    arrives(authorization="Bearer token", sec_fetch_site=site)

    with pytest.raises(Forbidden):
        require_admin(parts(token="token"))


@pytest.mark.parametrize("site", ["none", "same-origin"])
def test_the_address_bar_and_our_own_pages_are_not_other_sites(site: str) -> None:
    """Typing /breaker/reset still works."""
    arrives(sec_fetch_site=site)

    require_admin(parts())


def test_open_to_the_world_without_a_token_is_read_only() -> None:
    """Not even this machine changes anything then, and nobody sees samples."""
    arrives()

    with pytest.raises(Forbidden, match="read-only"):
        require_admin(parts(loopback=False))
    assert not may_see_samples(parts(loopback=False))
    assert may_see_samples(parts())


def test_with_a_token_samples_need_it_from_afar() -> None:
    """Other machines see samples with the token only; this one, on loopback, always does."""
    arrives("10.0.0.1")
    assert not may_see_samples(parts(token="token", loopback=False))
    arrives()
    assert may_see_samples(parts(token="token"))


def test_each_role_may_do_what_the_lesser_ones_may_and_no_more() -> None:
    """A viewer's token changes nothing, an operator's shows no action log, and the answer says which is wanted."""
    given = parts(token="adm", operator="ope", viewer="vie", loopback=False)
    roles = {"vie": Role.VIEWER, "ope": Role.OPERATOR, "adm": Role.ADMIN}
    for token, role in roles.items():
        arrives("10.0.0.1", authorization=f"Bearer {token}")
        for wanted in roles.values():
            if wanted <= role:
                assert (role, "10.0.0.1") == (require(given, wanted).role, require(given, wanted).peer)
            else:
                with pytest.raises(Forbidden, match=f"token of an {wanted.name.lower()}"):
                    require(given, wanted)
        assert may_see_samples(given)


def test_who_guesses_tokens_is_not_listened_to_any_more() -> None:
    """Not even with the right one, for a minute; others are, and no token is ever told."""
    given = parts(token="right")
    clock: FrozenClock = given.lockout._clock
    for guess in range(MOST_FAILURES):
        arrives("10.0.0.1", authorization=f"Bearer {guess}")
        with pytest.raises(Unauthorized):
            require_admin(given)

    arrives("10.0.0.1", authorization="Bearer right")
    with pytest.raises(TooManyFailures) as caught:
        require_admin(given)
    assert 0 < caught.value.retry_after <= WINDOW_SECONDS + 1
    arrives("10.0.0.2", authorization="Bearer right")
    require_admin(given)
    clock.advance(WINDOW_SECONDS + 1)
    arrives("10.0.0.1", authorization="Bearer right")
    require_admin(given)


def test_a_request_without_a_token_is_no_guess() -> None:
    """A dashboard that only reads never locks its address out."""
    given = parts(token="right")
    for _ in range(3 * MOST_FAILURES):
        arrives()
        may_see_samples(given)

    arrives(authorization="Bearer right")
    require_admin(given)


def test_guessers_cost_bounded_memory() -> None:
    """From however many addresses they come."""
    lockout = Lockout(FrozenClock())
    for number in range(2 * MOST_PEERS):
        lockout.failed(str(number))

    assert MOST_PEERS == len(lockout._failures)


def test_every_refusal_is_counted_by_its_reason() -> None:
    """An alarm can be set on wrong tokens without reading logs."""
    given = parts(token="adm", viewer="vie")
    for headers in (
        {},
        {"authorization": "Bearer no"},
        {"authorization": "Bearer vie"},
        {"sec_fetch_site": "cross-site"},
    ):
        arrives(**headers)
        with pytest.raises(FileprocError):
            require_admin(given)
    arrives(authorization="Bearer adm")
    require_admin(given)

    assert ["no_token", "wrong_token", "lesser_role", "other_site"] == given.recorder


CALLERS = {
    "no proxy is named": ("", "10.0.0.1", "1.2.3.4", "10.0.0.1"),
    "the peer is no proxy of ours": ("10.0.0.0/8", "192.0.2.1", "1.2.3.4", "192.0.2.1"),
    "one proxy": ("10.0.0.0/8", "10.0.0.1", "1.2.3.4", "1.2.3.4"),
    "two proxies of ours": ("10.0.0.0/8", "10.0.0.1", "1.2.3.4, 10.0.0.2", "1.2.3.4"),
    "the caller makes up what came before him": ("10.0.0.0/8", "10.0.0.1", "127.0.0.1, 5.5.5.5, 1.2.3.4", "1.2.3.4"),
    "the caller claims to be a proxy of ours": ("10.0.0.0/8", "10.0.0.1", "10.0.0.9, 1.2.3.4", "1.2.3.4"),
    "no header": ("10.0.0.0/8", "10.0.0.1", "", "10.0.0.1"),
    "rubbish": ("10.0.0.0/8", "10.0.0.1", "1.2.3.4, unknown", "10.0.0.1"),
    "with ports": ("10.0.0.0/8", "10.0.0.1", "[2001:db8::1]:443, 10.0.0.2:80", "2001:db8::1"),
    "IPv4 inside IPv6": ("10.0.0.0/8", "::ffff:10.0.0.1", "::ffff:1.2.3.4", "1.2.3.4"),
    "thousands of hops": ("10.0.0.0/8", "10.0.0.1", "1.2.3.4," + "10.0.0.2," * 5_000 + "10.0.0.3", "10.0.0.2"),
}


@pytest.mark.parametrize(("named", "peer", "forwarded", "expected"), CALLERS.values(), ids=CALLERS)
def test_the_caller_is_who_our_own_proxies_saw(named: str, peer: str, forwarded: str, expected: str) -> None:
    """Read from the right, as far as proxies of ours wrote; what the caller wrote himself counts for nothing."""
    arrives(peer, x_forwarded_for=forwarded)

    assert expected == caller(networks(named))


def test_behind_a_named_proxy_one_guesser_does_not_lock_out_the_others() -> None:
    """He is locked out by his own address, or his own IPv6 network, and cannot shake it off by writing another."""
    given = parts(token="right", loopback=False, proxies="10.0.0.0/8")
    for guess in range(MOST_FAILURES):
        arrives("10.0.0.1", authorization="Bearer no", x_forwarded_for=f"9.9.9.{guess}, 2001:db8::{guess:x}")
        with pytest.raises(Unauthorized):
            require_admin(given)

    arrives("10.0.0.1", authorization="Bearer right", x_forwarded_for="2001:db8::ffff")
    with pytest.raises(TooManyFailures):
        require_admin(given)
    arrives("10.0.0.1", authorization="Bearer right", x_forwarded_for="1.2.3.4")
    assert "1.2.3.4" == require(given, Role.ADMIN).peer


def test_no_proxy_makes_a_caller_local() -> None:
    """A named proxy that passes on 127.0.0.1 gives nobody the rights of this machine."""
    arrives("127.0.0.1", x_forwarded_for="127.0.0.1")

    with pytest.raises(Forbidden):
        require_admin(parts(proxies="127.0.0.1"))


@pytest.mark.parametrize("text", ["0.0.0.0/0", "::/0", "10.0.0.1/8", "proxy.example", "10.0.0.0/8,,x"])
def test_a_wrong_list_of_proxies_is_told(text: str) -> None:
    """Names, host bits and the whole Internet are refused at the start."""
    with pytest.raises(ValueError, match="network"):
        networks(text)
