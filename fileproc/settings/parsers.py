"""How one setting is read from its text; what is wrong is said so that it can stand behind the name."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from urllib.parse import urlsplit


def integer(low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not re.fullmatch(r"[+-]?\d{1,18}", text.strip()):
            raise ValueError(f"must be a whole number from {low:,} to {high:,}")
        value = int(text)
        if not low <= value <= high:
            raise ValueError(f"must be a whole number from {low:,} to {high:,}")
        return value

    return parse


def seconds(low: float, high: float) -> Callable[[str], float]:
    def parse(text: str) -> float:
        if not re.fullmatch(r"\d{1,12}(\.\d{1,6})?", text.strip()):
            raise ValueError(f"must be a number of seconds from {low:g} to {high:g}")
        value = float(text)
        if not low <= value <= high:
            raise ValueError(f"must be a number of seconds from {low:g} to {high:g}")
        return value

    return parse


def choice(*choices: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        value = text.strip().lower()
        if value not in choices:
            near = difflib.get_close_matches(value, choices, 1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise ValueError(f"must be one of {', '.join(choices)}{hint}")
        return value

    return parse


def flag(text: str) -> bool:
    value = text.strip().lower()
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off", ""}:
        return False
    raise ValueError("must be true or false")


def text(raw: str) -> str:
    return raw.strip()


def path(text: str) -> Path:
    return Path(text.strip()).expanduser()


_ARN = re.compile(r"arn:[a-z0-9*-]+:sns:[a-z0-9*-]+:[0-9*]+:[A-Za-z0-9_*-]+(\.fifo)?")


def arns(text: str) -> tuple[str, ...]:
    arns = tuple(part.strip() for part in text.split(",") if part.strip())
    wrong = [arn for arn in arns if not _ARN.fullmatch(arn)]
    if wrong:
        raise ValueError(f"{wrong[0]!r} is no SNS topic ARN; write arn:aws:sns:REGION:ACCOUNT:TOPIC, comma-separated")
    return arns


_BUCKET = re.compile(r"[a-z0-9*][a-z0-9.*-]{1,61}[a-z0-9*]")


def buckets(text: str) -> tuple[str, ...]:
    """Names of buckets; a star stands for any characters."""
    names = tuple(part.strip() for part in text.split(",") if part.strip())
    wrong = [name for name in names if not _BUCKET.fullmatch(name)]
    if wrong:
        raise ValueError(f"{wrong[0]!r} is no name of a bucket; write acme-drop, globex-*, comma-separated")
    return names


def account(text: str) -> str:
    value = text.strip()
    if not re.fullmatch(r"[0-9]{12}", value):
        raise ValueError("must be the 12 digits of an AWS account")
    return value


def networks(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    parsed = []
    for part in (part.strip() for part in text.split(",") if part.strip()):
        try:
            parsed.append(ip_network(part))
        except ValueError:
            raise ValueError(f"holds {part[:80]!r}, which is no network; write 10.0.0.0/8 or 192.0.2.7") from None
    if any(network.prefixlen == 0 for network in parsed):
        raise ValueError("may not name everybody; name the proxy's own network, such as 10.0.0.0/8")
    return tuple(parsed)


def database_url(text: str) -> str:
    url = text.strip()
    if url.startswith("postgres://"):  # what Heroku-like platforms hand out
        url = "postgresql+psycopg2://" + url.removeprefix("postgres://")
    scheme = url.partition("://")[0]
    if scheme not in {"sqlite", "postgresql", "postgresql+psycopg2"} or "://" not in url:
        raise ValueError("must be sqlite:///FILE or postgresql+psycopg2://USER:PASSWORD@HOST/DATABASE")
    return url


def _has_a_port(url: str) -> bool:
    """A port that is none raises only when it is asked for."""
    try:
        return urlsplit(url).port != 0
    except ValueError:
        return False


def url(text: str) -> str:
    value = text.strip()
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or not _has_a_port(value):
        raise ValueError("must be an http:// or https:// address")
    return value


_PREFIX = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/[\x21-\x7e]{1,400}")


def s3_prefix(text: str) -> str:
    """An S3 address that ends with a slash; a whole bucket is none, for parts would lie among everything else."""
    value = text.strip().removesuffix("/") + "/"
    parts = value.removeprefix("s3://").split("/")
    if not _PREFIX.fullmatch(value) or any(part in ("", ".", "..") for part in parts[:-1]) or len(parts) < 3:
        raise ValueError("must be an S3 prefix such as s3://bucket/parts/, with a folder behind the bucket")
    return value
