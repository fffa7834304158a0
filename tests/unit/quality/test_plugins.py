"""Checks of one's own: found by their entry point, given the rows, and never able to hurt more than themselves."""

from __future__ import annotations

import importlib.metadata
import sys
from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Any

import pytest

from fileproc.domain.reports import Report, Result, Verdict
from fileproc.quality.plugins import Bad, Row
from tests.unit.quality.checking import causes, check, contract, failed, result

FILE = b"id,code\n1,ok\n2,bad\n3,\n4,bad\n"


def refuse_bad(rows: Iterator[Row], arguments: Mapping[str, Any]) -> Iterator[Bad]:
    """Refuses rows with a word in a column."""
    for row in rows:
        if row[arguments["column"]] == arguments.get("word", "bad"):
            yield Bad(row, arguments["column"], "has the word")


def raises(rows: Iterator[Row], arguments: Mapping[str, Any]) -> Iterator[Bad]:
    next(rows)
    raise RuntimeError("nobody expected this")
    yield


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A package that offers three checks, one of which cannot be imported."""
    module = ModuleType("their_checks")
    module.refuse_bad, module.raises = refuse_bad, raises  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "their_checks", module)
    offered = [
        importlib.metadata.EntryPoint(name, value, "fileproc.checks")
        for name, value in (("refuse_bad", "their_checks:refuse_bad"), ("raises", "their_checks:raises"),
                            ("broken", "no_such_module_anywhere:x"))
    ]  # fmt: skip
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda group: offered if group == "fileproc.checks" else [])


def run(implementation: Any, *, on_property: bool = True, engine: str = "fileproc", **words: Any) -> Report:
    rule = {"id": "r", "type": "custom", "engine": engine, "implementation": implementation, **words}
    code = {"name": "code", "quality": [rule] if on_property else []}
    return check(FILE, contract([{"name": "id"}, code], quality=[] if on_property else [rule]))


def test_bad_rows_are_counted_with_their_lines() -> None:
    """The rows that the check gives back are a cause of its own words, with true total and lines."""
    report = run({"check": "refuse_bad"})
    cause = next(cause for cause in report.causes if cause.check == "r")

    assert {"r": 2} == failed(report)
    assert (2, [3, 5]) == (cause.count, cause.lines)


@pytest.mark.parametrize(
    ("words", "expected"),
    [({}, Result.FAIL), ({"mustBeLessThan": 3}, Result.PASS), ({"severity": "warning"}, Result.WARN),
     ({"unit": "rows", "mustBe": 2}, Result.PASS)],
)  # fmt: skip
def test_operators_and_severities_hold_for_them_too(words: dict[str, Any], expected: Result) -> None:
    """The number of bad rows is compared as any other measure."""
    assert expected == result(run({"check": "refuse_bad"}, **words), "r").result


def test_arguments_reach_the_function() -> None:
    """What stands beside `check` is for the function; at a schema object it names its column itself."""
    assert {"r": 1} == failed(run({"check": "refuse_bad", "word": "ok"}))
    assert {"r": 2} == failed(run({"check": "refuse_bad", "column": "code"}, on_property=False))


@pytest.mark.parametrize(
    ("implementation", "why"),
    [
        ({"check": "raises"}, "raised RuntimeError: nobody expected this"),
        ({"check": "refuse_bad", "column": "nowhere"}, "raised KeyError"),
        ({"check": "broken"}, "cannot be loaded: ModuleNotFoundError"),
        ({"check": "refuse_bat"}, "no installed package offers"),
        ({"x": 1}, "names no check"),
        (None, "names no check"),
    ],
)
def test_what_goes_wrong_with_them_is_their_own_error(implementation: Any, why: str) -> None:
    """An error of that check alone, in words; every other check has its result, and nothing passes."""
    report = run(implementation)

    assert (Verdict.ERROR, Result.ERROR) == (report.verdict, result(report, "r").result)
    assert why in str(result(report, "r").reason)
    assert Result.PASS == result(report, "code.present").result


def test_rules_of_other_engines_are_skipped() -> None:
    """Soda's rules are Soda's; the report says so."""
    found = result(run("checks: []", engine="soda"), "r")

    assert (Result.SKIPPED, True) == (found.result, "engine: fileproc is" in str(found.reason))


def test_classified_values_are_not_shown() -> None:
    """Rows that a check refuses hide what is classified."""
    rule = {"id": "r", "type": "custom", "engine": "fileproc", "implementation": {"check": "refuse_bad"}}
    columns = [{"name": "id"}, {"name": "code", "classification": "secret", "quality": [rule]}]
    report = check(b"id,code\n1,bad\n", contract(columns))

    assert 1 == len(causes(report))
    assert "'bad'" not in str(report.to_document())
