"""CPU, wall and memory of whole processes, in interleaved rounds; figures are medians of round-by-round ratios.

The machine's mood changes from minute to minute, so A and B are never compared across rounds. This process stays small:
a child's peak memory counts from the moment of the fork.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from bench.peers.places import SCRATCH

#: A peer that takes longer has lost, whatever it would have said.
LIMIT_SECONDS = 900

#: A setting of whoever measures that nobody who installs a package has: each run would compile our sources anew.
UNWANTED = "PYTHONDONTWRITEBYTECODE"


@dataclass(frozen=True, slots=True)
class Command:
    """What to run: its words, what it needs in the environment, which exit codes mean that it did its work.

    `proof` looks at what was printed, and says what shows that the work was not done: a refusal is fast.
    """

    words: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    codes: tuple[int, ...] = (0,)
    proof: Callable[[str], str | None] | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """One run: user and system seconds of the process and all its children, wall seconds, peak memory in MB."""

    cpu: float
    wall: float
    rss_mb: float
    code: int
    out: str = ""
    err: str = ""

    def document(self) -> dict[str, Any]:
        """As the results keep it: figures, and no output."""
        kept = asdict(self)
        del kept["out"], kept["err"]
        return kept


class Failed(Exception):
    """A command did not do its work; the text says why, or what it said last."""


def run(command: Command) -> Run:
    """Run once, in an empty folder, and wait for the whole tree. Raises Failed."""
    SCRATCH.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=SCRATCH) as folder:
        out, err = Path(folder) / "out", Path(folder) / "err"
        with out.open("wb") as stdout, err.open("wb") as stderr:
            begun = time.perf_counter()
            process = subprocess.Popen(
                command.words, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr,
                cwd=folder, env=_inherited() | dict(command.environment),
            )  # fmt: skip
            timer = threading.Timer(LIMIT_SECONDS, process.kill)
            timer.start()
            _, status, used = os.wait4(process.pid, 0)
            wall = time.perf_counter() - begun
            timer.cancel()
        process.returncode = code = os.waitstatus_to_exitcode(status)
        said = err.read_text(errors="replace")
        done = Run(used.ru_utime + used.ru_stime, wall, used.ru_maxrss / 1024, code, out.read_text("utf-8"), said)
    lacking = command.proof(done.out) if command.proof is not None else None
    if code not in command.codes:
        raise Failed(f"exit code {code}: {lacking or _last(said) or _last(done.out)}")
    if lacking is not None:
        raise Failed(lacking)
    return done


def _inherited() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name != UNWANTED}


def rounds(
    commands: Mapping[str, Command], number: int, *, warm: bool = True
) -> tuple[dict[str, list[Run]], dict[str, str]]:
    """A B C, A B C, …: the runs of each, and why some could not be measured; `warm` throws a first round away."""
    runs: dict[str, list[Run]] = {name: [] for name in commands}
    failed: dict[str, str] = {}
    for turn in range(-1 if warm else 0, number):
        for name, command in commands.items():
            if name in failed:
                continue
            try:
                done = run(command)
            except (Failed, OSError, UnicodeDecodeError) as reason:
                failed[name] = str(reason)[:300] or type(reason).__name__
                continue
            if turn >= 0:
                runs[name].append(done)
    return {name: done for name, done in runs.items() if name not in failed}, failed


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> list[float]:
    """Round by round; a comparison across rounds would measure the weather."""
    return [one / other for one, other in zip(ours, theirs, strict=True)]


def median_ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """The median of the ratios, which is not the ratio of the medians."""
    return median(ratios(ours, theirs))


def load_average() -> str:
    """How busy the machine was, for the record."""
    return " ".join(f"{one:.2f}" for one in os.getloadavg())


def document(text: str) -> Any:
    """The JSON that a script printed; some peers print other things before it."""
    return json.loads(text[text.index("{") :])


def _last(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:300] if lines else ""
