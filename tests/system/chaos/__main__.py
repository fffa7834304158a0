"""`python -m tests.system.chaos [--minutes M] [--events N] [--seed S] [--database URL | --postgresql]
[--mutations]`."""

from __future__ import annotations

import argparse
import re
import secrets
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from tests.postgres_server import Server
from tests.system.chaos.mutations import MUTATIONS
from tests.system.chaos.run import Plan, Result, run

#: The strikes that a broken guard shows under, so that catching it takes seconds.
NEEDED: dict[str, tuple[str, ...]] = {
    "no-fence": ("stop a pool beyond its lease",),
    "acknowledge-first": ("kill the front",),
    "no-death-signal": ("kill a pool, one of its workers stopped",),
    "no-rescue": ("kill a pool, one of its workers stopped",),
    "no-uniqueness": ("stop a worker for a moment",),
    "no-outbox": ("take the database away",),
    "one-page-slot": ("kill a pool, one of its workers stopped",),
    "no-cleaning": ("kill a worker",),
}

#: The words by which the run tells that this guard, and no other, is missing.
SHOWS: dict[str, str] = {
    "no-fence": "went from completed to|ended 2 times",
    "acknowledge-first": "accepted files have no job",
    "no-death-signal": "orphans of pool",
    "no-rescue": r"jobs have no end .*{('completed': \d+, )?'running': \d+}",
    "no-uniqueness": "has 2 jobs",
    "no-outbox": r"jobs have no end .*{('completed': \d+, )?'running': \d+}",
    "one-page-slot": "page was unreadable",
    "no-cleaning": "left in run",
}


def mutated(name: str, seed: int) -> Plan:
    """A short run with this guard broken."""
    return Plan(seed, events=200, seconds=10, patience=15, mutation=name, strikes=NEEDED[name])


def once(plan: Plan, *, postgresql: bool = False) -> Result:
    """One run in a folder of its own, which is gone afterwards; with a PostgreSQL of its own if asked for."""
    with tempfile.TemporaryDirectory(prefix="chaos-") as folder:
        if not postgresql:
            return run(plan, Path(folder))
        server = Server(may_crash=True)
        try:
            server.run("CREATE DATABASE chaos")
            return run(replace(plan, database=server.url("chaos")), Path(folder), server)
        finally:
            server.remove()


def main(arguments: list[str]) -> int:
    """0 when every promise was kept (with --mutations: when every broken guard was caught)."""
    parser = argparse.ArgumentParser(prog="chaos")
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--events", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1 << 31))
    parser.add_argument("--database", default="", help="URL of an empty PostgreSQL database; SQLite otherwise")
    parser.add_argument("--postgresql", action="store_true", help="a PostgreSQL of its own, which is crashed, too")
    parser.add_argument("--mutations", action="store_true", help="break each guard and show how it is caught")
    parser.add_argument("--only", choices=sorted(MUTATIONS), help="just this one of --mutations")
    chosen = parser.parse_args(arguments)
    print(f"chaos: --seed {chosen.seed}", flush=True)
    if chosen.mutations or chosen.only:
        return mutations(chosen.seed, [chosen.only] if chosen.only else list(MUTATIONS))
    plan = Plan(chosen.seed, chosen.events, chosen.minutes * 60, patience=300, database=chosen.database)
    plan = replace(plan, pause=2.0 if chosen.minutes > 2 else plan.pause)
    result = once(plan, postgresql=chosen.postgresql)
    print(f"chaos: {len(result.strikes)} strikes, verdicts {result.verdicts}, {len(result.problems)} problems")
    print(*result.problems[:50], sep="\n")
    return int(bool(result.problems))


def mutations(seed: int, names: list[str]) -> int:
    """Each guard, and what its absence showed by. Other problems of the run do not count as catching it."""
    every = tuple(dict.fromkeys(strike for name in names for strike in NEEDED[name]))
    control = once(replace(mutated(names[0], seed), mutation="", strikes=every)).problems
    print(f"nothing broken, the same strikes: {control or 'no problem'}", flush=True)
    missed = len(control)
    for name in names:
        problems = once(mutated(name, seed)).problems
        showing = [problem for problem in problems if re.search(SHOWS[name], problem)]
        missed += not showing
        caught = f"caught: {showing[0]}" if showing else f"NOT CAUGHT; {problems}"
        print(f"{name}: {MUTATIONS[name].story}: {caught}", flush=True)
    return missed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
