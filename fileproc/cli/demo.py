"""`fileproc demo`: the real thing on an embedded S3 and SNS."""

from __future__ import annotations

import re
import signal
import sys
import tempfile
import webbrowser
from pathlib import Path

import click

from fileproc.demo.play import Play, TimeIsUp
from fileproc.demo.stage import Stage
from fileproc.errors import ExitCode

#: Long enough for a slow laptop; the play itself takes about half a minute.
DEFAULT_SECONDS = 300.0


class Seconds(click.ParamType[float]):
    """`60`, `60s` or `2m`."""

    name = "duration"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        match = re.fullmatch(r"(\d{1,6}(?:\.\d+)?)(s|m|h)?", str(value).strip())
        if match is None:
            self.fail(f"{value!r} is no duration; write 60s, 2m or 1h", param, ctx)
        return float(match[1]) * {"s": 1, "m": 60, "h": 3600, None: 1}[match[2]]


@click.command()
@click.option("--for", "seconds", type=Seconds(), default=None, help="End after this long at the latest, e.g. 60s.")
@click.option("--port", type=click.IntRange(1, 65535), default=None, help="Port of the service; default: a free one.")
@click.option(
    "--keep", type=click.Path(file_okay=False, path_type=Path), default=None, help="Keep files and logs here."
)
@click.option("--no-browser", is_flag=True, help="Do not open the reports in a browser.")
def command(seconds: float | None, port: int | None, keep: Path | None, no_browser: bool) -> int:
    """Drop real files of three partners and watch the verdicts come.

    On a terminal it keeps serving afterwards until Ctrl-C; with --for, or when its output is not a terminal, it ends
    by itself. Exit code 0 only if every file got the verdict it deserves.
    """
    stay = seconds is None and sys.stdout.isatty()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that everything is taken down on TERM, too
    with tempfile.TemporaryDirectory(prefix="fileproc-demo-") as temporary:
        folder = keep.absolute() if keep else Path(temporary)
        click.echo("Setting the stage: S3 and SNS (moto), the service, three partners …")
        with Stage(folder, port) as stage:
            return _perform(stage, seconds or DEFAULT_SECONDS, stay=stay, browser=not no_browser)


def _perform(stage: Stage, seconds: float, *, stay: bool, browser: bool) -> int:
    click.echo(f"The service is at {stage.url}; look at:")
    for path, what in LOOK_AT.items():
        click.echo(f"  {stage.url}{path:<16} {what}")
    if stay and browser:
        webbrowser.open(f"{stage.url}/api/v1/files")
    play = Play(stage, click.echo, seconds=seconds)
    try:
        play.run()
    except TimeIsUp as missing:
        click.echo(f"\nThe time is up; still waiting for {missing}.", err=True)
    for surprise in play.surprises:
        click.echo(f"  not as expected: {surprise}", err=True)
    if stay:
        _serve_on(stage)
    got = len(play.verdicts)
    click.echo(f"\ndemo: {play.dropped} files, {got} verdicts, {play.dropped - got} lost")
    return ExitCode.FAIL if play.surprises else ExitCode.PASS


LOOK_AT = {
    "/api/v1/files": "every file with its verdict; add /ID for the whole report",
    "/breaker": "the circuit breaker",
    "/api/v1/pool": "what each worker does now",
    "/metrics": "what Prometheus would scrape",
}


def _serve_on(stage: Stage) -> None:
    try:
        click.echo(f"\nStill serving at {stage.url}; Ctrl-C ends it.")
        stage.service.wait()
    except KeyboardInterrupt:
        click.echo("\nTaking everything down …")
