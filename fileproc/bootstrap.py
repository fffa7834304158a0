"""The composition root: the one place where adapters meet services.

Front, pool, workers and one-shot commands all build what they need here, from settings. Nothing below knows where
its parts come from. Worker specs are plain JSON values: they cross a process boundary and must carry no secret.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fileproc import logs
from fileproc.clock import SystemClock
from fileproc.domain.jobs import Job, JobOutcome
from fileproc.errors import JournalUnavailable
from fileproc.metrics.prometheus import PrometheusRecorder
from fileproc.metrics.recorder import SinkRecorder
from fileproc.services.deliver import Deliveries
from fileproc.settings import Settings, contract_variables
from fileproc.store import table_version
from fileproc.store.actions import ActionLog
from fileproc.store.costs import SqlCosts
from fileproc.store.deliveries import Wanted, nobody
from fileproc.store.engine import open_engine
from fileproc.store.journal import SqlJournal
from fileproc.store.outbox import SqlOutbox
from fileproc.store.turns import SqlTurns
from fileproc.store.views import Views

if TYPE_CHECKING:
    from fileproc.quality.contracts.catalogue import Catalogue
    from fileproc.services.apart import Outlet
    from fileproc.sinks.config import SinkConfig

log = logs.get("bootstrap")

#: Share of a worker's memory that the engine may use; the rest is interpreter, libraries and read buffers.
ENGINE_SHARE = 0.5

#: What `memory_limit` needs at least to spill at all, and what more of it no longer speeds up (MiB).
ENGINE_MEMORY = (96, 4096)

#: Environment variables that never reach a worker, with their NAME_FILE twins.
SECRETS = ("DATABASE_URL", "FILEPROC_ADMIN_TOKEN", "FILEPROC_OPERATOR_TOKEN", "FILEPROC_VIEWER_TOKEN")

CheckJob = Callable[[Job, Path], JobOutcome]


def open_journal(settings: Settings) -> SqlJournal:
    """The journal that `DATABASE_URL` names."""
    return journal_at(settings.database_url)


def open_queue(settings: Settings) -> tuple[SqlJournal, SqlTurns, SqlCosts]:
    """The journal as a pool works on it: its jobs, whose turn it is, and what they cost; on the same connections.

    Raises:
        SettingsError: the sinks file is wrong.
    """
    engine, clock = open_engine(settings.database_url), SystemClock()
    journal = SqlJournal(engine, clock=clock, wanted=_wanted(settings))
    return journal, SqlTurns(engine, clock=clock), SqlCosts(engine, clock=clock)


def _wanted(settings: Settings) -> Wanted:
    """Which sinks are to be told of a report, by name."""
    sinks = load_sinks(settings)
    if not sinks:
        return nobody
    from fileproc.sinks.config import wanted_by

    return partial(wanted_by, sinks)


def load_sinks(settings: Settings) -> tuple[SinkConfig, ...]:
    """Who is told of verdicts; nobody in a dry run.

    Raises:
        SettingsError: the file is wrong; names every mistake with its line.
    """
    if settings.fileproc_sinks is None or settings.dry_run:
        return ()
    from fileproc.sinks.config import load_sinks as read  # reads YAML, which those without sinks need not import

    return read(settings.fileproc_sinks, shared=settings.fileproc_contract_variables)


def open_deliveries(settings: Settings, recorder: SinkRecorder) -> Deliveries | None:
    """What delivers to the sinks; None where there are none.

    Raises:
        SettingsError: the file is wrong, or a package that it names is not there.
    """
    configs = load_sinks(settings)
    if not configs:
        return None
    from fileproc.services.sinks import Context, ready

    outbox = outbox_at(settings.database_url)
    return Deliveries(outbox, ready(configs, Context(outbox, SystemClock(), settings.fileproc_public_url)), recorder)


def outputs(settings: Settings) -> tuple[str, ...]:
    """Where sinks write, as `s3://bucket/prefix/`: what lies there is no input, or a watched prefix would feed itself.

    Raises:
        SettingsError: the sinks file is wrong.
    """
    return tuple(sink.values["prefix"] for sink in load_sinks(settings) if "prefix" in sink.values)


def outbox_at(url: str) -> SqlOutbox:
    """What waits to be delivered, in the database at an address."""
    return SqlOutbox(open_engine(url), clock=SystemClock())


def require_tables(settings: Settings, *, may_wait: bool = False) -> None:
    """The journal's tables must be of a version that this program can work with, or may become so while it waits.

    A database that cannot be reached is no reason to give up: what needs it will say so, and wait.

    Raises:
        UsageError: they are not; says which version they have and what to do.
    """
    try:
        table_version.require(settings.database_url, may_wait=may_wait)
    except JournalUnavailable as error:
        log.error("journal_unavailable", error=error.message)


def journal_at(url: str) -> SqlJournal:
    """The journal at an address."""
    return SqlJournal(open_engine(url), clock=SystemClock())


def open_views(settings: Settings) -> Views:
    """Read-only queries over the same database, with connections of their own."""
    return views_at(settings.database_url)


def views_at(url: str) -> Views:
    """Read-only queries over the database at an address."""
    return Views(open_engine(url))


def costs_at(url: str) -> SqlCosts:
    """What jobs have cost, in the database at an address."""
    return SqlCosts(open_engine(url), clock=SystemClock())


def open_actions(settings: Settings) -> ActionLog:
    """The log of what people changed, in the same database, with connections of its own."""
    return ActionLog(open_engine(settings.database_url))


def load_contracts(settings: Settings) -> Catalogue:
    """The contracts as they are now, for people to look at; workers load their own."""
    from fileproc.quality.contracts.catalogue import Catalogue

    return Catalogue.load(Path(settings.fileproc_contracts), contract_variables())


def worker_spec(settings: Settings) -> dict[str, Any]:
    """What a worker must know, as JSON values: no database address, no admin token."""
    low, high = ENGINE_MEMORY
    return {
        "contracts": str(Path(settings.fileproc_contracts).absolute()),
        "variables": contract_variables(),
        "key_sets": str(settings.fileproc_key_sets.absolute()) if settings.fileproc_key_sets else None,
        "samples": settings.fileproc_samples,
        "engine_memory_mb": max(low, min(high, int(settings.fileproc_worker_memory_mb * ENGINE_SHARE))),
        "max_object_bytes": settings.fileproc_max_object_bytes,
        "bucket_owner": settings.fileproc_bucket_owner,
        "memory_bytes": settings.fileproc_worker_memory_mb << 20,
        "split_to": settings.fileproc_split_to or "",
        "dry_run": settings.dry_run,
        "sandbox": settings.fileproc_sandbox == "on",
        "log_format": settings.fileproc_log_format,
        "log_level": settings.fileproc_log_level,
    }


def build_check(spec: dict[str, Any]) -> CheckJob:
    """Inside a worker: load the contracts once and return what checks one job in its folder.

    What only a worker needs (boto3, the engine) is imported here, so that the front stays small.
    """
    from fileproc.aws.s3 import S3Store
    from fileproc.quality.check import Limits
    from fileproc.quality.contracts.catalogue import Catalogue
    from fileproc.quality.database import Instance
    from fileproc.services.verify import Keys, check_job

    catalogue = Catalogue.load(Path(spec["contracts"]), spec.get("variables", {}))
    for problem in catalogue.problems:
        log.warning("contract_problem", problem=str(problem))
    keys = Keys(Path(spec["key_sets"]) if spec.get("key_sets") else None, looks=bool(spec.get("dry_run")))
    read_besides = [Path(spec["contracts"]), *([keys.folder] if keys.folder else [])]
    store = S3Store(max_bytes=spec["max_object_bytes"], expected_bucket_owner=spec.get("bucket_owner"))
    outlet = _outlet(spec, catalogue)

    instances: dict[Path, Instance] = {}

    def check(job: Job, folder: Path) -> JobOutcome:
        memory_mb, root = spec["engine_memory_mb"], folder.parent  # a worker's jobs are all below one folder
        if job.memory_bytes is not None:  # more than the usual; its worker is replaced after it
            memory_mb = memory_mb * job.memory_bytes // spec["memory_bytes"]
        spill = root / f"spill-{memory_mb}"
        if spill not in instances:
            instances[spill] = Instance([root, *read_besides], memory_mb=memory_mb, spill=spill)
        limits = Limits(spec["samples"], memory_mb, temp_folder=folder, private=True, instance=instances[spill])
        return check_job(
            job,
            folder,
            store=store,
            catalogue=catalogue,
            limits=limits,
            clock=SystemClock(),
            outlet=outlet,
            keys=keys,
        )

    return check


def _outlet(spec: dict[str, Any], catalogue: Catalogue) -> Outlet:
    """Where accepted and rejected rows go; a dry run writes nothing."""
    from fileproc.aws.s3_parts import S3Parts
    from fileproc.quality.contracts.lint_split import watched
    from fileproc.services.apart import Outlet

    address = spec.get("split_to") or ""
    if not address:
        return Outlet(None, reason="FILEPROC_SPLIT_TO is not set, so there is no place for the parts")
    for finding in watched(catalogue.contracts, address):
        log.warning("split_prefix_is_watched", problem=str(finding))
    if spec.get("dry_run"):
        return Outlet(None, reason="DRY_RUN is on, so nothing is written")
    return Outlet(S3Parts(), address)


def breaker_page_path(settings: Settings) -> Path:
    """The shared page: written by the pool, read by everybody."""
    return settings.fileproc_runtime_dir / "breaker.page"


front_recorder = partial(PrometheusRecorder, "front")
pool_recorder = partial(PrometheusRecorder, "pool")
