"""Diagnosis: one thing that was looked at, how it is, and how to mend it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Health(StrEnum):
    """How a thing is. `unknown` is what we may not look at."""

    OK = "ok"
    UNKNOWN = "unknown"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """`where` is the thing (`bucket acme-drop`), `what` a sentence, `fix` what to do, where there is something."""

    health: Health
    where: str
    what: str
    fix: str | None = None
