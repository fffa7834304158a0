"""Custom rules with `engine: fileproc`: checks that somebody else wrote, found by their entry point.

An installed package offers a function in the group `fileproc.checks`; the contract names it. It gets the rows, one by
one, and gives back the bad ones. What it raises is an error of that check alone.
"""

from __future__ import annotations

from fileproc.quality.checks.kinds import PluginCheck, dimension_of
from fileproc.quality.checks.library import counted_problem
from fileproc.quality.checks.planner import Planner
from fileproc.quality.contracts.contract import Operator, QualityRule
from fileproc.quality.contracts.elsewhere import FILE_SET, HISTORY
from fileproc.quality.plugins import UnknownPlugin, find_plugin
from fileproc.quality.reading.source import Column

OURS = "fileproc"


def plan_custom(planner: Planner, rule: QualityRule, column: Column | None) -> None:
    """One custom rule: ours by name, everybody else's listed as not run."""
    name = None if column is None else column.name
    if (rule.engine or "").lower() != OURS:
        planner.skip(rule.id, "custom", name, f"the engine {rule.engine!r} is not run here; engine: fileproc is")
        return
    written = rule.implementation
    arguments = dict(written) if isinstance(written, dict) else {"check": written}
    check = arguments.pop("check", None)
    if not isinstance(check, str) or not check:
        planner.error(rule.id, "custom", name, "the implementation names no check: write `check: name`")
        return
    if check == HISTORY:
        return  # planned in history/
    if check == FILE_SET:
        planner.skip(rule.id, FILE_SET, name, "a set is of several files: `fileproc sets check` looks at it")
        return
    problem = counted_problem(rule)
    if problem is not None:
        planner.skip(rule.id, "custom", name, problem)
        return
    if column is not None:
        arguments.setdefault("column", column.name)
    try:
        plugin = find_plugin(check)
    except UnknownPlugin as error:
        planner.error(rule.id, "custom", name, str(error))
        return
    planner.plan.plugins.append(
        PluginCheck(
            id=planner.id(rule.id),
            severity=rule.severity,
            plugin=plugin,
            arguments=arguments,
            unit=rule.unit,
            operator=rule.operator or Operator("mustBe", 0),
            agreed=rule.description or f"no row that the check {check} refuses",
            column=name,
            masked=column is not None and planner.is_masked(column),
            dimension=rule.dimension or dimension_of("custom"),
        )
    )
