"""Quality rules: which of the old contract is which of the new one, and what became of it.

Ids may be positions (`orders.rule2`), so rules are found again by what they measure first and by their id second.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Any, TypeVar

from fileproc.domain.reports import Severity
from fileproc.quality.contracts.contract import Operator, QualityRule
from fileproc.quality.contracts.diff_change import FAILS, GONE, NEVER, WARNS, Change, Kind, Spot, as_text
from fileproc.quality.contracts.diff_options import listed
from fileproc.quality.contracts.diff_sets import Measure, caps, direction, only_zero

T = TypeVar("T")

RANK = {Severity.INFO: 0, Severity.WARN: 1, Severity.FAIL: 2}

LOOKED_AT = frozenset(
    {"id", "type", "metric", "severity", "arguments", "operator", "unit", "dimension", "query", "engine",
     "implementation", "description", "mark"}
)  # fmt: skip


def pairs(
    old: Sequence[T], new: Sequence[T], *keys: Callable[[T], Hashable]
) -> tuple[list[tuple[T, T]], list[T], list[T]]:
    """(pairs in the old order, only old, only new): equal by the first key, what remains by the second, and so on.

    The same whichever contract is the old one.
    """
    left, right = dict(enumerate(old)), dict(enumerate(new))
    found: list[tuple[int, int]] = []
    for key in keys:
        waiting: dict[Hashable, list[int]] = defaultdict(list)
        for number, one in right.items():
            waiting[key(one)].append(number)
        for number, one in list(left.items()):
            same = waiting.get(key(one))
            if same:
                found.append((number, same.pop(0)))
                del left[number], right[found[-1][1]]
    return [(old[one], new[other]) for one, other in sorted(found)], [*left.values()], [*right.values()]


def compare_rules(spot: Spot, old: Sequence[QualityRule], new: Sequence[QualityRule]) -> Iterator[Change]:
    """The rules of one property, or of one schema object."""
    same, gone, come = pairs(old, new, _exactly, _measured, lambda rule: (rule.id, rule.type, rule.metric))
    for before, after in same:
        yield from _rule(spot.at(f": {_name(after)}", before.mark, after.mark), before, after)
    for rule in gone:
        enforced = _fails(rule)
        why = f"the rule is gone: {GONE if enforced else NEVER}"
        at = spot.at(f": {_name(rule)}", rule.mark, spot.new)
        yield at.removed("", _told(rule), why, readers=enforced)
    for rule in come:
        why = f"the rule is new: {_new_rule(rule)}"
        at = spot.at(f": {_name(rule)}", spot.old, rule.mark)
        yield at.added("", _told(rule), why, senders=_fails(rule))


def _measured(rule: QualityRule) -> Hashable:
    """What is measured, whatever must become of it."""
    return rule.type, rule.metric, repr(sorted(rule.arguments.items())), rule.query, repr(rule.implementation)


def _exactly(rule: QualityRule) -> Hashable:
    return rule.id, _measured(rule)


def _fails(rule: QualityRule) -> bool:
    """Whether breaking it fails a file."""
    return rule.severity is Severity.FAIL and why_never(rule) is None


def _new_rule(rule: QualityRule) -> str:
    reason = why_never(rule)
    if reason is not None:
        return f"it fails no file, because {reason}"
    if rule.severity is Severity.INFO:
        return "it is only reported"
    return FAILS if rule.severity is Severity.FAIL else WARNS


def _rule(spot: Spot, old: QualityRule, new: QualityRule) -> Iterator[Change]:
    yield from _severity(spot, old, new)
    yield from _threshold(spot, old, new)
    yield from _arguments(spot, old, new)
    counts = _fails(old) or _fails(new)
    for name, what in (("query", "query"), ("implementation", "implementation"), ("engine", "engine")):
        before, after = getattr(old, name), getattr(new, name)
        if before != after:
            yield spot.changed(
                what, before, after, f"the {what} is another one", senders=counts, readers=counts, key=name
            )
    for name in ("description", "dimension", "id"):
        before, after = getattr(old, name), getattr(new, name)
        if before != after and not (name == "id" and _positional(before) and _positional(after)):
            why = f"only the {name} is different"
            yield spot.changed(name, before, after, why, senders=False, readers=False, key=name)
    yield from spot.rest(old, new, LOOKED_AT)


def _positional(rule_id: str) -> bool:
    """An id that the reader made from the rule's position."""
    return rule_id.rpartition(".")[2].removeprefix("rule").isdigit()


def _severity(spot: Spot, old: QualityRule, new: QualityRule) -> Iterator[Change]:
    if old.severity is new.severity or why_never(old) or why_never(new):
        if old.severity is not new.severity:
            why = "the rule is not run, so its severity has no effect"
            yield spot.changed(
                "severity", old.severity, new.severity, why, senders=False, readers=False, key="severity"
            )
        return
    facts = ("severity", old.severity, new.severity)
    if RANK[new.severity] > RANK[old.severity]:
        yield spot.tightened(*facts, "the rule weighs more", counts=new.severity is Severity.FAIL, key="severity")
    else:
        yield spot.loosened(*facts, "the rule weighs less", counts=old.severity is Severity.FAIL, key="severity")


def _threshold(spot: Spot, old: QualityRule, new: QualityRule) -> Iterator[Change]:
    """Operator and unit together: `0 rows` and `0 %` are the same."""
    if (old.operator, old.unit) == (new.operator, new.unit) or old.operator is new.operator is None:
        return
    before, after = _words(old), _words(new)
    if old.operator is None or new.operator is None:
        if old.operator is None:
            yield spot.tightened("threshold", before, after, "the rule is run from now on", counts=_fails(new))
        else:
            yield spot.loosened("threshold", before, after, "the rule is no longer run", counts=_fails(old))
        return
    kind = _direction(old, new, old.operator, new.operator)
    if kind is None:
        yield spot.changed("threshold", before, after, "both allow the same", senders=False, readers=False)
        return
    if kind is Kind.CHANGED:
        counts = (_fails(new), _fails(old))
        yield spot.changed(
            "threshold", before, after, "something else is allowed", senders=counts[0], readers=counts[1]
        )
    elif kind is Kind.TIGHTENED:
        yield spot.tightened("threshold", before, after, "less is allowed", counts=_fails(new), key=new.operator.name)
    else:
        yield spot.loosened("threshold", before, after, "more is allowed", counts=_fails(old), key=new.operator.name)


def _direction(old: QualityRule, new: QualityRule, before: Operator, after: Operator) -> Kind | None:
    if old.unit == new.unit:
        return direction(before, after, _measure(new))
    return None if only_zero(before) and only_zero(after) else Kind.CHANGED


def _measure(rule: QualityRule) -> Measure:
    if rule.type != "library":
        return Measure.ANY
    return Measure.SHARE if rule.unit == "percent" else Measure.COUNT


def _words(rule: QualityRule) -> str | None:
    """The operator as the contract writes it."""
    if rule.operator is None:
        return None
    return f"{rule.operator.name}: {rule.operator.value}{' %' if rule.unit == 'percent' else ''}"


def _name(rule: QualityRule) -> str:
    """Its id, where somebody gave it one, else what it measures."""
    return str(rule.metric or rule.type) + " rule" if _positional(rule.id) else rule.id


def _told(rule: QualityRule) -> str:
    """The rule in one line."""
    arguments = [f"{name}: {value}" for name, value in rule.arguments.items()]
    parts = [str(rule.metric or rule.query or rule.description or rule.type), *arguments, _words(rule)]
    return ", ".join(part for part in parts if part)


def why_never(rule: QualityRule) -> str | None:
    """Why a rule never fails a file whatever its severity, or None for one that may."""
    if rule.type == "text":
        return "a text rule is for people"
    if rule.type == "custom":
        return None if rule.engine == "fileproc" else f"the engine {rule.engine!r} is not known here"
    if rule.type == "library" and rule.metric is None:
        return "it names no metric"
    return None if rule.operator is not None or rule.type != "library" else "it has no operator"


def _arguments(spot: Spot, old: QualityRule, new: QualityRule) -> Iterator[Change]:
    for name in dict.fromkeys((*old.arguments, *new.arguments)):
        before, after = old.arguments.get(name), new.arguments.get(name)
        if before != after:
            yield from _argument(spot, old, new, name, before, after)


def _argument(spot: Spot, old: QualityRule, new: QualityRule, name: str, before: Any, after: Any) -> Iterator[Change]:
    """What is counted as bad; with an operator that is no upper limit, more of it is neither stricter nor laxer."""
    counts, key = (_fails(old), _fails(new)), f"arguments.{name}"
    capped = all(rule.operator is None or caps(rule.operator, _measure(rule)) for rule in (old, new))
    left, right = _texts(name, before), _texts(name, after)
    if capped and name == "validValues" and left is not None and right is not None:
        yield from listed(spot, name, left, right, counts=counts, key=key)
        return
    kind = _argument_direction(name, left, right, before, after) if capped else Kind.CHANGED
    if kind is Kind.TIGHTENED:
        yield spot.tightened(name, before, after, "more is counted as bad", counts=counts[1], key=key)
    elif kind is Kind.LOOSENED:
        yield spot.loosened(name, before, after, "less is counted as bad", counts=counts[0], key=key)
    elif kind is Kind.CHANGED:
        why = f"the rule counts by another {name}"
        yield spot.changed(name, before, after, why, senders=counts[1], readers=counts[0], key=key)


def _argument_direction(
    name: str, left: tuple[str, ...] | None, right: tuple[str, ...] | None, before: Any, after: Any
) -> Kind | None:
    """Tightened when more becomes bad; None when the same does."""
    if name == "pattern" or left is None or right is None:
        return Kind.CHANGED if name != "pattern" or None not in (before, after) else _come(before)
    if name == "properties" and not (left and right):  # all columns: a key within it is the stricter one
        return None if not before and not after else _come(before)
    if name not in ("missingValues", "properties"):
        return Kind.CHANGED
    more, fewer = set(left) <= set(right), set(right) <= set(left)
    if more and fewer:
        return None
    stricter = more if name == "missingValues" else fewer
    return Kind.TIGHTENED if stricter else Kind.LOOSENED if more or fewer else Kind.CHANGED


def _come(before: Any) -> Kind:
    return Kind.TIGHTENED if not before else Kind.LOOSENED


def _texts(name: str, value: Any) -> tuple[str, ...] | None:
    """A list of the contract; missing values without a list are the empty cells alone."""
    if value is None:
        return ("null",) if name == "missingValues" else ()
    if not isinstance(value, list):
        return None
    return tuple("null" if one is None else as_text(one) for one in value)
