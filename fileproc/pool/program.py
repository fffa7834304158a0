"""The pool as a program: settings to parts, parts to a running supervisor, an exit code back."""

from __future__ import annotations

import contextlib
import sys

from fileproc import bootstrap, logs
from fileproc.breaker.page import PageWriter
from fileproc.clock import SystemClock
from fileproc.doorbell import Desk
from fileproc.pool.front_keeper import FrontKeeper
from fileproc.pool.guard import Guard
from fileproc.pool.ledger import Ledger
from fileproc.pool.memory import Container
from fileproc.pool.options import PoolOptions
from fileproc.pool.supervisor import Supervisor
from fileproc.services.housekeeping import boot_id, this_process
from fileproc.settings import Settings


def run(
    settings: Settings, *, with_front: bool = False, target: str | None = None, container: Container | None = None
) -> int:
    """Run until a signal; returns the exit code.

    Tests say what workers run instead of the check (`target`), and what the kernel says of the container's memory.

    Raises:
        FileprocError: it could not begin (runtime folder, journal, tables of another version).
    """
    logs.configure(program="pool", log_format=settings.fileproc_log_format, level=settings.fileproc_log_level)
    bootstrap.require_tables(settings)
    clock = SystemClock()
    recorder = bootstrap.pool_recorder()
    spec = bootstrap.worker_spec(settings) | ({} if target is None else {"target": target})
    options = PoolOptions.from_settings(settings, spec, container)
    ledger = Ledger(
        *bootstrap.open_queue(settings),
        this_process("pool"),
        recorder,
        clock,
        retention_days=options.retention_days,
        dry_run_results=options.dry_run_results,
    )
    supervisor: Supervisor
    desk = Desk(options.runtime_dir, lambda question: supervisor.answer(question))
    try:
        page = PageWriter(bootstrap.breaker_page_path(settings), clock, options.breaker, boot_id=boot_id())
        supervisor = Supervisor(options, ledger, Guard(page, recorder, clock), recorder, clock)
        code = _run_with_front(supervisor, desk, clock, options.drain) if with_front else supervisor.run(desk)
    finally:
        desk.close()
    _tell(supervisor.last_words)
    return code


def _tell(last_words: str) -> None:
    """For whoever stands at the terminal; the log has the same lists."""
    with contextlib.suppress(OSError):
        sys.stderr.write(f"fileproc pool: {last_words}\n")


def _run_with_front(supervisor: Supervisor, desk: Desk, clock: SystemClock, drain: float) -> int:
    keeper = FrontKeeper(
        watch=supervisor.watch, unwatch=supervisor.unwatch, give_up=supervisor.stop, monotonic=clock.monotonic
    )
    supervisor.on_wait = keeper.tend
    supervisor.on_drain = keeper.begin_stop
    keeper.start()
    try:
        return supervisor.run(desk)
    finally:
        keeper.begin_stop()
        keeper.finish(drain + 5.0)
