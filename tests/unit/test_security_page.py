"""The page of threats is held by the tests that it names."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "docs" / "explanation" / name for name in ("security.md", "reliability.md")]


def test_every_test_that_a_page_names_exists() -> None:
    """Nobody reads of a defence that is not shown."""
    source = "".join(path.read_text() for path in (ROOT / "tests").rglob("*.py"))
    defined = set(re.findall(r"def (test_\w+)\(", source)) | {path.name for path in (ROOT / "tests").rglob("test_*.py")}
    named = {name for page in PAGES for name in re.findall(r"`(test_\w+(?:\.py)?)`", page.read_text())}

    assert len(named) > 50
    assert set() == named - defined


def test_every_threat_has_a_defence_and_a_test() -> None:
    """The 28 of the threat model, each once, in order."""
    rows = re.findall(r"^\| (\d+) \| (.+) \| (.+) \| (.+) \|$", PAGES[0].read_text(), re.MULTILINE)

    assert list(range(1, 29)) == [int(number) for number, *_ in rows]
    assert all("`test_" in tests for *_, tests in rows)
