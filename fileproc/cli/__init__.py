"""The command line: one file a verb or a small family; commands never import one another.

`--help` must come at once, so a verb's module is imported only when the verb runs: `VERBS` says where each lives and
what its one line of help is. Data goes to stdout, talk to stderr, colours to terminals only.
"""

from __future__ import annotations

import gc
import importlib
import io
import sys
from typing import NoReturn

import click

from fileproc import __version__
from fileproc.errors import ExitCode, FileprocError

#: verb → (module, one line of help). The attribute in the module is always `command`.
VERBS: dict[str, tuple[str, str]] = {
    "serve": ("fileproc.cli.serve", "Run front and pool in one command."),
    "front": ("fileproc.cli.front", "Run the HTTP front, as supervisord does."),
    "pool": ("fileproc.cli.pool", "Run the worker pool, as supervisord does."),
    "check": ("fileproc.cli.check", "Check files now, without a service."),
    "sets": ("fileproc.cli.sets", "Say which files of a day are missing or not as their manifest says."),
    "process": ("fileproc.cli.process", "Run one event file through the whole job, once."),
    "demo": ("fileproc.cli.demo", "Show the whole thing on an embedded S3 and SNS."),
    "jobs": ("fileproc.cli.jobs", "List jobs, show one."),
    "replay": ("fileproc.cli.replay", "Run finished or dead jobs again, or what was never heard of."),
    "purge": ("fileproc.cli.purge", "Remove finished jobs and their reports by age."),
    "deliveries": ("fileproc.cli.deliveries", "List deliveries to sinks, try again those given up."),
    "breaker": ("fileproc.cli.breaker", "Look at, reset or open the breaker of a running service."),
    "contract": ("fileproc.cli.contract", "Lint contracts; ask which one an address gets."),
    "explain": ("fileproc.cli.explain", "Say what a code means, why it matters and how it is mended."),
    "config": ("fileproc.cli.config", "Show, check or document the settings."),
    "db": ("fileproc.cli.db", "Upgrade the journal's tables or show their version."),
    "doctor": ("fileproc.cli.doctor", "Look at bucket, topic, queue, service and database; say how to mend each."),
    "health": ("fileproc.cli.health", "Ask a running service whether it is ready."),
}


class LazyVerbs(click.Group):
    """A group that knows its verbs by name and imports one only when it runs."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in VERBS:
            return None
        gc.disable()  # importing makes no garbage, and looking for some costs a tenth of a small command
        command: click.Command = importlib.import_module(VERBS[name][0]).command
        gc.freeze()
        gc.enable()
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Verbs"):
            formatter.write_dl([(name, line) for name, (_, line) in VERBS.items()])


@click.command(cls=LazyVerbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="fileproc")
def cli() -> None:
    """A data-quality gate for files landing in S3.

    Exit codes: 0 pass, 1 some file failed, 2 wrong usage, settings or contract, 3 could not check,
    4 nothing was checked, 130 interrupted.
    """


def main() -> NoReturn:
    """Entry point: the one boundary where errors become a message and an exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a sign that the terminal does not have becomes an escape, no error
            stream.reconfigure(errors="backslashreplace")
    try:
        code = cli.main(standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(ExitCode.INTERRUPTED)
    except click.ClickException as error:
        error.show()
        sys.exit(ExitCode.USAGE)
    except FileprocError as error:
        click.echo(f"fileproc: {error}", err=True)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(ExitCode.INTERRUPTED)
    except BrokenPipeError:
        sys.stderr.close()  # the reader went away (`| head`); not worth a traceback
        sys.exit(ExitCode.PASS)
    sys.exit(code if isinstance(code, int) else ExitCode.PASS)
