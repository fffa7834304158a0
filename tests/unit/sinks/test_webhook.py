"""Webhooks against a real receiver: what is sent, how it is proved, and what each answer means."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
import standardwebhooks

from fileproc.clock import SystemClock
from fileproc.domain.deliveries import MOST_TRIES, DeliveryError, Message, next_try
from fileproc.errors import SettingsError
from fileproc.sinks import plugins
from fileproc.sinks.fields import secret
from fileproc.sinks.webhook import Webhook
from tests.fakes.hook import Hook

KEY = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
CLOCK = SystemClock()  # the receivers' library has no other


def hooked(hook: Hook, path: str = "/in?a=1", **more: object) -> Webhook:
    return Webhook(hook.url + path, CLOCK, private=True, **more)  # type: ignore[arg-type]


def test_a_receiver_can_prove_who_sent_it() -> None:
    """The standard's own library accepts the signature, and refuses it for another body."""
    with Hook() as hook:
        hooked(hook, secret=secret(KEY), token="abc").send(Message("7-1", '{"a":"é"}'.encode()))
        (got,) = hook.received

    assert ("/in?a=1", "7-1", "Bearer abc") == (got.path, got.headers["webhook-id"], got.headers["authorization"])
    assert {"a": "é"} == standardwebhooks.Webhook(KEY).verify(got.body, got.headers)
    with pytest.raises(standardwebhooks.WebhookVerificationError):
        standardwebhooks.Webhook(KEY).verify(got.body + b" ", got.headers)


@pytest.mark.parametrize(
    ("status", "final"),
    [(500, False), (503, False), (429, False), (404, False), (401, False), (400, True), (410, True)],
)
def test_what_an_answer_means(status: int, final: bool) -> None:
    """Only what can never be right is given up at once; a wrong address or token is mended by people, later."""
    with Hook(answers=[status]) as hook, pytest.raises(DeliveryError, match=str(status)) as caught:
        hooked(hook).send(Message("1-1", b"{}"))

    assert final == caught.value.final


def test_redirects_are_not_followed() -> None:
    """Whoever answers does not choose where we send next."""
    with Hook() as elsewhere, Hook(answers=[307], location=elsewhere.url) as hook:
        with pytest.raises(DeliveryError, match="redirects are not followed"):
            hooked(hook).send(Message("1-1", b"{}"))

        assert [] == elsewhere.received


def test_nobody_there_is_tried_again_and_named_without_its_path() -> None:
    """The path of a chat's address is its password: no reason repeats it."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen
        address = f"http://127.0.0.1:{taken.getsockname()[1]}/services/T0/SECRET"
        with pytest.raises(DeliveryError) as caught:
            Webhook(address, CLOCK, private=True).send(Message("1-1", b"{}"))

    assert not caught.value.final
    assert "SECRET" not in str(caught.value)
    assert "SECRET" not in repr(Webhook(address, CLOCK, private=True))


def test_tries_come_ever_later_and_end() -> None:
    """Doubled up to an hour, jittered, as late as the receiver asks but no later than an hour, twenty at most."""
    busy = DeliveryError("busy", retry_after=120.0)
    waits = [next_try(tries, DeliveryError("no"), 1.0) for tries in range(1, MOST_TRIES + 1)]

    assert [5.0, 10.0, 20.0] == waits[:3]
    assert (3_600.0, None) == (waits[-2], waits[-1])
    assert 2.5 == next_try(1, DeliveryError("no"), 0.0)
    assert 120.0 == next_try(1, busy, 1.0)
    assert 3_600.0 == next_try(1, DeliveryError("busy", retry_after=1e9), 1.0)
    assert None is next_try(1, DeliveryError("never", final=True), 1.0)


PLUGIN = """
class Good:
    seen = []
    def __init__(self, options):
        self.options = options
    def deliver(self, report, key):
        if report.get("verdict") == "fail":
            raise RuntimeError("password=hunter2")
        self.seen.append((key, report["verdict"], self.options["table"]))

class Broken:
    def __init__(self, options):
        raise ValueError("password=hunter2")
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installed package that offers two sinks."""
    (tmp_path / "my_sinks.py").write_text(PLUGIN)
    info = tmp_path / "my_sinks-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: my-sinks\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[fileproc.sinks]\ngood = my_sinks:Good\nbroken = my_sinks:Broken\n")
    monkeypatch.syspath_prepend(str(tmp_path))


@pytest.mark.usefixtures("package")
def test_a_package_of_ones_own_is_handed_every_report() -> None:
    """Options as the file says them; whatever it raises is a reason to come again, and its words are not repeated."""
    sink = plugins.make_plugin("good", {"table": "checks"})
    plugins.deliver(sink, {"verdict": "pass"}, "1-1")
    with pytest.raises(DeliveryError, match="the sink raised RuntimeError") as caught:
        plugins.deliver(sink, {"verdict": "fail"}, "2-1")

    assert [("1-1", "pass", "checks")] == sink.seen  # type: ignore[attr-defined]
    assert "hunter2" not in str(caught.value)


@pytest.mark.usefixtures("package")
def test_a_package_that_is_not_there_or_broken_stops_the_start() -> None:
    """With the name that was meant, and without the words of its error."""
    with pytest.raises(SettingsError, match="did you mean `good`"):
        plugins.make_plugin("goood", {})
    with pytest.raises(SettingsError, match="cannot be made: ValueError") as caught:
        plugins.make_plugin("broken", {})
    assert "hunter2" not in str(caught.value)
