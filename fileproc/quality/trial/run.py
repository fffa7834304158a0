"""What all examples of one run share: a folder, limits and the clock."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fileproc.clock import Clock
from fileproc.domain.reports import FileInfo, Report
from fileproc.quality.check import Limits, check_file
from fileproc.quality.checks.planner import Surroundings
from fileproc.quality.contracts.contract import Match


@dataclass(frozen=True, slots=True)
class Run:
    """`folder` is private and goes with the run."""

    folder: Path
    limits: Limits
    clock: Clock

    def check(self, path: Path, match: Match, info: FileInfo) -> Report:
        """One check. When a file came is not known on purpose: an example must not grow too old by itself."""
        return check_file(
            path, match, file=info, report_id="example", limits=self.limits, clock=self.clock, around=Surroundings()
        )
