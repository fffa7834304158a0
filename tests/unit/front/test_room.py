"""Room for connections: who waits longest goes first, and nobody who has just come."""

from __future__ import annotations

import resource

import pytest

from fileproc.clock import FrozenClock
from fileproc.front.room import PATIENCE_SECONDS, Room, places


class Caller:
    """A connection that remembers whether it was hung up on."""

    def __init__(self, *, unread: bool = False) -> None:
        self.gone = False
        self.unread = unread

    def has_unread_bytes(self) -> bool:
        return self.unread

    def hang_up(self) -> None:
        self.gone = True


def gone(callers: list[Caller]) -> list[bool]:
    return [caller.gone for caller in callers]


def test_the_longest_wait_makes_room() -> None:
    """The first come is the first to go, and those within a second of their coming stay."""
    clock = FrozenClock()
    room, callers = Room(clock.monotonic), [Caller() for _ in range(4)]
    with room.waits(callers[0]), room.waits(callers[1], idle=True):
        clock.advance(PATIENCE_SECONDS)
        with room.waits(callers[2]):
            assert 1 == room.make(1)
            assert [True, False, False, False] == gone(callers)
            assert 1 == room.make(5)
            assert [True, True, False, False] == gone(callers)
            assert 0 == room.make(5)


def test_whose_bytes_are_there_waits_for_us_and_stays() -> None:
    """On a busy machine an honest request lies unread for a second: it is the next one behind it that owes us."""
    clock = FrozenClock()
    room, callers = Room(clock.monotonic), [Caller(unread=True), Caller(), Caller(unread=True), Caller()]
    with room.waits(callers[0]), room.waits(callers[1]), room.waits(callers[2], idle=True), room.waits(callers[3]):
        clock.advance(PATIENCE_SECONDS)

        assert 1 == room.make(1)
        assert [False, True, False, False] == gone(callers)
        assert 1 == room.make(9)
        assert [False, True, False, True] == gone(callers)


def test_whoever_is_being_answered_is_never_hung_up_on() -> None:
    """A wait ends with the sender's bytes; from then on the connection is ours to answer."""
    clock = FrozenClock()
    room, caller = Room(clock.monotonic), Caller()
    with room.waits(caller):
        pass
    clock.advance(10 * PATIENCE_SECONDS)

    assert (0, False) == (room.make(1), caller.gone)


def test_a_stop_lets_go_of_idlers_only() -> None:
    """Whoever has begun a request may finish it."""
    room, idler, writer = Room(FrozenClock().monotonic), Caller(), Caller()
    with room.waits(idler, idle=True), room.waits(writer):
        room.empty()

        assert [True, False] == gone([idler, writer])


@pytest.mark.parametrize(
    ("soft", "hard", "expected", "left"), [(1_024, 20_000, 2_048, 4_224), (1_024, 1_024, 448, 1_024), (64, 64, 1, 64)]
)
def test_there_are_no_more_places_than_open_files(
    soft: int, hard: int, expected: int, left: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The limit is raised as far as it may be; a front that ran out of files would accept nobody at all."""
    limits = [(soft, hard)]
    monkeypatch.setattr(resource, "getrlimit", lambda _which: limits[-1])
    monkeypatch.setattr(resource, "setrlimit", lambda _which, new: limits.append(new))

    assert (expected, left) == (places(2_048), limits[-1][0])
