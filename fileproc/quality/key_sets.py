"""Sets of keys, remembered from accepted files, so that other files' references can be held against them.

One Parquet file for each referred-to set of columns. A newer accepted file replaces it at once; nothing ever sees half
of one. What is remembered is what some relationship of the same contract asks for, and no other column.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from fileproc.quality import sql
from fileproc.quality.contracts.contract import Match, Relationship
from fileproc.quality.reading.source import Column, Source


def key_set_path(folder: Path, contract_id: str, schema: str, columns: tuple[str, ...]) -> Path:
    """Where the keys of these columns are; names of contracts are hostile, so the file's name is a digest."""
    named = "\0".join((contract_id, schema, *columns))
    return folder / f"{hashlib.sha256(named.encode()).hexdigest()[:32]}.parquet"


def remember(match: Match, source: Source, *, staging: Path, folder: Path) -> None:
    """Remember the keys of an accepted file that other objects of its contract refer to.

    The engine writes below `staging`, the only place that it may write to; the file then takes its place in `folder`.

    Raises:
        OSError: the folder cannot be written.
    """
    for number, names in enumerate(sorted(_asked_for(match))):
        columns = _columns(match, source, names)
        if columns is None:
            continue
        draft = staging / f"keys-{number}.parquet"
        source.connection.execute(f"COPY ({_query(source, columns)}) TO {sql.text(str(draft))} (FORMAT parquet)")
        _put(draft, key_set_path(folder, match.contract.id, match.schema.name, names))


def _asked_for(match: Match) -> set[tuple[str, ...]]:
    """The sets of columns of this schema object that relationships of the others end at."""
    return {one.to for one in _of_others(match) if one.to_object == match.schema.name}


def _of_others(match: Match) -> Iterator[Relationship]:
    for schema in match.contract.schemas:
        if schema.name != match.schema.name:
            yield from schema.relationships
            for prop in schema.properties:
                yield from prop.relationships


def _columns(match: Match, source: Source, names: tuple[str, ...]) -> list[Column] | None:
    """The columns of these properties; None where one is not in the file."""
    called = {prop.name: prop.column for prop in match.schema.properties}
    there = {column.name: column for column in source.columns}
    found = [there.get(called.get(name, name)) for name in names]
    return [one for one in found if one is not None] if None not in found else None


def _query(source: Source, columns: list[Column]) -> str:
    """Each key once, as text; a key with a part that is null is none."""
    keys = ", ".join(f"{column.cell} AS k{number}" for number, column in enumerate(columns))
    present = " AND ".join(f"{column.cell} IS NOT NULL" for column in columns)
    return f"SELECT DISTINCT {keys} FROM ({source.scan()}) WHERE {present}"


def _put(draft: Path, target: Path) -> None:
    """Into its place in one step, also from another file system."""
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        shutil.move(draft, beside)
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)
