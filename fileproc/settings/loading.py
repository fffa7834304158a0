"""Reads the environment once, names every mistake at once, and freezes the result."""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fileproc.errors import SettingsError
from fileproc.settings.table import BY_NAME, TABLE, Knob
from fileproc.settings.values import Settings

#: Prefixes under which an unknown variable is most likely a typing mistake and not somebody else's.
OURS = ("FILEPROC_", "SNS_", "CIRCUIT_BREAKER_", "DRY_RUN")


def load(environ: Mapping[str, str] | None = None, *, dotenv: Path | None = Path(".env")) -> Settings:
    """Read the environment, then `.env` for what it does not set, and freeze the result.

    Raises:
        SettingsError: names *every* wrong variable at once, with near-misses suggested.
    """
    values = _collect(os.environ if environ is None else environ, dotenv)
    problems = _near_misses(values)
    parsed: dict[str, Any] = {}
    for knob in TABLE:
        try:
            raw = _read(values, knob)
            parsed[knob.attribute] = None if raw is None else knob.parse(raw)
        except ValueError as error:
            problems.append(_describe(knob, values.get(knob.name), error))
    if not problems:
        settings = Settings(**parsed)
        problems = _contradictions(settings)
        if not problems:
            return settings
    raise SettingsError(problems)


def contract_variables(
    environ: Mapping[str, str] | None = None, *, dotenv: Path | None = Path(".env")
) -> dict[str, str | None]:
    """The variables that contracts may read, with their values; None for one that is not set.

    Raises:
        SettingsError: the list of names is wrong; no other setting is looked at.
    """
    values = _collect(os.environ if environ is None else environ, dotenv)
    knob = BY_NAME["FILEPROC_CONTRACT_VARIABLES"]
    raw = values.get(knob.name, "")
    try:
        return {name: values.get(name) for name in knob.parse(raw)}
    except ValueError as error:
        raise SettingsError([_describe(knob, raw, error)]) from None


def require_topics(settings: Settings) -> None:
    """The front needs an allow-list while it verifies.

    Raises:
        SettingsError: there is none.
    """
    if settings.sns_verify == "on" and not settings.sns_topic_arns and settings.sqs_queue_url is None:
        raise SettingsError(
            [
                "SNS_TOPIC_ARNS is empty: name the topics that may call, such as "
                "arn:aws:sns:eu-west-1:123456789012:files-landed (or a queue with SQS_QUEUE_URL; or set "
                "SNS_VERIFY=off on loopback)"
            ]
        )


def _collect(environ: Mapping[str, str], dotenv: Path | None) -> dict[str, str]:
    values: dict[str, str] = {}
    if dotenv is not None and dotenv.is_file():
        from dotenv import dotenv_values  # for those who have such a file

        values.update({key: value for key, value in dotenv_values(dotenv).items() if value is not None})
    values.update(environ)
    return values


def _read(values: Mapping[str, str], knob: Knob) -> str | None:
    """The raw text of one knob; a secret may come from the file that NAME_FILE points at."""
    raw = values.get(knob.name)
    if knob.secret and raw is None and (file := values.get(f"{knob.name}_FILE")):
        try:
            raw = Path(file).read_text().strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ValueError(f"cannot be read from the file in {knob.name}_FILE ({type(error).__name__})") from None
    if raw is None or (raw.strip() == "" and not knob.default):
        raw = knob.default
    return raw


def _describe(knob: Knob, raw: str | None, error: ValueError) -> str:
    shown = "" if raw is None or knob.secret else f", not {raw[:80]!r}"
    return f"{knob.name} {error}{shown}"


def _near_misses(values: Mapping[str, str]) -> list[str]:
    known = set(BY_NAME) | {f"{knob.name}_FILE" for knob in TABLE if knob.secret}
    problems = []
    for name in sorted(values):
        if name in known or not name.startswith(OURS) or name.startswith("FILEPROC_TEST_"):
            continue
        near = difflib.get_close_matches(name, BY_NAME, 1, cutoff=0.75)
        if near:
            problems.append(f"{name} is unknown; did you mean {near[0]}?")
        elif name.startswith("FILEPROC_"):
            problems.append(f"{name} is unknown; `fileproc config docs` lists every setting")
    return problems


def _contradictions(settings: Settings) -> list[str]:
    problems = []
    if settings.sns_verify == "off" and not settings.on_loopback:
        problems.append(
            "SNS_VERIFY=off is refused while FILEPROC_HOST is reachable from other machines; "
            "turn it on, bind to 127.0.0.1, or write SNS_VERIFY=off-i-know"
        )
    if settings.fileproc_admin_port and settings.fileproc_admin_port == settings.fileproc_port:
        problems.append("FILEPROC_ADMIN_PORT must differ from FILEPROC_PORT")
    tokens = [settings.fileproc_admin_token, settings.fileproc_operator_token, settings.fileproc_viewer_token]
    given = [token for token in tokens if token]
    if len(set(given)) < len(given):
        problems.append(
            "FILEPROC_ADMIN_TOKEN, FILEPROC_OPERATOR_TOKEN and FILEPROC_VIEWER_TOKEN must differ: "
            "with one token for two roles the lesser one is no limit"
        )
    return problems
