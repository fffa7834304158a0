"""Hostile requests to `POST /` of a real front, for seconds; `make fuzz ARGS="--door"` goes on for minutes."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fuzz import door
from tests.system.fronts import running

pytestmark = pytest.mark.system

SECONDS = 2.0


@pytest.fixture
def session(tmp_path: Path) -> Iterator[door.Session]:
    with running(tmp_path, SNS_CONFIRM="manual") as front:
        yield door.Session(front, random.Random(7), tmp_path / "finds")


def test_a_front_under_hostile_requests_stays_well(session: door.Session) -> None:
    """No 500, no hang, no smuggled request, no traceback, and a good notification is taken after all of it."""
    sent = door.fuzz(session, time.monotonic() + SECONDS)
    session.look(b"")

    assert set() == session.finds
    assert sent > 100


def test_a_find_is_kept_and_can_be_sent_again(session: door.Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """The fuzzer sees what it is there for: a status that must not be becomes a file with the request's bytes."""
    monkeypatch.setattr(door, "FINE", frozenset({200}))
    request = door.smuggled(session.front, session.dice)
    session.send_smuggled(request)

    assert {"status-400"} == session.finds
    assert request == (session.keep / "door-status-400.case").read_bytes()


def test_the_same_seed_sends_the_same_edits() -> None:
    """A find of a long run can be looked for again: chance comes from the printed seed alone."""
    first, again = (door.mangled(b"x" * 500, random.Random(3)) for _ in range(2))

    assert first == again
