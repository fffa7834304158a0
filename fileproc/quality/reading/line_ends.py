"""Line ends of files whose lines are records: one kind in one file."""

from __future__ import annotations

from pathlib import Path

from fileproc.domain.reports import Severity
from fileproc.quality.finding import FIRST_LINES, Finding
from fileproc.quality.reading.json_clean import Lines
from fileproc.quality.reading.survey import Places


def mixed_ends(lines: Lines, path: Path) -> list[Finding]:
    """The lines that end otherwise than most do; each is read all the same."""
    if not lines.is_mixed:
        return []
    with_cr, without, strays = Places(), Places(), Places()
    with path.open("rb") as file:
        for number, content in enumerate(file, 1):
            (with_cr if content.endswith(b"\r\n") else without).add(number)
            if b"\r" in content.removesuffix(b"\n").removesuffix(b"\r") or content.endswith(b"\r"):
                strays.add(number)
    most, odd = ("CRLF", without) if with_cr.count > without.count else ("LF", with_cr)
    odd = odd if odd.count else strays
    return [
        Finding.structure(
            "mixed_line_ends", "line ends are mixed", f"write {most} everywhere", agreed="one kind of line end",
            severity=Severity.WARN, count=odd.count, lines=odd.lines[:FIRST_LINES], last_line=odd.lines[-1],
        )
    ]  # fmt: skip
