"""One warm worker: contract and engine are there, as in the pool; then the file is checked a number of times."""

import json
import sys
import tempfile
import time
from pathlib import Path

from fileproc.clock import SystemClock
from fileproc.domain.reports import FileInfo
from fileproc.quality.check import Limits, check_file
from fileproc.quality.contracts.catalogue import Catalogue
from fileproc.quality.database import Instance


def main(path: Path, contract: Path, memory_mb: int, times: int) -> None:
    """Print the milliseconds of each check, and the verdicts."""
    match = Catalogue.single(contract, None, str(path))
    info = FileInfo(path=str(path), size=path.stat().st_size)
    milliseconds, verdicts = [], set()
    with tempfile.TemporaryDirectory(prefix="worker-") as name:
        folder = Path(name)
        instance = Instance([folder, path.parent], memory_mb=memory_mb, spill=folder / "spill")
        limits = Limits(memory_mb=memory_mb, temp_folder=folder, instance=instance)
        for number in range(times):
            begun = time.perf_counter()
            report = check_file(path, match, file=info, report_id=str(number), limits=limits, clock=SystemClock())
            milliseconds.append((time.perf_counter() - begun) * 1000)
            verdicts.add(report.verdict.value)
    print(json.dumps({"milliseconds": milliseconds, "verdicts": sorted(verdicts)}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
