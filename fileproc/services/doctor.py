"""The doctor's round through what is ours: settings, contracts, database, pool and front."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from fileproc.domain.diagnosis import Diagnosis, Health
from fileproc.errors import FileprocError

#: The parts of `/readyz?verbose`, and what they say when all is well.
PARTS = ("journal", "pool", "front", "queue")
WELL = ("writable", "beating", "serving", "receiving", None)


def tables(status: Callable[[], Any], write: Callable[[], None]) -> Iterator[Diagnosis]:
    """`status` reads the tables' version (`current`, `wanted`, `up_to_date`), `write` proves that one can write."""
    try:
        found = status()
        if not found.up_to_date:
            has = f"the tables have version {found.current}" if found.current else "there are no tables"
            fix = "run `fileproc db upgrade`, or the version of fileproc that fits"
            yield Diagnosis(Health.FAIL, "database", f"{has}; this program wants version {found.wanted}", fix)
            return
        write()
    except FileprocError as error:
        yield Diagnosis(Health.FAIL, "database", error.message, error.fix)
    else:
        yield Diagnosis(Health.OK, "database", f"it can be written; tables of version {found.current}")


def contracts(load: Callable[[], Any]) -> Iterator[Diagnosis]:
    """`load` reads the catalogue: its `contracts`, and the `problems` that keep files from one."""
    try:
        catalogue = load()
    except FileprocError as error:
        yield Diagnosis(Health.FAIL, "contracts", error.message, error.fix)
        return
    for problem in catalogue.problems:
        yield Diagnosis(Health.WARN, "contracts", str(problem), "`fileproc contract lint` says more")
    count = len(catalogue.contracts)
    if count == 0 and not catalogue.problems:
        yield Diagnosis(Health.WARN, "contracts", "there are none, so every file is skipped",
                        "set FILEPROC_CONTRACTS; `fileproc contract infer` drafts one")  # fmt: skip
    elif count:
        yield Diagnosis(Health.OK, "contracts", f"{count} can be read")


def service(figures: Mapping[str, Any] | None, front: tuple[int, Mapping[str, Any]] | None) -> Iterator[Diagnosis]:
    """What the pool's desk answered, and status and document of the front's `/readyz?verbose`; None is silence."""
    if figures is None:
        yield Diagnosis(Health.WARN, "pool", "no pool of this runtime folder answers", "start it: `fileproc serve`")
    else:
        yield Diagnosis(Health.OK, "pool", "it answers")
    if front is None:
        yield Diagnosis(Health.WARN, "front", "it does not answer on FILEPROC_HOST and FILEPROC_PORT",
                        "start it: `fileproc serve`")  # fmt: skip
    elif front[0] != 200:
        parts = "; ".join(f"{name}: {front[1][name]}" for name in PARTS if front[1].get(name) not in WELL)
        yield Diagnosis(Health.FAIL, "front", f"it is not ready: {parts}", "mend what it names")
    else:
        yield Diagnosis(Health.OK, "front", "it is ready")
