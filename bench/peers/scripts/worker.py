"""One warm worker: the contract is read once, then the file is checked a number of times in the same process."""

import json
import sys
import time
from pathlib import Path

from fileproc.clock import SystemClock
from fileproc.domain.reports import FileInfo
from fileproc.quality.check import Limits, check_file
from fileproc.quality.contracts.catalogue import Catalogue


def main(path: Path, contract: Path, memory_mb: int, times: int) -> None:
    """Print the milliseconds of each check, and the verdicts."""
    match = Catalogue.single(contract, None, str(path))
    info = FileInfo(path=str(path), size=path.stat().st_size)
    milliseconds, verdicts = [], set()
    for number in range(times):
        begun = time.perf_counter()
        limits = Limits(memory_mb=memory_mb)
        report = check_file(path, match, file=info, report_id=str(number), limits=limits, clock=SystemClock())
        milliseconds.append((time.perf_counter() - begun) * 1000)
        verdicts.add(report.verdict.value)
    print(json.dumps({"milliseconds": milliseconds, "verdicts": sorted(verdicts)}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
