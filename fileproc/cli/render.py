"""A report as text for a person at a terminal: one headline, then each cause in a sentence, with lines and the fix.

Colour only where the terminal has it, and never as the only difference; eighty columns are enough.
"""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from fileproc.cli.safe import printable
from fileproc.domain.reports import Cause, Report, Result, Severity, Verdict

COLOURS = {
    Verdict.PASS: "green",
    Verdict.WARN: "yellow",
    Verdict.FAIL: "red",
    Verdict.ERROR: "magenta",
    Verdict.SKIPPED: "blue",
}
MARKS = {Severity.FAIL: "✕", Severity.WARN: "!", Severity.INFO: "i"}
MOST_CAUSES = 50
SHOWN_LINES = 5


def render(report: Report, console: Console) -> None:
    """Print the report."""
    verdict = report.verdict
    head = Text(f"{verdict.mark} {verdict.value}", style=f"bold {COLOURS[verdict]}")
    console.print(head.append(f"  {printable(report.file.address)}", style="default not bold"), soft_wrap=True)
    _line(console, report.summary)
    if report.contract.name is not None:
        _line(console, f"held against {report.contract.name} {report.contract.version}, {_how_read(report)}")
    for cause in report.causes[:MOST_CAUSES]:
        _cause(cause, console)
    if len(report.causes) > MOST_CAUSES:
        _line(console, f"… and {len(report.causes) - MOST_CAUSES} more causes; --format json has them all")
    _not_run(report, console)


def _how_read(report: Report) -> str:
    read = report.read
    parts = [read.format or "unread", read.compression, read.encoding]
    parts.append(f"delimiter {read.delimiter!r}" if read.delimiter else None)
    parts.append(f"{read.rows:,} rows" if read.rows is not None else None)
    parts.append(f"{read.rejected_rows:,} unreadable" if read.rejected_rows else None)
    return ", ".join(part for part in parts if part)


def _cause(cause: Cause, console: Console) -> None:
    console.print()
    title = Text(f"  {MARKS[cause.severity]} {printable(cause.title)}", style="bold")
    title.append(f"  {cause.count:,} ×", style="default not bold")
    console.print(title, soft_wrap=True)
    _line(console, f"found    {cause.found}", 4)
    _line(console, f"agreed   {cause.agreed}", 4)
    if cause.lines:
        _line(console, f"lines    {_lines(cause)}", 4)
    for sample in cause.samples[:3]:
        if sample.cell is not None and sample.line is not None:
            _line(console, f"         {sample.line:>8,} │ {printable(sample.cell, 60)}", 4)
    _line(console, f"mend     {cause.fix}", 4)


def _lines(cause: Cause) -> str:
    shown = ", ".join(f"{line:,}" for line in cause.lines[:SHOWN_LINES])
    if cause.count > SHOWN_LINES and cause.last_line is not None:
        return f"{shown} … {cause.last_line:,}"
    return shown


def _not_run(report: Report, console: Console) -> None:
    skipped = [check for check in report.checks if check.result is Result.SKIPPED]
    if skipped:
        console.print()
        _line(console, f"{len(skipped)} checks were not run:")
    for check in skipped[:10]:
        _line(console, f"– {check.id}: {check.reason}", 4)
    if len(skipped) > 10:
        _line(console, f"… and {len(skipped) - 10} more", 4)


def _line(console: Console, text: str, indent: int = 2) -> None:
    console.print(Text(" " * indent + printable(text)), soft_wrap=True)
