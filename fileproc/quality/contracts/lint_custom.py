"""Custom rules: is the engine ours, and is there what they name?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fileproc.quality.contracts.contract import Operator
from fileproc.quality.contracts.elsewhere import ENGINE, FILE_SET, HISTORY, UnclearRule
from fileproc.quality.contracts.file_set_words import file_set_words
from fileproc.quality.contracts.history_words import history_words
from fileproc.quality.contracts.lint_finding import LintFinding, finding, shown
from fileproc.quality.contracts.lint_walk import scalar
from fileproc.quality.contracts.odcs_place import Place
from fileproc.quality.contracts.odcs_words import OPERATORS
from fileproc.quality.plugins import UnknownPlugin, find_plugin


def custom_findings(rule: Place, *, on_property: bool) -> Iterator[LintFinding]:
    """Findings about one custom rule; a check of somebody else's is looked for, and not called."""
    engine = scalar(rule, "engine")
    if engine is None:
        return
    if engine.lower() != ENGINE:
        message = f"rules of the engine {shown(engine)} are not run"
        yield finding("FPC501", rule.mark(), message, "it is listed as skipped in each report")
        return
    written = rule.get("implementation")
    check = written.get("check") if isinstance(written, dict) else written
    mark = rule.document.value_mark((*rule.path, "implementation"))
    if not isinstance(check, str) or not check:
        yield finding("FPC419", mark, "the rule names no check", "write implementation: {check: name}")
        return
    wrong = _unclear(check, written, rule, on_property=on_property)
    if wrong is not None:
        yield finding("FPC419", mark, f"the rule says nothing that could be run: {shown(wrong)[1:-1]}", "mend it so")
    elif check not in (HISTORY, FILE_SET):
        yield from _plugin(check, rule)


def _unclear(check: str, written: Any, rule: Place, *, on_property: bool) -> str | None:
    """What is wrong with the words of our own checks."""
    if check not in (HISTORY, FILE_SET) or not isinstance(written, dict):
        return None
    beside = next((Operator(name, rule.get(name)) for name in OPERATORS if name in rule.item), None)
    try:
        if check == HISTORY:
            history_words(written, beside, on_property=on_property)
        else:
            file_set_words(written)
    except UnclearRule as error:
        return str(error)
    return None


def _plugin(check: str, rule: Place) -> Iterator[LintFinding]:
    try:
        find_plugin(check)
    except UnknownPlugin as error:
        mark = rule.document.value_mark((*rule.path, "implementation"))
        fix = "install the package that offers it where files are checked"
        yield finding("FPC420", mark, shown(str(error))[1:-1], fix)
