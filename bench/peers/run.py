"""The comparison, start to table: environments, files, interleaved rounds, goals, one file of results."""

from __future__ import annotations

import argparse
import compileall
import json
import os
import platform
import subprocess
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from bench.peers import goals, proofs, truths
from bench.peers.contestants import BARE, EVERYBODY, OURS, PEERS, Contestant, ours, worker
from bench.peers.data import ROWS, dataset, truth_of
from bench.peers.environments import PINNED, NotInstalled, environment
from bench.peers.goals import Row
from bench.peers.measure import Command, Failed, Run, document, load_average, median_ratio, rounds, run
from bench.peers.places import RESULTS, ROOT

ROUNDS = 5
WARM_TIMES = 60
WARMING = 10

#: Formats are compared with what reads them; the other peers were given CSV.
FORMATS = ("parquet", "ndjson", "gzip")


@dataclass(slots=True)
class Session:
    """What was asked for, and what was found so far."""

    scales: list[str]
    only: set[str]
    rounds: int
    rows: list[Row] = field(default_factory=list)
    results: dict[str, Any] = field(default_factory=dict)

    def wants(self, name: str) -> bool:
        """Whether a contestant or a part was asked for; nothing named means everything."""
        return not self.only or name in self.only

    def keep(self, name: str, facts: Any) -> None:
        """For the file of results."""
        self.results[name] = facts

    def tell(self, *rows: Row) -> None:
        """Into the table, and at once to whoever waits."""
        self.rows += rows
        for row in rows:
            print(f"  {row.what}: {row.reached} (goal {row.goal}, {row.word}) {row.details}", flush=True)


def main(arguments: list[str]) -> int:
    """Measure what was asked for, print the table, keep the results. The exit code tells about us, not about goals."""
    asked = _arguments(arguments)
    scales = ["0.1", "1"] if asked.all else asked.scale or ["0.1"]
    session = Session(scales, set(filter(None, asked.only.split(","))), asked.rounds)
    begun = load_average()
    compileall.compile_dir(ROOT / "fileproc", quiet=1)  # as every installer does; the peers were installed
    for name, part in PARTS.items():
        if _chosen(session, name, asked):
            print(f"{name} (load {load_average()})", flush=True)
            part(session)
    print()
    print(goals.table(session.rows))
    path = _write(session, begun)
    print(f"\n{_machine()['processor']}, {os.cpu_count()} cores; load {begun} before, {load_average()} after")
    print(f"figures: {path.relative_to(ROOT)}")
    return 0


def _arguments(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench peers", description=__doc__)
    parser.add_argument("--scale", action="append", choices=("0.1", "1"), help="size of the files (default: 0.1)")
    parser.add_argument("--growth", action="store_true", help="also time and memory at 0.1, 1 and 3 (2.3 GB a file)")
    parser.add_argument("--all", action="store_true", help="both scales, and growth")
    known = [*PARTS, *EVERYBODY]
    parser.add_argument("--only", default="", metavar="NAME,…", help=f"some of: {', '.join(known)}")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="interleaved rounds (default: 5)")
    asked = parser.parse_args(arguments)
    unknown = [name for name in asked.only.split(",") if name and name not in known]
    if unknown:
        parser.error(f"--only: there is no {', '.join(unknown)}; there are {', '.join(known)}")
    return asked


def _chosen(session: Session, part: str, asked: argparse.Namespace) -> bool:
    if part == "growth":
        return asked.growth or asked.all or part in session.only
    if not session.only or part in session.only:
        return True
    return part == "speed" and not session.only.isdisjoint(EVERYBODY)


# speed


def _speed(session: Session) -> None:
    """CSV, sorted and shuffled, beside everybody."""
    named = session.only & set(EVERYBODY)
    for scale in session.scales:
        everybody = [one for one in (*BARE, *PEERS) if not named or one.name in named]
        if scale == "1" and not named:
            everybody = [one for one in everybody if one.name != "frictionless_schema"]  # it takes ten minutes a run
        for times in sorted({one.rounds for one in everybody}, reverse=True):
            _compare(session, "clean", scale, [one for one in everybody if one.rounds == times], times)
        bare = [one for one in BARE if one in everybody]
        if bare:
            _compare(session, "shuffled", scale, bare, ROUNDS)


def _formats(session: Session) -> None:
    """Parquet, NDJSON and gzip beside the bare engines; Parquet also at the larger scale."""
    for scale in session.scales:
        for kind in FORMATS if scale == "0.1" else ("parquet",):
            _compare(session, kind, scale, BARE, ROUNDS)


def _compare(session: Session, kind: str, scale: str, everybody: Iterable[Contestant], times: int) -> None:
    path = dataset(kind, scale)
    commands: dict[str, Command] = {OURS: _clean(path, scale)}
    failed: dict[str, str] = {}
    for one in everybody:
        try:
            commands[one.name] = one.command(path, ROWS[scale])
        except NotInstalled as reason:
            failed[one.name] = str(reason)
    number = min(times, session.rounds)
    before = load_average()
    runs, broken = rounds(commands, number, warm=times > 1)
    facts = {
        "load": [before, load_average()],
        "failed": failed | broken,
        "runs": {name: [one.document() for one in done] for name, done in runs.items()},
    }
    session.keep(f"{kind} {scale} x{number} {'+'.join(commands)}", facts)
    for one in everybody:
        _tell_ratio(session, one, kind, scale, runs, failed | broken)


def _tell_ratio(
    session: Session, one: Contestant, kind: str, scale: str, runs: dict[str, list[Run]], failed: dict[str, str]
) -> None:
    what = f"{one.label}, {kind}, SF {scale}"
    most = goals.RATIOS.get((one.name, kind, scale))
    reason = failed.get(OURS) or failed.get(one.name)
    if reason is not None:
        session.tell(goals.missing(f"CPU against {what}", most, reason))
        return
    mine, theirs = runs[OURS], runs[one.name]
    ratio = median_ratio([done.cpu for done in mine], [done.cpu for done in theirs])
    details = f"{_figures(mine)} against {_figures(theirs)}, n={len(mine)}"
    session.tell(goals.at_most(f"CPU against {what}", most, ratio, details=details))
    memory = goals.MEMORY_RATIOS.get((one.name, kind, scale))
    if memory is not None:
        ratio = median_ratio([done.rss_mb for done in mine], [done.rss_mb for done in theirs])
        session.tell(goals.at_most(f"memory against {what}", memory, ratio))


def _clean(path: Path, scale: str) -> Command:
    return ours(path, proof=proofs.clean_report(ROWS[scale]))


def _figures(runs: list[Run]) -> str:
    cpu, wall, rss = (median(getattr(done, name) for done in runs) for name in ("cpu", "wall", "rss_mb"))
    return f"{cpu:.2f} s CPU {wall:.2f} s wall {rss:.0f} MB"


# the truth


def _truth(session: Session) -> None:
    """Speed never buys silence: every count and every line of the dirty file."""
    path = dataset("dirty", "0.1")
    try:
        report = document(run(ours(path, "--samples", "100")).out)
    except Failed as reason:
        session.tell(Row("dirty file", "17/17 counts, 31/31 rows", "not measured", False, str(reason)))
        return
    found = truths.score(report, json.loads(truth_of(path).read_text()))
    session.keep("truth", asdict(found))
    counts, rows = f"{found.counts}/{found.of_counts} counts", f"{found.rows}/{found.of_rows} rows"
    exact = found.counts == found.of_counts and found.rows == found.of_rows
    goal = f"{found.of_counts}/{found.of_counts} counts, {found.of_rows}/{found.of_rows} rows"
    session.tell(Row("dirty file: exact counts, broken rows by line", goal, f"{counts}, {rows}", exact))
    for wrong in found.wrong:
        print(f"    {wrong}")
    clean = document(run(ours(dataset("clean", "0.1"))).out)
    skipped = [check["id"] for check in clean["checks"] if check["result"] == "skipped"]
    done = Row("checks of the contract not run", "none", ", ".join(skipped) or "none", not skipped)
    session.tell(done, Row("verdict on the clean file", "pass", clean["verdict"], clean["verdict"] == "pass"))


# every row bad


def _bad(session: Session) -> None:
    """A file where every row fails costs at most twice the clean one, and tells as little."""
    clean = dataset("clean", "0.1")
    for kind, words in (("bad-values", "three bad values in every row"), ("bad-rows", "every row a cell short")):
        path = dataset(kind, "0.1")
        bad_command = ours(path, proof=proofs.bad_report(ROWS["0.1"]))
        commands = {"clean": _clean(clean, "0.1"), kind: bad_command}
        runs, failed = rounds(commands, min(ROUNDS, session.rounds))
        if failed:
            session.tell(goals.missing(f"CPU, {words}, against clean", goals.EVERY_ROW_BAD, str(failed)))
            continue
        session.keep(kind, {name: [one.document() for one in done] for name, done in runs.items()})
        bad, good = runs[kind], runs["clean"]
        ratio = median_ratio([done.cpu for done in bad], [done.cpu for done in good])
        details = f"{_figures(bad)} against {_figures(good)}"
        session.tell(goals.at_most(f"CPU, {words}, against clean", goals.EVERY_ROW_BAD, ratio, details=details))
        size = len(bad[-1].out.encode())
        session.tell(goals.at_most(f"report, {words}", goals.REPORT_BYTES, size, unit="bytes"))


# small files


def _small(session: Session) -> None:
    """100 rows: in a warm worker, and as a command of its own."""
    path = dataset("hundred", "0.1")
    try:
        warm = run(worker(path, memory_mb=goals.ENGINE_MB, times=WARM_TIMES))
    except Failed as reason:
        goal = f"≤ {goals.WARM_MILLISECONDS} ms"
        session.tell(Row("100 rows, warm worker", goal, "not measured", False, str(reason)))
        return
    times = document(warm.out)["milliseconds"][WARMING:]
    session.keep("warm", times)
    details = f"{min(times):.1f} to {max(times):.1f} ms, n={len(times)}"
    session.tell(
        goals.at_most("100 rows, warm worker", goals.WARM_MILLISECONDS, median(times), unit="ms", details=details)
    )
    mine = ours(path, proof=proofs.clean_report(100))
    commands = {OURS: mine, "bare": EVERYBODY["duckdb_strict"].command(path, 100)}
    runs, failed = rounds(commands, max(3, session.rounds))
    if failed:
        session.tell(goals.missing("100 rows, command line", None, str(failed)))
        return
    session.keep("cold", {name: [one.document() for one in done] for name, done in runs.items()})
    cpu = median(done.cpu for done in runs[OURS])
    details = f"{_figures(runs[OURS])} against {_figures(runs['bare'])} of the bare strict script"
    session.tell(goals.at_most("100 rows, command line, CPU", None, cpu, unit="s", details=details))


# memory


def _memory(session: Session) -> None:
    """A worker's peak at the pool's engine limit, sorted and shuffled."""
    for scale in session.scales:
        for kind in ("clean", "shuffled"):
            _worker_memory(session, kind, scale)


def _worker_memory(session: Session, kind: str, scale: str) -> None:
    what = f"peak memory of a worker, engine limit {goals.ENGINE_MB} MB, {kind}, SF {scale}"
    try:
        done = [run(worker(dataset(kind, scale), memory_mb=goals.ENGINE_MB)) for _ in range(min(2, session.rounds))]
    except Failed as reason:
        session.tell(Row(what, f"≤ {goals.WORKER_MB} MB", "not measured", False, str(reason)))
        return
    session.keep(f"worker {kind} {scale}", [one.document() for one in done])
    peak = max(one.rss_mb for one in done)
    details = f"verdict pass, {median(one.cpu for one in done):.2f} s CPU"
    session.tell(goals.at_most(what, goals.WORKER_MB, peak, unit="MB", details=details))


# growth


def _growth(session: Session) -> None:
    """The same seconds per row and the same memory, whatever the size."""
    commands = {scale: _clean(dataset("clean", scale), scale) for scale in ROWS}
    runs, failed = rounds(commands, min(3, session.rounds))
    if failed:
        session.tell(Row("growth", "linear, flat memory", "not measured", False, str(failed)))
        return
    session.keep("growth", {name: [one.document() for one in done] for name, done in runs.items()})
    small, middle, large = (list(zip(runs[one], [ROWS[one]] * len(runs[one]), strict=True)) for one in ROWS)
    slopes = [
        ((c.cpu - b.cpu) / (rows_c - rows_b)) / ((b.cpu - a.cpu) / (rows_b - rows_a))
        for (a, rows_a), (b, rows_b), (c, rows_c) in zip(small, middle, large, strict=True)
    ]
    details = "; ".join(f"SF {scale}: {_figures(done)}" for scale, done in runs.items())
    session.tell(_near_one("growth of CPU per row, SF 1 to 3 over 0.1 to 1", median(slopes), details))
    memory = median_ratio([one.rss_mb for one in runs["3"]], [one.rss_mb for one in runs["1"]])
    session.tell(_near_one("growth of peak memory, SF 3 over 1", memory, "", falling=True))
    memory = median_ratio([one.rss_mb for one in runs["3"]], [one.rss_mb for one in runs["0.1"]])
    session.tell(_near_one("growth of peak memory, SF 3 over 0.1", memory, "", falling=True))
    for kind in ("clean", "shuffled"):
        _worker_memory(session, kind, "3")


def _near_one(what: str, ratio: float, details: str, *, falling: bool = False) -> Row:
    least = 0.0 if falling else 1 - goals.DRIFT
    goal = f"≤ {1 + goals.DRIFT:.2f} ×" if falling else f"{1 - goals.DRIFT:.2f} to {1 + goals.DRIFT:.2f} ×"
    return Row(what, goal, f"{ratio:.2f} ×", least <= ratio <= 1 + goals.DRIFT, details)


PARTS: dict[str, Callable[[Session], None]] = {
    "truth": _truth,
    "speed": _speed,
    "formats": _formats,
    "bad": _bad,
    "small": _small,
    "memory": _memory,
    "growth": _growth,
}


# the record


def _write(session: Session, begun: str) -> Path:
    RESULTS.mkdir(parents=True, exist_ok=True)
    path = RESULTS / f"peers-{time.strftime('%Y%m%d-%H%M%S')}.json"
    facts = {
        "date": time.strftime("%Y-%m-%d %H:%M:%S %z"),
        "commit": _commit(),
        "machine": _machine(),
        "load": [begun, load_average()],
        "versions": _versions(),
        "table": [asdict(row) | {"word": row.word} for row in session.rows],
        "results": session.results,
    }
    path.write_text(json.dumps(facts, indent=2, ensure_ascii=False))
    return path


def _commit() -> str:
    """Which code was measured."""
    done = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or "unknown"


def _machine() -> dict[str, Any]:
    names = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    processor = names[0].partition(":")[2].strip() if names else platform.processor()
    return {"processor": processor, "cores": os.cpu_count(), "python": platform.python_version()}


def _versions() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in PINNED:
        try:
            made = environment(name)
        except NotInstalled as reason:
            found[name] = str(reason)
        else:
            found[name] = {"versions": made.versions, "note": made.note}
    return found
