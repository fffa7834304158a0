"""One virtual environment per peer below `.bench/envs`, with pinned versions; one that fails stops no other.

Where a pinned version cannot be installed, the newest one is taken, and the figures say so.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path

from bench.peers.places import ENVIRONMENTS

#: Measured together; change them together, and measure again.
PINNED: dict[str, tuple[str, ...]] = {
    "data": ("tpchgen-cli==4.0.0",),
    "polars": ("polars==2.1.0",),
    "great_expectations": ("great_expectations==1.24.1", "pandas==3.1.1"),
    "pandera": ("pandera[polars,pandas]==0.35.0", "polars==2.1.0", "pandas==3.1.1"),
    "soda": ("soda-duckdb==4.28.0", "duckdb==2.0.0"),
    "datacontract": ("datacontract-cli[duckdb]==1.2.8",),
    "frictionless": ("frictionless==5.21.0",),
    "pointblank": ("pointblank==1.1.1", "polars==2.1.0", "pyarrow==26.0.1"),
}


class NotInstalled(Exception):
    """The environment of a peer cannot be made; the text is the reason."""


@dataclass(frozen=True, slots=True)
class Environment:
    """A peer's interpreter, what was installed, and a note where that is not what was asked for."""

    python: Path
    versions: dict[str, str]
    note: str | None = None

    def program(self, name: str) -> Path:
        """A command that a package of the environment installed."""
        return self.python.parent / name


def environment(name: str) -> Environment:
    """The environment of `name`, made on first use. Raises NotInstalled."""
    folder = ENVIRONMENTS / name
    stamp = folder / "installed.json"
    wanted = list(PINNED[name])
    if stamp.exists():
        kept = json.loads(stamp.read_text())
        if kept["wanted"] == wanted:
            return Environment(folder / "bin" / "python", kept["versions"], kept["note"])
    shutil.rmtree(folder, ignore_errors=True)
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    note = _install(python, wanted)
    versions = _versions(python, wanted)
    stamp.write_text(json.dumps({"wanted": wanted, "versions": versions, "note": note}, indent=2))
    return Environment(python, versions, note)


def _install(python: Path, wanted: list[str]) -> str | None:
    """Install the pinned versions, else the newest; returns the note for the second case."""
    print(f"installing {', '.join(wanted)} …", file=sys.stderr, flush=True)
    pinned = _pip(python, wanted)
    if pinned is None:
        return None
    newest = _pip(python, [_name(one) for one in wanted])
    if newest is None:
        return f"the newest versions instead of {', '.join(wanted)}: {pinned}"
    raise NotInstalled(f"cannot be installed: {newest}")


def _pip(python: Path, packages: list[str]) -> str | None:
    """None, or the last thing that pip said before it gave up."""
    command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=1800, check=False)
    except subprocess.TimeoutExpired:
        return "pip took more than half an hour"
    if done.returncode == 0:
        return None
    said = [line for line in done.stderr.splitlines() if line.startswith("ERROR")] or done.stderr.splitlines()
    return (said[0] if said else "pip said nothing")[:200]


def _versions(python: Path, wanted: list[str]) -> dict[str, str]:
    names = [_name(one).partition("[")[0] for one in wanted]
    code = (
        "import json, sys; from importlib.metadata import version;"
        "print(json.dumps({n: version(n) for n in sys.argv[1:]}))"
    )
    done = subprocess.run([str(python), "-c", code, *names], capture_output=True, text=True, check=True)
    found: dict[str, str] = json.loads(done.stdout)
    return found


def _name(requirement: str) -> str:
    return requirement.partition("==")[0]


def main() -> None:
    """Make every environment; name those that cannot be made."""
    for name in PINNED:
        try:
            made = environment(name)
        except NotInstalled as reason:
            print(f"{name}: {reason}")
        else:
            print(f"{name}: {', '.join(f'{one} {version}' for one, version in made.versions.items())}", flush=True)


if __name__ == "__main__":
    main()
