"""Columns that tell rows apart: exactly, file by file, and only where an estimate says that it is worth a look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from fileproc.quality.infer.evidence import Evidence
from fileproc.quality.infer.thresholds import UNIQUE_ROWS
from fileproc.quality.reading.source import Source

#: Estimates are a few percent off; fewer different values are no key.
LIKELY = 0.85

#: Keys that are looked at: each costs a scan of each file.
MOST_COLUMNS = 12
MOST_PAIRS = 12

#: Longer texts are no part of a key.
LONGEST_KEY = 40


@dataclass(frozen=True, slots=True)
class Key:
    """Names of columns that may tell rows apart together."""

    columns: tuple[str, ...]


def likely_keys(columns: Sequence[Evidence]) -> list[Key]:
    """Columns where nearly every value seems to be different."""
    found = [one for one in columns if one.present > 1 and all(_is_likely(one, file) for file in one.facts)]
    return [Key((one.name,)) for one in found[:MOST_COLUMNS]]


def _is_likely(evidence: Evidence, file: str) -> bool:
    facts = evidence.facts[file]
    return facts.present == 0 or facts.distinct >= LIKELY * facts.present


def likely_pairs(columns: Sequence[Evidence]) -> list[Key]:
    """Pairs of full columns with just enough different values between them: the fewer, the less it is luck."""
    full = [one for one in columns if one.everywhere and one.rows >= UNIQUE_ROWS and one.present == one.rows]
    kinds = [one for one in full if one.suspicion is None and _is_key_like(one)]
    pairs = [(left, right) for left, right in combinations(kinds[:30], 2) if _are_enough(left, right)]
    pairs.sort(key=lambda pair: _all_possible(pair[0], pair[1]))
    return [Key((left.name, right.name)) for left, right in pairs[:MOST_PAIRS]]


def _is_key_like(evidence: Evidence) -> bool:
    """Whole numbers, short texts, dates; a measured number and prose tell nothing apart on purpose."""
    fitting = [one for one in evidence.candidates if evidence.fits(one)]
    keys = ("integer", "string", "date", "timestamp")
    return bool(fitting) and fitting[0].logical in keys and evidence.longest <= LONGEST_KEY


def _are_enough(left: Evidence, right: Evidence) -> bool:
    """Estimates may be a little low."""
    return all(_possible(left, right, file) >= LIKELY * left.facts[file].rows for file in left.facts)


def _all_possible(left: Evidence, right: Evidence) -> int:
    return sum(_possible(left, right, file) for file in left.facts)


def _possible(left: Evidence, right: Evidence, file: str) -> int:
    return left.facts[file].distinct * right.facts[file].distinct


def holding(source: Source, keys: Sequence[Key]) -> list[Key]:
    """Those that no two rows of this file share. Raises duckdb.Error."""
    by_name = {column.name: column.cell for column in source.columns}
    return [key for key in keys if _holds(source, [by_name[name] for name in key.columns if name in by_name])]


def _holds(source: Source, cells: list[str]) -> bool:
    if not cells:
        return True
    listed = ", ".join(cells)
    present = " AND ".join(f"{cell} IS NOT NULL" for cell in cells)
    rows = f"SELECT {listed} FROM ({source.scan()}) WHERE {present}"
    counted = f"SELECT (SELECT count(*) FROM ({rows})), (SELECT count(*) FROM (SELECT DISTINCT * FROM ({rows})))"
    all_rows, different = source.connection.execute(counted).fetchall()[0]
    return bool(all_rows == different)
