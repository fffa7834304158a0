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

#: What numbers look like; no grouping, no blanks, no NaN, no infinity.
INTEGER = "[+-]?[0-9]+"
NUMBER = r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?"

TIMESTAMP = (
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.,][0-9]{1,9})?)?(Z|[+-][0-9]{2}(:?[0-9]{2})?)?"
)
OFFSET = r"(Z|[+-][0-9]{2}(:?[0-9]{2})?)$"
TIME = r"[0-9]{2}:[0-9]{2}(:[0-9]{2}([.,][0-9]{1,9})?)?"

#: JDK pattern letters → strptime; the ones that data files use.
JDK = (
    ("yyyy", "%Y"), ("uuuu", "%Y"), ("yy", "%y"), ("MMMM", "%B"), ("MMM", "%b"), ("MM", "%m"), ("dd", "%d"),
    ("HH", "%H"), ("hh", "%I"), ("mm", "%M"), ("ss", "%S"), ("SSSSSSSSS", "%n"), ("SSSSSS", "%f"), ("SSS", "%g"),
    ("a", "%p"), ("XXX", "%z"), ("xxx", "%z"), ("XX", "%z"), ("Z", "%z"), ("EEEE", "%A"), ("EEE", "%a"),
    ("M", "%-m"), ("d", "%-d"), ("H", "%-H"), ("h", "%-I"), ("m", "%-M"), ("s", "%-S"),
)  # fmt: skip

#: String formats that are checked; others are hints and listed as not run.
FORMATS = {
    "email": r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
    r"(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)+",
    "uuid": r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}",
    "uri": r"[A-Za-z][A-Za-z0-9+.-]*:[^\s]+",
    "hostname": r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?",
    "ipv4": r"(?:(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])\.){3}(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])",
    "ipv6": r"(?:[0-9A-Fa-f]{1,4}:){7}[0-9A-Fa-f]{1,4}|(?:[0-9A-Fa-f]{0,4}:){1,7}:?[0-9A-Fa-f]{0,4}",
    "byte": r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?",
}

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

    def literal(self, bound: Any) -> str:
        """A bound of the contract as a literal of this type."""
        if self.kind in ("integer", "number"):
            return f"CAST({sql.text(str(bound))} AS {'DOUBLE' if self.kind == 'number' else 'HUGEINT'})"
        casts = {"date": "DATE", "timestamp": "TIMESTAMPTZ", "time": "TIME"}
        if self.kind in casts:
            return f"CAST({sql.text(str(bound))} AS {casts[self.kind]})"
        return sql.literal(bound)


class UnknownFormat(Exception):
    """A date pattern that cannot be compiled; the message says why."""


def compile_type(logical: str, cell: str, options: dict[str, Any], decimal_char: str | None = None) -> Typed | None:
    """The type for a text cell, or None for one that is not checked by value (object, array, map, vector).

    Raises:
        UnknownFormat: the type's `format` cannot be compiled.
    """
    pattern = options.get("format")
    if logical == "integer":
        plain = f"TRY_CAST({cell} AS BIGINT)"
        return Typed(
            _guarded(cell, "BIGINT", INTEGER), AGREED["integer"], kind="integer", plain=plain,
            canonical=f"{plain}::VARCHAR = {cell}",
        )  # fmt: skip
    if logical == "number":
        return _number(cell, decimal_char)
    if logical == "boolean":
        return Typed(
            f"CASE {cell} WHEN 'true' THEN TRUE WHEN 'false' THEN FALSE END", AGREED["boolean"], kind="boolean"
        )
    if logical in ("date", "timestamp", "time") and pattern:
        return _patterned(cell, logical, str(pattern))
    if logical == "date":
        value = f"TRY_CAST({cell} AS DATE)"
        same = f"{value}::VARCHAR = {cell}"
        return Typed(f"CASE WHEN {same} THEN {value} END", AGREED["date"], kind="date", plain=value, canonical=same)
    if logical == "timestamp":
        return _timestamp(cell, options)
    if logical == "time":
        form = f"regexp_full_match({cell}, {sql.text(TIME)})"
        return Typed(f"CASE WHEN {form} THEN TRY_CAST({cell} AS TIME) END", AGREED["time"], kind="time")
    if logical == "string":
        return Typed(cell, AGREED["string"], is_text=True)
    return None


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
    zone = str(options.get("defaultTimezone") or "UTC")
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


def _patterned(cell: str, logical: str, pattern: str) -> Typed:
    """A JDK pattern: what it parses, and writes back as it was."""
    strptime = jdk_to_strptime(pattern)
    parsed = f"try_strptime({cell}, {sql.text(strptime)})"
    kinds = {"date": "DATE", "timestamp": "TIMESTAMPTZ", "time": "TIME"}
    same = f"length({cell}) = length(strftime({parsed}, {sql.text(strptime)}))"
    value = f"CASE WHEN {same} THEN CAST({parsed} AS {kinds[logical]}) END"
    return Typed(value, f"a {logical} written as {pattern}", kind=logical, form=pattern)


def jdk_to_strptime(pattern: str) -> str:
    """`dd/MM/yyyy` → `%d/%m/%Y`. Raises UnknownFormat for letters that are not known."""
    out, position = "", 0
    while position < len(pattern):
        rest = pattern[position:]
        if rest.startswith("'"):
            end = rest.find("'", 1)
            if end < 0:
                raise UnknownFormat(f"the pattern {pattern!r} has a quote that does not end")
            out += (rest[1:end] or "'").replace("%", "%%")
            position += end + 1
            continue
        found = next(((letters, code) for letters, code in JDK if rest.startswith(letters)), None)
        if found is not None:
            out += found[1]
            position += len(found[0])
        elif rest[0].isalpha():
            raise UnknownFormat(f"the pattern {pattern!r} has the letter {rest[0]!r}, which is not known here")
        else:
            out += "%%" if rest[0] == "%" else rest[0]
            position += 1
    return out
