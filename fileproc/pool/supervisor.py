"""The supervisor: one single-threaded loop over worker sockets, process ends, doorbell, signals and the next timer.

Theory. Each turn of the loop first learns (signals, rings, messages, deaths), then decides (deadlines, breaker,
growth), then acts (claim, assign, start, kill), then waits until something happens or the next timer is due. Signal
handlers only write a byte. Nothing here blocks but the journal, and that with a bound.

A death is taken in this order: read the worker's socket to its end, for everything it said before it died was said;
then reap that very process; then blame its own job and no other.
"""

from __future__ import annotations

import contextlib
import select
import shutil
import signal
import socket
from collections.abc import Callable
from typing import Any

from fileproc import logs
from fileproc.clock import Clock
from fileproc.domain.jobs import Attempt, Job, JobClass, JobOutcome
from fileproc.doorbell import Desk
from fileproc.errors import ExitCode, JournalUnavailable
from fileproc.metrics.prometheus import PrometheusRecorder
from fileproc.pool.channel import ChannelClosed, ProtocolError
from fileproc.pool.drain import Drain
from fileproc.pool.endings import GIVEN_BACK, attempt_of, describe, evidence_of, exit_reason, spilled
from fileproc.pool.exits import ALL_LOST, COULD_NOT_RECORD, NEVER_READY
from fileproc.pool.feeding import Feeder
from fileproc.pool.figures import Figures
from fileproc.pool.guard import Guard
from fileproc.pool.ledger import Ledger
from fileproc.pool.memory_watch import MemoryWatch
from fileproc.pool.messages import Done, Message, Ready
from fileproc.pool.options import PoolOptions
from fileproc.pool.process import WorkerProcess, fork_server
from fileproc.pool.slot import LOST_AFTER, Slot, SlotState

log = logs.get("pool")

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)

#: Longest sleep; the page's beat and the derived state of the breaker must not grow old.
LONGEST_WAIT = 1.0


class Supervisor:
    """Keeps slots, feeds them, and sees to it that every job ends."""

    def __init__(
        self, options: PoolOptions, ledger: Ledger, guard: Guard, recorder: PrometheusRecorder, clock: Clock
    ) -> None:
        self._options = options
        self._ledger = ledger
        self._guard = guard
        self._recorder = recorder
        self._clock = clock
        self._context = fork_server()
        self._slots = [Slot(number) for number in range(options.places)]
        self._memory = MemoryWatch(options.worker_memory, options.container)
        self._generation = 0
        self._poll = select.poll()
        self._watched: dict[int, Callable[[], None]] = {}
        self._feeder = Feeder(options, ledger, guard, self._slots, clock)
        self._figures = Figures(options, ledger, guard, recorder, self._slots, clock)
        self._look_again = 0.0
        self._start_failures = 0
        self._ever_ready = False
        self._start_after = 0.0
        self._kept_in_reload = 0
        self._drain = Drain(options.drain)
        self._exit_code: int | None = None
        self._exit_code_wanted: int = ExitCode.PASS
        # A front that is kept beside the pool has timers, and goes when the pool does.
        self.on_wait: Callable[[float], float] = lambda now: now + LONGEST_WAIT
        self.on_drain: Callable[[], None] = lambda: None

    # the loop

    def run(self, desk: Desk) -> int:
        """Until a signal ends it; returns the exit code."""
        shutil.rmtree(self._options.runtime_dir / "jobs", ignore_errors=True)
        wake = self._catch_signals()
        self.watch(wake.fileno(), lambda: self._on_signals(wake))
        self.watch(desk.bell.fileno(), lambda: self._on_ring(desk))
        self.watch(desk.desk.fileno(), desk.serve)
        if not self._opened():
            return self._exit_code_wanted
        log.info("pool_started", workers_max=self._options.workers_max, job_timeout=self._options.job_timeout)
        while self._exit_code is None:
            self._decide_and_act()
            self._wait()
        return self._exit_code

    def _opened(self) -> bool:
        """The pool has its row in the journal. Where that is away we wait for it; False if a signal came first."""
        while not self._drain.has_begun:
            try:
                self._ledger.open()
            except JournalUnavailable as error:
                log.error("journal_unavailable", error=error.message, again_in=LONGEST_WAIT)
                self._look_again = self._clock.monotonic() + LONGEST_WAIT
                self._wait()
            else:
                self._look_again = 0.0
                return True
        return False

    def watch(self, descriptor: int, callback: Callable[[], None]) -> None:
        """Call back when the descriptor becomes readable."""
        self._watched[descriptor] = callback
        self._poll.register(descriptor, select.POLLIN)

    def unwatch(self, descriptor: int) -> None:
        if self._watched.pop(descriptor, None) is not None:
            self._poll.unregister(descriptor)

    def stop(self, code: int) -> None:
        """End the loop with this exit code, after a drain."""
        self._exit_code_wanted = code
        self._begin_drain()

    def _decide_and_act(self) -> None:
        now = self._clock.monotonic()
        self._ledger.keep_house()
        if self._guard.tick(held=self._ledger.held):
            self._feeder.closed_again()
        for slot in self._slots:
            self._look_after(slot, now)
        self._watch_memory(now)
        if self._ledger.lease_is_over:
            self._let_go(now)
        if self._drain.has_begun:
            self._empty_out(now)
            return
        if now >= self._look_again:
            self._look_again = now + self._options.poll
            self._feeder.more = True
            if self._guard.permits() is None and self._ledger.held:
                self._feeder.closed_again()
        self._end_reload()
        self._fill(now)
        self._feeder.feed(now)

    def _wait(self) -> None:
        now = self._clock.monotonic()
        timers = [t for slot in self._slots if (t := slot.next_timer()) is not None]
        if any(slot.job is not None for slot in self._slots):
            timers.append(self._memory.next_look)
        until = min([now + LONGEST_WAIT, self._look_again or now, self.on_wait(now), self._ledger.next_flush, *timers])
        if self._drain.has_begun:
            until = min([now + 0.1, *timers])
        milliseconds = max(0, min(int((until - now) * 1000) + 1, 1000))
        for descriptor, _ in self._poll.poll(milliseconds):
            callback = self._watched.get(descriptor)
            if callback is not None:
                callback()

    # signals and doorbell

    def _catch_signals(self) -> socket.socket:
        reader, writer = socket.socketpair()
        reader.setblocking(False)
        writer.setblocking(False)
        signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
        self._writer = writer
        for number in SIGNALS:
            signal.signal(number, lambda *_: None)
        return reader

    def _on_signals(self, wake: socket.socket) -> None:
        for number in wake.recv(64):
            log.info("signal", name=signal.Signals(number).name)
            if number == signal.SIGHUP:
                self._recycle_all()
            elif number in SIGNALS:
                self._begin_drain()

    def _on_ring(self, desk: Desk) -> None:
        desk.hear_bell()
        self._feeder.more = True

    def _recycle_all(self) -> None:
        """Every worker is replaced, one after the other, by one that reads the contracts again; as many as now stay."""
        self._kept_in_reload = max(self._kept_in_reload, self._ready, 1)
        for slot in self._slots:
            if slot.worker is not None:
                slot.recycle = "reload"

    def _end_reload(self) -> None:
        """The last worker with old contracts is gone: the pool may shrink again."""
        if self._kept_in_reload and not any(slot.recycle == "reload" for slot in self._slots):
            self._kept_in_reload = 0
            log.info("reloaded", ready=self._ready)

    # slots

    def _look_after(self, slot: Slot, now: float) -> None:
        """What time alone demands of one slot."""
        if slot.worker is not None and slot.worker.channel.has_unsent:
            self._flush(slot)
        if slot.state is SlotState.BUSY and slot.deadline is not None and now >= slot.deadline:
            log.warning("deadline", slot=slot.number, job_id=slot.job.id if slot.job else None)
            slot.stack_before = slot.worker.stack_dump() if slot.worker is not None else ""
            slot.condemn("timeout", now)
        elif slot.state is SlotState.BUSY and slot.warn_at is not None and now >= slot.warn_at:
            self._warn(slot)
        elif slot.state is SlotState.STARTING and now - slot.since > self._options.start_timeout:
            slot.condemn("start", now, at_once=True)
        elif slot.state is SlotState.IDLE and (self._may_be_replaced(slot) or self._is_superfluous(slot, now)):
            self._dismiss(slot, now)
        if slot.state is SlotState.STOPPING:
            self._climb(slot, now)

    @staticmethod
    def _flush(slot: Slot) -> None:
        """A worker that reads slowly gets the rest of its frame; one that is gone is told by its sentinel."""
        if slot.worker is not None:
            with contextlib.suppress(ChannelClosed):
                slot.worker.channel.flush()

    def _climb(self, slot: Slot, now: float) -> None:
        """The next step of the kill ladder, when it is due."""
        while slot.ladder and now >= slot.ladder[0][0] and slot.worker is not None:
            _, number = slot.ladder.pop(0)
            slot.worker.signal(number)
            slot.killed_at = now
        if not slot.ladder and slot.worker is not None and now - slot.killed_at > LOST_AFTER:
            self._write_off(slot, slot.worker, now)

    def _write_off(self, slot: Slot, worker: WorkerProcess, now: float) -> None:
        """It sits in the kernel, and may for ever: its job ends here, and its place is not counted on."""
        slot.move(SlotState.LOST, now)
        log.error("slot_lost", slot=slot.number, pid=worker.pid, job_id=slot.job.id if slot.job else None)
        if slot.job is not None:
            self._blame(slot, slot.job, worker, None, now)
        if all(other.state is SlotState.LOST for other in self._slots):
            log.error("all_slots_lost", slots=len(self._slots))
            self.stop(ALL_LOST)

    @staticmethod
    def _warn(slot: Slot) -> None:
        """Most of the time is gone: what is it doing? The dump at the deadline will show whether it still does that."""
        slot.warn_at = None
        if slot.worker is not None:
            log.warning("deadline_near", slot=slot.number, job_id=slot.job.id if slot.job else None)
            slot.worker.signal(signal.SIGUSR2)

    def _may_be_replaced(self, slot: Slot) -> bool:
        """It goes when its successor is ready; where there is no place for one beside it, it goes before, but alone."""
        if slot.recycle is None:
            return False
        usable = self._options.places - self._places_taken
        kept = min(self._wanted, usable)
        return self._ready > kept or (self._ready == kept and usable <= self._options.workers_max)

    @property
    def _places_taken(self) -> int:
        """Places that are no worker's: of one that does not end, and of memory that a job has beyond the usual."""
        lost = sum(slot.state is SlotState.LOST for slot in self._slots)
        stretched = any(slot.job is not None and slot.memory > self._options.worker_memory for slot in self._slots)
        return lost + (stretched and self._options.places > self._options.workers_max)

    @property
    def _ready(self) -> int:
        """Workers that have a job or could."""
        return sum(slot.state in (SlotState.IDLE, SlotState.BUSY) for slot in self._slots)

    @property
    def _wanted(self) -> int:
        """Workers that are kept whether or not jobs wait; during a reload as many as there were at its start."""
        return min(max(self._options.first_workers, self._kept_in_reload), self._options.workers_max)

    def _watch_memory(self, now: float) -> None:
        """End what has too much, before the kernel ends more than that."""
        for slot, why in self._memory.look(self._slots, now):
            log.warning("memory", why=why, slot=slot.number, job_id=slot.job.id if slot.job else None, bytes=slot.peak)
            slot.condemn(why, now, at_once=True)

    def _let_go(self, now: float) -> None:
        """The journal has not heard of us for so long that our jobs may be given to another pool."""
        for slot in self._slots:
            if slot.state is SlotState.BUSY:
                log.error("lease_over", slot=slot.number, job_id=slot.job.id if slot.job else None)
                slot.condemn("lease", now, at_once=True)

    def _is_superfluous(self, slot: Slot, now: float) -> bool:
        alive = sum(other.worker is not None for other in self._slots)
        return alive > self._wanted and now - slot.since > self._options.idle and not self._feeder.more

    def _dismiss(self, slot: Slot, now: float) -> None:
        slot.dismiss(now)
        if slot.worker is not None:
            self.unwatch(slot.worker.channel.fileno())
            slot.worker.channel.close()

    def _fill(self, now: float) -> None:
        """Keep the first workers alive, and grow while jobs wait that no worker is free for."""
        if now < self._start_after:
            return
        counted_on = [slot for slot in self._slots if slot.worker is not None and slot.state is not SlotState.LOST]
        alive = sum(slot.recycle is None for slot in counted_on)
        wanted = self._wanted
        idle_or_coming = any(slot.state in (SlotState.IDLE, SlotState.STARTING) for slot in self._slots)
        if self._feeder.more and not idle_or_coming and self._guard.permits() is None:
            wanted = max(wanted, min(alive + 1, self._options.workers_max))
        if alive >= wanted:
            return
        counted = sum(slot.worker is not None and slot.state is not SlotState.LOST for slot in self._slots)
        room = self._options.places - self._places_taken - counted
        for slot in self._slots:
            if alive >= wanted or room < 1:
                return
            if slot.state is SlotState.EMPTY:
                self._start(slot, now)
                alive, room = alive + 1, room - 1

    def _start(self, slot: Slot, now: float) -> None:
        self._generation += 1
        folder = self._options.runtime_dir / "jobs" / f"{slot.number}-{self._generation}"
        worker = WorkerProcess(self._context, self._generation, folder, self._options.spec)
        slot.worker = worker
        slot.jobs_most = self._options.jobs_before_recycling(self._generation)
        slot.move(SlotState.STARTING, now)
        self.watch(worker.channel.fileno(), lambda: self._on_message(slot, worker))
        self.watch(worker.sentinel, lambda: self._on_death(slot, worker))

    def _on_message(self, slot: Slot, worker: WorkerProcess) -> None:
        if slot.worker is not worker:
            return
        closed = self._hear(slot, worker)
        if closed:
            self.unwatch(worker.channel.fileno())  # its end is at hand; the sentinel will tell

    def _hear(self, slot: Slot, worker: WorkerProcess) -> bool:
        try:
            messages, closed = worker.channel.receive()
        except ProtocolError as error:
            log.error("worker_speaks_nonsense", slot=slot.number, error=str(error))
            if slot.state in (SlotState.STARTING, SlotState.IDLE, SlotState.BUSY):
                slot.condemn("protocol", self._clock.monotonic(), at_once=True)
            return True
        for message in messages:
            self._on_word(slot, worker, message)
        return closed

    def _on_word(self, slot: Slot, worker: WorkerProcess, message: Message) -> None:
        now = self._clock.monotonic()
        if message.generation != worker.generation:
            log.warning("message_of_another_worker", slot=slot.number)
        elif isinstance(message, Ready) and slot.state is SlotState.STARTING:
            slot.move(SlotState.IDLE, now)
            self._ever_ready, self._start_failures = True, 0
        elif isinstance(message, Done):
            self._on_done(slot, worker, message, now)

    def _on_done(self, slot: Slot, worker: WorkerProcess, message: Done, now: float) -> None:
        job = slot.job
        if job is None or (message.job_id, message.fence) != (job.id, job.fence):
            log.warning("late_answer_dropped", slot=slot.number, job_id=message.job_id)
            return
        outcome = message.outcome or spilled(worker, message)
        slot.jobs_done += 1
        slot.recycle = slot.recycle or self._memory.reason_to_replace(slot, outcome)
        self._end(slot, job, outcome, now, goes_on=slot.state is SlotState.BUSY)

    def _end(self, slot: Slot, job: Job, outcome: JobOutcome, now: float, *, goes_on: bool = False) -> None:
        """The attempt is over: tell the breaker, forget it, let the worker go on, and settle it meanwhile."""
        seconds = now - slot.began
        has_closed = self._guard.ended(job, outcome, slot.breaker_generation)
        attempt = self._attempt(slot, outcome, seconds)
        slot.job = slot.deadline = slot.warn_at = None
        slot.peak = 0
        if goes_on:
            slot.move(SlotState.IDLE, now)
        may_go_on = goes_on and slot.recycle is None and not self._drain.has_begun
        has_more = may_go_on and self._feeder.hand_over(slot, now)
        self._ledger.settle(job, outcome, seconds=seconds, attempt=attempt, may_wait=has_more)
        if has_closed:
            self._feeder.closed_again()
        self._drain.finished(job.id)

    def _on_death(self, slot: Slot, worker: WorkerProcess) -> None:
        if slot.worker is not worker or (code := worker.reap()) is None:
            return
        now = self._clock.monotonic()
        if slot.killed_for != "dismissed":
            self._hear(slot, worker)  # everything it said before it died was said
            self.unwatch(worker.channel.fileno())
        self.unwatch(worker.sentinel)
        self._recorder.worker_exited(exit_reason(slot, code))
        if slot.job is not None:
            self._blame(slot, slot.job, worker, code, now)
        if slot.state is SlotState.STARTING or slot.killed_for == "start":
            self._start_failed(code, now)
        worker.dispose()
        slot.empty(now)

    def _blame(self, slot: Slot, job: Job, worker: WorkerProcess, code: int | None, now: float) -> None:
        """The worker died in mid job (without a code: it cannot even die): that job, and no other, gets the outcome."""
        if slot.killed_for in GIVEN_BACK:
            self._give_back(slot, job, GIVEN_BACK[slot.killed_for], now)
            return
        evidence = evidence_of(slot, worker, code)
        if slot.killed_for == "timeout":
            reason = f"not done after {self._feeder.timeout_of(job):g} s"
            outcome = JobOutcome(JobClass.TIMEOUT, reason, evidence=evidence)
        elif (reason_of_memory := self._memory.reason(slot, code)) is not None:
            outcome = JobOutcome(JobClass.MEMORY, reason_of_memory, evidence=evidence)
        else:
            outcome = JobOutcome(JobClass.CRASH, f"the worker died in mid job: {describe(code)}", evidence=evidence)
        self._end(slot, job, outcome, now)

    def _give_back(self, slot: Slot, job: Job, why: str, now: float) -> None:
        outcome = JobOutcome(JobClass.INTERRUPTED)
        self._ledger.release(job, attempt=self._attempt(slot, outcome, now - slot.began), why=why)
        self._drain.released(job.id)
        self._guard.ended(job, outcome, slot.breaker_generation)
        slot.job = None

    def _attempt(self, slot: Slot, outcome: JobOutcome, seconds: float) -> Attempt:
        return attempt_of(slot, outcome, self._ledger.host, seconds, self._clock.utcnow())

    def _start_failed(self, code: int, now: float) -> None:
        self._start_failures += 1
        first, cap = self._options.start_backoff
        self._start_after = now + min(cap, first * 2 ** (self._start_failures - 1))
        log.error("worker_start_failed", code=describe(code), failures=self._start_failures)
        if not self._ever_ready and self._start_failures >= self._options.start_attempts:
            log.error("no_worker_ever_ready", failures=self._start_failures)
            self.stop(NEVER_READY)

    # the end

    def _begin_drain(self) -> None:
        """First signal: finish what fits the budget. Second: now."""
        now = self._clock.monotonic()
        if not self._drain.ask(now):
            return
        for job in self._feeder.give_back():
            self._drain.released(job.id)
        self.on_drain()
        log.info("drain_begun", seconds=self._options.drain, running=[s.job.id for s in self._slots if s.job])

    def _empty_out(self, now: float) -> None:
        for slot in self._slots:
            self._see_off(slot, now)
        if any(slot.worker is not None and slot.state is not SlotState.LOST for slot in self._slots):
            return
        if self._ledger.flush() or self._drain.is_out_of_patience(now):
            self._say_goodbye()

    def _see_off(self, slot: Slot, now: float) -> None:
        """Who has nothing to do goes; who works goes when the budget is over, and then nobody is waited for."""
        if slot.state is SlotState.IDLE:
            self._dismiss(slot, now)
        elif slot.state is SlotState.STARTING or (slot.state is SlotState.BUSY and self._drain.is_over(now)):
            slot.condemn("drain", now, at_once=True)
        elif slot.state is SlotState.STOPPING and self._drain.is_over(now):
            slot.hurry(now)

    def _say_goodbye(self) -> None:
        lost = self._ledger.flush_each()
        self._ledger.close()
        self._drain.tell(lost)
        self._exit_code = COULD_NOT_RECORD if lost else self._exit_code_wanted

    @property
    def last_words(self) -> str:
        """What became of the jobs of a pool that was told to go."""
        return self._drain.last_words

    def answer(self, question: dict[str, Any]) -> dict[str, Any]:
        """What the desk answers to `{"ask": "figures"}`."""
        return self._figures.answer(question, draining=self._drain.has_begun)
