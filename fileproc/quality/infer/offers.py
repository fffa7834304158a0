"""Rules and offers: what is claimed is written, what luck may have made is written as a comment."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fileproc.quality.contracts.yaml_writer import Noted


class Offers:
    """Counts both. With `strict`, what is offered is claimed as well: it holds for every file that was given."""

    def __init__(self, *, strict: bool = False) -> None:
        self._strict = strict
        self.rules = 0
        self.offered = 0

    def rule(self, value: Any, why: str, *above: str) -> Noted:
        """Something that is claimed, with its evidence."""
        self.rules += 1
        return Noted(value, why, above)

    def offer(self, value: Any, why: str) -> Noted:
        """Something that held so far."""
        if self._strict:
            return self.rule(value, why)
        self.offered += 1
        return Noted(value, why, off=True)


def block(entries: dict[str, Any]) -> Any:
    """A mapping for a key; where everything in it is only offered, so is the key itself."""
    if entries and all(isinstance(one, Noted) and one.off for one in entries.values()):
        return Noted({key: replace(one, off=False) for key, one in entries.items()}, off=True)
    return entries
