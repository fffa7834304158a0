"""Splitting: from a checked source to both parts, in a private folder; publishing them is somebody else's work."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

from fileproc import logs
from fileproc.domain.reports import Result, Severity
from fileproc.quality.split.checked import OF_FORM, OF_ROWS, OF_WRAPPING, Checked
from fileproc.quality.split.fault import CannotSplit
from fileproc.quality.split.packing import digest_of
from fileproc.quality.split.parts import Parts
from fileproc.quality.split.recut import spoilt
from fileproc.quality.split.splitter import Splitter
from fileproc.quality.split.verdicts import Verdicts

__all__ = ["Checked", "Splitting", "split"]

log = logs.get("split")


@dataclass(slots=True)
class Splitting:
    """A split that is wanted, with what becomes of it: `parts`, or the `refusal` that says why there are none.

    One that is refused from the start is not tried, only told.
    """

    folder: Path
    only_failed: bool = False  # as contracts ask for with `onFail: split`
    parts: Parts | None = None
    refusal: str | None = None

    def take(self, checked: Checked) -> None:
        """Split a checked file into `folder`. Whatever goes wrong is told, and costs the report nothing."""
        if self.refusal is not None:
            return
        failed = any(one.result is Result.FAIL for one in checked.results.values())
        if self.only_failed and not (failed and checked.match.policies.on_fail == "split"):
            return
        try:
            self.parts = split(checked, self.folder)
        except CannotSplit as error:
            self.refusal = str(error)
        except duckdb.OutOfMemoryException:
            self.refusal = "telling the rows apart needs more memory than a check may use"
        except duckdb.Error as error:
            log.exception("not_split", name=checked.name)
            self.refusal = f"the rows cannot be told apart: {str(error).splitlines()[0][:200]}"
        except OSError as error:
            self.refusal = f"the parts cannot be written: {error.strerror}"


def split(checked: Checked, folder: Path) -> Parts:
    """Both parts in `folder`. Raises CannotSplit, OSError, and duckdb.Error for what the engine cannot do."""
    for result in checked.results.values():
        if result.result is Result.ERROR:  # nobody knows which rows it would have refused
            raise CannotSplit(f"the check {result.id} could not be evaluated: {result.reason}")
    untrusted = _untrusted(checked)
    digest = digest_of(checked.path)
    if untrusted is not None:
        return Parts(None, None, digest, untrusted=untrusted)
    verdicts = Verdicts(checked.source, checked.plan, checked.measures, checked.results, checked.match)
    verdicts.prepare(spoilt(checked))
    return Splitter(checked, verdicts, folder, digest).run()


def _untrusted(checked: Checked) -> str | None:
    """Why no row of the file can be trusted: its wrapping, its reading as a whole, or a column not as agreed."""
    for finding in checked.container.findings:
        if finding.severity is Severity.FAIL and finding.code not in OF_WRAPPING:
            return finding.title
    for finding in checked.source.findings:
        if finding.severity is Severity.FAIL and finding.code not in OF_ROWS | OF_FORM:
            return finding.title
    for finding in checked.plan.findings:
        if finding.severity is Severity.FAIL and finding.type in ("columnPresent", "physicalType"):
            return finding.title
    return None
