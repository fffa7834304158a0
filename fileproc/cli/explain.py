"""`fileproc explain CODE`: what a code means, why it matters and how it is mended."""

from __future__ import annotations

import json
import sys

import click
from rich.console import Console
from rich.text import Text

from fileproc.cli.safe import printable
from fileproc.errors import ExitCode, UsageError
from fileproc.quality.explanations import FAMILIES, Explanation, explanation, explanations, suggestions
from fileproc.quality.explanations.page import page


@click.command()
@click.argument("code", required=False)
@click.option("--format", "format_", type=click.Choice(["text", "json", "md"]), default="text", show_default=True)
def command(code: str | None, format_: str) -> int:
    """Say what CODE means: the code of a finding (decimal_comma) or of the lint (FPC304). Without one, list all.

    --format md without a CODE writes the page docs/reference/codes.md. Exit code 2 for a code that does not exist.
    """
    chosen = list(explanations().values()) if code is None else [_known(code)]
    if format_ == "json":
        documents = [one.to_document() for one in chosen]
        click.echo(json.dumps(documents if code is None else documents[0], indent=2, ensure_ascii=False))
    elif code is None and format_ == "md":
        click.echo(page(), nl=False)
    elif code is None:
        _list(chosen)
    else:
        _tell(chosen[0])
    return ExitCode.PASS


def _known(code: str) -> Explanation:
    """Raises UsageError, with what may have been meant."""
    found = explanation(code)
    if found is None:
        near = suggestions(code)
        fix = f"did you mean {', '.join(near)}?" if near else "`fileproc explain` lists all codes"
        raise UsageError(f"there is no code {printable(code, 60)!r}", fix=fix)
    return found


def _list(chosen: list[Explanation]) -> None:
    """One line a code, family after family."""
    console = _console()
    for family, title in FAMILIES.items():
        console.print(Text(title, style="bold"))
        for one in chosen:
            if one.family == family:
                console.print(Text(f"  {one.code:<24}{one.title}"), soft_wrap=True)
        console.print()


def _tell(one: Explanation) -> None:
    console = _console()
    console.print(Text(one.code, style="bold").append(f"  {one.title}", style="default not bold"), soft_wrap=True)
    console.print()
    console.print(Text(f"{one.meaning} {one.why}"))
    console.print()
    for name, text in (("not so", one.bad), ("but so", one.good)):
        for number, line in enumerate(text.splitlines() or [""]):
            console.print(Text(f"  {name if number == 0 else '':<10}{line}"), soft_wrap=True)
    console.print()
    console.print(Text(f"Whoever sends the file: {one.partner}"))
    console.print(Text(f"Whoever keeps the contract: {one.contract}"))


def _console() -> Console:
    return Console(file=sys.stdout, highlight=False)
