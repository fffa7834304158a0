"""Run one case as the product would be run, and tell whether it held: a verdict or findings, and nothing else.

`run` answers with the outcome in a word; what must not happen is raised as `Found`, with a signature that is the same
for the same fault.
"""

from __future__ import annotations

import json
import re
import tempfile
import traceback
from functools import cache
from pathlib import Path

from fileproc.clock import SystemClock
from fileproc.domain.reports import FileInfo, Report, Verdict
from fileproc.quality.check import Limits, check_file
from fileproc.quality.contracts.catalogue import Catalogue
from fileproc.quality.contracts.contract import Match, NoMatch
from fileproc.quality.contracts.lint import lint
from fileproc.quality.database import Instance
from tests.fuzz.case import Case
from tests.fuzz.corpus import ROWS, match_of

#: A verdict of ours that a file brought about by itself: these classes are finds, whatever the file holds.
OURS = ("bug", "memory")

MEMORY_MB = 150


class Found(Exception):
    """Something that must not happen. `signature` is short and names the kind of it."""

    def __init__(self, signature: str, text: str) -> None:
        super().__init__(text)
        self.signature = signature


def run(data: bytes) -> str:
    """Check one case. Raises Found."""
    case = Case.decode(data)
    try:
        with tempfile.TemporaryDirectory(prefix="case-", dir=_engine()[0]) as folder:
            if case.name is None:
                return _contract(case, Path(folder))
            return _file(case, Path(folder), match_of(case.contract))
    except Found:
        raise
    except (Exception, RecursionError) as error:  # whatever it is, it is the find
        raise Found(_where(error), traceback.format_exc()) from error


@cache
def _engine() -> tuple[Path, Instance]:
    """One engine for all cases, as a worker has it, and the folder that it may read."""
    folder = Path(tempfile.mkdtemp(prefix="fuzz-"))
    return folder, Instance([folder], memory_mb=MEMORY_MB, spill=folder / "spill")


def _file(case: Case, folder: Path, match: Match | NoMatch) -> str:
    path = folder / "input"
    path.write_bytes(case.content)
    info = FileInfo(bucket="b", key=case.name, size=len(case.content))
    limits = Limits(samples=3, memory_mb=MEMORY_MB, temp_folder=folder, instance=_engine()[1])
    report = check_file(path, match, file=info, report_id="1", limits=limits, clock=SystemClock())
    _judge(report)
    return report.verdict.value


def _contract(case: Case, folder: Path) -> str:
    """Loaded, linted, and, where it still promises something, held against a small file."""
    file = folder / "contract.yaml"
    file.write_bytes(case.content)
    findings = lint(file)
    for finding in findings:
        str(finding)
    catalogue = Catalogue.load(folder)
    if catalogue.contracts and not catalogue.problems:
        contract = catalogue.contracts[0]
        match = Catalogue.single(file, contract.tables[0].name if contract.tables else None)
        return _file(Case("file.csv", 0, ROWS), folder, match)
    return "refused" if findings else "no contract"


def _judge(report: Report) -> None:
    """The report itself must be whole."""
    if report.error is not None and report.error.class_ in OURS:
        raise Found(f"{report.error.class_}-{_short(report.error.reason)}", report.error.reason)
    if report.verdict is Verdict.PASS and not report.read.complete:
        raise Found("silent-pass", "the verdict is pass, although the file was not read to its end")
    json.dumps(report.to_document(), allow_nan=False)


def _where(error: BaseException) -> str:
    """Kind of the exception, and the last place of ours it came through."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "/fileproc/" in frame.filename]
    place = f"{Path(frames[-1].filename).stem}-{frames[-1].name}" if frames else "outside"
    return f"{type(error).__name__}-{place}"


def _short(reason: str) -> str:
    """The same for the same fault: without values."""
    plain = re.sub(r"'[^']*'|\"[^\"]*\"|\d+", "", reason.splitlines()[0] if reason else "")
    return re.sub(r"[^A-Za-z]+", "-", plain)[:60].strip("-")
