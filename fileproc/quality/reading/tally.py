"""Tallies: how often something was found, in which lines first, and where last. The count is never capped."""

from __future__ import annotations

from dataclasses import dataclass, field

#: Lines that are kept of each kind; a cause names fewer.
KEPT = 1_000


@dataclass(slots=True)
class Tally:
    """One kind of thing that was found."""

    count: int = 0
    lines: list[int] = field(default_factory=list)
    last: int | None = None

    def add(self, line: int) -> None:
        self.count += 1
        self.last = line
        if len(self.lines) < KEPT:
            self.lines.append(line)

    def add_run(self, first: int, count: int) -> None:
        """So many lines in a row."""
        if count:
            self.count += count
            self.last = first + count - 1
            self.lines += range(first, first + min(count, KEPT - len(self.lines)))
