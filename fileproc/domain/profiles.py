"""Profiles: the few numbers of an accepted file that a later one is compared with, and the rules that compare.

Who measures a file need not know the past: a check writes the profile and the rules into its report, and whoever
remembers earlier files settles them. All of it crosses processes and databases as plain JSON values.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from fileproc.clock import iso

#: Verdicts whose files are remembered; a failed file never becomes what later ones are measured by.
ACCEPTED = frozenset({"pass", "warn"})

#: Profiles that are kept of one schema object of one contract.
KEPT = 100

#: Earlier files that a report names.
NAMED = 10


@dataclass(frozen=True, slots=True)
class ColumnProfile:
    """What was measured of one column. None: not asked for, or no number (the mean of nothing).

    `categories` are the different values, sorted; `many` says that there were too many to be categories. Of a `masked`
    column they are digests.
    """

    nulls: int | None = None
    mean: float | None = None
    categories: tuple[str, ...] | None = None
    many: bool = False
    masked: bool = False

    def to_document(self) -> dict[str, Any]:
        document: dict[str, Any] = {"nulls": self.nulls, "mean": self.mean}
        document["categories"] = None if self.categories is None else list(self.categories)
        flags = {"many": self.many, "masked": self.masked}
        return {name: value for name, value in document.items() if value is not None} | {
            name: value for name, value in flags.items() if value
        }

    @staticmethod
    def from_document(document: Mapping[str, Any]) -> ColumnProfile:
        categories = document.get("categories")
        mean = document.get("mean")
        if mean is not None and not math.isfinite(mean):
            raise ValueError("a mean is a finite number")
        return ColumnProfile(
            nulls=None if document.get("nulls") is None else int(document["nulls"]),
            mean=None if mean is None else float(mean),
            categories=None if categories is None else tuple(str(one) for one in categories),
            many=bool(document.get("many", False)),
            masked=bool(document.get("masked", False)),
        )


@dataclass(frozen=True, slots=True)
class Profile:
    """What was measured of one file: all its data rows, and the columns that some rule asks about."""

    rows: int
    columns: dict[str, ColumnProfile] = field(default_factory=dict)

    def to_document(self) -> dict[str, Any]:
        return {"rows": self.rows, "columns": {name: one.to_document() for name, one in self.columns.items()}}

    @staticmethod
    def from_document(document: Mapping[str, Any]) -> Profile:
        """Raises KeyError, TypeError, ValueError or AttributeError for what is no profile."""
        columns = document.get("columns") or {}
        return Profile(
            int(document["rows"]), {str(name): ColumnProfile.from_document(one) for name, one in columns.items()}
        )


@dataclass(frozen=True, slots=True)
class HistoryRule:
    """Compare one measure with the last `last` accepted files. `operator` is an ODCS name and its value."""

    id: str
    measure: str
    column: str | None
    severity: str
    operator: str
    value: Any
    last: int
    at_least: int
    floor: int
    dimension: str | None = None

    def to_document(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in HistoryRule.__slots__}

    @staticmethod
    def from_document(document: Mapping[str, Any]) -> HistoryRule:
        return HistoryRule(**{name: document.get(name) for name in HistoryRule.__slots__})  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Past:
    """An accepted file of the past: which, when, and its profile."""

    file: str
    at: datetime
    profile: Profile


@dataclass(frozen=True, slots=True)
class History:
    """Which past a file belongs to, and the rules; `compared_with` is None until somebody who knows it has compared."""

    contract: str
    schema: str
    rules: tuple[HistoryRule, ...] = ()
    compared_with: tuple[Past, ...] | None = None

    @property
    def longest(self) -> int:
        """How many earlier files the rules ask for at most."""
        return max((rule.last for rule in self.rules), default=0)

    def to_document(self) -> dict[str, Any]:
        document: dict[str, Any] = {
            "contract": self.contract,
            "schema": self.schema,
            "rules": [rule.to_document() for rule in self.rules],
            "compared_with": None,
        }
        if self.compared_with is not None:
            shown = self.compared_with[:NAMED]
            document["compared_with"] = [{"file": past.file, "at": iso(past.at)} for past in shown]
        return document


@dataclass(frozen=True, slots=True)
class Pending:
    """The part of a report that waits for somebody who knows the past."""

    history: History
    profile: Profile


def pending_of(report: Mapping[str, Any] | None) -> Pending | None:
    """What a report document leaves to be compared; None where nothing is, or where it was done already."""
    written = (report or {}).get("history")
    profile = (report or {}).get("profile")
    if not written or profile is None or written.get("compared_with") is not None:
        return None
    rules = tuple(HistoryRule.from_document(rule) for rule in written["rules"])
    return Pending(History(written["contract"], written["schema"], rules), Profile.from_document(profile))


@dataclass(frozen=True, slots=True)
class Trained:
    """The profile that an accepted file leaves to its successors, and whose successors they are."""

    contract: str
    schema: str
    profile: Profile


def trained_by(report: Mapping[str, Any] | None) -> Trained | None:
    """What is remembered of the file that this report is about; None unless it was accepted and measured."""
    if report is None or report.get("verdict") not in ACCEPTED:
        return None
    history, profile = report.get("history"), report.get("profile")
    if not history or profile is None:
        return None
    return Trained(str(history["contract"]), str(history["schema"]), Profile.from_document(profile))
