"""A report as text for a person at a terminal: one headline, then each cause in a sentence, with lines and the fix.

Colour only where the terminal has it, and never as the only difference; eighty columns are enough.
"""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from fileproc.cli.safe import printable
from fileproc.domain.reports import Result, Verdict
from fileproc.render.document import (
    SEVERITY_MARKS,
    Document,
    address,
    contract,
    findings,
    how_read,
    severity,
    verdict,
    where,
)
from fileproc.render.strip import bar
from fileproc.render.text import number

COLOURS = {
    Verdict.PASS: "green",
    Verdict.WARN: "yellow",
    Verdict.FAIL: "red",
    Verdict.ERROR: "magenta",
    Verdict.SKIPPED: "blue",
}
MOST_CAUSES = 50
MOST_SAMPLES = 3
MOST_CHECKS = 10


def render(document: Document, console: Console) -> None:
    """Print the report."""
    word = verdict(document)
    head = Text(f"{word.mark} {word.value}", style=f"bold {COLOURS[word]}")
    console.print(head.append(f"  {printable(address(document))}", style="default not bold"), soft_wrap=True)
    _line(console, document["summary"])
    promise = contract(document)
    if promise is not None:
        _line(console, f"held against {promise}, {how_read(document) or 'unread'}")
    _causes(document, console)
    _not_run(document, console)


def _causes(document: Document, console: Console) -> None:
    causes = document["causes"]
    for cause in causes[:MOST_CAUSES]:
        _cause(cause, document, console)
    if len(causes) > MOST_CAUSES:
        _line(console, f"… and {number(len(causes) - MOST_CAUSES, 'more cause')}; --format json has them all")
    if causes:
        console.print()
        _line(console, f"{number(findings([document]), 'finding')} in {number(len(causes), 'cause')}")


def _cause(cause: Document, document: Document, console: Console) -> None:
    console.print()
    title = Text(f"  {SEVERITY_MARKS[severity(cause)]} {printable(cause['title'])}", style="bold")
    title.append(f"  {cause['count']:,} ×", style="default not bold")
    console.print(title, soft_wrap=True)
    _line(console, f"found    {cause['found']}", 4)
    _line(console, f"agreed   {cause['agreed']}", 4)
    place = where(cause)
    if place is not None:
        _line(console, f"where    {place}", 4)
    strip = bar(cause, document)
    if strip is not None:
        _line(console, f"         {strip}", 4)
    for sample in cause["samples"][:MOST_SAMPLES]:
        if sample["cell"] is not None and sample["line"] is not None:
            _line(console, f"         {sample['line']:>8,} │ {printable(sample['cell'], 60)}", 4)
    _line(console, f"mend     {cause['fix']}", 4)
    _line(console, f"code     {cause['code']}", 4)


def _not_run(document: Document, console: Console) -> None:
    skipped = [check for check in document["checks"] if check["result"] == Result.SKIPPED]
    if skipped:
        console.print()
        _line(console, f"{number(len(skipped), 'check')} not run:")
    for check in skipped[:MOST_CHECKS]:
        _line(console, f"– {check['id']}: {check['reason']}", 4)
    if len(skipped) > MOST_CHECKS:
        _line(console, f"… and {len(skipped) - MOST_CHECKS} more", 4)


def _line(console: Console, text: str, indent: int = 2) -> None:
    console.print(Text(" " * indent + printable(text)), soft_wrap=True)
