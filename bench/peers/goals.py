"""The goals, what was reached, and whether that is met; one table for all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

#: (contestant, kind of file, scale) → CPU of ours over theirs, at most.
RATIOS = {
    ("duckdb_every_cell", "clean", "0.1"): 2.0,
    ("duckdb_every_cell", "shuffled", "0.1"): 2.0,
    ("duckdb_every_cell", "clean", "1"): 2.0,
    ("duckdb_every_cell", "shuffled", "1"): 2.6,
    ("polars_script", "clean", "0.1"): 1.0,
    ("polars_script", "shuffled", "0.1"): 1.0,
    ("polars_script", "clean", "1"): 1.1,
    ("polars_script", "shuffled", "1"): 1.1,
    ("great_expectations_pandas", "clean", "0.1"): 0.15,
    ("great_expectations_pandas", "clean", "1"): 0.15,
    ("datacontract_cli", "clean", "0.1"): 0.2,
    ("datacontract_cli", "clean", "1"): 0.5,
    ("frictionless_schema", "clean", "0.1"): 0.02,
    ("pandera_polars", "clean", "0.1"): 0.65,
    ("pointblank_polars", "clean", "0.1"): 0.65,
    ("soda_table", "clean", "0.1"): 0.65,
    ("soda_view", "clean", "0.1"): 0.65,
    ("pandera_polars", "clean", "1"): 0.8,
    ("pointblank_polars", "clean", "1"): 0.8,
    ("soda_table", "clean", "1"): 0.8,
    ("soda_view", "clean", "1"): 0.8,
}

#: Peak memory of ours over theirs, at most.
MEMORY_RATIOS = dict.fromkeys(
    [("pandera_polars", "clean", "1"), ("pointblank_polars", "clean", "1"), ("soda_table", "clean", "1")], 1 / 8
)

#: MB that a worker may have at its peak, with the engine held to ENGINE_MB.
WORKER_MB = 256
ENGINE_MB = 150

WARM_MILLISECONDS = 30
EVERY_ROW_BAD = 2.0

#: A report is bounded however bad the file is.
REPORT_BYTES = 100_000

#: Growth: how far the seconds per row, and the peak memory, may drift.
DRIFT = 0.15


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. `met` is None where there is no goal, and False where it was not measured."""

    what: str
    goal: str
    reached: str
    met: bool | None
    details: str = ""

    @property
    def word(self) -> str:
        """The last column."""
        return "–" if self.met is None else "yes" if self.met else "NO"


def at_most(what: str, most: float | None, reached: float, *, unit: str = "×", details: str = "") -> Row:
    """A row whose figure is better the smaller it is."""
    goal = "–" if most is None else f"≤ {_figure(most)} {unit}"
    return Row(what, goal, f"{_figure(reached)} {unit}", None if most is None else reached <= most, details)


def missing(what: str, most: float | None, reason: str) -> Row:
    """A row without a figure, and why."""
    goal = "–" if most is None else f"≤ {_figure(most)} ×"
    return Row(what, goal, "not measured", None if most is None else False, reason)


def table(rows: Iterable[Row]) -> str:
    """As Markdown, aligned for people who read it in a terminal."""
    lines = [["what", "goal", "reached", "met", "details"]]
    lines += [[row.what, row.goal, row.reached, row.word, row.details] for row in rows]
    widths = [max(len(line[column]) for line in lines) for column in range(5)]
    lines.insert(1, ["-" * width for width in widths])
    return "\n".join(
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |" for line in lines
    )


def _figure(number: float) -> str:
    """Three digits that count: 0.0153, 0.65, 2.0, 128."""
    if number >= 100:
        return f"{number:.0f}"
    if number >= 10:
        return f"{number:.1f}"
    return f"{number:.2f}" if number >= 0.1 else f"{number:.3f}"
