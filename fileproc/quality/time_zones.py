"""Time zones by the engine's own list: a name that it does not know would break the scan of a good file."""

from __future__ import annotations

from functools import cache

import duckdb

from fileproc.quality.database import idle
from fileproc.quality.date_patterns import UnknownFormat


def check_zone(name: str) -> None:
    """Raises UnknownFormat for a zone that nobody knows."""
    if name != "UTC" and not _is_known(name):
        raise UnknownFormat(f"the time zone {name[:60]!r} is not known; write one such as Europe/Berlin")


@cache
def _is_known(name: str) -> bool:
    try:
        idle().execute("SELECT timezone(?, TIMESTAMP '2000-01-01')", [name]).fetchall()
    except duckdb.Error:
        return False
    return True
