"""The front as a program: settings to parts, parts to listening ports, a signal to a clean end."""

from __future__ import annotations

import argparse
import ctypes
import os
import signal
import sys
from functools import partial

import gevent
from gevent.event import Event

from fileproc import bootstrap, logs, settings
from fileproc.aws.certificates import TOTAL_SECONDS, Certificates, fetch_over_http
from fileproc.aws.confirm import confirm
from fileproc.aws.sns import MessageVerifier
from fileproc.aws.sqs import SqsQueue
from fileproc.breaker.page import PageReader
from fileproc.clock import SystemClock
from fileproc.domain.events import SubscriptionConfirmation
from fileproc.domain.ports import Added, NewJob
from fileproc.doorbell import ring
from fileproc.errors import ExitCode, FileprocError, Unavailable, UsageError
from fileproc.front.app import make_apps
from fileproc.front.deliverer import Deliverer
from fileproc.front.group_commit import GroupCommit
from fileproc.front.lockout import Lockout
from fileproc.front.parts import Parts
from fileproc.front.server import Server
from fileproc.front.sns_routes import accept_queued
from fileproc.front.sqs_intake import SqsIntake, side_by_side
from fileproc.front.threads import Native
from fileproc.services.intake import Intake
from fileproc.settings import Settings

log = logs.get("front")

PR_SET_PDEATHSIG = 1
WRITE_SECONDS = 9.0
READ_SECONDS = 5.0

#: Messages whose jobs wait or run: so many for each worker that small files never wait for the queue, and at least.
#: Their jobs are in the journal, where the pools of all pods find them.
HIDDEN_EACH, FEWEST_HIDDEN = 16, 32

CONFIRM_SECONDS = 12.0


#: How long a native thread waits for the hub to let go of the interpreter, in seconds (Python's default is 0.005). Each
#: call into the database driver comes back through this door, and everybody in the group commit waits with it.
SWITCH_SECONDS = 0.0005


def main(arguments: list[str]) -> int:
    """Errors before the start become one message and an exit code."""
    parser = argparse.ArgumentParser(prog="fileproc front")
    parser.add_argument("--parent", type=int, default=0, help=argparse.SUPPRESS)
    parent = parser.parse_args(arguments).parent
    try:
        _die_with(parent)
        return serve(settings.load())
    except FileprocError as error:
        sys.stderr.write(f"fileproc front: {error}\n")
        return int(error.exit_code)


def serve(loaded: Settings) -> int:
    """Listen until SIGTERM or SIGINT; returns the exit code."""
    sys.setswitchinterval(SWITCH_SECONDS)
    logs.configure(program="front", log_format=loaded.fileproc_log_format, level=loaded.fileproc_log_level)
    settings.require_topics(loaded)
    bootstrap.require_tables(loaded, may_wait=True)  # 503 until then, and SNS sends again
    parts = build_parts(loaded)
    stopping = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        gevent.signal_handler(number, stopping.set)
    public, inner = make_apps(parts)
    servers = [_listening(loaded.fileproc_host, loaded.fileproc_port, public, "public")]
    if inner is not None and loaded.fileproc_admin_port is not None:
        servers.append(_listening(loaded.fileproc_host, loaded.fileproc_admin_port, inner, "admin"))
    parts.intake = _intake(parts)
    for helper in (parts.intake, parts.deliverer):
        if helper is not None:
            helper.start()
    _warn(loaded, parts)
    stopping.wait()
    _drain(parts, servers, loaded.fileproc_drain_seconds)
    return ExitCode.PASS


def build_parts(loaded: Settings) -> Parts:
    """Wire the front's parts together."""
    clock = SystemClock()
    recorder = bootstrap.front_recorder()
    journal = bootstrap.open_journal(loaded)
    write = Native(1, timeout=WRITE_SECONDS)
    runtime_dir = loaded.fileproc_runtime_dir
    deliveries = bootstrap.open_deliveries(loaded, recorder)

    def write_jobs(jobs: list[NewJob]) -> list[Added]:
        return write(partial(journal.add, jobs, limit=loaded.fileproc_backlog_max))

    return Parts(
        settings=loaded,
        verifier=MessageVerifier(
            loaded.sns_topic_arns,
            certificates=Certificates(_fetch, clock),
            clock=clock,
            verify=loaded.sns_verify == "on",
            extra_prefix=loaded.sns_cert_url_prefix,
            count_signature=recorder.signature,
        ),
        confirm=_confirm,
        commits=GroupCommit(write_jobs, recorder=recorder, clock=clock, after=partial(ring, runtime_dir)),
        journal=journal,
        views=bootstrap.open_views(loaded),
        write=write,
        read=Native(2, timeout=READ_SECONDS),
        page=PageReader(bootstrap.breaker_page_path(loaded), clock),
        actions=bootstrap.open_actions(loaded),
        lockout=Lockout(clock),
        load_contracts=partial(bootstrap.load_contracts, loaded),
        recorder=recorder,
        clock=clock,
        deliverer=None if deliveries is None else Deliverer(deliveries),
        outputs=bootstrap.outputs(loaded),
    )


def _intake(parts: Parts) -> SqsIntake | None:
    """The queue's way in, where there is one."""
    if parts.settings.sqs_queue_url is None:
        return None
    queue = SqsQueue(parts.settings.sqs_queue_url)
    intake = Intake(
        queue,
        accept=partial(accept_queued, parts),
        states=lambda ids: parts.read(partial(parts.journal.states, ids)),
        recorder=parts.recorder,
        clock=parts.clock,
        visibility=float(parts.settings.sqs_visibility_seconds),
        most=max(FEWEST_HIDDEN, HIDDEN_EACH * parts.settings.sns_worker_max),
        each=side_by_side().imap_unordered,
    )
    return SqsIntake(queue, intake, parts.page, parts.recorder)


def _fetch(url: str) -> bytes:
    """The certificate's bytes, name resolution included, in bounded time."""
    late = Unavailable("the signing certificate cannot be fetched in time")
    with gevent.Timeout(TOTAL_SECONDS, late):
        return fetch_over_http(url)


def _confirm(message: SubscriptionConfirmation) -> str:
    """The subscription's ARN; SNS waits 15 seconds for our answer, so this call may not take longer."""
    with gevent.Timeout(CONFIRM_SECONDS, Unavailable("SNS did not answer ConfirmSubscription in time")):
        return confirm(message)


def _listening(host: str, port: int, app: object, name: str) -> Server:
    server = Server((host, port), app)
    try:
        server.start()
    except OSError as error:
        raise UsageError(
            f"the {name} port {port} on {host} cannot be listened on: {error.strerror}",
            fix="stop what uses it, or set FILEPROC_PORT, FILEPROC_ADMIN_PORT or FILEPROC_HOST",
        ) from None
    log.info("front_listening", name=name, host=host, port=server.server_port)
    return server


def _warn(loaded: Settings, parts: Parts) -> None:
    if parts.is_open_to_the_world:
        log.warning("open_to_the_world", effect="read-only, samples hidden", fix="set FILEPROC_ADMIN_TOKEN")
    if loaded.sns_verify != "on":
        log.warning("signatures_are_not_verified", fix="SNS_VERIFY=on")
    if loaded.sns_cert_url_prefix is not None:
        log.warning("extra_certificate_origin", prefix=loaded.sns_cert_url_prefix, meant_for="emulators only")


def _drain(parts: Parts, servers: list[Server], seconds: float) -> None:
    """Stop accepting, finish what is being answered, go."""
    parts.draining = True
    log.info("front_draining", seconds=seconds)
    deadline = parts.clock.monotonic() + seconds
    if parts.intake is not None:
        parts.intake.stop()
    for server in servers:
        server.begin_stop()
    if parts.deliverer is not None:
        parts.deliverer.stop()
    for server in servers:
        server.stop(timeout=max(0.1, deadline - parts.clock.monotonic()))
    log.info("front_stopped")


def _die_with(parent: int) -> None:
    """The front that `serve` keeps goes when its pool does."""
    if parent == 0:
        return
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:
        raise UsageError("the pool that started this front is gone")
