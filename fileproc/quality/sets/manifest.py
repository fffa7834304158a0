"""A manifest: JSON that lists files and how many rows each has, wherever the contract says that they stand."""

from __future__ import annotations

import json
from typing import Any

from fileproc.quality.contracts.file_set_words import FileSetWords

#: Bytes and entries of a manifest.
LARGEST = 16 << 20
MOST = 100_000


class BadManifest(Exception):
    """The partner's manifest cannot be understood; the text says why."""


def read_manifest(data: bytes, words: FileSetWords) -> dict[str, int | None]:
    """Name → rows (None where none are told). Raises BadManifest."""
    if len(data) > LARGEST:
        raise BadManifest(f"it is larger than {LARGEST:,} bytes")
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        raise BadManifest("it is not JSON") from None
    found = _at(document, words.files_at)
    if isinstance(found, dict):
        pairs = list(found.items())
    elif isinstance(found, list):
        pairs = [(one if isinstance(one, str) else _at(one, words.name_at), one) for one in found]
    else:
        raise BadManifest(f"there is no list or mapping of files at {words.files_at!r}")
    if len(pairs) > MOST:
        raise BadManifest(f"it lists more than {MOST:,} files")
    return {_name(name, words): _rows(entry, words) for name, entry in pairs}


def _name(name: Any, words: FileSetWords) -> str:
    if not isinstance(name, str) or not name:
        raise BadManifest(f"an entry has no name at {words.name_at!r}")
    return name


def _rows(entry: Any, words: FileSetWords) -> int | None:
    rows = entry if isinstance(entry, int) else _at(entry, words.rows_at)
    if rows is None or (isinstance(rows, int) and not isinstance(rows, bool)):
        return rows
    raise BadManifest(f"the rows at {words.rows_at!r} are {str(rows)[:60]!r}, no whole number")


def _at(document: Any, path: str) -> Any:
    """The value at a path with dots; the document itself at `.`."""
    for part in path.split(".") if path != "." else ():
        if not isinstance(document, dict):
            return None
        document = document.get(part)
    return document
