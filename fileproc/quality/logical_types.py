"""Logical types of text cells: the lexical form that counts, and the typed value for comparisons.

A cast alone takes too much (`7.5` for the integer 8, `1e3`, `0x1F`, `1996/02/03`), so a value counts only if its text
has the form of its type. Each type yields one expression that is the typed value, or NULL for a cell that is not of the
type.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from fileproc.quality import sql
from fileproc.quality.bounds import BOUNDS, SOME_DAY, integer_bound
from fileproc.quality.date_patterns import UnknownFormat, compile_pattern
from fileproc.quality.time_zones import check_zone

#: What numbers look like; no grouping, no blanks, no NaN, no infinity.
INTEGER = "[+-]?[0-9]+"
NUMBER = r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?"

TIMESTAMP = (
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.,][0-9]{1,9})?)?(Z|[+-][0-9]{2}(:?[0-9]{2})?)?"
)
OFFSET = r"(Z|[+-][0-9]{2}(:?[0-9]{2})?)$"
TIME = r"[0-9]{2}:[0-9]{2}(:[0-9]{2}([.,][0-9]{1,9})?)?"

#: ODCS integer formats → inclusive range.
INTEGER_FORMATS = {f"i{bits}": (-(1 << bits - 1), (1 << bits - 1) - 1) for bits in (8, 16, 32, 64, 128)} | {
    f"u{bits}": (0, (1 << bits) - 1) for bits in (8, 16, 32, 64, 128)
}

#: ODCS number formats → the largest number that they hold.
NUMBER_FORMATS = {"f32": 3.4028234663852886e38, "f64": 1.7976931348623157e308}

#: Integer formats that 64 bits do not hold → the engine's type.
WIDE = {"u64": "HUGEINT", "i128": "HUGEINT", "u128": "UHUGEINT"}

IPV4 = r"(?:(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])\.){3}(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])"


def _ipv6() -> str:
    """Eight groups, or fewer around one `::`; the last two may be written as an IPv4 address."""
    group, most = "[0-9A-Fa-f]{1,4}", 7
    forms = [
        f"(?:{group}:){{7}}{group}",
        f"(?:{group}:){{6}}{IPV4}",
        f"(?:{group}:){{1,7}}:",
        f":(?::{group}){{1,7}}",
        "::",
    ]
    forms += [f"(?:{group}:){{1,{most - after}}}(?::{group}){{1,{after}}}" for after in range(1, most)]
    forms += [f"::(?:{group}:){{0,5}}{IPV4}"]
    forms += [f"(?:{group}:){{1,{before}}}:(?:{group}:){{0,{5 - before}}}{IPV4}" for before in range(1, 6)]
    return "|".join(forms)


#: String formats that are checked; others are hints and listed as not run.
FORMATS = {
    "email": r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
    r"(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)+",
    "uuid": r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}",
    "uri": r"[A-Za-z][A-Za-z0-9+.-]*:[^\s]+",
    "hostname": r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?",
    "ipv4": IPV4,
    "ipv6": _ipv6(),
    "byte": r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?",
}

#: Types that hold other values → the JSON that they are.
CONTAINERS = {"object": "OBJECT", "map": "OBJECT", "array": "ARRAY", "vector": "ARRAY"}

#: What a type asks of a cell, in words.
AGREED = {
    "integer": "a whole number such as 42",
    "number": "a number such as 12.50",
    "boolean": "true or false",
    "date": "a date such as 2026-11-24",
    "timestamp": "a timestamp such as 2026-11-24T06:30:00Z",
    "time": "a time such as 06:30:00",
    "string": "text",
    "object": "a JSON object",
    "array": "a JSON array",
}


@dataclass(frozen=True, slots=True)
class Typed:
    """A compiled type. `value` and `bad` are expressions over one text cell; `agreed` is for people."""

    value: str
    agreed: str
    is_text: bool = False
    bad: str | None = None  # None: bad is "there is a text and no value"
    kind: str = "string"
    plain: str | None = None  # the value without looking at the text's form: right for cells that are proved
    form: str | None = None  # the JDK pattern that was agreed on
    canonical: str | None = None  # true where the text is what the engine itself would write: cheap, and never wrong

    engine: str = "HUGEINT"  # what integers are compared as

    def literal(self, bound: Any) -> str | None:
        """A bound of the contract as a literal of this type, None for what is no value of it."""
        if self.kind == "integer":
            return integer_bound(bound, self.engine)
        return BOUNDS[self.kind](bound) if self.kind in BOUNDS else None


def compile_type(logical: str, cell: str, options: dict[str, Any], decimal_char: str | None = None) -> Typed | None:
    """The type for a text cell, or None for one that is not checked by value (object, array, map, vector).

    Raises:
        UnknownFormat: the type's `format` cannot be compiled.
    """
    pattern = options.get("format")
    if logical == "integer":
        return _integer(cell, str(pattern or "").lower())
    if logical == "number":
        return _number(cell, decimal_char)
    if logical == "boolean":
        return Typed(
            f"CASE {cell} WHEN 'true' THEN TRUE WHEN 'false' THEN FALSE END", AGREED["boolean"], kind="boolean"
        )
    if logical in ("date", "timestamp", "time") and pattern:
        return _patterned(cell, logical, str(pattern), options)
    if logical == "date":
        value = f"TRY_CAST({cell} AS DATE)"
        same = f"{value}::VARCHAR = {cell}"
        return Typed(f"CASE WHEN {same} THEN {value} END", AGREED["date"], kind="date", plain=value, canonical=same)
    if logical == "timestamp":
        return _timestamp(cell, options)
    if logical == "time":
        return _time(cell, options)
    if logical == "string":
        return Typed(cell, AGREED["string"], is_text=True)
    return None


def _integer(cell: str, format_: str) -> Typed:
    """Within 64 bits, unless a wider format was agreed on."""
    type_ = WIDE.get(format_, "BIGINT")
    plain = f"TRY_CAST({cell} AS {type_})"
    agreed = "a whole number from 0, such as 42" if type_ == "UHUGEINT" else AGREED["integer"]
    return Typed(
        _guarded(cell, type_, INTEGER), agreed, kind="integer", plain=plain, canonical=f"{plain}::VARCHAR = {cell}",
        engine="UHUGEINT" if type_ == "UHUGEINT" else "HUGEINT",
    )  # fmt: skip


def _guarded(cell: str, type_: str, form: str) -> str:
    """The cast's value, if its text is the cell's own or has the right form; canonical text never meets the regex."""
    value = f"TRY_CAST({cell} AS {type_})"
    return f"CASE WHEN {value}::VARCHAR = {cell} OR regexp_full_match({cell}, {sql.text(form)}) THEN {value} END"


def _number(cell: str, decimal_char: str | None) -> Typed:
    if decimal_char in (None, "."):
        plain = f"TRY_CAST({cell} AS DOUBLE)"
        value = f"CASE WHEN regexp_full_match({cell}, {sql.text(NUMBER)}) THEN {plain} END"
        return Typed(value, AGREED["number"], kind="number", plain=plain)
    form = NUMBER.replace(r"\.", re.escape(str(decimal_char)))
    plain = f"replace({cell}, {sql.text(str(decimal_char))}, '.')"
    value = f"CASE WHEN regexp_full_match({cell}, {sql.text(form)}) THEN TRY_CAST({plain} AS DOUBLE) END"
    return Typed(value, f"a number such as 12{decimal_char}50", kind="number")


def _timestamp(cell: str, options: dict[str, Any]) -> Typed:
    zone = zone_of(options)
    has_offset = f"regexp_matches({cell}, {sql.text(OFFSET)})"
    plain = f"replace({cell}, ',', '.')"
    naive = f"timezone({sql.text(zone)}, TRY_CAST({plain} AS TIMESTAMP))"
    either = f"CASE WHEN {has_offset} THEN TRY_CAST({plain} AS TIMESTAMPTZ) ELSE {naive} END"
    agreed = AGREED["timestamp"]
    if options.get("timezone") is True:
        either = f"CASE WHEN {has_offset} THEN TRY_CAST({plain} AS TIMESTAMPTZ) END"
        agreed = "a timestamp with an offset, such as 2026-11-24T06:30:00+01:00"
    form = f"regexp_full_match({cell}, {sql.text(TIMESTAMP)})"
    return Typed(f"CASE WHEN {form} THEN {either} END", agreed, kind="timestamp")


def _time(cell: str, options: dict[str, Any]) -> Typed:
    """Times have no offset, unless the contract speaks of zones; then they are compared in UTC."""
    form = f"regexp_full_match({cell}, {sql.text(TIME)})"
    if options.get("timezone") is not True and not options.get("defaultTimezone"):
        return Typed(f"CASE WHEN {form} THEN TRY_CAST({cell} AS TIME) END", AGREED["time"], kind="time")
    moment = f"({sql.text(f'{SOME_DAY}T')} || replace({cell}, ',', '.'))"
    aware = f"regexp_full_match({cell}, {sql.text(TIME + OFFSET.removesuffix('$'))})"
    cases = f"WHEN {aware} THEN TRY_CAST({moment} AS TIMESTAMPTZ)"
    agreed = "a time with an offset, such as 06:30:00+01:00"
    if options.get("timezone") is not True:
        cases += f" WHEN {form} THEN timezone({sql.text(zone_of(options))}, TRY_CAST({moment} AS TIMESTAMP))"
        agreed = AGREED["time"]
    return Typed(f"CAST(timezone('UTC', CASE {cases} END) AS TIME)", agreed, kind="time")


def _patterned(cell: str, logical: str, pattern: str, options: dict[str, Any]) -> Typed:
    """A JDK pattern: what it parses, and writes back as it was."""
    compiled = compile_pattern(pattern)
    if compiled.offset is None and options.get("timezone") is True and logical != "date":
        raise UnknownFormat(f"timezone: true demands an offset, and the pattern {pattern!r} has none, such as XXX")
    parsed, zone = compiled.parsed(cell), zone_of(options)
    if logical == "timestamp":
        moment = parsed if compiled.offset is not None else f"timezone({sql.text(zone)}, {parsed})"
    else:
        moment = f"timezone('UTC', {parsed})" if compiled.offset is not None else parsed
        moment = f"CAST({moment} AS {logical.upper()})"
    value = f"CASE WHEN {compiled.same(cell)} THEN {moment} END"
    return Typed(value, f"a {logical} written as {pattern}", kind=logical, form=pattern)


def zone_of(options: dict[str, Any]) -> str:
    """The zone of values without an offset. Raises UnknownFormat for one that nobody knows."""
    zone = str(options.get("defaultTimezone") or "UTC")
    check_zone(zone)
    return zone
