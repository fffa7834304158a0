"""Operators: exactly one, with an operand that some file can meet and some file cannot."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fileproc.quality.contracts.lint_finding import LintFinding, finding, shown
from fileproc.quality.contracts.lint_walk import is_number
from fileproc.quality.contracts.odcs_place import Place
from fileproc.quality.contracts.odcs_words import OPERATORS, RULE_KEYS
from fileproc.quality.suggest import suggest

BETWEEN = ("mustBeBetween", "mustNotBeBetween")


def operators(rule: Place, *, counts: bool) -> Iterator[LintFinding]:
    """Findings about the operator of a rule; `counts` = it is compared with a number of rows or a share."""
    there = [name for name in OPERATORS if name in rule.item]
    if not there:
        yield from _none(rule)
        return
    if len(there) > 1:
        yield _several(rule, there)
    for name in there:
        yield from _operand(rule, name, counts=counts)


def _several(rule: Place, there: list[str]) -> LintFinding:
    """3.0 allowed several, all of which must hold; so they are read whatever the version."""
    fix = "write a rule for each, or mustBeBetween: [low, high]; all of them are held against the file"
    if str(rule.document.value.get("apiVersion")).startswith("v3.0"):
        message = f"since 3.1 a rule has one operator, and this one has {len(there)}"
        return finding("FPC107", rule.mark(there[1]), message, fix)
    return finding("FPC402", rule.mark(there[1]), f"the rule has {len(there)} operators", fix)


def _operand(rule: Place, name: str, *, counts: bool) -> Iterator[LintFinding]:
    value = rule.get(name)
    if name in BETWEEN:
        yield from _between(rule, name, value)
    elif counts or name not in ("mustBe", "mustNotBe"):
        yield from _single(rule, name, value, counts=counts)


def _none(rule: Place) -> Iterator[LintFinding]:
    """A misspelt operator has its own finding; the rule of old that needs none is left alone."""
    misspelt = any(suggest(key, OPERATORS) for key in rule.item if key not in RULE_KEYS)
    if not misspelt and not ("metric" not in rule.item and rule.get("rule") == "validValues"):
        yield finding("FPC401", rule.mark(), "the rule has no operator, so it is not run", "add one, such as mustBe: 0")


def _between(rule: Place, name: str, value: Any) -> Iterator[LintFinding]:
    mark = rule.document.value_mark((*rule.path, name))
    if not (isinstance(value, list) and len(value) == 2 and all(is_number(one) for one in value)):
        yield finding("FPC103", mark, f"{name} must be a list of two numbers", f"write {name}: [0, 10]")
        return
    low, high = value
    if low > high:
        wrong = "FPC409" if name == "mustBeBetween" else "FPC416"
        yield finding(wrong, mark, f"nothing is between {low} and {high}", "write the smaller number first")
    if name == "mustBeBetween":
        message = "both ends are included here, though the standard's prose excludes them"
        yield finding("FPC408", rule.mark(name), message, "widen or narrow the range if you meant them excluded")


def _single(rule: Place, name: str, value: Any, *, counts: bool) -> Iterator[LintFinding]:
    mark = rule.document.value_mark((*rule.path, name))
    if not is_number(value):
        fix = "write a number, without quotes"
        yield finding("FPC103", mark, f"{name} must be a number, not {shown(value)}", fix)
        return
    if not counts:
        return
    highest = 100 if str(rule.get("unit")).lower() == "percent" else None
    if _never(name, value, highest):
        yield finding("FPC409", mark, f"no file can meet {name}: {value}", "counts begin at 0, percentages end at 100")
    elif _always(name, value, highest):
        yield finding("FPC416", mark, f"every file meets {name}: {value}", "counts begin at 0, percentages end at 100")


def _never(name: str, value: float, highest: int | None) -> bool:
    outside = value < 0 or (highest is not None and value > highest) or (highest is None and value != int(value))
    return {
        "mustBe": outside,
        "mustBeGreaterThan": highest is not None and value >= highest,
        "mustBeGreaterOrEqualTo": highest is not None and value > highest,
        "mustBeLessThan": value <= 0,
        "mustBeLessOrEqualTo": value < 0,
    }.get(name, False)


def _always(name: str, value: float, highest: int | None) -> bool:
    return {
        "mustNotBe": value < 0 or (highest is not None and value > highest),
        "mustBeGreaterThan": value < 0,
        "mustBeGreaterOrEqualTo": value <= 0,
        "mustBeLessThan": highest is not None and value > highest,
        "mustBeLessOrEqualTo": highest is not None and value >= highest,
    }.get(name, False)
