"""The check: one file, start to report. It never raises for what is in a file or a contract.

container → text → head → source → plan → one scan → (only for what failed) a second → causes → report.
"""

from __future__ import annotations

import contextlib
import resource
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from fileproc import logs
from fileproc.clock import Clock, iso
from fileproc.domain.jobs import JobClass
from fileproc.domain.reports import (
    ContractInfo,
    Failure,
    FileInfo,
    ReadInfo,
    Report,
    Skip,
    Times,
    Usage,
    Verdict,
)
from fileproc.quality.checks import engine
from fileproc.quality.checks.kinds import Measures, Plan
from fileproc.quality.checks.masking import hidden_reason, hides
from fileproc.quality.checks.plan import make_plan
from fileproc.quality.checks.planner import Surroundings
from fileproc.quality.contracts.contract import Dialect, Match, NoMatch, Policies, SchemaObject
from fileproc.quality.contracts.elsewhere import HISTORY, asks_for
from fileproc.quality.database import Instance, connect, lock
from fileproc.quality.finding import Finding
from fileproc.quality.judgement import Judgement
from fileproc.quality.reading.container import Container, open_container
from fileproc.quality.reading.opening import CannotOpen, Opening, open_source
from fileproc.quality.reading.source import Source

if TYPE_CHECKING:
    from fileproc.quality.history.profile import HistoryPlan
    from fileproc.quality.split.splitting import Splitting

# What only some files need (causes, history, rows taken apart …) is imported where it is needed: a clean file of a
# plain contract is checked in half the time that loading all of it takes. Workers have loaded it all beforehand.

log = logs.get("check")

#: What the engine raises when *we* are to blame: a wrong query, or too little memory. Everything else is the file's.
OURS = (
    duckdb.BinderException,
    duckdb.ParserException,
    duckdb.SyntaxException,
    duckdb.CatalogException,
    duckdb.PermissionException,
    duckdb.OutOfMemoryException,
    duckdb.ConnectionException,
)


@dataclass(frozen=True, slots=True)
class Limits:
    """What one check may use: samples per cause, the engine's memory in MB, and where it may spill.

    It makes a folder of its own below `temp_folder`, unless that is `private` and goes with the job anyway.
    `instance` is an engine that many checks share, one after another; without one each check begins its own.
    """

    samples: int = 5
    memory_mb: int = 150
    temp_folder: Path | None = None
    private: bool = False
    instance: Instance | None = None


def check_file(
    path: Path,
    match: Match | NoMatch,
    *,
    file: FileInfo,
    report_id: str,
    limits: Limits,
    clock: Clock,
    around: Surroundings | None = None,
    splitting: Splitting | None = None,
) -> Report:
    """Check one local file against its promise and report; a failure of ours is a report with `error`.

    `around` is what may be known beside the file: when it came (now, where it is not said), and remembered keys.
    `splitting` takes the rows apart once they are judged.
    """
    started, cpu = iso(clock.utcnow()), time.process_time()
    around = around or Surroundings(as_of=clock.utcnow())
    with _folder(limits) as folder:
        blank = Report(report_id, file, contract=_contract_info(match), times=Times(started=started))
        try:
            report = _Check(path, match, blank, folder, limits, around, splitting).report()
        except OSError as error:
            report = blank.replaced(error=Failure(JobClass.INFRA.value, f"the file cannot be read: {error.strerror}"))
        except (duckdb.OutOfMemoryException, MemoryError):
            reason = f"the check needs more than the {limits.memory_mb} MB that the engine may use"
            report = blank.replaced(error=Failure(JobClass.MEMORY.value, reason))
        except (duckdb.Error, ArithmeticError, LookupError, TypeError, ValueError) as error:
            log.exception("check_failed", report=report_id)
            reason = f"{type(error).__name__}: {error}"[:500]
            reason = hidden_reason(reason) if _is_classified(match) else reason
            report = blank.replaced(error=Failure(JobClass.BUG.value, reason))
    usage = Usage(round(time.process_time() - cpu, 4), _peak_rss(), _size(path))
    return report.replaced(usage=usage, times=Times(started=started, finished=iso(clock.utcnow())))


class _Check:
    """One check under way: what is read and measured; the judgement is kept apart."""

    def __init__(
        self, path: Path, match: Match | NoMatch, blank: Report, folder: Path, limits: Limits, around: Surroundings,
        splitting: Splitting | None,
    ) -> None:  # fmt: skip
        self._path = path
        self._match = match if isinstance(match, Match) else None
        self._blank = blank
        self._folder = folder
        self._limits = limits
        self._around = around
        self._splitting = splitting
        self._judgement = Judgement(self._match, limits.samples)
        self._read = ReadInfo()
        if isinstance(match, NoMatch):
            self._blank = blank.replaced(skipped=Skip(match.reason, list(match.candidates)))

    @property
    def _name(self) -> str:
        return self._blank.file.key or self._blank.file.path or str(self._path)

    @property
    def _dialect(self) -> Dialect:
        return self._match.dialect if self._match else Dialect()

    @property
    def _policies(self) -> Policies:
        return self._match.policies if self._match else Policies()

    @property
    def _schema(self) -> SchemaObject | None:
        return self._match.schema if self._match else None

    def report(self) -> Report:
        self._check_object()
        if self._schema is not None and self._schema.blob:
            return self._finished(None, None)
        container = open_container(
            self._path,
            self._name,
            declared_format=self._match.format if self._match else None,
            declared_compression=self._dialect.compression,
            folder=self._folder,
            encoding=self._dialect.encoding,
        )
        self._read = ReadInfo(format=container.format, compression=container.compression)
        self._judgement.tell_findings(container.findings, passed=("container", "container"))
        if container.cannot_read is not None and self._blank.skipped is None:
            self._blank = self._blank.replaced(skipped=Skip(container.cannot_read))
        if container.cannot_read is not None or container.unreadable:
            return self._finished(None, None)
        with self._connect() as connection:
            try:
                source = open_source(self._opening(connection, container))
            except OURS:
                raise
            except duckdb.Error as error:
                return self._broken(container, error)
            except CannotOpen as refusal:
                return self._closed(refusal)
            return self._measured(source, container)

    def _check_object(self) -> None:
        """What the contract says of the object itself; its content is not looked at for that."""
        match = self._match
        if match is None or not any(schema.blob for schema in (match.schema, *match.contract.schemas)):
            return
        from fileproc.quality.objects import as_object, blobs_of, known_part, object_facts, object_source, unknown_part

        facts = object_facts(self._blank.file.address, self._blank.file.size, self._around.facts)
        for schema in blobs_of(match):
            self._judgement.checks += unknown_part(schema, facts)
            with self._connect() as connection:
                source = object_source(connection, facts)
                plan = make_plan(known_part(match, schema, facts), source, self._around)
                first = len(self._judgement.checks)
                self._judgement.evaluate(plan, source, engine.measure(source, plan))
                self._judgement.checks[first:] = [as_object(check) for check in self._judgement.checks[first:]]

    def _connect(self) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
        return connect(self._folder, memory_mb=self._limits.memory_mb, instance=self._limits.instance)

    def _finished(self, rows: int | None, failing: int | None) -> Report:
        return self._judgement.onto(self._blank, self._read, rows=rows, failing=failing)

    # opening

    def _opening(self, connection: duckdb.DuckDBPyConnection, container: Container) -> Opening:
        limit = self._policies.malformed_rows
        return Opening(connection, container, self._name, self._dialect, self._schema, limit, self._folder)

    def _closed(self, refusal: CannotOpen) -> Report:
        """There are no rows: because of the file, or because this version cannot read it."""
        self._judgement.tell_findings(refusal.findings)
        if refusal.skipped is not None and self._blank.skipped is None:
            self._blank = self._blank.replaced(skipped=Skip(refusal.skipped))
        return self._finished(None, None)

    def _broken(self, container: Container, error: duckdb.Error) -> Report:
        """The engine cannot read it at all: that is a finding about the file, where the file is to blame."""
        reason = str(error).splitlines()[0].replace(str(container.path), "the file")[:200]
        title = f"the {container.format} data cannot be read: {reason}"
        title = hidden_reason(title) if self._judgement.masked else title
        self._judgement.tell_findings([Finding.container("corrupt", title, "send it again, or write it anew")])
        return self._finished(None, None)

    # measuring

    def _measured(self, source: Source, container: Container) -> Report:
        self._read = replace(
            source.read, compression=container.compression, encoding=source.read.encoding, complete=False
        )
        plan = make_plan(self._match, source, self._around) if self._match else Plan()
        history = self._history(source)
        if self._limits.instance is None:
            lock(source.connection, source.paths, [self._folder, *self._staging])
        try:
            measures = engine.measure(source, plan, history.expressions if history else (), folder=self._folder)
        except duckdb.Error as error:
            if isinstance(error, OURS):
                raise
            return self._broken(container, error)
        total = measures.rows + source.rejected
        self._read = replace(self._read, rows=total, rejected_rows=source.rejected, complete=container.complete)
        self._judgement.tell_findings(source.findings, passed=("structure", "structure"))
        self._judgement.tell_planned(plan, source)
        self._judgement.evaluate(plan, source, measures)
        self._split(source, container, plan, measures)
        failing = (measures.failing_rows or 0) + source.rejected if self._match else source.rejected
        self._judgement.checks += history.checks if history else []
        report = self._finished(total, failing)
        if history:
            report = report.replaced(profile=history.profile(measures.extras, total), history=history.history)
        self._remember(source, report.verdict)
        return report

    def _history(self, source: Source) -> HistoryPlan | None:
        """What must be measured for the comparison with earlier files, where anything is."""
        if self._match is None or not asks_for(self._match.schema, HISTORY):
            return None
        from fileproc.quality.history.profile import plan_history

        return plan_history(self._match, source)

    def _remember(self, source: Source, verdict: Verdict) -> None:
        """The keys of an accepted file, for the files that refer to it."""
        folder = self._around.key_sets
        accepted = verdict in (Verdict.PASS, Verdict.WARN)
        if self._match is None or folder is None or self._around.looks or not accepted:
            return
        from fileproc.quality.key_sets import remember

        try:
            remember(self._match, source, staging=self._folder, folder=folder)
        except OSError as error:
            log.error("keys_not_remembered", folder=str(folder), reason=str(error))

    @property
    def _staging(self) -> list[Path]:
        """Where parts are written, which the engine must be let into."""
        return [] if self._splitting is None else [self._splitting.folder]

    def _split(self, source: Source, container: Container, plan: Plan, measures: Measures) -> None:
        """Rows are taken apart while the engine still has them."""
        if self._splitting is not None and self._match is not None:
            from fileproc.quality.split.checked import Checked

            results = {check.id: check for check in self._judgement.checks}
            checked = Checked(self._path, self._name, source, container, self._match, plan, measures, results)
            self._splitting.take(checked)


def _is_classified(match: Match | NoMatch) -> bool:
    return isinstance(match, Match) and any(hides(prop) for prop in match.schema.properties)


def _contract_info(match: Match | NoMatch) -> ContractInfo:
    if isinstance(match, NoMatch):
        return ContractInfo()
    contract = match.contract
    return ContractInfo(contract.name, contract.version, contract.digest, match.schema.name)


@contextmanager
def _folder(limits: Limits) -> Iterator[Path]:
    """A private folder for copies and spilling, gone afterwards."""
    if limits.private and limits.temp_folder is not None:
        yield limits.temp_folder
        return
    folder = Path(tempfile.mkdtemp(prefix="check-", dir=limits.temp_folder))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _peak_rss() -> int:
    """Bytes: the kernel's mark, which a worker resets before each job; elsewhere that of the whole process."""
    with contextlib.suppress(OSError, StopIteration):
        lines = Path("/proc/self/status").read_text().splitlines()
        return int(next(line.split()[1] for line in lines if line.startswith("VmHWM:"))) << 10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None
