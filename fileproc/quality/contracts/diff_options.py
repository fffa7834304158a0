"""logicalTypeOptions and enum: which way each key goes.

A bound that is dropped is a bound at infinity, so adding one always tightens. Keys that are not known here are
compared all the same; without a known direction both sides are told.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any

from fileproc.quality.contracts.contract import Property
from fileproc.quality.contracts.diff_change import Change, Kind, Spot, as_text

#: (inclusive, exclusive, which way is stricter)
BOUNDS = (("minimum", "exclusiveMinimum", 1), ("maximum", "exclusiveMaximum", -1))

#: Counts: 1 = more is stricter, -1 = fewer is.
COUNTS = {"minLength": 1, "maxLength": -1, "minItems": 1, "maxItems": -1, "minProperties": 1, "maxProperties": -1}

#: Counts that ask for nothing when they are 0, and flags that ask for nothing when they are false.
FREE_AT_ZERO = ("minLength", "minItems", "minProperties")
FLAGS = ("timezone", "uniqueItems")

#: Facts about values that no check looks at; only readers can be surprised.
FOR_READERS = ("distanceMetric", "embeddingModel", "embeddingModelVersion")

#: Sizes of numbers: what fits into the first fits into the second.
SIZES = {
    **{f"i{bits}": (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) for bits in (8, 16, 32, 64, 128)},
    **{f"u{bits}": (0, 2**bits - 1) for bits in (8, 16, 32, 64, 128)},
    "f32": (-32, 32),
    "f64": (-64, 64),
}

_BOUND_KEYS = frozenset(name for pair in BOUNDS for name in pair[:2])

Bound = tuple[Any, bool] | None  # (value, exclusive)


def compare_options(spot: Spot, old: Property, new: Property) -> Iterator[Change]:
    """Every key of logicalTypeOptions."""
    for inclusive, exclusive, way in BOUNDS:
        yield from _bound(spot, old, new, inclusive, exclusive, way)
    for key in dict.fromkeys((*old.options, *new.options)):
        before, after = old.options.get(key), new.options.get(key)
        if key not in _BOUND_KEYS and before != after:
            yield from _option(spot, old, new, key, before, after)


def _option(spot: Spot, old: Property, new: Property, key: str, before: Any, after: Any) -> Iterator[Change]:
    path = f"logicalTypeOptions.{key}"
    if key == "required":
        yield from _members(spot, before, after)
        return
    if key in FOR_READERS:
        yield spot.changed(key, before, after, f"{key} tells readers what the values mean", senders=False, key=path)
        return
    kind = _direction(key, (old.logical_type, new.logical_type), before, after)
    if kind is not None:
        yield spot.moved(
            kind, key, before, after, key=path,
            tighter=f"{key} demands more of a value", looser=f"{key} demands less of a value",
            other=f"{key} demands something else of a value",
        )  # fmt: skip


def _direction(key: str, types: tuple[str | None, ...], before: Any, after: Any) -> Kind | None:
    """Which way a key goes; None when both values ask for the same."""
    if key in COUNTS:
        return _count_direction(key, before, after)
    if key in FLAGS:
        left, right = before is True, after is True
        return None if left == right else Kind.TIGHTENED if right else Kind.LOOSENED
    if key == "multipleOf":
        return _multiple_direction(before, after)
    if key == "format":
        return _format_direction(types, before, after)
    if key == "defaultTimezone":
        return None if _zone(before) == _zone(after) else Kind.CHANGED
    return _presence(before, after)


def compare_enum(spot: Spot, old: Property, new: Property) -> Iterator[Change]:
    """Values that are listed; without a list every value is allowed."""
    yield from listed(spot, "enum", old.enum, new.enum, key="enum")


def listed(
    spot: Spot, what: str, old: tuple[Any, ...], new: tuple[Any, ...], *,
    counts: tuple[bool, bool] = (True, True), key: str = "",
) -> Iterator[Change]:  # fmt: skip
    """A list of what is allowed; an empty one allows everything. `counts`: whether the old, the new one fails files."""
    before, after = dict.fromkeys(map(as_text, old)), dict.fromkeys(map(as_text, new))
    if not before and after:
        yield spot.tightened(what, None, tuple(after), "only listed values are allowed now", counts=counts[1], key=key)
    elif before and not after:
        yield spot.loosened(what, tuple(before), None, "any value is allowed now", counts=counts[0], key=key)
    elif before and after:
        gone, come = tuple(one for one in before if one not in after), tuple(one for one in after if one not in before)
        if gone:
            why = f"{len(gone)} listed {_values(gone)} no longer allowed"
            yield spot.tightened(f"{what} values", gone, None, why, counts=counts[1], key=key)
        if come:
            why = f"{len(come)} more {_values(come)} allowed"
            yield spot.loosened(f"{what} values", None, come, why, counts=counts[0], key=key)


def _values(values: tuple[str, ...]) -> str:
    return "value is" if len(values) == 1 else "values are"


def _bound(spot: Spot, old: Property, new: Property, inclusive: str, exclusive: str, way: int) -> Iterator[Change]:
    """Both keys of one end together: of two, the stricter one counts."""
    before, after = _strictest(old, inclusive, exclusive, way), _strictest(new, inclusive, exclusive, way)
    if before == after:
        return
    kind = _bound_direction(before, after, way)
    if kind is None:
        return
    key = exclusive if (after or before or (None, False))[1] else inclusive
    near, far = ("smaller", "larger") if way > 0 else ("larger", "smaller")
    yield spot.moved(
        kind, inclusive, _bound_words(before), _bound_words(after), key=f"logicalTypeOptions.{key}",
        tighter=f"{near} values are no longer allowed", looser=f"{near} values are allowed now",
        other=f"the bound cannot be compared, {near} or {far} values may be meant",
    )  # fmt: skip


def _strictest(prop: Property, inclusive: str, exclusive: str, way: int) -> Bound:
    one = (prop.options[inclusive], False) if prop.options.get(inclusive) is not None else None
    other = (prop.options[exclusive], True) if prop.options.get(exclusive) is not None else None
    if one is None or other is None:
        return one or other
    order = _order(one[0], other[0])
    return one if order is not None and order * way > 0 else other


def _bound_direction(before: Bound, after: Bound, way: int) -> Kind | None:
    if before is None or after is None:
        return Kind.TIGHTENED if before is None else Kind.LOOSENED
    order = _order(after[0], before[0])
    if order is None:
        return Kind.CHANGED
    if order == 0:
        order = (after[1] - before[1]) * way
    if order == 0:
        return None
    return Kind.TIGHTENED if order * way > 0 else Kind.LOOSENED


def _bound_words(bound: Bound) -> str | None:
    if bound is None:
        return None
    return f"{bound[0]}, itself not allowed" if bound[1] else str(bound[0])


def _order(one: Any, other: Any) -> int | None:
    """-1, 0 or 1 for numbers, dates, timestamps and times; None when the two cannot be compared."""
    for read in (_number, _instant, _time):
        left, right = read(one), read(other)
        if left is not None and right is not None:
            return int(left > right) - int(left < right)
    return 0 if one == other else None


def _number(value: Any) -> Any:
    if isinstance(value, bool):
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _instant(value: Any) -> Any:
    """Dates are midnights; without an offset it is UTC."""
    try:
        found = datetime.fromisoformat(str(value))
        return found if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def _time(value: Any) -> Any:
    try:
        return time.fromisoformat(str(value)).replace(tzinfo=None)
    except ValueError:
        return None


def _count_direction(key: str, before: Any, after: Any) -> Kind | None:
    if key in FREE_AT_ZERO:
        before, after = before or None, after or None
    if before is None or after is None:
        return None if before is after else _presence(before, after)
    order = _order(after, before)
    if not order:
        return Kind.CHANGED if order is None else None
    return Kind.TIGHTENED if order * COUNTS[key] > 0 else Kind.LOOSENED


def _presence(before: Any, after: Any) -> Kind:
    if before is None:
        return Kind.TIGHTENED
    return Kind.LOOSENED if after is None else Kind.CHANGED


def _multiple_direction(before: Any, after: Any) -> Kind | None:
    if before is None or after is None:
        return _presence(before, after)
    left, right = _number(before), _number(after)
    if not left or not right:
        return Kind.CHANGED
    left, right = abs(left), abs(right)
    if left == right:
        return None
    if _divides(left, right):
        return Kind.TIGHTENED  # every multiple of the new one is one of the old one
    return Kind.LOOSENED if _divides(right, left) else Kind.CHANGED


def _divides(part: Decimal, whole: Decimal) -> bool:
    try:
        return whole % part == 0
    except InvalidOperation:  # more digits than decimals hold
        return False


def _format_direction(types: tuple[str | None, ...], before: Any, after: Any) -> Kind:
    """A format of text or a size of numbers narrows; a pattern of dates replaces the ISO form, so it is another one."""
    if any(one in ("date", "timestamp", "time") for one in types):
        return Kind.CHANGED
    if before in SIZES and after in SIZES and (before[0] == "f") == (after[0] == "f"):
        (low, high), (new_low, new_high) = SIZES[before], SIZES[after]
        if low <= new_low and new_high <= high:
            return Kind.TIGHTENED
        return Kind.LOOSENED if new_low <= low and high <= new_high else Kind.CHANGED
    return _presence(before, after)


def _members(spot: Spot, before: Any, after: Any) -> Iterator[Change]:
    """Fields that an object must have."""
    old = [as_text(one) for one in before] if isinstance(before, list) else []
    new = [as_text(one) for one in after] if isinstance(after, list) else []
    come, gone = tuple(one for one in new if one not in old), tuple(one for one in old if one not in new)
    key = "logicalTypeOptions.required"
    if come:
        yield spot.tightened("required fields", None, come, "more fields must be there", key=key)
    if gone:
        yield spot.loosened("required fields", gone, None, "fewer fields must be there", key=key)


def _zone(value: Any) -> str:
    return "UTC" if value in (None, "Etc/UTC", "UTC") else str(value)


def type_direction(old: str | None, new: str | None) -> Kind:
    """Which way a logicalType goes: every whole number is a number, and everything is text."""
    if old is None or new is None:
        return _presence(old, new)
    if (old, new) == ("number", "integer") or old == "string":
        return Kind.TIGHTENED
    return Kind.LOOSENED if (old, new) == ("integer", "number") or new == "string" else Kind.CHANGED
