"""docs/reference/http.md under test: every endpoint and every status word stands there."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from fileproc.front.api import FILTERS
from fileproc.front.app import routes
from fileproc.front.guard import PROXY_MARKS

PAGE = (Path(__file__).parents[3] / "docs" / "reference" / "http.md").read_text()

PARTS: Any = SimpleNamespace(settings=SimpleNamespace(fileproc_admin_port=None))


@pytest.mark.parametrize("route", [f"{route.method} {route.rule}" for route in routes(PARTS)])
def test_every_endpoint_is_documented(route: str) -> None:
    """Somebody who reads the page knows every door."""
    assert f"`{route}`" in PAGE


@pytest.mark.parametrize(
    "word", [*(one.name for one in FILTERS), *PROXY_MARKS, "accepted", "duplicate", "skipped", "confirmed", "pending"]
)
def test_every_word_is_documented(word: str) -> None:
    """Filters, headers that count, and answers."""
    assert word in PAGE
