"""The process that runs cases: it changes, runs and keeps what reaches new code, until its time is up or it dies.

What it is running now is always in `current`, so that whoever watches it has the case if it never comes back.
"""

from __future__ import annotations

import os
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from types import CodeType, FrameType
from typing import Any

import fileproc.quality
from fileproc import logs
from tests.fuzz.case import CONTRACT, Case
from tests.fuzz.corpus import mutate, seeds
from tests.fuzz.harness import Found, run

OURS = str(Path(fileproc.quality.__file__).parent)

#: Cases that are remembered because they reached something new.
MOST_KEPT = 4_000


@dataclass(slots=True)
class Reached:
    """Lines of the product that were run; a case that reaches a new one is worth changing further."""

    lines: set[tuple[CodeType, int]] = field(default_factory=set)
    ours: dict[CodeType, bool] = field(default_factory=dict)

    def trace(self, frame: FrameType, event: str, argument: Any) -> Callable[..., Any] | None:
        code = frame.f_code
        mine = self.ours.get(code)
        if mine is None:
            mine = self.ours[code] = code.co_filename.startswith(OURS)
        return self._line if mine else None

    def _line(self, frame: FrameType, event: str, argument: Any) -> Callable[..., Any]:
        self.lines.add((frame.f_code, frame.f_lineno))
        return self._line

    def is_new(self, action: Callable[[], object]) -> bool:
        """Whether an action reaches a line for the first time. What it raises is raised."""
        before = len(self.lines)
        sys.settrace(self.trace)
        try:
            action()
        finally:
            sys.settrace(None)
        return len(self.lines) > before


def main(scratch: Path, seed: int, seconds: float, target: str, megabytes: int) -> None:
    """Run cases until the time is up; each find is a file in `scratch`, and the count of cases is in `count`."""
    logs.configure(program="fuzz", level="critical")
    resource.setrlimit(resource.RLIMIT_DATA, (megabytes << 20, megabytes << 20))
    chance, reached, started = Random(seed), Reached(), time.monotonic()
    kept = [data for case in seeds() if _wanted(data := case.encode(), target)]
    todo = list(kept) if seed == 0 else []
    count, begun = 0, len(kept)
    while time.monotonic() - started < seconds:
        data = todo.pop() if todo else _next(chance, kept, begun)
        if not _wanted(data, target):
            continue
        (scratch / "current").write_bytes(data)
        count += 1
        if _try(data, reached, scratch) and len(kept) < MOST_KEPT:
            kept.append(data)
        (scratch / "count").write_text(f"{count} {len(kept) - begun} {len(reached.lines)}")
    (scratch / "current").unlink(missing_ok=True)


def _next(chance: Random, kept: list[bytes], begun: int) -> bytes:
    """Half of the time a case that was found on the way."""
    found = len(kept) - begun
    base = kept[begun + chance.randrange(found)] if found and chance.random() < 0.5 else chance.choice(kept)
    return mutate(base, chance, kept)


def _wanted(data: bytes, target: str) -> bool:
    return target == "both" or (data[:1] >= bytes((CONTRACT,))) == (target == "contract")


def _try(data: bytes, reached: Reached, scratch: Path) -> bool:
    """Whether the case reached something new; a find is written down, and the next one is run."""
    try:
        return reached.is_new(lambda: run(data))
    except Found as found:
        save(scratch, found.signature, data, str(found))
        return False


def save(folder: Path, signature: str, data: bytes, text: str) -> None:
    """One file a kind of find, and beside it what was told; the shortest case stays."""
    path = folder / f"{signature}.case"
    if path.exists() and path.stat().st_size <= len(data):
        return
    path.write_bytes(data)
    case = Case.decode(data)
    what = "a contract" if case.name is None else f"{case.name} with contract {case.contract}"
    path.with_suffix(".txt").write_text(f"{what}\n{text}\n")


if __name__ == "__main__":
    os.environ.setdefault("TZ", "UTC")
    main(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), sys.argv[4], int(sys.argv[5]))
