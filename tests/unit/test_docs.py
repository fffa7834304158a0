"""Docs under test: what users hold in their hands is written down, and stays so."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from fileproc import settings
from fileproc.cli import VERBS
from fileproc.errors import ExitCode
from fileproc.metrics.catalogue import reference_table

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference"


def read(name: str) -> str:
    return (REFERENCE / name).read_text()


def test_settings_page_is_the_table() -> None:
    """The page shows every setting with today's default."""
    assert settings.reference_table() in read("settings.md")


def test_metrics_page_is_the_catalogue() -> None:
    """The page shows every metric that is exposed."""
    assert reference_table() in read("metrics.md")


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_is_documented(verb: str) -> None:
    """Somebody who reads the page knows every verb."""
    assert f"`fileproc {verb}" in read("cli.md")


@pytest.mark.parametrize("code", ExitCode)
def test_every_exit_code_is_documented(code: ExitCode) -> None:
    """Scripts can rely on what the page says."""
    assert f"| {code.value} | {code.name.lower()} |" in read("cli.md")


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_answers_help(verb: str) -> None:
    """`--help` works for each verb and says something."""
    done = subprocess.run([sys.executable, "-m", "fileproc", verb, "--help"], capture_output=True, text=True)

    assert (0, True) == (done.returncode, "Usage:" in done.stdout)


def test_help_is_light() -> None:
    """`fileproc --help` comes at once: it imports neither boto3, gevent nor duckdb."""
    program = (
        "import sys; from fileproc.cli import cli; cli.main(['--help'], standalone_mode=False); "
        "print(sorted({'boto3', 'gevent', 'duckdb', 'sqlalchemy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert "[]" == done.stdout.splitlines()[-1]


def test_links_between_pages_lead_somewhere() -> None:
    """No relative link in README and docs points at a file that is not there."""
    broken = []
    for page in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", page.read_text()):
            if not (page.parent / target).exists():
                broken.append(f"{page.relative_to(ROOT)} → {target}")

    assert [] == broken
