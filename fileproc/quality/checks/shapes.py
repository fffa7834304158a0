"""Shapes with a name: how partners' cells go wrong, told in a plain sentence with the fix.

A shape is the cell with its runs of digits, capitals and small letters folded (`12,50` and `99,99` are both `9,9`).
Each entry looks at one real cell of the group and at what was agreed; the first that fits names the cause.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

NULL_WORDS = {
    "na", "n/a", "nan", "null", "none", "nil", "-", "--", "?", "unknown", "missing", "(null)", "\\n", "#n/a", "tbd",
}  # fmt: skip
TRUTHY = {
    "true",
    "false",
    "yes",
    "no",
    "y",
    "n",
    "t",
    "f",
    "0",
    "1",
    "on",
    "off",
    "ja",
    "nein",
    "oui",
    "non",
    "si",
    "sí",
}
CURRENCY = re.compile(r"^[€$£¥]\s*[-+\d.,]+$|^[-+\d.,]+\s*([€$£¥%]|[A-Za-z]{1,4})$")


@dataclass(frozen=True, slots=True)
class Shape:
    """A named way of going wrong: when a cell has it, what it is called, and how it is mended."""

    code: str
    fits: Callable[[str, str, str], bool]  # (cell, check type, kind of value agreed)
    title: str
    fix: str


def _numeric(kind: str) -> bool:
    return kind in ("integer", "number")


def _temporal(kind: str) -> bool:
    return kind in ("date", "timestamp", "time")


def _decimal_comma(cell: str, _type: str, kind: str) -> bool:
    return _numeric(kind) and bool(re.fullmatch(r"[-+]?\d+,\d+", cell))


def _grouped(cell: str, _type: str, kind: str) -> bool:
    return _numeric(kind) and bool(re.fullmatch(r"[-+]?\d{1,3}([., '\u00a0\u202f]\d{3})+([.,]\d+)?", cell))


def _impossible_date(cell: str, _type: str, kind: str) -> bool:
    return _temporal(kind) and bool(re.fullmatch(r"\d{4}-\d{2}-\d{2}.*", cell))


def _other_date(cell: str, _type: str, kind: str) -> bool:
    return _temporal(kind) and bool(re.fullmatch(r"\d{1,4}[./ -]([A-Za-z]{3,9}|\d{1,2})[./ -]\d{2,4}.*", cell))


def _unit(cell: str, _type: str, kind: str) -> bool:
    return _numeric(kind) and CURRENCY.match(cell) is not None


def _excel_serial(cell: str, _type: str, kind: str) -> bool:
    return _temporal(kind) and bool(re.fullmatch(r"\d{5}(\.\d+)?", cell)) and 20_000 < float(cell) < 80_000


def _matching(pattern: str, *kinds: str) -> Callable[[str, str, str], bool]:
    """Fits cells that match as a whole, where one of these kinds of value was agreed."""
    compiled = re.compile(pattern, re.DOTALL)
    return lambda cell, _type, kind: kind in kinds and compiled.fullmatch(cell) is not None


def _word(words: set[str], *kinds: str) -> Callable[[str, str, str], bool]:
    return lambda cell, _type, kind: cell.lower() in words and (not kinds or kind in kinds)


SHAPES: tuple[Shape, ...] = (
    Shape("empty", lambda c, _t, _k: c == "", "empty text", "leave the cell out, or write a value"),
    Shape("nbsp", lambda c, _t, _k: "\u00a0" in c or "\u202f" in c, "a no-break space in the cell", "remove it"),
    Shape("bom", lambda c, _t, _k: "\ufeff" in c, "a byte order mark in the cell", "do not join files with BOMs"),
    Shape("blanks", lambda c, _t, _k: c != c.strip(), "blanks around the value", "trim the cells"),
    Shape("null_word", _word(NULL_WORDS), "a word for 'no value'", "leave the cell empty, or declare nullSequence"),
    Shape("decimal_comma", _decimal_comma, "decimal comma", "write a decimal point, or declare decimalChar"),
    Shape("grouping", _grouped, "thousands separators", "write the number without grouping"),
    Shape("excel_date", _excel_serial, "a spreadsheet's serial number for a date", "export the column as a date"),
    Shape("impossible_date", _impossible_date, "a day that does not exist, or no ISO date", "write 2026-11-24"),
    Shape("other_date", _other_date, "dates in another notation", "write them as agreed, or declare the format"),
    Shape(
        "scientific",
        _matching(r"[-+]?\d+([.,]\d+)?[eE][-+]?\d+", "integer"),
        "scientific notation",
        "format the column as text before exporting",
    ),
    Shape("fraction", _matching(r"[-+]?\d+\.\d*", "integer"), "a fraction, agreed was a whole number", "round it"),
    Shape("too_big", _matching(r"[-+]?\d{19,}", "integer"), "a number beyond 64 bits", "declare it as a string"),
    Shape("not_finite", _matching(r"[-+]?(?i:inf|infinity)", "number", "integer"), "infinity", "leave the cell empty"),
    Shape("unit", _unit, "a unit or currency sign in the number", "write the number alone"),
    Shape("other_boolean", _word(TRUTHY, "boolean"), "another word for true or false", "write true or false"),
    Shape(
        "text_in_number",
        _matching(r".*[^\W\d_].*", "integer", "number"),
        "text where a number was agreed",
        "write a number, or leave the cell empty",
    ),
)

#: What a value check found, where no shape of the cell explains it.
BY_TYPE = {
    "required": ("missing", "no value", "fill the cell"),
    "primaryKey": ("missing", "no value in the key", "fill the cell"),
    "nullValues": ("missing", "no value", "fill the cell"),
    "missingValues": ("missing", "no value", "fill the cell"),
    "minimum": ("too_small", "below the agreed minimum", "correct the value"),
    "exclusiveMinimum": ("too_small", "not above the agreed minimum", "correct the value"),
    "maximum": ("too_large", "above the agreed maximum", "correct the value"),
    "exclusiveMaximum": ("too_large", "not below the agreed maximum", "correct the value"),
    "minLength": ("too_short", "shorter than agreed", "complete the value"),
    "maxLength": ("too_long", "longer than agreed", "shorten the value"),
    "multipleOf": ("not_multiple", "not a multiple", "correct the value"),
    "pattern": ("pattern", "does not match the agreed pattern", "write it as agreed"),
    "format": ("format", "not of the agreed format", "write it as agreed"),
    "enum": ("not_listed", "not one of the agreed values", "use an agreed value"),
    "invalidValues": ("not_listed", "not one of the agreed values", "use an agreed value"),
    "logicalType": ("wrong_type", "not of the agreed type", "write it as agreed"),
}


def name_shape(
    cell: str | None, check_type: str, kind: str, agreed_values: tuple[str, ...] = ()
) -> tuple[str, str, str]:
    """(code, title, fix) for a failing cell of a group."""
    default = BY_TYPE.get(check_type, ("not_as_agreed", "not as agreed", "correct the value"))
    if cell is None:
        return default
    if check_type in ("enum", "invalidValues") and agreed_values:
        folded = {value.casefold(): value for value in agreed_values}
        meant = folded.get(cell.strip().casefold())
        if meant is not None:
            return "other_case", f"{meant!r} written in another way", f"write {meant}"
    if check_type in ("logicalType", "enum", "invalidValues", "pattern", "format"):
        for shape in SHAPES:
            if shape.fits(cell, check_type, kind):
                return shape.code, shape.title, shape.fix
    return default
