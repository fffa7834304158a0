"""The guard against a model: the real page on disk, read by threads all the while, and pools that die at any moment.

What is held against the model is what people and the feeder see: who may start, and what `GET /breaker` says.
"""

from __future__ import annotations

import shutil
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from fileproc.breaker.page import PageReader, PageWriter
from fileproc.breaker.states import LONGEST_COOLDOWN, Policy
from fileproc.clock import FrozenClock
from fileproc.domain.jobs import Job, JobClass, JobOutcome, JobState
from fileproc.domain.objects import ObjectRef
from fileproc.metrics.recorder import NullRecorder
from fileproc.pool.guard import Guard

POLICY = Policy(max_failures=3, cooldown=60, probes=1)
BUCKETS = ("acme", "globex")
ENDS = {JobClass.VERDICT: "success", JobClass.DENIED: "failure", JobClass.GONE: "neutral"}


@dataclass
class Naive:
    """A circuit as somebody would write it down on paper."""

    state: str = "closed"
    run: list[tuple[str, int]] = field(default_factory=list)  # whose failure each one is
    until: float = 0.0
    wait: float = 60.0
    epoch: int = 0
    probing: bool = False

    def time(self, now: float) -> None:
        if self.state == "open" and now >= self.until:
            self.state, self.probing = "half_open", False
            self.epoch += 1

    def close(self) -> None:
        if self.state != "closed":
            self.epoch += 1
        self.state, self.run, self.wait, self.probing = "closed", [], 60.0, False

    def open(self, now: float, wait: float) -> None:
        if self.state != "open":
            self.epoch += 1
        self.state, self.wait, self.until, self.probing = "open", wait, now + wait, False

    @property
    def lets(self) -> bool:
        return self.state == "closed" or (self.state == "half_open" and not self.probing)


class AgainstANaiveModel(RuleBasedStateMachine):
    """Jobs of two buckets start, end and are retried, hands interfere, time passes, the pool is killed."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="guard-"))
        self.clock = FrozenClock()
        self.reader = PageReader(self.folder / "page", self.clock)
        self.job = 0
        self.whole = Naive()
        self.scopes = {bucket: Naive() for bucket in BUCKETS}
        self.guard = self._new_pool()
        self.closing = False
        self.torn: list[str] = []
        self.eye = threading.Thread(target=self._look, daemon=True)
        self.eye.start()

    def _new_pool(self) -> Guard:
        writer = PageWriter(self.folder / "page", self.clock, POLICY, boot_id="boot")
        return Guard(writer, NullRecorder(), self.clock)

    def _look(self) -> None:
        reader = PageReader(self.folder / "page", self.clock)
        while not self.closing:
            view = reader.read()
            if view.max_failures != POLICY.max_failures or view.problem:
                self.torn.append(str(view))

    def teardown(self) -> None:
        self.closing = True
        self.eye.join()
        shutil.rmtree(self.folder)
        assert [] == self.torn

    def _now(self) -> float:
        for circuit in (self.whole, *self.scopes.values()):
            circuit.time(self.clock.monotonic())
        return self.clock.monotonic()

    @rule(seconds=st.sampled_from([0.5, 30, 60, 200, 1_000]))
    def pass_time(self, seconds: float) -> None:
        self.clock.advance(seconds)

    @rule(bucket=st.sampled_from(BUCKETS), end=st.sampled_from(list(ENDS)), again=st.booleans(), killed=st.booleans())
    def run_a_job(self, bucket: str, end: JobClass, again: bool, killed: bool) -> None:
        self.job += 0 if again and self.job else 1
        id_ = self.job * len(BUCKETS) + BUCKETS.index(bucket)  # a job has one bucket
        job = Job(id_, ObjectRef(bucket, "k", etag="e"), JobState.RUNNING, fence=1)
        now, scope = self._now(), self.scopes[bucket]
        assert (self.whole.lets and scope.lets) == self.guard.lets(job)
        if not self.guard.lets(job):
            return
        generation = self.guard.started(job)
        if killed:  # in the middle of it, by SIGKILL: whatever was not published is gone, probes too
            self.guard = self._new_pool()
            return
        self.guard.ended(job, JobOutcome(end, "x"), generation)
        self._model(ENDS[end], bucket, id_, now)

    def _model(self, outcome: str, bucket: str, job: int, now: float) -> None:
        scope = self.scopes[bucket]
        if outcome == "success":
            scope.close()
            self.whole.close()
        elif outcome == "failure":
            told_already = scope.state != "closed"
            self._fail(scope, (bucket, job), now)
            if scope.state == "closed":
                self._fail(self.whole, (bucket, job), now)
            elif not told_already:
                self.whole.run = [who for who in self.whole.run if who[0] != bucket]
                self._fail(self.whole, (bucket, job), now)
            elif self.whole.state == "closed" and bucket not in [who[0] for who in self.whole.run]:
                self._fail(self.whole, (bucket, job), now)

    @staticmethod
    def _fail(circuit: Naive, who: tuple[str, int], now: float) -> None:
        if circuit.state == "half_open":
            circuit.open(now, min(LONGEST_COOLDOWN, circuit.wait * 2))
        elif who not in circuit.run:
            circuit.run.append(who)
            if len(circuit.run) >= POLICY.max_failures:
                circuit.open(now, 60.0)

    @rule(bucket=st.sampled_from([None, *BUCKETS]), operation=st.sampled_from(["reset", "open"]), down=st.booleans())
    def by_hand(self, bucket: str | None, operation: str, down: bool) -> None:
        """Also while the pool is down: the next one does it first thing."""
        now = self._now()
        self.reader.command(operation, bucket)
        if down:
            self.guard = self._new_pool()
        self.guard.tick()
        if operation == "open":
            (self.whole if bucket is None else self.scopes[bucket]).open(now, 60.0)
            return
        if bucket is None:
            self.whole.run = []
        for name in BUCKETS if bucket is None else [bucket]:
            self.scopes[name].close()
            self.whole.run = [who for who in self.whole.run if who[0] != name]
        if bucket is None:
            self.whole.close()

    @invariant()
    def people_see_the_model(self) -> None:
        self._now()
        view = self.reader.read()
        shown = {scope.bucket: scope.state for scope in view.scopes}
        assert self.whole.state == view.state
        assert {name: scope.state for name, scope in self.scopes.items()} == {
            name: shown.get(name, "closed") for name in BUCKETS
        }
        if self.whole.state == "closed":
            assert len(self.whole.run) == view.consecutive_failures


AgainstANaiveModel.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestAgainstANaiveModel = AgainstANaiveModel.TestCase
