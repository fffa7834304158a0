"""Causes: findings and failing cells as sentences, with true totals, lines and samples."""

from __future__ import annotations

from dataclasses import dataclass

from fileproc.domain.reports import Cause, Sample, Severity
from fileproc.quality.checks.engine import ShapeGroup
from fileproc.quality.checks.kinds import CellCheck, KeyCheck, PluginCheck
from fileproc.quality.checks.shapes import name_shape
from fileproc.quality.finding import Finding
from fileproc.quality.reading.source import Source

LONGEST_CELL = 200
MOST_CELLS = 50
MASK = "***"
OTHER = "\0other"


@dataclass(frozen=True, slots=True)
class Teller:
    """Tells causes of one source; knows lines, masks and how much of a cell is shown."""

    source: Source
    masked_columns: frozenset[str]
    samples: int

    def cells(self, check: CellCheck, groups: list[ShapeGroup], severity: Severity) -> list[Cause]:
        """The causes of one failed cell check, most frequent first; groups of the same name are one cause."""
        merged: dict[tuple[str, str, str], list[ShapeGroup]] = {}
        for group in groups:
            merged.setdefault(self._name(check, group), []).append(group)
        causes = [self._cell_cause(check, name, same, severity) for name, same in merged.items()]
        return sorted(causes, key=lambda cause: -cause.count)

    def _name(self, check: CellCheck, group: ShapeGroup) -> tuple[str, str, str]:
        if group.shape == OTHER:
            return "other_shapes", "in many other ways", "look at the samples"
        cell = group.samples[0][1] if group.samples else None
        return name_shape(cell, check.type, check.kind, check.listed)

    def _cell_cause(
        self, check: CellCheck, name: tuple[str, str, str], groups: list[ShapeGroup], severity: Severity
    ) -> Cause:
        code, title, fix = name
        count = sum(group.count for group in groups)
        picked = sorted((one for group in groups for one in group.samples), key=lambda one: one[0])[: self.samples]
        records = sorted({record for group in groups for record in group.records})[:10]
        first, last = min(group.first for group in groups), max(group.last for group in groups)
        lines = self.source.lines_of([*records, first, last, *(one[0] for one in picked)])
        bad = picked[0][1] if picked else None
        shown = MASK if check.masked else _cut(bad)
        found = "an empty cell" if bad is None else f"values such as {shown!r}"
        return Cause(
            code=code,
            check=check.id,
            severity=severity,
            column=check.where,
            title=f"{check.where}: {title}",
            found=found,
            agreed=check.agreed,
            fix=fix,
            count=count,
            first_line=lines.get(first),
            last_line=lines.get(last),
            lines=[lines[record] for record in records if record in lines],
            samples=[self._sample(record, cell, cells, lines, check.masked) for record, cell, cells in picked],
        )

    def key(self, check: KeyCheck, surplus: int, group: ShapeGroup | None, severity: Severity) -> Cause:
        """The cause of a failed key; where the rows are is left out when telling needs more memory than there is."""
        names = ", ".join(column.name for column in check.columns)
        masked = check.masked or any(column.name in self.masked_columns for column in check.columns)
        lines: dict[int, int] = {}
        samples: list[Sample] = []
        if group is not None:
            lines = self.source.lines_of([*group.records, group.first, group.last, *(one[0] for one in group.samples)])
            samples = [self._sample(record, cell, cells, lines, masked) for record, cell, cells in group.samples]
        return Cause(
            code="duplicate",
            check=check.id,
            severity=severity,
            column=check.columns[0].name if len(check.columns) == 1 else None,
            title=f"{names}: {surplus:,} rows repeat a key that was there before",
            found=f"{surplus:,} surplus rows"
            + ("" if group else "; too many to name their lines in the memory allowed"),
            agreed=check.agreed,
            fix="remove the repeated rows",
            count=surplus,
            first_line=lines.get(group.first) if group else None,
            last_line=lines.get(group.last) if group else None,
            lines=[lines[record] for record in group.records if record in lines] if group else [],
            samples=samples,
        )

    def plugin(self, check: PluginCheck, group: ShapeGroup) -> Cause:
        """Bad rows of a check of somebody else's, one cause a reason."""
        lines = self.source.lines_of([*group.records, group.first, group.last, *(one[0] for one in group.samples)])
        reason = group.shape or "not as agreed"
        shown = MASK if check.masked else _cut(group.samples[0][1]) if group.samples else None
        return Cause(
            code="custom",
            check=check.id,
            severity=check.severity,
            column=check.column,
            title=f"{check.column}: {reason}" if check.column else reason,
            found=f"values such as {shown!r}" if shown is not None else reason,
            agreed=check.agreed,
            fix="correct the rows",
            count=group.count,
            first_line=lines.get(group.first),
            last_line=lines.get(group.last),
            lines=[lines[record] for record in group.records if record in lines],
            samples=[self._sample(record, cell, cells, lines, check.masked) for record, cell, cells in group.samples],
        )

    def _sample(
        self, record: int, cell: str | None, cells: list[str | None], lines: dict[int, int], masked: bool
    ) -> Sample:
        """One row; classified columns and what lies beyond the first columns are not shown."""
        row: dict[str, str | None] = {}
        for column, value in list(zip(self.source.columns, cells, strict=False))[:MOST_CELLS]:
            hidden = column.name in self.masked_columns and value is not None
            row[column.name] = MASK if hidden else _cut(value)
        number = record if self.source.kind != "ndjson" else None
        return Sample(lines.get(record), number, row, MASK if masked and cell is not None else _cut(cell))


def of_finding(finding: Finding, check_id: str, samples: int) -> Cause:
    """A finding about container, structure or columns as a cause."""
    return Cause(
        code=finding.code,
        check=check_id,
        severity=finding.severity,
        column=finding.column,
        title=finding.title,
        found=finding.found,
        agreed=finding.agreed,
        fix=finding.fix,
        count=finding.count,
        first_line=finding.lines[0] if finding.lines else None,
        last_line=finding.last_line,
        lines=list(finding.lines),
        samples=list(finding.samples)[:samples],
    )


def _cut(cell: str | None) -> str | None:
    if cell is None or len(cell) <= LONGEST_CELL:
        return cell
    return cell[:LONGEST_CELL] + "…"
