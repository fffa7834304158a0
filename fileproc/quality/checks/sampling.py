"""A look at two pieces of a large text, to choose how it is proved: which columns repeat themselves, which keys ascend.

A wrong guess costs time and never a result: whatever the proof does not prove is counted exactly.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from fileproc.quality import sql
from fileproc.quality.checks.kinds import KeyCheck, Plan
from fileproc.quality.reading.source import Column, Source

#: Bytes of one piece.
PIECE = 512 << 10

#: A column repeats itself when at most this share of its cells are different ones …
FEW = 0.5

#: Writing a whole number again costs less than keeping more different ones than this.
FEW_INTEGERS = 256

#: … and the second piece shows mostly what the first one showed; else there are ever more of them.
AGAIN = 0.8


@dataclass(slots=True)
class Sampled:
    """What the pieces show: columns (by number) that repeat themselves, keys (by id) that ascend, and the digits behind
    the point of numbers that all have as many."""

    repeating: set[int] = field(default_factory=set)
    ascending: set[str] = field(default_factory=set)
    scales: dict[int, int] = field(default_factory=dict)


def look(source: Source, plan: Plan, folder: Path) -> Sampled | None:
    """Look at the file's beginning and middle; None where that shows nothing."""
    if source.text is None or source.sample is None:
        return None
    pieces = [_piece(source.text, offset, folder) for offset in (0, source.text.stat().st_size // 2)]
    try:
        return _sampled(source, plan, [source.sample(piece) for piece in pieces])
    except duckdb.Error:
        return None
    finally:
        for piece in pieces:
            piece.unlink(missing_ok=True)


def _piece(path: Path, offset: int, folder: Path) -> Path:
    """Whole lines from here on; a line is cut off on either side."""
    with path.open("rb") as file:
        file.seek(offset)
        content = file.read(PIECE)
    start, end = content.find(b"\n") + 1, content.rfind(b"\n") + 1
    target = folder / secrets.token_hex(8)
    target.write_bytes(content[start:end])
    return target


def _sampled(source: Source, plan: Plan, relations: list[str]) -> Sampled:
    first, second = relations
    columns = _worth_knowing(source, plan)
    rows = f"SELECT *, 0 AS piece FROM ({first}) UNION ALL SELECT *, 1 AS piece FROM ({second})"
    distinct = [expression for column in columns for expression in _distinct(column)]
    found = source.connection.execute(f"SELECT {', '.join(['count(*)', *distinct])} FROM ({rows})").fetchall()[0]
    sampled = Sampled()
    for column, (one, other, both) in zip(columns, _threes(found[1:]), strict=True):
        most = min(FEW * found[0], FEW_INTEGERS) if _is_integer(column) else FEW * found[0]
        if both <= max(2, most) and both <= max(2, AGAIN * (one + other)):
            sampled.repeating.add(column.number)
    _look_at_scales(source, sampled, first)
    for key in plan.keys:
        if _ascends(source, key, first):
            sampled.ascending.add(key.id)
    return sampled


def _worth_knowing(source: Source, plan: Plan) -> list[Column]:
    """Columns with anything to prove but that there is a value."""
    asked = {check.column.number for check in plan.cells if check.bad != f"{check.column.cell} IS NULL"}
    return [column for column in source.columns if column.number in asked]


def _is_integer(column: Column) -> bool:
    return column.value_type is not None and column.value_type.kind == "integer"


def _distinct(column: Column) -> list[str]:
    one_piece = [f"approx_count_distinct(CASE WHEN piece = {piece} THEN {column.cell} END)" for piece in (0, 1)]
    return [*one_piece, f"approx_count_distinct({column.cell})"]


def _threes(values: tuple[int, ...]) -> list[tuple[int, int, int]]:
    return [(values[at], values[at + 1], values[at + 2]) for at in range(0, len(values), 3)]


def _look_at_scales(source: Source, sampled: Sampled, relation: str) -> None:
    """Numbers that all have the same number of digits behind the point can be proved by writing them again."""
    numbers = [
        column
        for column in source.columns
        if column.value_type is not None and column.value_type.kind == "number" and column.value_type.plain
        and column.number not in sampled.repeating
    ]  # fmt: skip
    if not numbers:
        return
    behind = [f"strlen(split_part({column.cell}, '.', 2))" for column in numbers]
    wanted = ", ".join(f"min({one}), max({one})" for one in behind)
    found = source.connection.execute(f"SELECT {wanted} FROM ({relation})").fetchall()[0]
    for place, column in enumerate(numbers):
        low, high = found[2 * place], found[2 * place + 1]
        if low is not None and low == high and low <= 9:
            sampled.scales[column.number] = int(low)


def _ascends(source: Source, key: KeyCheck, relation: str) -> bool:
    values = [f"{plain(column)} AS k{number}" for number, column in enumerate(key.columns)]
    ascending, before = ascent(len(values))
    query = f"SELECT count(*), {sql.count_if(ascending)} FROM (SELECT *, {before} FROM ({_keys(relation, values)}))"
    rows, steps = source.connection.execute(query).fetchall()[0]
    return bool(rows > 1 and steps == rows - 1)


def _keys(relation: str, values: list[str]) -> str:
    return f"SELECT {', '.join(values)} FROM ({relation})"


def plain(column: Column) -> str:
    """The value of a cell, its form not looked at."""
    typed = column.value_type
    return typed.plain if typed is not None and typed.plain is not None else column.cell


def ascent(width: int, prefix: str = "k") -> tuple[str, str]:
    """(condition that a row's key is above the one before, the columns that it needs from the row before)."""
    names = [f"{prefix}{number}" for number in range(width)]
    before = ", ".join(f"lag({name}) OVER () AS p{name}" for name in names)
    condition = "false"
    for name in reversed(names):
        condition = f"{name} > p{name} OR ({name} = p{name} AND ({condition}))"
    return f"coalesce({condition}, false)", before
