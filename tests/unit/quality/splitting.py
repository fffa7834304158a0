"""Splitting small files in tests: bytes and a contract in, both parts out."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fileproc.clock import SystemClock
from fileproc.domain.reports import FileInfo, Report
from fileproc.quality.check import Limits, check_file
from fileproc.quality.contracts.contract import Match
from fileproc.quality.database import Instance
from fileproc.quality.split.fault import CannotSplit
from fileproc.quality.split.manifest import manifest, to_bytes
from fileproc.quality.split.names import names_of
from fileproc.quality.split.outcome import parts_of
from fileproc.quality.split.splitting import Splitting


@contextmanager
def one_engine() -> Iterator[Limits]:
    """Limits with an engine that many small files share: beginning one costs more than checking them."""
    with tempfile.TemporaryDirectory() as folder:
        instance = Instance([Path(folder), Path(tempfile.gettempdir())], memory_mb=150, spill=Path(folder) / "spill")
        try:
            yield Limits(temp_folder=Path(folder), instance=instance)
        finally:
            instance.close()


@dataclass
class Halves:
    """What a split made of a file."""

    report: Report
    accepted: bytes | None
    rejected: bytes | None
    manifest: dict[str, Any]
    left: list[str]  # what else is in the folder of the parts


def halves(data: bytes, match: Match, *, name: str = "file.csv", limits: Limits | None = None) -> Halves:
    """Check these bytes under this name, and take their rows apart. Raises CannotSplit where that was refused."""
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as target:
        path = Path(folder) / "input"
        path.write_bytes(data)
        splitting = Splitting(Path(target))
        info = FileInfo(bucket="b", key=name, size=len(data))
        limits = limits or Limits(temp_folder=Path(folder))
        report = check_file(
            path, match, file=info, report_id="1", limits=limits, clock=SystemClock(), splitting=splitting
        )
        parts = parts_of(splitting, report, path)
        if parts is None:
            raise CannotSplit(f"{splitting.refusal} (report: {report.summary} {report.error})")
        found = [None if part is None else part.path.read_bytes() for part in (parts.accepted, parts.rejected)]
        document = json.loads(to_bytes(manifest(parts, report, names_of(name, extension=parts.extension))))
        left = sorted(one.name for one in Path(target).iterdir() if one.name not in ("accepted", "rejected"))
        return Halves(report, found[0], found[1], document, left)
