"""The report: one document about one file, the same in CLI, API, pages and sinks (schema `fileproc/report/1`).

The verdict is derived, worst first, and never stored apart from what it is derived from. Changes to this document
are additive only: people's scripts read it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fileproc.domain.profiles import History, Profile

SCHEMA = "fileproc/report/1"


class Verdict(StrEnum):
    """The report's one word."""

    PASS = "pass"  # noqa: S105 - a verdict, not a password
    WARN = "warn"
    FAIL = "fail"  # the file is bad
    ERROR = "error"  # we could not check it
    SKIPPED = "skipped"  # nothing was checked, and the report says why

    @property
    def mark(self) -> str:
        """The sign that goes with the word; colour is never the only difference."""
        return MARKS[self]


MARKS = {
    Verdict.PASS: "✓",
    Verdict.WARN: "!",
    Verdict.FAIL: "✕",
    Verdict.ERROR: "⚠",
    Verdict.SKIPPED: "–",
}


class Severity(StrEnum):
    """What a failed check does to the verdict: info nothing, warn → warn, fail → fail."""

    INFO = "info"
    WARN = "warn"
    FAIL = "fail"


class Result(StrEnum):
    """How one check ended."""

    PASS = "pass"  # noqa: S105
    WARN = "warn"
    FAIL = "fail"
    INFO = "info"  # did not hold, but its severity is info
    SKIPPED = "skipped"  # not run, `reason` says why
    ERROR = "error"  # ours: it could not be evaluated


@dataclass(frozen=True, slots=True)
class FileInfo:
    """Which file. `path` for a local one, bucket and key for one in S3."""

    bucket: str | None = None
    key: str | None = None
    version_id: str | None = None
    etag: str | None = None
    sequencer: str | None = None
    size: int | None = None
    path: str | None = None

    @property
    def address(self) -> str:
        """What people call it."""
        return self.path if self.path is not None else f"s3://{self.bucket}/{self.key}"


@dataclass(frozen=True, slots=True)
class ContractInfo:
    """Which promise it was held against."""

    name: str | None = None
    version: str | None = None
    digest: str | None = None
    schema: str | None = None


@dataclass(frozen=True, slots=True)
class ReadInfo:
    """How the file was read. `rows` counts data rows; `complete` is False when reading stopped early."""

    format: str | None = None
    compression: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    header_line: int | None = None
    rows: int | None = None
    rejected_rows: int | None = None
    columns: list[str] = field(default_factory=list)
    complete: bool = False


@dataclass(frozen=True, slots=True)
class Sample:
    """One failing row: its file line, its record number (1 = first data row), all cells, and the bad one."""

    line: int | None
    record: int | None
    cells: dict[str, str | None] | list[str] | None = None
    cell: str | None = None


@dataclass(frozen=True, slots=True)
class Cause:
    """Findings of one check, one column and one shape, told in a sentence. `count` is the true total."""

    code: str
    check: str
    severity: Severity
    column: str | None
    title: str
    found: str
    agreed: str
    fix: str
    count: int
    first_line: int | None = None
    last_line: int | None = None
    lines: list[int] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)
    strip: list[int] = field(default_factory=list)  # findings in each part of the file, where they were counted


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What one check measured. `tested` and `failed` are counts; `actual`/`expected` are for people."""

    id: str
    type: str
    column: str | None
    dimension: str | None
    severity: Severity
    result: Result
    tested: int | None = None
    failed: int | None = None
    actual: str | None = None
    expected: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """Totals. `failing_rows` counts distinct rows with at least one failing cell, None when it was not measured."""

    rows: int | None = None
    failing_rows: int | None = None
    checks: int = 0
    passed: int = 0
    failed: int = 0
    warned: int = 0
    not_run: int = 0


@dataclass(frozen=True, slots=True)
class Times:
    """Instants, ISO 8601 in UTC."""

    event: str | None = None
    accepted: str | None = None
    started: str | None = None
    finished: str | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """What the check cost."""

    cpu_seconds: float | None = None
    peak_rss_bytes: int | None = None
    bytes_read: int | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """Why there is no verdict on the file: `class` of the failure and the reason in words."""

    class_: str
    reason: str


@dataclass(frozen=True, slots=True)
class Skip:
    """Why nothing was checked, and which contracts were near."""

    reason: str
    candidates: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Split:
    """Where accepted and rejected rows were written; no part where no row can be trusted, and the manifest says why."""

    accepted: str | None
    rejected: str | None
    manifest: str
    accepted_rows: int | None
    rejected_rows: int | None


@dataclass(frozen=True, slots=True)
class Report:
    """Everything known about one check of one file."""

    id: str
    file: FileInfo
    contract: ContractInfo = field(default_factory=ContractInfo)
    read: ReadInfo = field(default_factory=ReadInfo)
    counts: Counts = field(default_factory=Counts)
    causes: list[Cause] = field(default_factory=list)
    checks: list[CheckResult] = field(default_factory=list)
    times: Times = field(default_factory=Times)
    attempt: int = 1
    usage: Usage = field(default_factory=Usage)
    error: Failure | None = None
    skipped: Skip | None = None
    profile: Profile | None = None
    history: History | None = None
    split: Split | None = None

    @property
    def verdict(self) -> Verdict:
        """Derived: an error of ours hides the rest, then the worst check wins; nothing run is `skipped`."""
        return derive_verdict(self.checks, error=self.error is not None, skipped=self.skipped is not None)

    @property
    def summary(self) -> str:
        """The whole report in one sentence."""
        return summarise(self)

    def replaced(self, **changes: Any) -> Report:
        """The same report with some fields exchanged."""
        return replace(self, **changes)

    def to_document(self) -> dict[str, Any]:
        """The JSON document that users hold; keys as promised in docs/reference/report.md."""
        document: dict[str, Any] = {
            "schema": SCHEMA,
            "id": self.id,
            "verdict": self.verdict.value,
            "summary": self.summary,
            "file": _without_none(asdict(self.file)),
            "contract": asdict(self.contract),
            "read": asdict(self.read),
            "counts": asdict(self.counts),
            "causes": [asdict(cause) for cause in self.causes],
            "checks": [asdict(check) for check in self.checks],
            "times": asdict(self.times),
            "attempt": self.attempt,
            "usage": asdict(self.usage),
        }
        if self.error is not None:
            document["error"] = {"class": self.error.class_, "reason": self.error.reason}
        if self.skipped is not None:
            document["skipped"] = asdict(self.skipped)
        if self.profile is not None:
            document["profile"] = self.profile.to_document()
        if self.history is not None:
            document["history"] = self.history.to_document()
        if self.split is not None:
            document["split"] = asdict(self.split)
        return document


def derive_verdict(checks: Sequence[CheckResult], *, error: bool = False, skipped: bool = False) -> Verdict:
    """Worst wins: error, fail, (nothing was checked) skipped, warn, pass."""
    results = {check.result for check in checks}
    if error or Result.ERROR in results:
        return Verdict.ERROR
    if Result.FAIL in results:
        return Verdict.FAIL
    if skipped or not results - {Result.SKIPPED}:
        return Verdict.SKIPPED
    if Result.WARN in results:
        return Verdict.WARN
    return Verdict.PASS


def count_checks(checks: Sequence[CheckResult], *, rows: int | None, failing_rows: int | None) -> Counts:
    """The totals over `checks`; an `info` that did not hold counts as passed, since it changes nothing."""
    tally: dict[Result, int] = dict.fromkeys(Result, 0)
    for check in checks:
        tally[check.result] += 1
    return Counts(
        rows=rows,
        failing_rows=failing_rows,
        checks=len(checks),
        passed=tally[Result.PASS] + tally[Result.INFO],
        failed=tally[Result.FAIL],
        warned=tally[Result.WARN],
        not_run=tally[Result.SKIPPED] + tally[Result.ERROR],
    )


def summarise(report: Report) -> str:
    """One sentence for a person who reads nothing else."""
    verdict = report.verdict
    if verdict is Verdict.ERROR:
        reason = report.error.reason if report.error else "a check could not be evaluated"
        return f"Could not be checked: {reason}"
    if report.skipped is not None and verdict is Verdict.SKIPPED:
        return f"Not checked: {report.skipped.reason}"
    rows = "" if report.counts.rows is None else f" over {_number(report.counts.rows, 'row')}"
    if verdict is Verdict.PASS:
        return f"As agreed: {_number(report.counts.passed, 'check')} passed{rows}."
    worst = [cause for cause in report.causes if cause.severity is not Severity.INFO]
    first = f" First: {worst[0].title}." if worst else ""
    if verdict is Verdict.WARN:
        return f"Usable, with {_number(report.counts.warned, 'warning')}{rows}.{first}"
    if verdict is Verdict.FAIL:
        return f"Not as agreed: {_number(report.counts.failed, 'check')} failed{rows}.{first}"
    return "Not checked: no check could be run."


def document_verdict(document: Mapping[str, Any]) -> Verdict:
    """The verdict of a stored or received document.

    Raises:
        ValueError: the document carries no known verdict.
    """
    return Verdict(str(document.get("verdict")))


def without_samples(document: dict[str, Any]) -> dict[str, Any]:
    """The document without partners' data; every number stays."""
    causes = [{**cause, "samples": []} for cause in document.get("causes", [])]
    return {**document, "causes": causes, "samples_hidden": True}


def _number(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def _without_none(mapping: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in mapping.items() if value is not None}
