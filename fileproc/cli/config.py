"""`fileproc config`: what the settings are, whether they are right, and the file that documents them."""

from __future__ import annotations

import json
from pathlib import Path

import click

from fileproc import bootstrap, settings


@click.group()
def command() -> None:
    """Show, check or document the settings."""


@command.command()
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
def show(format_: str) -> None:
    """Print every setting as it is in force; secrets are masked."""
    values = settings.masked(settings.load())
    if format_ == "json":
        click.echo(json.dumps(values, indent=2))
        return
    for name, value in values.items():
        mark = " " if value == (settings.BY_NAME[name].default or "") else "*"
        click.echo(f"{mark} {name}={value}")
    click.echo("* differs from the default", err=True)


@command.command()
def check() -> None:
    """Exit 0 if every setting is right, the sinks file with them, else name each mistake and exit 2."""
    bootstrap.load_sinks(settings.load())
    click.echo("every setting is right", err=True)


@command.command()
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), default=None, help="Default: stdout.")
@click.option("--markdown", is_flag=True, help="The table of docs/reference/settings.md instead.")
def docs(output: Path | None, markdown: bool) -> None:
    """Write `.env.example` from the settings table."""
    text = settings.reference_table() + "\n" if markdown else settings.env_example()
    if output is None:
        click.echo(text, nl=False)
    else:
        output.write_text(text)
        click.echo(f"wrote {output}", err=True)
