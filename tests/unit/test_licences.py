"""Licences: what is shipped may be used by whoever uses fileproc, and the page says all of it."""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "licences.md"

#: The client's choice.
EXCEPTED = {"psycopg2-binary"}
REFUSED = re.compile(r"\bA?L?GPL|GNU|Elastic|SSPL|Commons Clause", re.IGNORECASE)


def shipped() -> dict[str, str]:
    """Every distribution that an installation brings along, by its normal name → what it says of its licence."""
    found: dict[str, str] = {}
    left = ["fileproc"]
    while left:
        name = left.pop()
        try:
            metadata = distribution(name)
        except PackageNotFoundError:
            continue  # for another platform
        found[name] = " ".join(
            [*(metadata.metadata.get_all("Classifier") or []), metadata.metadata.get("License-Expression") or "",
             (metadata.metadata.get("License") or "")[:200]]
        )  # fmt: skip
        for text in metadata.requires or ():
            wanted = Requirement(text)
            if normal(wanted.name) not in found and (wanted.marker is None or wanted.marker.evaluate({"extra": ""})):
                left.append(normal(wanted.name))
    return found


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_nothing_that_binds_is_shipped() -> None:
    """No GPL, LGPL, AGPL or Elastic licence but the one that was agreed on."""
    told = shipped()

    assert len(told) > 20
    assert {} == {name: text for name, text in told.items() if REFUSED.search(text) and name not in EXCEPTED}


def test_the_page_names_everything_that_is_shipped() -> None:
    """Whoever must tell his lawyers copies one table."""
    listed = {normal(name) for name in re.findall(r"^\| ([\w.-]+) \|", PAGE.read_text(), re.MULTILINE)}

    assert set() == set(shipped()) - listed - {"fileproc"}
