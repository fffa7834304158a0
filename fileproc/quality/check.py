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
    Cause,
    CheckResult,
    ContractInfo,
    Failure,
    FileInfo,
    ReadInfo,
    Report,
    Result,
    Severity,
    Skip,
    Times,
    Usage,
    Verdict,
    count_checks,
)
from fileproc.quality.checks import engine
from fileproc.quality.checks.kinds import CellCheck, KeyCheck, Measures, Plan
from fileproc.quality.checks.masking import hidden, hidden_reason, hides
from fileproc.quality.checks.plan import make_plan
from fileproc.quality.checks.planner import Surroundings
from fileproc.quality.checks.results import (
    cell_result,
    count_finding,
    count_result,
    key_result,
    measure_finding,
    measure_result,
    plugin_result,
)
from fileproc.quality.checks.words import holds
from fileproc.quality.contracts.contract import Dialect, Match, NoMatch, Policies, SchemaObject
from fileproc.quality.contracts.elsewhere import HISTORY, asks_for
from fileproc.quality.database import Instance, connect, lock
from fileproc.quality.finding import Finding
from fileproc.quality.reading.container import Container, open_container
from fileproc.quality.reading.opening import CannotOpen, Opening, open_source
from fileproc.quality.reading.source import Source

if TYPE_CHECKING:
    from fileproc.quality.checks.causes import Teller
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
    """One check under way; `_causes` and `_checks` grow from step to step."""

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
        self._causes: list[Cause] = []
        self._checks: list[CheckResult] = []
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

    @property
    def _masked(self) -> frozenset[str]:
        """Columns that are classified, or hold something that is."""
        properties = self._schema.properties if self._schema else ()
        return frozenset(prop.column for prop in properties if hides(prop))

    @property
    def _masked_names(self) -> frozenset[str]:
        """Their names too, as queries write them."""
        properties = self._schema.properties if self._schema else ()
        return self._masked | {prop.name for prop in properties if hides(prop)}

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
        self._tell(container.findings, passed=("container", "container"))
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
            self._checks += unknown_part(schema, facts)
            with self._connect() as connection:
                source = object_source(connection, facts)
                plan = make_plan(known_part(match, schema, facts), source, self._around)
                first = len(self._checks)
                self._evaluate(plan, source, engine.measure(source, plan))
                self._checks[first:] = [as_object(check) for check in self._checks[first:]]

    def _connect(self) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
        return connect(self._folder, memory_mb=self._limits.memory_mb, instance=self._limits.instance)

    # opening

    def _opening(self, connection: duckdb.DuckDBPyConnection, container: Container) -> Opening:
        limit = self._policies.malformed_rows
        return Opening(connection, container, self._name, self._dialect, self._schema, limit, self._folder)

    def _closed(self, refusal: CannotOpen) -> Report:
        """There are no rows: because of the file, or because this version cannot read it."""
        self._tell(refusal.findings)
        if refusal.skipped is not None and self._blank.skipped is None:
            self._blank = self._blank.replaced(skipped=Skip(refusal.skipped))
        return self._finished(None, None)

    def _broken(self, container: Container, error: duckdb.Error) -> Report:
        """The engine cannot read it at all: that is a finding about the file, where the file is to blame."""
        reason = str(error).splitlines()[0].replace(str(container.path), "the file")[:200]
        title = f"the {container.format} data cannot be read: {reason}"
        title = hidden_reason(title) if self._masked else title
        self._tell([Finding.container("corrupt", title, "send it again, or write it anew")])
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
        self._tell(source.findings, passed=("structure", "structure"))
        self._tell_planned(plan, source)
        self._evaluate(plan, source, measures)
        self._split(source, container, plan, measures)
        failing = (measures.failing_rows or 0) + source.rejected if self._match else source.rejected
        self._checks += history.checks if history else []
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

            results = {check.id: check for check in self._checks}
            checked = Checked(self._path, self._name, source, container, self._match, plan, measures, results)
            self._splitting.take(checked)

    def _tell_planned(self, plan: Plan, source: Source) -> None:
        self._checks += plan.settled
        for finding in plan.findings:
            check_id = source.check_of_finding.get(id(finding), finding.code)
            self._causes.append(_as_cause(finding, check_id, self._limits.samples, masked=bool(self._masked)))

    def _evaluate(self, plan: Plan, source: Source, measures: Measures) -> None:
        """Results of every check, then the causes of those that do not hold."""
        rows = measures.rows + source.rejected
        cells = [(check, cell_result(check, measures, rows)) for check in plan.cells]
        keys = [(key, key_result(key, measures, rows)) for key in plan.keys]
        self._checks += [result for _, result in (*cells, *keys)]
        for count in plan.row_counts:
            self._checks.append(count_result(count, rows))
            if not holds(count.operator, rows):
                self._causes.append(_as_cause(count_finding(count, rows), count.id, 0))
        self._measure(plan, source, measures)
        bad_cells = [one for one in cells if _is_bad(one[1])]
        bad_keys = [one for one in keys if _is_bad(one[1])]
        if bad_cells or bad_keys or plan.plugins:
            teller = self._teller(source)
            self._tell_cells(teller, bad_cells, measures)
            self._tell_keys(teller, bad_keys, measures)
            self._run_plugins(teller, plan, rows)

    def _measure(self, plan: Plan, source: Source, measures: Measures) -> None:
        """Numbers of the whole file, from the scan or on their own."""
        for check in plan.measures:
            if check.id in measures.values:
                judged = check.judge(measures.values[check.id])
            else:
                from fileproc.quality.checks.apart import run_query

                judged = run_query(source, self._schema or SchemaObject("rows"), check)
            judged = hidden(judged, check, self._masked_names)
            self._checks.append(measure_result(check, judged))
            if judged.holds is False:
                self._causes.append(_as_cause(measure_finding(check, judged), check.id, 0))

    def _tell_cells(self, teller: Teller, failed: list[tuple[CellCheck, CheckResult]], measures: Measures) -> None:
        from fileproc.quality.checks.grouping import group

        bad = sum(measures.bad[check.id] for check, _ in failed)
        checks, samples = [check for check, _ in failed], self._limits.samples
        groups = group(teller.source, checks, samples=samples, rows=measures.rows, bad=bad)
        self._causes += teller.cells(failed, groups)

    def _tell_keys(self, teller: Teller, failed: list[tuple[KeyCheck, CheckResult]], measures: Measures) -> None:
        from fileproc.quality.checks.surplus import duplicates

        for key, result in failed:
            found = duplicates(teller.source, key, samples=self._limits.samples, rows=measures.rows)
            self._causes.append(teller.key(key, measures.bad[key.id], found, result.severity))

    def _run_plugins(self, teller: Teller, plan: Plan, rows: int) -> None:
        from fileproc.quality.checks.apart import run_plugin

        for check in plan.plugins:
            bad, groups, error = run_plugin(teller.source, check, samples=self._limits.samples)
            error = hidden_reason(error) if self._masked else error
            result = plugin_result(check, bad, rows, error)
            self._checks.append(result)
            if result.result in NOT_HELD:
                self._causes += [teller.plugin(check, group) for group in groups.values()]

    def _teller(self, source: Source) -> Teller:
        from fileproc.quality.checks.causes import Teller

        return Teller(source, self._masked, self._limits.samples)

    # telling

    def _tell(self, findings: list[Finding], passed: tuple[str, str] | None = None) -> None:
        """Findings as checks and causes; `passed` is the check that held when there are none."""
        for finding in findings:
            severity = finding.severity if self._match else Severity.INFO
            number = sum(check.id.startswith(finding.code) for check in self._checks)
            check_id = finding.code if number == 0 else f"{finding.code}.{number + 1}"
            result = {Severity.FAIL: Result.FAIL, Severity.WARN: Result.WARN, Severity.INFO: Result.INFO}[severity]
            self._checks.append(
                CheckResult(
                    check_id,
                    finding.type,
                    finding.column,
                    "conformity",
                    severity,
                    result,
                    failed=finding.count,
                    actual=finding.found,
                    expected=finding.agreed,
                )
            )
            told = replace(finding, severity=severity)
            self._causes.append(_as_cause(told, check_id, self._limits.samples, masked=bool(self._masked)))
        if passed is not None and not findings:
            self._checks.append(CheckResult(passed[0], passed[1], None, "conformity", Severity.FAIL, Result.PASS))

    def _finished(self, rows: int | None, failing: int | None) -> Report:
        order = {Severity.FAIL: 0, Severity.WARN: 1, Severity.INFO: 2}
        causes = sorted(self._causes, key=lambda cause: order[cause.severity])
        return self._blank.replaced(
            read=self._read,
            checks=self._checks,
            causes=causes,
            counts=count_checks(self._checks, rows=rows, failing_rows=failing),
        )


def _as_cause(finding: Finding, check_id: str, samples: int, *, masked: bool = False) -> Cause:
    from fileproc.quality.checks.causes import of_finding

    return of_finding(finding, check_id, samples, masked=masked)


NOT_HELD = (Result.FAIL, Result.WARN, Result.INFO)


def _is_bad(result: CheckResult) -> bool:
    """A check that does not hold, and has something to show for it."""
    return result.result in NOT_HELD and bool(result.failed)


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
