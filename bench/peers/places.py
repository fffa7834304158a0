"""Where the bench keeps what it makes: environments and data below `.bench/`, figures below `bench/results/`."""

from __future__ import annotations

from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
MADE = ROOT / ".bench"
ENVIRONMENTS = MADE / "envs"
DATA = MADE / "data"
SCRATCH = MADE / "scratch"
RESULTS = ROOT / "bench" / "results"
SCRIPTS = HERE / "scripts"
CONTRACT = HERE / "contract.yaml"
