"""Who is measured: `fileproc check` as users run it, the bare engines, and the peers."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from bench.peers import proofs
from bench.peers.environments import environment
from bench.peers.measure import Command
from bench.peers.places import CONTRACT, SCRIPTS
from bench.peers.proofs import Proof

#: One thread for everybody who can be told; two would halve the wall time of some and change no CPU figure much.
ONE_THREAD = {"POLARS_MAX_THREADS": "1", "OMP_NUM_THREADS": "1"}

#: Nobody's telemetry is part of anybody's work.
QUIET = {
    "GX_ANALYTICS_ENABLED": "false",
    "SODA_CORE_TELEMETRY_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    "PYTHONWARNINGS": "ignore",
}


@dataclass(frozen=True, slots=True)
class Contestant:
    """A script in an environment; None is the project's own, so that bare DuckDB is the very engine that we use."""

    name: str
    label: str
    environment: str | None = None
    #: How many rounds a run of it is worth; a peer that takes a minute gets one.
    rounds: int = 5
    script: str = ""
    arguments: tuple[str, ...] = ()
    #: Else only its exit code tells that all checks held.
    prints_counts: bool = True

    def command(self, path: Path, rows: int) -> Command:
        """How to check the clean file `path` of so many rows. Raises NotInstalled."""
        python = Path(sys.executable) if self.environment is None else environment(self.environment).python
        script = SCRIPTS / f"{self.script or self.name}.py"
        proof = proofs.clean_counts(rows) if self.prints_counts else None
        return Command((str(python), str(script), str(path), *self.arguments), ONE_THREAD | QUIET, proof=proof)


OURS = "fileproc"

BARE = (
    Contestant("duckdb_every_cell", 'bare DuckDB, "read every cell"'),
    Contestant("duckdb_strict", "bare DuckDB, strict checks by hand"),
    Contestant("polars_script", "Polars, checks by hand", "polars"),
)

PEERS = (
    Contestant("pandera_polars", "Pandera (polars)", "pandera"),
    Contestant("pointblank_polars", "Pointblank (polars)", "pointblank"),
    Contestant("soda_table", "Soda (duckdb table)", "soda", script="soda_contract", arguments=("table",)),
    Contestant("soda_view", "Soda (duckdb view)", "soda", script="soda_contract", arguments=("view",)),
    Contestant("pandera_pandas", "Pandera (pandas)", "pandera", rounds=3),
    Contestant("great_expectations_pandas", "Great Expectations (pandas)", "great_expectations", rounds=3),
    Contestant("datacontract_cli", "datacontract-cli", "datacontract", rounds=3, prints_counts=False),
    Contestant("frictionless_schema", "Frictionless", "frictionless", rounds=1),
)

EVERYBODY = {one.name: one for one in (*BARE, *PEERS)}


def ours(path: Path, *more: str, proof: Proof | None = None) -> Command:
    """The command itself, in a fresh process."""
    program = Path(sys.executable).parent / "fileproc"
    words = (str(program), "check", str(path), "-c", str(CONTRACT), "--format", "json", *more)
    return Command(words, codes=(0, 1), proof=proof)


def worker(path: Path, *, memory_mb: int, times: int = 1) -> Command:
    """A worker of the pool, as far as the check of a clean file is concerned: a process that has loaded everything."""
    words = (sys.executable, str(SCRIPTS / "worker.py"), str(path), str(CONTRACT), str(memory_mb), str(times))
    return Command(words, proof=proofs.worker_says("pass"))
