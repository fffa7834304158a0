"""Checks of one's own: a function that gets rows and gives back the bad ones.

    # my_package/checks.py
    def luhn(rows, arguments):
        for row in rows:
            if not is_valid(row[arguments["column"]]):
                yield Bad(row, arguments["column"], "fails the Luhn test")

    # pyproject.toml
    [project.entry-points."fileproc.checks"]
    luhn = "my_package.checks:luhn"

A contract names it: `type: custom, engine: fileproc, implementation: {check: luhn}`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fileproc.quality.suggest import did_you_mean

GROUP = "fileproc.checks"


@dataclass(frozen=True, slots=True)
class Row:
    """One row: `record` counts data rows that could be read, from 1; cells are texts, None where they are null."""

    record: int
    cells: Mapping[str, str | None]

    def __getitem__(self, column: str) -> str | None:
        return self.cells[column]

    def get(self, column: str) -> str | None:
        return self.cells.get(column)


@dataclass(frozen=True, slots=True)
class Bad:
    """A row that is not as agreed, the column to show, and why in a few words."""

    row: Row
    column: str | None = None
    reason: str = ""


Plugin = Callable[[Iterator[Row], Mapping[str, Any]], Iterable[Bad]]


class UnknownPlugin(Exception):
    """No installed package offers this check, or it cannot be imported."""


def find_plugin(name: str) -> Plugin:
    """The function that an installed package offers under this name. Raises UnknownPlugin."""
    from importlib.metadata import entry_points  # slow to import, and most contracts have no such rule

    offered = {entry.name: entry for entry in entry_points(group=GROUP)}
    if name not in offered:
        hint = did_you_mean(name, offered) if offered else "is its package installed here?"
        raise UnknownPlugin(f"no installed package offers the check {name[:60]!r} in {GROUP!r}; {hint}")
    try:
        plugin: Plugin = offered[name].load()
    except Exception as error:
        # Somebody else's module: whatever it raises while it is imported is told, and costs this one rule.
        raise UnknownPlugin(f"the check {name[:60]!r} cannot be loaded: {type(error).__name__}: {error}") from error
    return plugin
