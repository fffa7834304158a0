"""The second look: every value of every column of a file, against what the first look left possible."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from fileproc.quality import sql
from fileproc.quality.infer.candidates import ARRAY, COMMA, INTEGER, NUMBER, OBJECT, Candidate
from fileproc.quality.infer.evidence import Evidence, Facts, Outcome
from fileproc.quality.infer.guess import MOST_DETAILED
from fileproc.quality.infer.inside import elements_of, fields_of, length_of
from fileproc.quality.infer.thresholds import MOST_CATEGORIES
from fileproc.quality.reading.source import Column, Source

#: Columns that one scan looks at.
TOGETHER = 20

#: Estimates of distinct values are a few percent off; longer texts are no categories.
FEW_VALUES = 2 * MOST_CATEGORIES
LONGEST_CATEGORY = 80

LEADING_ZERO = "[+-]?0[0-9].*"

#: Three digits behind a comma may be thousands.
DECIMAL_COMMA = ".*,([0-9]{1,2}|[0-9]{4,})"


def measure(source: Source, file: str, columns: Sequence[Evidence]) -> None:
    """Add the facts of one file to the evidence of its columns. Raises duckdb.Error."""
    by_name = {column.name: column for column in source.columns}
    pairs = [(evidence, by_name[evidence.name]) for evidence in columns if evidence.name in by_name]
    detailed = len(source.columns) <= MOST_DETAILED
    size = TOGETHER if detailed else 2 * TOGETHER
    for start in range(0, len(pairs), size):
        part = pairs[start : start + size]
        _scan(source, file, part, detailed=detailed)
        if detailed:
            _count_values(source, file, part)
    for evidence, column in pairs:
        _inside(source, file, evidence, column)


def _scan(source: Source, file: str, pairs: list[tuple[Evidence, Column]], *, detailed: bool) -> None:
    """One scan for these columns."""
    asked = [part for evidence, column in pairs for part in _asked(source, evidence, column, detailed)]
    query = f"SELECT count(*), {', '.join(asked)} FROM ({source.scan()})"
    row = iter(source.connection.execute(query).fetchall()[0])
    rows = int(next(row))
    for evidence, _ in pairs:
        evidence.facts[file] = _facts(evidence, rows, row, detailed)


def _asked(source: Source, evidence: Evidence, column: Column, detailed: bool) -> Iterator[str]:
    cell = column.cell
    yield f"count({cell})"
    if detailed:
        yield sql.count_if(f"{cell} = ''")
        yield f"min(length({cell}))"
        yield f"max(length({cell}))"
        yield f"approx_count_distinct({cell})"
        yield _count_if(_is_numeric(evidence), f"regexp_full_match({cell}, {sql.text(LEADING_ZERO)})")
        yield _count_if(COMMA in evidence.candidates, f"regexp_full_match({cell}, {sql.text(DECIMAL_COMMA)})")
        pattern = sql.text(evidence.pattern or "")
        yield _count_if(evidence.pattern is not None, f"NOT regexp_matches({cell}, {pattern})")
        length = length_of(source, column) if ARRAY in evidence.candidates else "NULL"
        yield f"min({length})"
        yield f"max({length})"
    for candidate in evidence.candidates:
        yield from _outcome(source, column, candidate)


def _is_numeric(evidence: Evidence) -> bool:
    return any(one in evidence.candidates for one in (INTEGER, NUMBER, COMMA))


def _count_if(asked: bool, condition: str) -> str:
    return sql.count_if(condition) if asked else "0"


def _outcome(source: Source, column: Column, candidate: Candidate) -> Iterator[str]:
    yield sql.count_if(candidate.bad(source, column))
    value = candidate.value(source, column)
    for end in ("min", "max"):
        if value is None:
            yield "NULL"
        elif candidate.logical in ("integer", "number"):
            yield f"{end}({value})"
        else:
            yield f"CAST({end}({value}) AS VARCHAR)"


def _facts(evidence: Evidence, rows: int, row: Iterator[Any], detailed: bool) -> Facts:
    facts = Facts(rows, int(next(row)))
    if detailed:
        facts.empties, facts.shortest, facts.longest = int(next(row)), int(next(row) or 0), int(next(row) or 0)
        facts.distinct, facts.leading_zeros = int(next(row)), int(next(row))
        facts.decimal_commas, facts.off_pattern = int(next(row)), int(next(row))
        facts.fewest, facts.most = next(row), next(row)
    facts.outcomes = {one: Outcome(int(next(row)), next(row), next(row)) for one in evidence.candidates}
    return facts


def _count_values(source: Source, file: str, pairs: list[tuple[Evidence, Column]]) -> None:
    """Every value of columns that have few: one more scan, in memory that the estimate bounds."""
    few = [(evidence, column) for evidence, column in pairs if _has_few(evidence, evidence.facts[file])]
    if not few:
        return
    asked = ", ".join(f"histogram({column.cell})" for _, column in few)
    row = source.connection.execute(f"SELECT {asked} FROM ({source.scan()})").fetchall()[0]
    for (evidence, _), counted in zip(few, row, strict=True):
        evidence.facts[file].values = {str(key): int(value) for key, value in (counted or {}).items()}


def _has_few(evidence: Evidence, facts: Facts) -> bool:
    """Texts only, and never those that are not to be shown."""
    texts = bool(evidence.candidates) and evidence.candidates[0].is_text
    return texts and evidence.suspicion is None and facts.distinct <= FEW_VALUES and facts.longest <= LONGEST_CATEGORY


def _inside(source: Source, file: str, evidence: Evidence, column: Column) -> None:
    if evidence.items is not None and ARRAY in evidence.candidates:
        measure(elements_of(source, column), file, [evidence.items])
    if evidence.fields and OBJECT in evidence.candidates:
        fields = fields_of(source, column)
        if fields is not None:
            measure(fields, file, evidence.fields)
