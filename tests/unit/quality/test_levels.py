"""Service levels: how old the newest and the oldest row may be when the file comes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from fileproc.domain.reports import Report, Result
from fileproc.quality.checks.planner import Surroundings
from fileproc.quality.contracts.odcs_levels import duration
from tests.unit.quality.checking import check, contract, result

CAME = Surroundings(as_of=datetime(2026, 11, 24, 12, tzinfo=UTC))
FILE = b"at,n\n2026-11-24T09:00:00Z,1\n2026-11-20T00:00:00Z,2\nrubbish,3\n"


def level(data: bytes = FILE, **sla: Any) -> Report:
    columns = [{"name": "at", "logicalType": "timestamp"}, {"name": "n", "logicalType": "integer"}]
    return check(data, contract(columns, sla=[{"element": "rows.at", **sla}]), around=CAME)


@pytest.mark.parametrize(
    ("sla", "expected"),
    [
        ({"property": "freshness", "value": 4, "unit": "h"}, Result.PASS),
        ({"property": "freshness", "value": 2, "unit": "h"}, Result.FAIL),
        ({"property": "latency", "value": "PT3H"}, Result.PASS),
        ({"property": "latency", "value": 179, "unit": "minutes"}, Result.FAIL),
        ({"property": "retention", "value": 5, "unit": "d"}, Result.PASS),
        ({"property": "retention", "value": 4, "unit": "days"}, Result.FAIL),
    ],
)
def test_age_is_measured_when_the_file_came(sla: dict[str, Any], expected: Result) -> None:
    """Newest for freshness and latency, oldest for retention; bad cells do not count."""
    report = level(**sla)
    found = result(report, f"sla.{sla['property']}")

    assert expected == found.result
    assert "before the file came" in str(found.actual)


@pytest.mark.parametrize(
    ("sla", "why"),
    [
        ({"property": "availability", "value": 99}, "not a matter of one file"),
        ({"property": "freshness", "value": "soon"}, "no duration"),
        ({"property": "freshness", "value": 1, "unit": "d", "element": "rows.n"}, "no date"),
        ({"property": "freshness", "value": 1, "unit": "d", "element": "rows.gone"}, "missing"),
        ({"property": "freshness", "value": 1, "unit": "d", "element": None}, "names no element"),
    ],
)
def test_what_cannot_be_measured_is_said(sla: dict[str, Any], why: str) -> None:
    """No service level is dropped in silence."""
    report = level(**sla)
    found = next(check for check in report.checks if check.id.startswith("sla."))

    assert (Result.SKIPPED, True) == (found.result, why in str(found.reason))


def test_a_file_without_values_has_no_age() -> None:
    """An empty file is not fresh and not stale."""
    assert Result.SKIPPED == result(level(b"at,n\n", property="freshness", value=1, unit="d"), "sla.freshness").result


@pytest.mark.parametrize(
    ("value", "unit", "seconds"),
    [("4", "h", 14400), ("P1DT2H", None, 93600), ("P1Y", None, 31556952),
     ("P3MT1M", None, 7889298), ("2", "y", 63113904), ("x", "h", None), ("1", "parsec", None),
     ("-1", "h", None), ("1e99", "h", None), ("P", None, None)],
)  # fmt: skip
def test_durations_have_units(value: str, unit: str | None, seconds: float | None) -> None:
    """Numbers with a unit and ISO 8601 durations are read; everything else is not guessed."""
    found = duration(value, unit)

    assert seconds == (found[0] if found else None)
