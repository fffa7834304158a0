"""Which measures an operator allows, as intervals: two operators are compared by what they let through.

`mustBe: 0` and `mustBeLessThan: 1` allow the same counts; `mustNotBeBetween: [2, 5]` allows two intervals. Counts are
whole and not negative, shares lie between 0 and 100, and the one value of an SQL rule is any number.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from fileproc.quality.contracts.contract import Operator
from fileproc.quality.contracts.diff_change import Kind

INFINITE = math.inf


class Measure(StrEnum):
    """What an operator is compared with."""

    COUNT = "count"
    SHARE = "share"
    ANY = "any"


DOMAINS = {Measure.COUNT: (0, INFINITE), Measure.SHARE: (0, 100), Measure.ANY: (-INFINITE, INFINITE)}


@dataclass(frozen=True, slots=True)
class Interval:
    """All numbers between two ends; an open end is not itself part of it."""

    low: float
    high: float
    low_open: bool = False
    high_open: bool = False

    @property
    def empty(self) -> bool:
        return self.low > self.high or (self.low == self.high and (self.low_open or self.high_open))

    def holds(self, other: Interval) -> bool:
        """Whether all of the other one lies within."""
        low = self.low < other.low or (self.low == other.low and (not self.low_open or other.low_open))
        high = self.high > other.high or (self.high == other.high and (not self.high_open or other.high_open))
        return low and high


def allowed(operator: Operator, measure: Measure) -> tuple[Interval, ...] | None:
    """What passes, or None for an operator whose value is no number to compare with."""
    spans = _spans(operator)
    if spans is None:
        return None
    least, most = DOMAINS[measure]
    clipped = [_clipped(span, least, most) for span in spans]
    if measure is Measure.COUNT:
        clipped = [_whole(span) for span in clipped]
    return tuple(span for span in clipped if not span.empty)


def direction(old: Operator, new: Operator, measure: Measure) -> Kind | None:
    """Tightened, loosened or changed; None when both allow the same."""
    before, after = allowed(old, measure), allowed(new, measure)
    if before is None or after is None:
        return None if old == new else Kind.CHANGED
    narrower, wider = _within(after, before), _within(before, after)
    if narrower and wider:
        return None
    if narrower:
        return Kind.TIGHTENED
    return Kind.LOOSENED if wider else Kind.CHANGED


def caps(operator: Operator, measure: Measure) -> bool:
    """Whether fewer is always as good: what passes is everything up to some number."""
    spans = allowed(operator, measure)
    return spans is not None and len(spans) == 1 and spans[0].low <= 0 and not spans[0].low_open


def only_zero(operator: Operator | None) -> bool:
    """Whether no exception is allowed, in whatever unit."""
    if operator is None:
        return False
    return allowed(operator, Measure.COUNT) == (Interval(0, 0),) and operator.name in ("mustBe", "mustBeLessOrEqualTo")


def _spans(operator: Operator) -> tuple[Interval, ...] | None:
    value = operator.value
    if operator.name in ("mustBeBetween", "mustNotBeBetween"):
        if not (isinstance(value, list) and len(value) == 2 and all(_is_number(one) for one in value)):
            return None
        low, high = min(value), max(value)
        inside = (Interval(low, high),)
        outside = (Interval(-INFINITE, low, high_open=True), Interval(high, INFINITE, low_open=True))
        return inside if operator.name == "mustBeBetween" else outside
    if not _is_number(value):
        return None
    spans: dict[str, tuple[Interval, ...]] = {
        "mustBe": (Interval(value, value),),
        "mustNotBe": (Interval(-INFINITE, value, high_open=True), Interval(value, INFINITE, low_open=True)),
        "mustBeGreaterThan": (Interval(value, INFINITE, low_open=True),),
        "mustBeGreaterOrEqualTo": (Interval(value, INFINITE),),
        "mustBeLessThan": (Interval(-INFINITE, value, high_open=True),),
        "mustBeLessOrEqualTo": (Interval(-INFINITE, value),),
    }
    return spans.get(operator.name)


def _clipped(span: Interval, least: float, most: float) -> Interval:
    low, low_open = (least, False) if span.low < least else (span.low, span.low_open)
    high, high_open = (most, False) if span.high > most else (span.high, span.high_open)
    return Interval(low, high, low_open, high_open)


def _whole(span: Interval) -> Interval:
    """The same for whole numbers, with closed ends."""
    low, high = span.low, span.high
    if math.isfinite(low):
        low = math.floor(low) + 1 if span.low_open else math.ceil(low)
    if math.isfinite(high):
        high = math.ceil(high) - 1 if span.high_open else math.floor(high)
    return Interval(low, high)


def _within(inner: tuple[Interval, ...], outer: tuple[Interval, ...]) -> bool:
    return all(any(one.holds(span) for one in outer) for span in inner)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
