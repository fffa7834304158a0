"""`make fuzz`: hostile files and contracts in child processes with limits of memory and time.

With atheris, which is installed into an environment of its own (`.venv-fuzz`), the fuzzing is steered by libFuzzer;
without it, by the lines of the product that a case reaches. A traceback, a verdict `error` that the file brought about,
a crash, a hang or too much memory is kept as a file, and printed with the command that runs it again. With `--door`
first, the running service's `POST /` is fuzzed instead (`tests.fuzz.door`).
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.fuzz import door
from tests.fuzz.child import save
from tests.fuzz.harness import Found, run

ROOT = Path(__file__).parents[2]
ENVIRONMENT = ROOT / ".venv-fuzz"

#: A case that takes longer hangs. The slowest honest one takes about a second.
HANGS_AFTER = 30.0

#: Memory a child may have: the engine's 150 MB, its threads, the interpreter, and as much again.
MEGABYTES = 1_024


@dataclass(slots=True)
class Session:
    """What came of all children so far."""

    keep: Path
    executions: int = 0
    new: int = 0
    children: int = 0
    finds: dict[str, Path] = field(default_factory=dict)

    def collect(self, scratch: Path) -> None:
        """Counts and finds of a child that has ended."""
        self.children += 1
        count = (scratch / "count").read_text().split() if (scratch / "count").exists() else ["0", "0", "0"]
        self.executions, self.new = self.executions + int(count[0]), self.new + int(count[1])
        for case in scratch.glob("*.case"):
            self.note(case.stem, case.read_bytes(), case.with_suffix(".txt").read_text())

    def note(self, signature: str, data: bytes, text: str) -> None:
        """Keep a find, and say so the first time."""
        self.keep.mkdir(parents=True, exist_ok=True)
        path = self.keep / f"{signature}.case"
        save(self.keep, signature, data, text)
        if signature not in self.finds:
            self.finds[signature] = path
            print(f'✕ {signature}: make fuzz ARGS="--replay {path}"', flush=True)


def main(arguments: list[str]) -> int:
    """Exit code 1 if anything was found."""
    if arguments[:1] == ["--door"]:
        return door.main(arguments[1:])
    options = _options(arguments)
    if options.replay is not None:
        return _replay(options.replay)
    python, module = _engine(options.engine)
    print(f"fuzzing {options.target} for {options.minutes:g} minutes, {module}, seed {options.seed}", flush=True)
    session, until = Session(options.keep), time.monotonic() + 60 * options.minutes
    seed = options.seed
    while (left := until - time.monotonic()) > 1:
        _child(session, python, module, seed, min(left, options.minutes_each * 60), options.target)
        seed += 1
        print(_line(session), flush=True)
        if session.executions == 0:
            print("the child cannot begin", file=sys.stderr)
            return 2
    print(f"done: {_line(session)}")
    return 1 if session.finds else 0


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=5, help="how long")
    parser.add_argument("--minutes-each", type=float, default=5, help="how long one child lives")
    parser.add_argument("--target", choices=("reader", "contract", "both"), default="both")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--engine", choices=("auto", "atheris", "lines"), default="auto")
    parser.add_argument("--keep", type=Path, default=ROOT / ".fuzz", help="a folder for what is found")
    parser.add_argument("--replay", type=Path, help="run one kept case again")
    return parser.parse_args(arguments)


def _line(session: Session) -> str:
    return (
        f"{session.executions:,} cases in {session.children} processes, {session.new:,} reached something new, "
        f"{len(session.finds)} kinds of finds"
    )


def _replay(path: Path) -> int:
    try:
        print(run(path.read_bytes()))
    except Found as found:
        print(f"✕ {found.signature}\n{found}")
        return 1
    return 0


def _engine(wanted: str) -> tuple[Path, str]:
    """(interpreter, module of the child)."""
    if wanted != "lines" and _has_atheris():
        return ENVIRONMENT / "bin" / "python", "tests.fuzz.with_atheris"
    if wanted == "atheris":
        raise SystemExit(f"atheris cannot be installed into {ENVIRONMENT}; use --engine lines")
    return Path(sys.executable), "tests.fuzz.child"


def _has_atheris() -> bool:
    """Make the environment once: atheris alone, and the packages of this one beside it."""
    python = ENVIRONMENT / "bin" / "python"
    if not python.exists():
        made = subprocess.run([sys.executable, "-m", "venv", str(ENVIRONMENT)], capture_output=True)
        if made.returncode != 0:
            return False
        subprocess.run([str(python), "-m", "pip", "install", "-q", "atheris"], capture_output=True)
    return subprocess.run([str(python), "-c", "import atheris"], capture_output=True).returncode == 0


def _child(session: Session, python: Path, module: str, seed: int, seconds: float, target: str) -> None:
    """One child until its time is up, it dies, or it hangs."""
    scratch = Path(tempfile.mkdtemp(prefix="fuzz-child-"))
    packages = [str(ROOT), *(path for path in sys.path if path.endswith("site-packages"))]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(packages), "TMPDIR": str(scratch)}
    command = [str(python), "-m", module, str(scratch), str(seed), f"{seconds:.0f}", target, str(MEGABYTES)]
    with (scratch / "output").open("wb") as output:
        child = subprocess.Popen(command, stdout=output, stderr=output, cwd=ROOT, env=environment)
        ended = _watch(child, scratch, time.monotonic() + seconds + 2 * HANGS_AFTER)
    current = scratch / "current"
    if ended != "well" and current.exists():
        told = (scratch / "output").read_bytes()[-4_000:].decode("utf-8", "replace")
        session.note(f"{ended}-{seed}", current.read_bytes(), told)
    elif ended != "well":
        print((scratch / "output").read_text(errors="replace")[-2_000:], file=sys.stderr)
    session.collect(scratch)
    shutil.rmtree(scratch, ignore_errors=True)


def _watch(child: subprocess.Popen[bytes], scratch: Path, latest: float) -> str:
    """`well`, `hang`, or how it died."""
    current = scratch / "current"
    while True:
        try:
            code = child.wait(timeout=1)
            return "well" if code == 0 else _death(code)
        except subprocess.TimeoutExpired:
            age = time.time() - current.stat().st_mtime if current.exists() else 0.0
            if age > HANGS_AFTER or time.monotonic() > latest:
                child.kill()
                child.wait()
                return "hang"


def _death(code: int) -> str:
    """libFuzzer's own exit codes, or the signal."""
    named = {77: "crash", 71: "memory", 70: "hang"}
    return named.get(code, f"died-{signal.Signals(-code).name}" if code < 0 else f"died-{code}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
