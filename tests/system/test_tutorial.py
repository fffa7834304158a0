"""The tutorial is run as it is written: every command, and the lines that it promises."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from fileproc.demo.stage import FOREIGN

pytestmark = pytest.mark.system

PAGE = Path(__file__).parents[2] / "docs" / "tutorial" / "first-file.md"
STEPS = re.findall(r"^```sh\n(.*?)^```\n(?:\n```text\n(.*?)^```)?", PAGE.read_text(), re.MULTILINE | re.DOTALL)


def missing(promised: list[str], said: list[str]) -> list[str]:
    """Promised lines that do not come in this order; the page may leave lines out."""
    rest = iter(line.strip() for line in said)
    return [line for line in promised if line.strip() not in rest]


def test_the_tutorial_works_as_it_is_written(tmp_path: Path) -> None:
    """A newcomer who types what is on the page sees what is on the page."""
    shell = subprocess.run(
        ["bash", "-c", "\necho ---next---\n".join(commands for commands, _ in STEPS)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=tmp_path,
        env={name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
        | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
        timeout=100,
    )
    outputs = shell.stdout.split("---next---\n")

    assert len(STEPS) == len(outputs)
    for (commands, promised), said in zip(STEPS, outputs, strict=True):
        assert [] == missing(promised.splitlines(), said.splitlines()), f"{commands}\nsaid:\n{said}"
