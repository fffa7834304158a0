"""One large CSV through `fileproc check` as users run it, beside the bare engine reading every cell. CPU seconds."""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from fileproc.demo.partners import large_orders

ROUNDS = 5
CONTRACT = Path(__file__).parents[1] / "fileproc" / "demo" / "contracts" / "acme-orders.odcs.yaml"

EVERY_CELL = """
import duckdb, sys
columns = "{" + ", ".join(f"'c{n}': 'VARCHAR'" for n in range(5)) + "}"
cells = ", ".join(f"sum(length(c{n}))" for n in range(5))
duckdb.connect(config={"threads": 1}).execute(
    f"SELECT {cells} FROM read_csv('{sys.argv[1]}', columns={columns}, auto_detect=false, header=true)"
).fetchall()
"""


def main() -> None:
    """Interleaved rounds; the figure is the median of the rounds' ratios."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "orders.csv"
        path.write_bytes(large_orders())
        ours, bare = [], []
        for _ in range(ROUNDS):
            bare.append(_cpu([sys.executable, "-c", EVERY_CELL, str(path)]))
            ours.append(_cpu([sys.executable, "-m", "fileproc", "check", str(path), "-c", str(CONTRACT)]))
    ratios = [one / other for one, other in zip(ours, bare, strict=True)]
    print(f"fileproc check {median(ours):.2f} s CPU, every cell in the bare engine {median(bare):.2f} s")
    print(f"ratio {median(ratios):.2f} ({', '.join(f'{ratio:.2f}' for ratio in ratios)})")


def _cpu(command: list[str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
