"""One example and how it ended."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Outcome(StrEnum):
    """How an example ended."""

    PASS = "pass"  # noqa: S105 - it is as the contract says
    FAIL = "fail"  # it is not
    ERROR = "error"  # it could not be checked
    SKIPPED = "skipped"  # nothing of the contract applies to it


MARKS = {Outcome.PASS: "✓", Outcome.FAIL: "✕", Outcome.ERROR: "⚠", Outcome.SKIPPED: "–"}


@dataclass(frozen=True, slots=True)
class Case:
    """`place` is file:line:column of a value, or the path of a file; `wanted` and `got` are for people."""

    place: str
    name: str
    outcome: Outcome
    wanted: str
    got: str

    def __str__(self) -> str:
        told = "" if self.outcome is Outcome.PASS else f": wanted {self.wanted}, but {self.got}"
        return f"{MARKS[self.outcome]} {self.place}: {self.name}{told}"

    def to_document(self) -> dict[str, Any]:
        """JSON values for `--format json`."""
        return {
            "place": self.place,
            "name": self.name,
            "outcome": self.outcome.value,
            "wanted": self.wanted,
            "got": self.got,
        }
