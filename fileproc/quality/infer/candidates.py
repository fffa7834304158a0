"""What a column may turn out to be: types and string formats, each with the very expression that checks use.

A type is only proposed where the check of that type finds no bad cell, so a file cannot fail for what was inferred.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fileproc.quality import sql
from fileproc.quality.logical_types import FORMATS
from fileproc.quality.reading.source import Column, Source

#: Cells that people write for "no value". They count as such only where everything else in a column has a type.
NULL_TOKENS = (
    "NA", "N/A", "n/a", "na", "#N/A", "NULL", "Null", "null", "(null)", "\\N", "None", "none", "nil", "NaN", "nan",
    "-", "--", "?",
)  # fmt: skip

#: Beyond the standard's own form, so that a time is no address and a word with a colon no URI.
STRICTER = {"uri": "contains({}, '://')", "ipv6": "(contains({0}, '::') OR len({0}) - len(replace({0}, ':', '')) = 7)"}

#: Day first or month first: where both fit, nobody can tell.
DATE_FORMATS = (
    "dd/MM/yyyy", "MM/dd/yyyy", "dd.MM.yyyy", "dd-MM-yyyy", "MM-dd-yyyy", "yyyy/MM/dd", "yyyy.MM.dd", "d/M/yyyy",
    "M/d/yyyy", "d.M.yyyy", "dd/MM/yy", "MM/dd/yy", "dd.MM.yy", "dd MMM yyyy", "dd-MMM-yyyy", "dd-MMM-yy",
)  # fmt: skip
TIMESTAMP_FORMATS = (
    "yyyy/MM/dd HH:mm:ss", "yyyy/MM/dd HH:mm", "dd/MM/yyyy HH:mm:ss", "dd/MM/yyyy HH:mm", "MM/dd/yyyy HH:mm:ss",
    "MM/dd/yyyy HH:mm", "dd.MM.yyyy HH:mm:ss", "dd.MM.yyyy HH:mm", "dd-MM-yyyy HH:mm:ss", "dd-MM-yyyy HH:mm",
    "MM/dd/yyyy hh:mm:ss a", "MM/dd/yyyy hh:mm a",
)  # fmt: skip
TIME_FORMATS = ("hh:mm:ss a", "hh:mm a", "HH.mm.ss", "HH.mm")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A logical type with the option that belongs to it. `format` is a date pattern, or a string format."""

    logical: str
    format: str | None = None
    decimal: str | None = None
    zoned: bool = False

    @property
    def options(self) -> dict[str, Any]:
        """logicalTypeOptions."""
        options: dict[str, Any] = {} if self.format is None else {"format": self.format}
        return options | ({"timezone": True} if self.zoned else {})

    @property
    def is_text(self) -> bool:
        return self.logical == "string"

    def __str__(self) -> str:
        if self.decimal:
            return f"{self.logical} with {self.decimal!r}"
        return self.logical if self.format is None else f"{self.logical} as {self.format}"

    def bad(self, source: Source, column: Column) -> str:
        """True for a cell that is not of this type."""
        if self.logical in ("object", "array"):
            source.open_json(column)
            return f"{column.cell} IS NOT NULL AND coalesce({column.json_kind}, '') <> '{self.logical.upper()}'"
        typed = source.typed(column, self.logical, self.options, self.decimal)
        if typed is None:
            return f"{column.cell} IS NOT NULL"
        bad = typed.bad or f"{column.cell} IS NOT NULL AND ({typed.value}) IS NULL"
        if self.is_text and self.format is not None:
            strict = STRICTER.get(self.format, "TRUE").format(column.cell)
            fits = f"regexp_full_match({column.cell}, {sql.text(FORMATS[self.format])}) AND {strict}"
            return f"({bad}) OR NOT ({fits})"
        return bad

    def value(self, source: Source, column: Column) -> str | None:
        """The typed value where it has an order that people would bound."""
        if self.logical not in ("integer", "number", "date", "timestamp"):
            return None
        typed = source.typed(column, self.logical, self.options, self.decimal)
        return None if typed is None else typed.value


TEXT = Candidate("string")
INTEGER, NUMBER, COMMA = Candidate("integer"), Candidate("number"), Candidate("number", decimal=",")
OBJECT, ARRAY = Candidate("object"), Candidate("array")
PLAIN = (
    INTEGER, NUMBER, Candidate("boolean"), Candidate("date"), Candidate("timestamp", zoned=True),
    Candidate("timestamp"), Candidate("time"),
)  # fmt: skip
PATTERNED = (
    *(Candidate("date", format=one) for one in DATE_FORMATS),
    *(Candidate("timestamp", format=one) for one in TIMESTAMP_FORMATS),
    *(Candidate("time", format=one) for one in TIME_FORMATS),
)
STRINGS = tuple(Candidate("string", format=one) for one in ("uuid", "email", "uri", "ipv4", "ipv6"))


def candidates_for(source: Source, column: Column) -> tuple[Candidate, ...]:
    """Everything that a column may be, the narrowest first."""
    if source.kind == "csv":
        return (INTEGER, NUMBER, COMMA, *PLAIN[2:], *PATTERNED, *STRINGS, TEXT)
    if column.is_json:
        return (OBJECT, ARRAY, *PLAIN, *PATTERNED, *STRINGS, TEXT)
    return (OBJECT, ARRAY, *PLAIN, *STRINGS, TEXT)
