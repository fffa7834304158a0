"""`make truth`: a thousand dirty files and a large one, each with a known truth, against the product.

A seed that is not told exactly is printed with what differs and how to replay it; `--keep DIR` writes its file and
contract.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from pathlib import Path
from random import Random

import yaml

from tests.unit.quality.checking import check, contract
from tests.unit.quality.truth.compare import discrepancies
from tests.unit.quality.truth.delimited import Made, make_file
from tests.unit.quality.truth.faults import FAULTS
from tests.unit.quality.truth.ndjson import make_lines

LARGE = 500_000


def make(seed: int, *, rows: int | None = None) -> Made:
    """The file of a seed: every third one is NDJSON."""
    chance = Random(seed)
    return make_lines(chance, rows=rows) if seed % 3 == 2 else make_file(chance, rows=rows)


def judge(made: Made) -> list[str]:
    """What the product tells otherwise than it is."""
    match = contract(made.properties, quality=made.quality, relationships=made.relationships, **made.words)
    return discrepancies(check(made.data, match, name=made.name), made.truth)


def main(arguments: list[str]) -> int:
    """Exit code 1 if anything differs."""
    options = _options(arguments)
    seen: Counter[str] = Counter()
    bad, started, size, rows = 0, time.monotonic(), 0, 0
    jobs: list[tuple[int, int | None]] = [(seed, None) for seed in range(options.seed, options.seed + options.seeds)]
    jobs += [(seed, options.large) for seed in (0, 2) if options.large]
    for seed, large in jobs:
        made = make(seed, rows=large)
        found = judge(made)
        seen.update(made.truth.faults)
        size, rows = size + len(made.data), rows + made.truth.rows
        if found:
            bad += 1
            _tell(seed, large, made, found, options.keep)
        if large:
            print(f"large file, seed {seed}: {made.truth.rows:,} rows, {len(made.data):,} bytes, {made.name}")
    _summary(len(jobs), bad, seen, size, rows, time.monotonic() - started)
    return 1 if bad else 0


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make truth", description=__doc__)
    parser.add_argument("--seeds", type=int, default=1_000, help="how many small files")
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    parser.add_argument("--large", type=int, default=LARGE, help="rows of the large files, 0 for none")
    parser.add_argument("--keep", type=Path, help="a folder for the files and contracts that differ")
    return parser.parse_args(arguments)


def _tell(seed: int, large: int | None, made: Made, found: list[str], keep: Path | None) -> None:
    again = f'make truth ARGS="--seed {seed} --seeds {0 if large else 1} --large {large or 0}"'
    print(f"✕ seed {seed} ({made.name}, {made.words}); again: {again}", *found, sep="\n    ")
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        (keep / f"{seed}-{made.name}").write_bytes(made.data)
        parts = {"properties": made.properties, "quality": made.quality, "words": made.words}
        (keep / f"{seed}.yaml").write_text(yaml.safe_dump(parts, allow_unicode=True, sort_keys=False))


def _summary(files: int, bad: int, seen: Counter[str], size: int, rows: int, seconds: float) -> None:
    print(f"\n{files:,} files, {rows:,} rows, {size:,} bytes in {seconds:.0f} s: {files - bad:,} exact, {bad:,} not")
    print(f"{len(seen)} of {len(FAULTS)} kinds of faults, in so many files:")
    for name, fault in FAULTS.items():
        print(f"  {name:<18} {fault.code:<20} {seen[name]:>5}   {fault.says}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
