"""What may stand in each field of a sink. A check returns the value as it is used, or raises ValueError with what is
wrong; no message repeats a value that may be secret."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from fileproc.domain.reports import Verdict
from fileproc.settings import parsers
from fileproc.sinks.kinds import DOCUMENTS

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
TOPIC = re.compile(r"arn:aws[a-z-]*:sns:([a-z0-9-]+):\d{12}:[A-Za-z0-9_-]{1,256}(\.fifo)?")
BUS = re.compile(r"[A-Za-z0-9_./-]{1,256}|arn:aws[a-z-]*:events:[a-z0-9-]+:\d{12}:event-bus/[A-Za-z0-9_./-]{1,256}")
REGION = re.compile(r"[a-z]{2}(-[a-z]+){1,3}-\d")
VERDICTS = tuple(verdict.value for verdict in Verdict)

#: A key that signs should be as long as what it makes.
SHORTEST_SECRET = 24


def name(value: Any) -> str:
    if not (isinstance(value, str) and NAME.fullmatch(value)):
        raise ValueError("must be 1 to 63 of a-z, 0-9, - and _, such as partner-desk")
    return value


def topic(value: Any) -> str:
    if not (isinstance(value, str) and TOPIC.fullmatch(value)):
        raise ValueError("must be the ARN of a topic, such as arn:aws:sns:eu-west-1:123456789012:verdicts")
    if value.endswith(".fifo"):
        raise ValueError("is a FIFO topic, which needs message groups; use a standard one")
    return value


def bus(value: Any) -> str:
    if not (isinstance(value, str) and BUS.fullmatch(value)):
        raise ValueError("must be the name or the ARN of an event bus")
    return value


def region(value: Any) -> str:
    if not (isinstance(value, str) and REGION.fullmatch(value)):
        raise ValueError("must be a region such as eu-west-1")
    return value


def url(value: Any) -> str:
    """HTTP(S) without a name and password in it; whether it may be HTTP is said by `private`."""
    parts = urlsplit(value) if isinstance(value, str) and value.isascii() and value.isprintable() else None
    try:
        good = parts is not None and parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        good = False
    if parts is None or not good or " " in value:
        raise ValueError("must be an https:// address")
    if parts.username is not None or parts.password is not None:
        raise ValueError("holds a name or password; use `token` or `secret`")
    return str(value)


def secret(value: Any) -> bytes:
    """`whsec_…` is base64, as Standard Webhooks write it; anything else is taken as it is."""
    if not isinstance(value, str):
        raise ValueError("must be a text")
    try:
        key = base64.b64decode(value[6:], validate=True) if value.startswith("whsec_") else value.encode()
    except binascii.Error:
        raise ValueError("begins with whsec_ but is not base64 behind it") from None
    if len(key) < SHORTEST_SECRET:
        raise ValueError(f"is shorter than {SHORTEST_SECRET} bytes; make one with `openssl rand -base64 32`")
    return key


def token(value: Any) -> str:
    if not (isinstance(value, str) and value and value.isascii() and value.isprintable()):
        raise ValueError("must be a token of printable ASCII")
    return value


def prefix(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("must be a text")
    return parsers.s3_prefix(value)


def send(value: Any) -> str:
    if value not in DOCUMENTS:
        raise ValueError(f"must be one of {', '.join(DOCUMENTS)}")
    return str(value)


def on(value: Any) -> list[str]:
    """A verdict or several. YAML reads a bare `on:` as a text here, never as a boolean."""
    listed = value if isinstance(value, list) else [value]
    if not listed or any(one not in VERDICTS for one in listed):
        raise ValueError(f"must be some of {', '.join(VERDICTS)}")
    return [str(one) for one in listed]


def patterns(value: Any) -> list[str]:
    listed = value if isinstance(value, list) else [value]
    if any(not isinstance(one, str) or not one or len(one) > 256 for one in listed):
        raise ValueError("must be names; * stands for anything")
    return [str(one) for one in listed]


def boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("must be true or false")
    return value


def plugin(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("must be the name that a package gives its sink")
    return value


def options(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("must be names with values")
    return value


CHECKS: Mapping[str, Callable[[Any], Any]] = MappingProxyType(
    {
        "name": name,
        "topic": topic,
        "bus": bus,
        "region": region,
        "url": url,
        "secret": secret,
        "token": token,
        "prefix": prefix,
        "send": send,
        "on": on,
        "buckets": patterns,
        "contracts": patterns,
        "private": boolean,
        "samples": boolean,
        "plugin": plugin,
        "options": options,
    }
)
