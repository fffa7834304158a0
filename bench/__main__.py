"""`make bench` lists the measurements; `make bench ARGS=accept` runs one; `ARGS="peers --scale 1"` passes it flags."""

from __future__ import annotations

import importlib
import sys

BENCHES = {
    "accept": "2,000 notifications at once; durable accept against accept without a journal",
    "isolation": "p99 of POST / while checks keep every core busy: processes against threads",
    "peers": "`fileproc check` beside its peers and the bare engines; takes flags, `peers --help` lists them",
    "pool": "small files end to end: latency, files a second, processor time a file; SQLite and PostgreSQL",
    "mixed": "three large files among a thousand small ones: who waits for whom",
    "pods": "several pods on one queue: a second core; 10,000 files while one pod dies and one is cut off; takes flags",
    "soak": "1,000,000 jobs and 10,000 recycled workers: what grows; takes flags",
    "doors": "notifications accepted a second on one core, beside Flask + gunicorn + Celery and threads; takes flags",
    "queues": "the same check under Celery, RQ, Dramatiq and threads: files a second, losses by SIGKILL; takes flags",
    "queue": "accepting, choosing and claiming while 10 to 100,000 jobs wait; SQLite and PostgreSQL",
    "connections": "1,000 held connections and a burst of 2,000: what a good sender and a probe feel",
    "check": "one file through `fileproc check`, beside reading every cell in the bare engine",
}

#: Those that take flags, and where they are.
WITH_FLAGS = {
    "doors": "bench.queues.accept",
    "peers": "bench.peers.run",
    "pods": "bench.pods",
    "queues": "bench.queues.run",
    "soak": "bench.soak",
}


def main(arguments: list[str]) -> int:
    """Run the named benches, or list them. What follows one that takes flags is for it."""
    if arguments and arguments[0] in WITH_FLAGS:
        return int(importlib.import_module(WITH_FLAGS[arguments[0]]).main(arguments[1:]) or 0)
    for name in arguments:
        if name not in BENCHES:
            print(f"there is no bench {name!r}", file=sys.stderr)
            return 2
        print(f"# {name}: {BENCHES[name]}", flush=True)
        importlib.import_module(f"bench.{name}").main()
    for name, line in BENCHES.items() if not arguments else ():
        print(f"{name:<12} {line}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
