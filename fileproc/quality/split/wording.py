"""What is written beside a rejected row: its line, its record, and the causes with their fixes."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from fileproc.quality.finding import Finding
from fileproc.quality.reading.json_clean import LONGEST
from fileproc.quality.split.fault import Fault

#: Extra columns of a rejected row, in this order.
EXTRA = ("_line", "_record", "_codes", "_columns", "_fixes", "_raw")

#: Between several causes of one row.
BETWEEN = " | "

UNKNOWN = "look at the line"

#: A byte that is no text, once it was decoded.
BAD_BYTE = re.compile(r"\\x[0-9a-f]{2}")


def extra_names(taken: Collection[str], names: Iterable[str] = EXTRA) -> tuple[str, ...]:
    """The names of the extra columns; where the file has such a column already, all get another underscore."""
    found = tuple(names)
    while any(name.casefold() in {one.casefold() for one in taken} for name in found):
        found = tuple(f"_{name}" for name in found)
    return found


def joined(faults: Iterable[Fault]) -> tuple[str, str, str]:
    """(codes, columns, fixes), each in the same order."""
    told = list(faults)
    return (
        BETWEEN.join(fault.code for fault in told),
        BETWEEN.join(fault.column or "" for fault in told).strip(),
        BETWEEN.join(fault.fix for fault in told),
    )


def as_object(line: int | None, record: int | None, faults: Iterable[Fault], raw: str | None = None) -> dict[str, Any]:
    """The same as a JSON object."""
    told: dict[str, Any] = {"line": line, "record": record}
    told["causes"] = [
        {"code": fault.code, "check": fault.check, "column": fault.column, "fix": fault.fix} for fault in faults
    ]
    return told if raw is None else told | {"raw": raw}


@dataclass(slots=True)
class Structure:
    """Faults of records by the code of their finding, in the words of the report."""

    findings: list[Finding]
    _known: dict[str, Fault] = field(default_factory=dict)

    def code_of(self, text: str, otherwise: str) -> str:
        """The code of a record that could not be read, as far as its text tells; else the only one there is."""
        codes = {one.code for one in self.findings if one.type == "structure"}
        if "over_long_line" in codes and len(text) > LONGEST:
            return "over_long_line"
        if "bad_encoding" in codes and BAD_BYTE.search(text):
            return "bad_encoding"
        return otherwise

    def fault(self, code: str) -> Fault:
        """The fault of a record that is not written as agreed."""
        if code not in self._known:
            fix = next((one.fix for one in self.findings if one.code == code), UNKNOWN)
            self._known[code] = Fault(code, code, None, fix)
        return self._known[code]
