"""A fault: one reason why a record is rejected; and the refusal to split at all."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a record is rejected: the cause's code and check, the column where there is one, and how to mend it."""

    code: str
    check: str
    column: str | None
    fix: str


@dataclass(frozen=True, slots=True)
class Refused:
    """A record that is rejected: its number among the records that could be read, and why."""

    record: int
    faults: tuple[Fault, ...]


class CannotSplit(Exception):
    """The file is not split; the message says why, for people."""
