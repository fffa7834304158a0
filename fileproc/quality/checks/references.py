"""References: every value occurs in a column of this file, of another object of the contract, or in a set of keys.

Keys of another object come from its last accepted file (remembered below `key_sets`, see `quality/key_sets.py`), or
from a file beside the contract that the relationship's `keySet` names. Where neither is there, the check is skipped,
and says so.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from fileproc.quality import sql
from fileproc.quality.checks.planner import Planner, Where
from fileproc.quality.checks.values import Rule
from fileproc.quality.checks.words import listed
from fileproc.quality.contracts.contract import Relationship
from fileproc.quality.key_sets import key_set_path
from fileproc.quality.reading.source import Column


def plan_references(planner: Planner) -> None:
    """All relationships of the schema object and its properties."""
    for relation in planner.schema.relationships:
        _plan(planner, relation)
    for prop in planner.schema.properties:
        for relation in prop.relationships:
            _plan(planner, relation)


def _plan(planner: Planner, relation: Relationship) -> None:
    columns = [planner.column_of(name) for name in relation.from_]
    found = [column for column in columns if column is not None]
    if len(found) < len(columns):
        planner.skip(relation.id, "relationship", None, f"a column of {listed(list(relation.from_))} is missing")
        return
    target = f"{relation.to_object}.{'+'.join(relation.to)}"
    try:
        table = _keys(planner, relation)
    except _NoKeys as error:
        planner.skip(relation.id, "relationship", found[0].name, str(error))
        return
    planner.source.tables.append(table)
    present = " AND ".join(f"{column.cell} IS NOT NULL" for column in found)
    bad = f"{present} AND {_row(found)} NOT IN (SELECT k FROM {table})"
    where = Where(relation.id, found[0], any(planner.is_masked(column) for column in found))
    rule = Rule("relationship", bad, f"a value that occurs in {target}", whole_row=len(found) > 1)
    planner.add(where, rule, tested=f"count({found[0].cell})")


class _NoKeys(Exception):
    """There is nothing to compare with; the message says why."""


def _keys(planner: Planner, relation: Relationship) -> str:
    """A temporary table `k` of all keys that may be referred to."""
    name = f"keys{len(planner.source.tables)}"
    if relation.to_object == planner.schema.name:
        query = _of_this_file(planner, relation)
    else:
        query = _of_another(planner, relation)
    try:
        planner.source.connection.execute(f"CREATE TEMP TABLE {name} AS SELECT DISTINCT k FROM ({query})")
    except duckdb.Error as error:
        raise _NoKeys(f"the keys cannot be read: {str(error).splitlines()[0][:200]}") from error
    return name


def _of_this_file(planner: Planner, relation: Relationship) -> str:
    columns = [planner.column_of(name) for name in relation.to]
    found = [column for column in columns if column is not None]
    if len(found) < len(columns):
        raise _NoKeys(f"a column of {listed(list(relation.to))} is missing")
    present = " AND ".join(f"{column.cell} IS NOT NULL" for column in found)
    return f"SELECT {_row(found)} AS k FROM ({planner.source.scan()}) WHERE {present}"


def _of_another(planner: Planner, relation: Relationship) -> str:
    match = planner.match
    remembered = None
    if planner.around.key_sets is not None:
        remembered = key_set_path(planner.around.key_sets, match.contract.id, relation.to_object, relation.to)
    if remembered is not None and remembered.exists():
        return _read(remembered, [f"k{number}" for number in range(len(relation.to))])
    if relation.key_set is not None:
        return _read(_beside(match.contract.file, relation.key_set), list(relation.to))
    raise _NoKeys(
        f"no keys of {relation.to_object} are known yet: check its file first, with the same folder of keys, "
        "or name a file with keySet"
    )


def _beside(contract: str, written: str) -> Path:
    """A file in the contract's own folder or below; contracts reach nothing else."""
    folder = Path(contract).resolve().parent
    path = (folder / written).resolve()
    if not path.is_relative_to(folder):
        raise _NoKeys(f"keySet {written[:80]!r} leaves the folder of the contract")
    if not path.is_file():
        raise _NoKeys(f"keySet {written[:80]!r} is no file beside the contract")
    return path


def _read(path: Path, names: list[str]) -> str:
    """Keys as text, nulls left out. CSV and Parquet."""
    file = sql.text(str(path))
    table = f"read_parquet({file})" if path.suffix in (".parquet", ".pq") else f"read_csv({file}, all_varchar=true)"
    cells = [f"CAST({sql.name(name)} AS VARCHAR)" for name in names]
    present = " AND ".join(f"{cell} IS NOT NULL" for cell in cells)
    key = cells[0] if len(cells) == 1 else f"ROW({', '.join(cells)})"
    return f"SELECT {key} AS k FROM {table} WHERE {present}"


def _row(columns: list[Column]) -> str:
    cells = [column.cell for column in columns]
    return cells[0] if len(cells) == 1 else f"ROW({', '.join(cells)})"
