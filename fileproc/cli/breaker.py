"""`fileproc breaker`: look at, reset or open the breaker of a running service."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import click

from fileproc.cli.asking import NoAnswer, Service
from fileproc.cli.safe import printable
from fileproc.errors import FileprocError, UsageError


def _options(function: Callable[..., Any]) -> Callable[..., Any]:
    """What every sub-verb takes."""
    url = click.option("--url", help="Where the service listens; else as the settings say.")
    token = click.option("--token", envvar="FILEPROC_ADMIN_TOKEN", help="Admin token (FILEPROC_ADMIN_TOKEN).")
    format_ = click.option(
        "--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True
    )
    return url(token(format_(function)))


@click.group()
def command() -> None:
    """Look at, reset or open the breaker of a running service."""


@command.command()
@_options
def show(url: str | None, token: str | None, format_: str) -> None:
    """Its state, why, and how long it lasts."""
    _print(_asked(Service.at(url, token, admin=True), "GET", "/breaker")[1], format_)


_bucket = click.option("--bucket", help="Only this bucket's circuit.")


@command.command()
@_options
@_bucket
def reset(url: str | None, token: str | None, format_: str, bucket: str | None) -> None:
    """Close it now; held jobs run."""
    _change(Service.at(url, token, admin=True), _of("/breaker/reset", bucket), format_)


@command.command("open")
@_options
@_bucket
def open_(url: str | None, token: str | None, format_: str, bucket: str | None) -> None:
    """Open it now; what arrives is held until it closes."""
    _change(Service.at(url, token, admin=True), _of("/breaker/open", bucket), format_)


def _of(path: str, bucket: str | None) -> str:
    return path if bucket is None else f"{path}?bucket={quote(bucket, safe='')}"


def _change(service: Service, path: str, format_: str) -> None:
    status, document = _asked(service, "POST", path)
    if status == 202:
        click.echo("asked for; the pool has not answered yet and will do it first thing", err=True)
    _print(document, format_)


def _asked(service: Service, method: str, path: str) -> tuple[int, dict[str, Any]]:
    status, document = service.ask(method, path)
    if status in (200, 202) and "state" in document:
        return status, document
    detail = printable(document.get("detail") or document.get("title") or f"status {status}")
    if status in (401, 403):
        raise UsageError(detail, fix=None if "→" in detail else "give --token, or ask from the same machine")
    if status == 404:
        raise NoAnswer(f"what answers at {service.url} has no breaker", fix="with FILEPROC_ADMIN_PORT, ask that port")
    raise FileprocError(detail)


def _print(document: dict[str, Any], format_: str) -> None:
    if format_ == "json":
        click.echo(json.dumps(document))
        return
    click.echo(_sentence(document, document.get("whole") or document))
    for scope in document.get("scopes", []):
        click.echo(f"  bucket {printable(scope['bucket'])}: {_state(scope, document.get('max_failures', 0))}")
    for failure in document.get("last_failures", []):
        parts = (failure.get(name) for name in ("at", "job_id", "class", "reason"))
        click.echo("  {}  job {}  {}: {}".format(*map(printable, parts)))


def _state(circuit: dict[str, Any], most: int) -> str:
    said = [printable(circuit["state"]).replace("_", " ")]
    if circuit.get("cooldown_remaining"):
        said.append(f"{circuit['cooldown_remaining']:.0f} s left")
    said.append(f"{circuit.get('consecutive_failures', 0)} of {most} failures in a row")
    return ", ".join(said)


def _sentence(document: dict[str, Any], whole: dict[str, Any]) -> str:
    said = [_state(whole, document.get("max_failures", 0))]
    if document.get("held"):
        said.append(f"{document['held']} jobs held")
    if document.get("stale"):
        said.append("the pool is not beating, so this is how it left it")
    return ", ".join(said)
