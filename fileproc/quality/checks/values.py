"""Rules about one value: its type, every logicalTypeOptions key, enum and formats.

The same rules hold for a column, for a field of an object and for an element of a list; only the expressions for the
text, the JSON kind and the typed value differ. `Spot` carries them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from fileproc.quality import sql
from fileproc.quality.bounds import integer_bound
from fileproc.quality.checks.hints import length_hint, list_hint, pattern_hint
from fileproc.quality.checks.words import BOUNDS, as_text, is_count, is_number, is_positive, listed
from fileproc.quality.contracts.contract import Property
from fileproc.quality.logical_types import FORMATS, INTEGER_FORMATS, NUMBER_FORMATS, Typed

#: Options that say how a value is written; the type takes them into account.
PART_OF_TYPE = {"format", "timezone", "defaultTimezone", "dimensions", "elementType", "normalized"}
HINTS = {"distanceMetric", "embeddingModel"}

#: `decimal(10, 2)` in a physicalType: so many digits, so many of them behind the point.
DECIMAL = re.compile(r"(?:decimal|numeric|number)\s*\(\s*(\d{1,3})\s*(?:,\s*(\d{1,3})\s*)?\)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a value stands: expressions for its text and its typed value."""

    cell: str
    value: str
    typed: Typed

    @property
    def text(self) -> str:
        """The text of a value that is of its type; NULL for a bad one: it has its finding already."""
        return self.cell if self.value == self.cell else f"CASE WHEN {self.value} IS NOT NULL THEN {self.cell} END"


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that can be wrong with a value; `shown` is the part that is bad, where it is not the whole cell.

    `inside` says where in the cell: `[]` for the elements of a list, `[].price` for a field of them.
    """

    type: str
    bad: str
    agreed: str
    listed: tuple[str, ...] = ()
    inside: str = ""
    shown: str = ""
    whole_row: bool = False  # other columns take part
    kind: str = ""  # of the value, where it is not the column's
    hint: Callable[[str], str] | None = None  # names a bad value, where the rule knows more than its text


@dataclass(frozen=True, slots=True)
class Unrun:
    """A rule that cannot be run, and why."""

    type: str
    reason: str
    inside: str = ""


def value_rules(prop: Property, spot: Spot, accepts_pattern: Callable[[str], bool]) -> Iterator[Rule | Unrun]:
    """What is agreed on a value besides that it is there and of its type."""
    for key, option in prop.options.items():
        yield from _option(prop, spot, key, option, accepts_pattern)
    yield from _format(prop, spot)
    yield from _precision(prop, spot)
    if prop.enum:
        allowed = [as_text(value) for value in prop.enum]
        bad, agreed = not_in(spot, list(prop.enum)), f"one of {listed(allowed)}"
        yield Rule("enum", bad, agreed, tuple(allowed), hint=list_hint(allowed))


def _option(
    prop: Property, spot: Spot, key: str, option: Any, accepts_pattern: Callable[[str], bool]
) -> Iterator[Rule | Unrun]:
    typed = spot.typed
    if key in BOUNDS and typed.kind != "string" and (bound := typed.literal(option)) is not None:
        comparison, words = BOUNDS[key]
        yield Rule(key, f"NOT ({spot.value} {comparison} {bound})", f"{words} {option}")
    elif key in ("minLength", "maxLength") and typed.is_text and is_count(option):
        comparison, words = (">=", "at least") if key == "minLength" else ("<=", "at most")
        bad = f"NOT (length({spot.cell}) {comparison} {option})"
        yield Rule(key, bad, f"{words} {option} characters", hint=_length_hint(prop))
    elif key == "pattern" and typed.is_text and isinstance(option, str) and accepts_pattern(option):
        bad = f"NOT regexp_matches({spot.cell}, {sql.text(option)})"
        yield Rule(key, bad, f"text that matches {option}", hint=pattern_hint(option))
    elif key == "multipleOf" and typed.kind in ("integer", "number") and is_positive(option):
        yield Rule(key, _not_multiple(spot.value, option), f"a multiple of {option}")
    elif key not in PART_OF_TYPE and key not in HINTS:
        yield Unrun(key, f"{key}: {option!r} cannot be checked on {prop.logical_type or 'untyped'} values here")


def _length_hint(prop: Property) -> Callable[[str], str] | None:
    bounds = [prop.options.get(key) for key in ("minLength", "maxLength")]
    least, most = (one if is_count(one) else None for one in bounds)
    return length_hint(least, most)


def _format(prop: Property, spot: Spot) -> Iterator[Rule | Unrun]:
    """String formats as whole texts; integer formats as ranges; a date's format is part of its type."""
    written = prop.options.get("format")
    if written is None:
        return
    name = str(written).lower()
    if spot.typed.kind == "integer":
        bounds = INTEGER_FORMATS.get(name)
        if bounds is not None:
            low, high = (spot.typed.literal(one) for one in bounds)
            yield Rule("format", f"NOT ({spot.value} BETWEEN {low} AND {high})", f"an integer of format {name}")
        else:
            yield Unrun("format", f"the integer format {name!r} is not known; i8 to i128 and u8 to u128 are")
    elif spot.typed.kind == "number" and name in NUMBER_FORMATS:
        bad = f"abs({spot.value}) > {spot.typed.literal(NUMBER_FORMATS[name])}"
        yield Rule("format", bad, f"a number of format {name}")
    elif spot.typed.kind == "number":
        yield Unrun("format", f"the number format {name!r} is not known; f32 and f64 are")
    elif spot.typed.is_text and name in FORMATS:
        yield Rule("format", f"NOT regexp_full_match({spot.cell}, {sql.text(FORMATS[name])})", f"a valid {name}")
    elif spot.typed.is_text:
        yield Unrun("format", f"the format {name!r} is a hint and not checked")


def _precision(prop: Property, spot: Spot) -> Iterator[Rule]:
    """`physicalType: decimal(10,2)` promises that a number fits without being rounded."""
    found = DECIMAL.search(prop.physical_type or "") if spot.typed.kind in ("integer", "number") else None
    if found is None:
        return
    digits, behind = int(found[1]), int(found[2] or 0)
    if not 0 <= behind <= digits <= 38:
        return
    # Leading and trailing zeros do not count; a text in scientific notation has too many digits, or is none.
    before = f"length(regexp_extract({spot.text}, '^[+-]?0*([0-9]*)', 1))"
    after = f"length(rtrim(regexp_extract({spot.text}, '[.,]([0-9]*)', 1), '0'))"
    bad = f"{spot.text} IS NOT NULL AND ({before} > {digits - behind} OR {after} > {behind})"
    yield Rule("precision", bad, f"at most {digits - behind} digits before and {behind} behind the point")


def not_in(spot: Spot, values: list[Any]) -> str:
    """True for a value that is none of these; numbers are compared as numbers, everything else as it is written."""
    if spot.typed.kind in ("integer", "number") and values and all(is_number(value) for value in values):
        return f"{spot.value} NOT IN ({', '.join(str(spot.typed.literal(value)) for value in values)})"
    return f"{spot.text} NOT IN ({sql.texts(as_text(value) for value in values)})"


def _not_multiple(value: str, option: Any) -> str:
    """Decimal fractions are compared with a tolerance: 0.3 is a multiple of 0.1."""
    if isinstance(option, int):
        return f"({value}) % {integer_bound(option)} <> 0"
    quotient = f"({value}) / CAST({sql.text(str(option))} AS DOUBLE)"
    return f"abs({quotient} - round({quotient})) > 1e-9 * greatest(1, abs({quotient}))"
