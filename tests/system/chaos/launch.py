"""Start a program of the service as the harness wants it: `python -m tests.system.chaos.launch pool|front`.

Time is compressed (leases, retries, waits for locks), and the guard that `CHAOS_MUTATION` names is broken. Both are
done to this process from outside; the product knows nothing of either.
"""

import os
import sys

if sys.argv[1] == "front":
    from gevent import monkey

    monkey.patch_all()

from dataclasses import replace
from typing import Any

from fileproc import settings
from fileproc.domain.jobs import CLASSES, JobClass
from fileproc.pool import ledger
from fileproc.services import housekeeping
from fileproc.store import engine
from tests.system.chaos.disk import heed_full_database
from tests.system.chaos.mutations import MUTATIONS

#: module, name, value: what would otherwise take minutes. A name that is gone is an error, not a shrug.
COMPRESSED: tuple[tuple[Any, str, Any], ...] = (
    (housekeeping, "TTL_SECONDS", 2.0),
    (ledger, "BEAT_SECONDS", 0.4),
    (ledger, "RESCUE_SECONDS", 0.5),
    (ledger, "BACKOFF", (0.05, 0.5)),
    (engine, "BUSY_SECONDS", 0.3),
)


def compress() -> None:
    """Hours become seconds, in this process only."""
    for module, name, value in COMPRESSED:
        assert hasattr(module, name), f"{module.__name__}.{name} is gone: the harness must compress something else"
        setattr(module, name, value)
    CLASSES[JobClass.INFRA] = replace(CLASSES[JobClass.INFRA], delay=(0.05, 0.5))


def main(program: str) -> int:
    """Break what is to be broken, then run the real program."""
    compress()
    heed_full_database()
    if name := os.environ.get("CHAOS_MUTATION"):
        MUTATIONS[name].breaks(program)
    if program == "front":
        from fileproc.front.program import main as front

        return front([])
    from fileproc.pool.program import run

    return run(settings.load())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
