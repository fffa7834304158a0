"""When the container gives up: rules on a clock of our own, and supervisord's event protocol on plain streams."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest

from fileproc.exit_listener import MOST_ENDS, WITHIN, Patience, listen

ENDED, FATAL = "PROCESS_STATE_EXITED", "PROCESS_STATE_FATAL"


def test_a_program_that_could_not_be_started_is_lost_at_once() -> None:
    """supervisord has tried it several times already."""
    assert "front could not be started" == Patience().lost(FATAL, "front", 0.0)


def test_a_program_that_ends_again_and_again_is_lost() -> None:
    """A start that fails too slowly to count as a failed start does not go on for ever."""
    patience = Patience()

    said = [patience.lost(ENDED, "pool", 10.0 * number) for number in range(MOST_ENDS)]

    assert [None] * (MOST_ENDS - 1) + ["pool ended 5 times within 300 seconds"] == said


@pytest.mark.parametrize(
    ("programs", "apart"),
    [(["pool"], WITHIN / (MOST_ENDS - 1) + 0.1), (["front", "pool"], WITHIN / (2 * MOST_ENDS))],
    ids=["seldom", "different programs"],
)
def test_a_program_that_is_killed_now_and_then_is_not(programs: list[str], apart: float) -> None:
    """A crash that comes from one bad hour is restarted, however many hours the container lives."""
    patience = Patience()
    ends = (MOST_ENDS - 1) * len(programs) if len(programs) > 1 else 100

    said = [patience.lost(ENDED, programs[number % len(programs)], apart * number) for number in range(ends)]

    assert {None} == set(said)


@pytest.mark.parametrize("event", ["PROCESS_STATE_RUNNING", "PROCESS_STATE_STOPPED", "TICK_5"])
def test_other_events_mean_nothing(event: str) -> None:
    """A listener that is subscribed to more than it needs stays calm."""
    assert {None} == {Patience().lost(event, "front", 0.0) for _ in range(MOST_ENDS)}


def event(name: str, program: str, number: int) -> str:
    payload = f"processname:{program} groupname:fileproc from_state:RUNNING expected:0 pid:{number}"
    header = f"ver:3.0 server:supervisor serial:{number} pool:exit_listener poolserial:{number} eventname:{name}"
    return f"{header} len:{len(payload)}\n{payload}"


def test_every_event_is_answered_and_the_reason_given_once() -> None:
    """supervisord waits for READY and OK; the container is ended once, whatever follows."""
    stream = io.StringIO("".join(event(FATAL, name, number) for number, name in enumerate(["front", "pool"])))
    answers, reasons = io.StringIO(), []

    listen(stream, answers, reasons.append, ticking())

    assert "READY\nRESULT 2\nOKREADY\nRESULT 2\nOKREADY\n" == answers.getvalue()
    assert ["front could not be started"] == reasons


def ticking():  # type: ignore[no-untyped-def]
    seconds: Iterator[int] = iter(range(1_000))
    return lambda: float(next(seconds))
