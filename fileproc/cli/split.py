"""`fileproc check --split DIR`: the rows of each checked file, taken apart into a folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import click

from fileproc.cli.safe import printable
from fileproc.clock import SystemClock
from fileproc.domain.reports import FileInfo, Report
from fileproc.quality.check import Limits, check_file
from fileproc.quality.checks.planner import Surroundings
from fileproc.quality.contracts.contract import Match, NoMatch
from fileproc.quality.split.fault import CannotSplit
from fileproc.quality.split.outcome import not_split, parts_of
from fileproc.quality.split.publish import publish, staging
from fileproc.quality.split.splitting import Splitting


@dataclass(slots=True)
class Apart:
    """Checks files, and splits them into a folder; `incomplete` once one could not be split."""

    folder: Path
    incomplete: bool = False

    def check(
        self, path: Path, match: Match | NoMatch, info: FileInfo, report_id: str, limits: Limits,
        around: Surroundings | None = None,
    ) -> Report:  # fmt: skip
        """The report of one file, with its parts written."""
        try:
            with staging(self.folder) as private:
                splitting = Splitting(private)
                report = check_file(
                    path, match, file=info, report_id=report_id, limits=limits, clock=SystemClock(), around=around,
                    splitting=splitting,
                )  # fmt: skip
                return self._published(splitting, report, path)
        except CannotSplit as error:  # there can be no folder at all: the check itself is still worth something
            report = check_file(
                path, match, file=info, report_id=report_id, limits=limits, clock=SystemClock(), around=around
            )
            return self._refused(report, str(error))

    def _published(self, splitting: Splitting, report: Report, path: Path) -> Report:
        parts = parts_of(splitting, report, path)
        if parts is None:
            return self._refused(report, splitting.refusal or "there are no rows to split")
        try:
            split = publish(parts, report, self.folder, _name_of(report))
        except CannotSplit as error:
            return self._refused(report, str(error))
        if parts.untrusted is not None:
            told = f"no row can be trusted: {parts.untrusted}; see {split.manifest}"
        else:
            told = f"{split.accepted_rows:,} rows in {split.accepted}, {split.rejected_rows:,} in {split.rejected}"
        click.echo(f"split: {printable(report.file.address)}: {printable(told)}", err=True)
        return report.replaced(split=split)

    def _refused(self, report: Report, reason: str) -> Report:
        self.incomplete = True
        click.echo(f"not split: {printable(report.file.address)}: {printable(reason)}", err=True)
        return not_split(report, reason)


def _name_of(report: Report) -> str:
    name = report.file.key or report.file.path or ""
    return "stdin" if name == "-" else name
