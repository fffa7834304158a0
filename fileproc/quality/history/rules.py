"""A quality rule of the contract → the rule as it will be compared."""

from __future__ import annotations

from fileproc.domain.profiles import HistoryRule
from fileproc.quality.contracts.contract import QualityRule
from fileproc.quality.contracts.history_words import history_words


def history_rule(rule: QualityRule, check_id: str, column: str | None) -> HistoryRule:
    """`column` is the property's name, None on a schema object.

    Raises:
        UnclearRule: what is wrong with it, and what to write instead.
    """
    words = history_words(rule.implementation, rule.operator, on_property=column is not None)
    return HistoryRule(
        id=check_id,
        measure=words.measure,
        column=column,
        severity=rule.severity.value,
        operator=words.operator.name,
        value=words.operator.value,
        last=words.last,
        at_least=words.at_least,
        floor=words.floor,
        dimension=rule.dimension or words.dimension,
    )
