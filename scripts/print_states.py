#!/usr/bin/env python3
"""Print docs/explanation/state-machines.md from the tables of job, slot and breaker; `--write` puts it there."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "explanation" / "state-machines.md"

HEAD = """\
# State machines

Printed from the tables in the code by `scripts/print_states.py --write`; a test holds this page against them. A move
that is not drawn here raises `IllegalTransition` and changes nothing.
"""

JOB = """
## Job (`fileproc/domain/jobs.py`)

The journal refuses every other move inside the statement that would make it; each write of a running job also carries
its fence. A move from an end back to `available` is a replay.
"""

SLOT = """
## Slot (`fileproc/pool/slot.py`)

A place for one worker. A job is given only to an idle worker, so a slot never holds more than one.
"""

BREAKER = """
## Breaker (`fileproc/breaker/states.py`)

One machine for the whole service and one for each bucket that has trouble.
"""

Table = Mapping[str, Iterable[str]]


def diagram(
    start: str, moves: Table, why: Mapping[tuple[str, str], str] | None = None, ends: Iterable[str] = ()
) -> str:
    """A Mermaid state diagram of a table: one arrow a move, with its reason where the table gives one."""
    lines = ["```mermaid", "stateDiagram-v2", f"    [*] --> {start}"]
    for earlier, later in moves.items():
        for one in later:
            reason = (why or {}).get((earlier, one))
            lines.append(f"    {earlier} --> {one}" + (f": {reason}" if reason else ""))
    lines += [f"    {end} --> [*]" for end in sorted(ends)]
    return "\n".join([*lines, "```", ""])


def reasons(moves: Mapping[str, Mapping[str, str]]) -> dict[tuple[str, str], str]:
    """Each move of a table with its reason."""
    return {(earlier, one): why for earlier, later in moves.items() for one, why in later.items()}


def page() -> str:
    """The whole page."""
    from fileproc.breaker.states import TRANSITIONS as BREAKER_MOVES
    from fileproc.domain.jobs import FINISHED, TRANSITIONS
    from fileproc.pool.slot import MOVES

    jobs = diagram("available", {state: sorted(later) for state, later in TRANSITIONS.items()}, ends=FINISHED)
    slots = diagram("empty", MOVES, reasons(MOVES))
    breaker = diagram("closed", BREAKER_MOVES, reasons(BREAKER_MOVES))
    return "\n".join([HEAD + JOB, jobs + SLOT, slots + BREAKER, breaker])


def main() -> int:
    """The page on stdout, or into its file."""
    sys.path.insert(0, str(ROOT))
    if "--write" in sys.argv[1:]:
        PAGE.write_text(page())
    else:
        sys.stdout.write(page())
    return 0


if __name__ == "__main__":
    sys.exit(main())
