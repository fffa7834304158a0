"""Reading a query: an unknown or wrong name is an error, since a filter that is ignored shows the wrong things."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import bottle

from fileproc.errors import BadRequest
from fileproc.front.route import Parameter

LARGEST_PAGE = 500
LARGEST_ID = 10**18 - 1

BEFORE = Parameter("before", {"type": "integer", "minimum": 1, "maximum": LARGEST_ID}, "the `next` of the page before")


def limit_of(most: int) -> Parameter:
    return Parameter("limit", {"type": "integer", "minimum": 1, "maximum": most, "default": 50}, "how many on a page")


def query(*names: str) -> dict[str, str]:
    """The query as text.

    Raises:
        BadRequest: a name that is not among these, or a value that is no text.
    """
    given = bottle.request.query
    unknown = sorted(set(given) - set(names))
    if unknown:
        raise BadRequest(f"unknown filter {unknown[0]!r}", fix=f"use {', '.join(names)}")
    values = {name: given.getunicode(name) for name in given}
    for name, value in values.items():
        if value is None or "\x00" in value:
            raise BadRequest(f"{name} is no text")
    return values


def paged() -> tuple[int, int | None]:
    """`limit` and `before` of a query that has nothing else."""
    given = query("limit", "before")
    return number(given, "limit", 50, 1, LARGEST_PAGE), number(given, "before", None, 1, LARGEST_ID)


def number(values: dict[str, str], name: str, default: int | None, low: int, high: int) -> Any:
    text = values.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 19 and low <= int(text) <= high):
        raise BadRequest(f"{name} is a whole number from {low} to {high}")
    return int(text)


def one_of(values: dict[str, str], name: str, choices: list[str]) -> str | None:
    text = values.get(name)
    if text is not None and text not in choices:
        raise BadRequest(f"{name} is one of {', '.join(choices)}")
    return text


def instant(values: dict[str, str], name: str) -> datetime | None:
    text = values.get(name)
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text.upper())
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise BadRequest(f"{name} is an ISO 8601 instant, such as 2026-11-24T06:00:00Z") from None
