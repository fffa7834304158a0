"""Contracts with options, bounds and operators of every kind: no word of a contract may break the scan of a file."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fileproc.domain.reports import Result
from fileproc.quality.contracts.lint_finding import UnreadableContract
from tests.unit.quality.checking import check, contract, result

FILE = b'a,b\n1,2026-01-01\n-5,"[1,2]"\n,"{""x"":1}"\ntrue,12:00\n1.5,9999999999999999999999\n'

KEYS = [
    "minLength", "maxLength", "pattern", "format", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum",
    "multipleOf", "timezone", "defaultTimezone", "minItems", "maxItems", "uniqueItems", "minProperties", "required",
    "dimensions", "elementType", "normalized",
]  # fmt: skip
VALUES = st.sampled_from([
    None, True, False, 0, 1, -1, 1.5, 1 << 63, 1 << 127, -(1 << 150), 1e308, "", "a", "2026-01-01", "12:00:00+01:00",
    "2026-01-01T00:00:00Z", "Europe/Berlin", "Mars/X", "yyyy-MM-dd", "dd.MM.yyyy HH:mmXXX", "u128", "f32", "ipv6", "(",
    "(?=a)", "'; DROP TABLE x; --", "%n", "int8", [], ["a"], [1, None], {"a": 1}, "yyyy'", "é\u2028",
])  # fmt: skip
TYPES = st.sampled_from(["string", "integer", "number", "boolean", "date", "timestamp", "time", "array", "object",
                         "map", "vector", None, "blob"])  # fmt: skip
OPTIONS = st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=4)
INNER = st.fixed_dictionaries({"logicalType": TYPES, "logicalTypeOptions": OPTIONS})
PROPERTY = st.fixed_dictionaries(
    {"logicalType": TYPES, "logicalTypeOptions": OPTIONS},
    optional={"enum": st.lists(VALUES.map(lambda one: {"value": one}), max_size=2), "items": INNER,
              "unique": st.booleans(), "map": st.fixed_dictionaries({"key": INNER, "value": INNER}),
              "required": st.booleans(),
              "properties": st.lists(INNER.map(lambda one: one | {"name": "x"}), max_size=1)},
)  # fmt: skip


@given(one=PROPERTY, other=PROPERTY)
@settings(max_examples=40, deadline=None)
def test_no_option_breaks_the_scan(one: dict[str, Any], other: dict[str, Any]) -> None:
    """Whatever a contract says of a column, the file is read to its end, and nothing is an error of ours."""
    try:
        match = contract([{"name": "a", **one}, {"name": "b", **other}])
    except UnreadableContract:
        return
    report = check(FILE, match)

    assert (None, True) == (report.error, report.read.complete)
    assert "corrupt" not in {cause.code for cause in report.causes}


@pytest.mark.parametrize(
    "rule",
    [
        {"type": "sql", "query": "SELECT count(*) FROM {object}", "mustBeBetween": [1]},
        {"type": "sql", "query": "SELECT count(*) FROM {object}", "mustNotBeBetween": 5},
        {"type": "sql", "query": "SELECT count(*) FROM {object}", "mustBe": {"a": 1}},
        {"type": "sql", "query": "SELECT count(*) FROM {object}", "mustBe": None},
        {"metric": "nullValues", "mustBeBetween": ["a", "b"]},
        {"metric": "nullValues", "mustBe": "0"},
        {"metric": "nullValues", "mustBe": 0, "unit": "dozen"},
        {"type": "custom", "engine": "fileproc", "implementation": {"check": "x"}, "mustBe": [1]},
        {"type": "custom", "engine": "fileproc", "implementation": {"check": "x"}, "unit": "dozen"},
    ],
)
def test_a_threshold_that_is_none_is_skipped(rule: dict[str, Any]) -> None:
    """Nothing can be compared with it: the rule is skipped with the reason, everything else has its result."""
    report = check(FILE, contract([{"name": "a", "quality": [{"id": "r", **rule}]}, {"name": "b"}]))
    found = result(report, "r")

    assert (None, Result.SKIPPED, True) == (report.error, found.result, bool(found.reason))
