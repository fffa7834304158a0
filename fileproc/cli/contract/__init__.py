"""`fileproc contract`: everything to do with a contract, one module a verb.

A verb's module is imported only when the verb runs: `VERBS` says where each lives. The attribute is always `command`.
"""

from __future__ import annotations

import importlib

import click

#: verb → (module, one line of help).
VERBS: dict[str, tuple[str, str]] = {
    "infer": ("fileproc.cli.contract.infer", "Draft a contract from good files, with the evidence for every rule."),
    "lint": ("fileproc.cli.contract.lint", "Check contract files, and whole folders of them."),
    "show": ("fileproc.cli.contract.show", "Say in plain words what a contract promises, for partners."),
    "diff": ("fileproc.cli.contract.diff", "Say what a new version changes, and whom it breaks."),
    "test": ("fileproc.cli.contract.test", "Run a contract's own examples."),
    "import": ("fileproc.cli.contract.import_", "Write a contract from a Data Package, Table Schema or DCS file."),
    "which": ("fileproc.cli.contract.which", "Say which contract a file at an address is held against, and why."),
}


class LazyVerbs(click.Group):
    """A group that knows its verbs by name and imports one only when it runs."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in VERBS:
            return None
        command: click.Command = importlib.import_module(VERBS[name][0]).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Verbs"):
            formatter.write_dl([(name, line) for name, (_, line) in VERBS.items()])


@click.command(cls=LazyVerbs)
def command() -> None:
    """Write, lint, read, compare and try contracts; ask which one an address gets."""
