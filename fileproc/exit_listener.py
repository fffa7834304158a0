"""The exit listener: ends supervisord, and with it the container, when a program cannot be kept alive.

supervisord itself goes on for ever. Two rules end it here: a program became FATAL, which means that it could not be
started at all; or it was up and ended too often in too short a time, such as a front whose port is taken on a machine
so slow that it takes longer to find that out than supervisord waits. supervisord exits 0 then, so the reason is left
in a note, by which the container's entry knows better.

    python -m fileproc.exit_listener NOTE     started by supervisord, whose event protocol this speaks
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections import defaultdict, deque
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

#: So many ends within so many seconds are no accident. A person who kills a program to try it stays below.
MOST_ENDS = 5
WITHIN = 300.0


class Patience:
    """How often each program has ended lately. Times are monotonic seconds."""

    def __init__(self) -> None:
        self._ends: defaultdict[str, deque[float]] = defaultdict(lambda: deque(maxlen=MOST_ENDS))

    def lost(self, event: str, program: str, now: float) -> str | None:
        """Why the program cannot be kept alive, if this event shows it."""
        if event == "PROCESS_STATE_FATAL":
            return f"{program} could not be started"
        if event != "PROCESS_STATE_EXITED":
            return None
        ends = self._ends[program]
        ends.append(now)
        if len(ends) == MOST_ENDS and now - ends[0] <= WITHIN:
            return f"{program} ended {MOST_ENDS} times within {WITHIN:g} seconds"
        return None


def listen(events: TextIO, answers: TextIO, give_up: Callable[[str], None], monotonic: Callable[[], float]) -> None:
    """Answer supervisord's events until it closes the stream; `give_up` is told the reason, once."""
    patience, given_up = Patience(), False
    while True:
        answers.write("READY\n")
        answers.flush()
        line = events.readline()
        if not line:
            return
        header = _fields(line)
        program = _fields(events.read(int(header["len"]))).get("processname", "a program")
        reason = patience.lost(header["eventname"], program, monotonic())
        if reason is not None and not given_up:
            given_up = True
            give_up(reason)
        answers.write("RESULT 2\nOK")
        answers.flush()


def _fields(line: str) -> dict[str, str]:
    return dict(field.split(":", 1) for field in line.split())


def main(note: Path) -> None:
    supervisord = os.getppid()

    def give_up(reason: str) -> None:
        sys.stderr.write(f"fileproc container: {reason}; its own message is above. Ending the container\n")
        sys.stderr.flush()
        note.write_text(reason)
        os.kill(supervisord, signal.SIGTERM)

    listen(sys.stdin, sys.stdout, give_up, time.monotonic)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
