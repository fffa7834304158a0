"""How many records went where, and why."""

from __future__ import annotations

from dataclasses import dataclass, field

from fileproc.quality.split.fault import Fault
from fileproc.quality.split.parts import Reasons


@dataclass(slots=True)
class Counted:
    """Counts of one split. `read` and `broken` are held against those of the check."""

    accepted: int = 0
    rejected: int = 0
    read: int = 0  # could be read, accepted or not
    broken: int = 0
    aside: int = 0  # blank lines and comments
    reasons: Reasons = field(default_factory=Reasons)

    def put(self, faults: tuple[Fault, ...]) -> None:
        """One record more: accepted, unless something is wrong with it."""
        if faults:
            self.rejected += 1
            self.reasons.add(faults)
        else:
            self.accepted += 1
