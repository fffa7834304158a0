"""Causes: findings and failing cells as sentences, with true totals, lines, samples and where in the file they lie."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from fileproc.domain.reports import Cause, CheckResult, Sample, Severity
from fileproc.quality.checks.failing_cells import LONGEST_CELL, MOST_CELLS
from fileproc.quality.checks.grouping import FIRST, ShapeGroup
from fileproc.quality.checks.judging import meant, named
from fileproc.quality.checks.kinds import CellCheck, KeyCheck, PluginCheck
from fileproc.quality.checks.masking import MASK, without_values
from fileproc.quality.checks.shapes import words_for
from fileproc.quality.finding import Finding, plural
from fileproc.quality.reading.source import Source

#: Details of a cause that are named with their counts.
MOST_NAMED = 3


@dataclass(frozen=True, slots=True)
class Teller:
    """Tells causes of one source; knows lines, masks and how much of a cell is shown."""

    source: Source
    masked_columns: frozenset[str]
    samples: int

    def cells(self, failed: Sequence[tuple[CellCheck, CheckResult]], groups: Sequence[ShapeGroup]) -> list[Cause]:
        """The causes of failed cell checks, each check's most frequent first; groups of one name are one cause."""
        lines = self._lines(groups)
        causes: list[Cause] = []
        for check, result in failed:
            merged: dict[str | None, list[ShapeGroup]] = {}
            for group in named(check, [one for one in groups if one.check == check.id]):
                merged.setdefault(group.code, []).append(group)
            told = [self._cell_cause(check, same, result.severity, lines) for same in merged.values()]
            causes += sorted(told, key=lambda cause: -cause.count)
        return causes

    def _lines(self, groups: Sequence[ShapeGroup]) -> dict[int, int]:
        """The lines of every record that is named, asked for at once: it can cost a look through the file."""
        records = {record for group in groups for record in (*group.records, group.first, group.last)}
        records |= {sample[0] for group in groups for sample in group.samples}
        return self.source.lines_of(sorted(records)) if records else {}

    def _cell_cause(
        self, check: CellCheck, groups: list[ShapeGroup], severity: Severity, lines: dict[int, int]
    ) -> Cause:
        code, title, fix = words_for(groups[0].code, check.type)
        records = sorted({record for group in groups for record in group.records})[:FIRST]
        first, last = min(group.first for group in groups), max(group.last for group in groups)
        return Cause(
            code=code,
            check=check.id,
            severity=severity,
            column=check.where,
            title=f"{check.where}: {title}",
            found=self._found(check, groups),
            agreed=check.agreed,
            fix=fix,
            count=sum(group.count for group in groups),
            first_line=lines.get(first),
            last_line=lines.get(last),
            lines=[lines[record] for record in records if record in lines],
            samples=[self._sample(*one, lines, check.masked) for one in _picked(groups, self.samples)],
            strip=[sum(parts) for parts in zip(*(group.strip for group in groups), strict=True)],
        )

    def _found(self, check: CellCheck, groups: list[ShapeGroup]) -> str:
        """`values such as '1,5'`; where there are several kinds of them, the first ones with their counts."""
        told = [(group, group.samples[0][1]) for group in sorted(groups, key=lambda one: -one.count) if group.samples]
        if not told or all(cell is None for _, cell in told):
            return "an empty cell"
        if check.masked:
            return f"values such as {MASK!r}"
        cells = [(group, cell) for group, cell in told if cell is not None]
        if len(cells) == 1:
            return f"values such as {_cut(cells[0][1])!r}{_instead(check, cells[0][0])}"
        named = [f"{_short(cell)!r}{_instead(check, group)} ({group.count:,} ×)" for group, cell in cells[:MOST_NAMED]]
        return f"values such as {', '.join(named)}" + (" and others" if len(cells) > MOST_NAMED else "")

    def key(self, check: KeyCheck, surplus: int, group: ShapeGroup | None, severity: Severity) -> Cause:
        """The cause of a failed key; where the rows are is left out when telling needs more memory than there is."""
        names = ", ".join(column.name for column in check.columns)
        masked = check.masked or any(column.name in self.masked_columns for column in check.columns)
        lines = self._lines([group] if group is not None else [])
        return Cause(
            code="duplicate",
            check=check.id,
            severity=severity,
            column=check.columns[0].name if len(check.columns) == 1 else None,
            title=f"{names}: {plural(surplus, 'row')} with a key that was there before",
            found=_repeated(surplus, group),
            agreed=check.agreed,
            fix="remove the repeated rows",
            count=surplus,
            first_line=lines.get(group.first) if group else None,
            last_line=lines.get(group.last) if group else None,
            lines=[lines[record] for record in group.records if record in lines] if group else [],
            samples=[self._sample(*one, lines, masked) for one in group.samples] if group else [],
            strip=group.strip if group else [],
        )

    def plugin(self, check: PluginCheck, group: ShapeGroup) -> Cause:
        """Bad rows of a check of somebody else's, one cause a reason."""
        lines = self._lines([group])
        reason = self._reason(check, group)
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
            samples=[self._sample(*one, lines, check.masked) for one in group.samples],
        )

    def _reason(self, check: PluginCheck, group: ShapeGroup) -> str:
        """In the words of somebody else's code, which may quote cells of its row."""
        if check.masked or (self.masked_columns and not group.samples):
            return "not as agreed"
        cells = group.samples[0][2] if self.masked_columns else []
        names = [column.name for column in self.source.columns]
        secret = [cell for name, cell in zip(names, cells, strict=False) if name in self.masked_columns]
        return without_values(group.shape or "not as agreed", secret)

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


def _repeated(surplus: int, group: ShapeGroup | None) -> str:
    """Surplus rows, and the keys and rows that take part; a first row is involved, but not surplus."""
    if group is None:
        return f"{plural(surplus, 'surplus row')}; too many to name their lines in the memory allowed"
    return f"{plural(surplus, 'surplus row')}: {plural(group.keys, 'key')} in {plural(surplus + group.keys, 'row')}"


def of_finding(finding: Finding, check_id: str, samples: int, *, masked: bool = False) -> Cause:
    """A finding about container, structure or columns as a cause.

    With `masked` no cell is shown: what a broken row holds belongs to no column, so it may belong to a classified one.
    """
    shown = [_hidden(sample) if masked else sample for sample in list(finding.samples)[:samples]]
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
        samples=shown,
    )


def _hidden(sample: Sample) -> Sample:
    return replace(sample, cells=None, cell=None if sample.cell is None else MASK)


def _picked(groups: list[ShapeGroup], most: int) -> list[tuple[int, str | None, list[str | None]]]:
    """Samples of every kind in turn, the most frequent kind first; then in the order of the file."""
    turns = zip_longest(*(group.samples for group in sorted(groups, key=lambda one: -one.count)))
    picked = [one for turn in turns for one in turn if one is not None][:most]
    return sorted(picked, key=lambda one: one[0])


def _instead(check: CellCheck, group: ShapeGroup) -> str:
    """` for 'USD'`, where an agreed value was meant."""
    wanted = meant(group.shape or "", check.listed) if group.code in ("near_miss", "other_case") else None
    return f" for {_short(wanted)!r}" if wanted is not None else ""


def _short(cell: str) -> str:
    return cell if len(cell) <= 40 else cell[:40] + "…"


def _cut(cell: str | None) -> str | None:
    if cell is None or len(cell) <= LONGEST_CELL:
        return cell
    return cell[:LONGEST_CELL] + "…"
