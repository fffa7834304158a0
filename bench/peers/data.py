"""The files of the comparison, made once below `.bench/data`: TPC-H lineitem as CSV, Parquet, NDJSON, gzip; clean,
shuffled, dirty, and with every row bad."""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from itertools import islice
from pathlib import Path

from bench.peers.dirty import make_dirty, make_every_row_bad
from bench.peers.environments import environment
from bench.peers.places import DATA, ROOT

#: What making a file may leave free; the largest is 2.3 GB, and is sorted on disk.
SPARE_GB = 8

#: Rows of lineitem by scale, as TPC-H has them.
ROWS = {"0.1": 600_572, "1": 6_001_215, "3": 17_996_609}

#: MB of CSV per unit of scale.
SCALE_MB = 770


def dataset(kind: str, scale: str) -> Path:
    """The file, made if need be: `clean`, `shuffled`, `parquet`, `ndjson`, `gzip`, `dirty`, `bad-values`, `bad-rows`,
    `hundred`. Raises SystemExit when the disk is too full."""
    make, name = KINDS[kind]
    path = DATA / name.format(scale=scale)
    if path.exists():
        return path
    DATA.mkdir(parents=True, exist_ok=True)
    _check_disk(float(scale))
    print(f"making {path.relative_to(ROOT)} …", file=sys.stderr, flush=True)
    unfinished = path.with_name(f"unfinished-{path.name}")
    make(scale, unfinished)
    unfinished.rename(path)
    return path


def truth_of(dirty: Path) -> Path:
    """Where the truth about a dirty file is kept."""
    return dirty.with_name(f"{dirty.stem}.truth.json")


def _check_disk(scale: float) -> None:
    free = shutil.disk_usage(DATA).free / 1e9
    needed = SPARE_GB + 3 * scale * SCALE_MB / 1000
    if free < needed:
        raise SystemExit(
            f"{DATA} has {free:.0f} GB free; {needed:.0f} GB are needed: free some, or take a smaller scale"
        )


def _generated(form: str, scale: str, target: Path) -> None:
    folder = target.with_name(f"generating-{target.name}")
    program = environment("data").program("tpchgen-cli")
    command = [str(program), form, "--scale-factor", scale, "--tables", "lineitem", "--output-dir", str(folder)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    (folder / f"lineitem.{form}").rename(target)
    shutil.rmtree(folder)


def _clean(scale: str, target: Path) -> None:
    _generated("csv", scale, target)


def _parquet(scale: str, target: Path) -> None:
    _generated("parquet", scale, target)


def _engine(statement: str) -> None:
    """A child does the heavy work: this process must stay small, see `measure`."""
    config = "{'memory_limit': '4GB', 'temp_directory': 'spill'}"
    code = f"import duckdb, sys; duckdb.connect(config={config}).execute(sys.argv[1])"
    subprocess.run([sys.executable, "-c", code, statement], check=True, cwd=DATA, stdout=subprocess.DEVNULL)


def _shuffled(scale: str, target: Path) -> None:
    source = dataset("clean", scale)
    read = f"read_csv('{source}', all_varchar=true, header=true)"
    order = "ORDER BY hash(l_orderkey, l_linenumber)"
    _engine(f"COPY (FROM {read} {order}) TO '{target}' (FORMAT csv, HEADER, FORCE_QUOTE (l_comment))")


def _ndjson(scale: str, target: Path) -> None:
    _engine(f"COPY (FROM '{dataset('parquet', scale)}') TO '{target}' (FORMAT json)")


def _gzip(scale: str, target: Path) -> None:
    with dataset("clean", scale).open("rb") as source, gzip.open(target, "wb", compresslevel=6) as packed:
        shutil.copyfileobj(source, packed, 1 << 20)


def _dirty(scale: str, target: Path) -> None:
    truth = make_dirty(dataset("clean", scale), target)
    finished = DATA / KINDS["dirty"][1].format(scale=scale)
    truth_of(finished).write_text(json.dumps(truth.document(), indent=2))


def _bad_values(scale: str, target: Path) -> None:
    make_every_row_bad(dataset("clean", scale), target, structure=False)


def _bad_rows(scale: str, target: Path) -> None:
    make_every_row_bad(dataset("clean", scale), target, structure=True)


def _hundred(scale: str, target: Path) -> None:
    with dataset("clean", scale).open("rb") as lines:
        target.write_bytes(b"".join(islice(lines, 101)))


KINDS: dict[str, tuple[Callable[[str, Path], None], str]] = {
    "clean": (_clean, "lineitem-{scale}.csv"),
    "shuffled": (_shuffled, "lineitem-{scale}-shuffled.csv"),
    "parquet": (_parquet, "lineitem-{scale}.parquet"),
    "ndjson": (_ndjson, "lineitem-{scale}.ndjson"),
    "gzip": (_gzip, "lineitem-{scale}.csv.gz"),
    "dirty": (_dirty, "lineitem-{scale}-dirty.csv"),
    "bad-values": (_bad_values, "lineitem-{scale}-bad-values.csv"),
    "bad-rows": (_bad_rows, "lineitem-{scale}-bad-rows.csv"),
    "hundred": (_hundred, "lineitem-{scale}-hundred.csv"),
}
