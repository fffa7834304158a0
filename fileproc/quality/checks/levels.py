"""Promises about time: the newest and the oldest row, held against the moment when the file came.

freshness and latency: the newest value is not older than agreed; retention: the oldest one is not. Both count from the
event that told of the file, so a check that runs later judges the same.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from fileproc.domain.reports import Severity
from fileproc.quality.checks.kinds import Judgement, MeasureCheck, dimension_of
from fileproc.quality.checks.planner import Planner
from fileproc.quality.contracts.contract import ServiceLevel
from fileproc.quality.reading.source import Column

MICROSECONDS = 1_000_000


def plan_levels(planner: Planner) -> None:
    """The service levels whose element is a column of this schema object."""
    for level in planner.match.contract.service_levels:
        owner, _, name = level.element.rpartition(".")
        if owner in ("", planner.schema.name):
            _plan(planner, level, name)


def _plan(planner: Planner, level: ServiceLevel, name: str) -> None:
    column = planner.column_of(name)
    kind = None if column is None or column.value_type is None else column.value_type.kind
    if column is None:
        planner.skip(level.id, level.property, None, f"the column {name!r} is missing")
    elif kind not in ("date", "timestamp"):
        planner.skip(level.id, level.property, column.name, f"{name!r} is no date and no timestamp")
    elif planner.around.as_of is None:
        planner.skip(level.id, level.property, column.name, "it is not known when the file came")
    else:
        planner.plan.measures.append(_check(planner, level, column, planner.around.as_of))


def _check(planner: Planner, level: ServiceLevel, column: Column, as_of: datetime) -> MeasureCheck:
    oldest = level.property == "retention"
    which = "oldest" if oldest else "newest"
    value = f"CAST({column.value} AS TIMESTAMPTZ)"
    return MeasureCheck(
        planner.id(level.id),
        level.property,
        Severity.FAIL,
        _judge(level, as_of, which),
        expected=f"the {which} {column.name} at most {level.words} before the file came",
        title=f"{column.name}: the {which} value is too old",
        fix="send newer rows, or change the service level" if not oldest else "leave out rows past their retention",
        code="too_old",
        expression=f"epoch_us({'min' if oldest else 'max'}({value}))",
        column=column.name,
        dimension=dimension_of(level.property),
    )


def _judge(level: ServiceLevel, as_of: datetime, which: str) -> Callable[[Any], Judgement]:
    def judge(measured: Any) -> Judgement:
        if measured is None:
            return Judgement(None, "", skipped="there is no valid value to measure")
        age = as_of.timestamp() - measured / MICROSECONDS
        return Judgement(age <= level.seconds, f"the {which} is {_instant(measured)}, {_age(age)} before the file came")

    return judge


def _instant(microseconds: int) -> str:
    try:
        return datetime.fromtimestamp(microseconds / MICROSECONDS, UTC).isoformat(timespec="seconds")
    except (OverflowError, ValueError, OSError):
        return "a day that no calendar has"


def _age(seconds: float) -> str:
    """`3 d 4 h`, `25 min`; negative ages are in the future."""
    sign, rest = ("-" if seconds < 0 else ""), int(abs(seconds))
    days, rest = divmod(rest, 86_400)
    hours, rest = divmod(rest, 3_600)
    minutes = rest // 60
    parts = [f"{days} d" if days else "", f"{hours} h" if hours else "", f"{minutes} min" if not days else ""]
    return sign + " ".join(part for part in parts if part)
