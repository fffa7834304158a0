"""`fileproc contract import`: an ODCS contract from a description in another language."""

from __future__ import annotations

from pathlib import Path

import click

from fileproc.cli.safe import printable
from fileproc.errors import ExitCode, UsageError
from fileproc.quality.contracts.import_file import LANGUAGES, import_file


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), default=None, help="Default: stdout.")
@click.option("--from", "language", type=click.Choice(list(LANGUAGES)), help="Default: what the file itself says.")
@click.option("--location", help="Where files will lie, such as s3://bucket/orders/*.csv; default: as the source says.")
def command(file: Path, output: Path | None, language: str | None, location: str | None) -> int:
    """Write an ODCS contract from FILE: a Data Package, Data Resource or Table Schema of Frictionless, or a Data
    Contract Specification.

    What could not be carried over is told on stderr, one line each, with its path in FILE. An existing OUTPUT is not
    overwritten.
    """
    imported = import_file(file, language, location)
    if output is None:
        click.echo(imported.text, nl=False)
    else:
        _write(output, imported.text)
    for line in imported.losses:
        click.echo(f"lost: {printable(line)}", err=True)
    lost = len(imported.losses)
    told = (
        f"{lost} thing{'' if lost == 1 else 's'} could not be carried over" if lost else "everything was carried over"
    )
    click.echo(f"{LANGUAGES[imported.language][0]}: {told}", err=True)
    return ExitCode.PASS


def _write(output: Path, text: str) -> None:
    try:
        with output.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise UsageError(f"{output} is there already", fix="name another file, or remove it first") from None
    except OSError as error:
        raise UsageError(f"{output} cannot be written: {error.strerror}") from None
