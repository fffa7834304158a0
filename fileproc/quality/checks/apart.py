"""What cannot be part of the one scan: SQL rules with subqueries or joins, and checks of somebody else's.

Each is run on its own, with a time limit, and what goes wrong with it costs nothing but its own result.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import duckdb

from fileproc import logs
from fileproc.quality import sql
from fileproc.quality.checks.grouping import FIRST, ShapeGroup
from fileproc.quality.checks.kinds import Judgement, MeasureCheck, PluginCheck
from fileproc.quality.checks.sql_rules import columns_of_source
from fileproc.quality.contracts.contract import SchemaObject
from fileproc.quality.plugins import Bad, Row
from fileproc.quality.reading.source import Source

log = logs.get("apart")

#: Seconds that one rule may take.
LONGEST = 120.0

#: Rows that are handed to a check of somebody else's at a time.
BATCH = 2_000


def run_query(source: Source, schema: SchemaObject, check: MeasureCheck) -> Judgement:
    """One SQL rule over a view of the file with the names of the contract."""
    try:
        with _time_limit(source.connection):
            for name in dict.fromkeys((schema.name, schema.physical_name or schema.name)):
                source.connection.execute(f"CREATE OR REPLACE TEMP VIEW {sql.name(name)} AS {_view(source, schema)}")
            rows = source.connection.execute(check.query or "").fetchmany(2)
    except duckdb.InterruptException:
        return Judgement(None, "", f"the query took longer than {LONGEST:.0f} s")
    except duckdb.OutOfMemoryException:
        return Judgement(None, "", "the query needs more memory than a check may use")
    except duckdb.Error as error:
        return Judgement(None, "", f"the query cannot be run: {str(error).splitlines()[0][:200]}")
    if len(rows) != 1 or len(rows[0]) != 1:
        many = "no row" if not rows else ("more than one row" if len(rows) > 1 else f"{len(rows[0])} columns")
        return Judgement(None, "", f"the query gives {many}; one number is compared")
    return check.judge(rows[0][0])


def _view(source: Source, schema: SchemaObject) -> str:
    names = columns_of_source(source, schema)
    chosen = ", ".join(f"{expression} AS {sql.name(name)}" for name, expression in names.items())
    return f"SELECT {chosen} FROM ({source.scan()})"


@contextmanager
def _time_limit(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    timer = threading.Timer(LONGEST, connection.interrupt)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def run_plugin(source: Source, check: PluginCheck, *, samples: int) -> tuple[int, dict[str, ShapeGroup], str]:
    """(bad rows, groups by reason, error) of a check of somebody else's."""
    groups: dict[str, ShapeGroup] = {}
    count = 0
    try:
        for bad in check.plugin(rows_of(source), check.arguments):
            count += 1
            _gather(groups, check, bad, samples)
    except Exception as error:
        # Somebody else's code: whatever it raises is its own check's error, and never the file's or ours.
        log.exception("plugin_raised", check=check.id)
        return count, {}, f"the check raised {type(error).__name__}: {str(error)[:200]}"
    return count, groups, ""


def _gather(groups: dict[str, ShapeGroup], check: PluginCheck, bad: Bad, samples: int) -> None:
    reason = str(bad.reason)[:200] if len(groups) < 20 or bad.reason in groups else "for other reasons"
    record, cells = bad.row.record, list(bad.row.cells.values())
    shown = bad.row.cells.get(bad.column or check.column or "")
    group = groups.setdefault(reason, ShapeGroup(check.id, reason, 0, record, record, [], []))
    group.count += 1
    group.first, group.last = min(group.first, record), max(group.last, record)
    if len(group.records) < FIRST:
        group.records.append(record)
    if len(group.samples) < samples:
        group.samples.append((record, shown, cells))


def rows_of(source: Source) -> Iterator[Row]:
    """Every row that could be read, in order, as others see it."""
    names = [column.name for column in source.columns]
    cells = ", ".join(column.cell for column in source.columns)
    cursor = source.connection.cursor()
    result: Any = cursor.execute(f"SELECT rn, {cells} FROM ({source.scan(numbered=True)})")
    while batch := result.fetchmany(BATCH):
        for row in batch:
            yield Row(row[0], dict(zip(names, row[1:], strict=True)))
