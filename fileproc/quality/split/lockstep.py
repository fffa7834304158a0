"""Lockstep: all records of a file beside those that could be read and those that are rejected, each once, in order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from fileproc.quality.reading.source import NUMBERED, Source
from fileproc.quality.split.fault import Fault, Refused

T = TypeVar("T")

BATCH = 5_000


def side_by_side(
    everything: Iterable[tuple[int, T]], read: Iterator[int], refused: Iterator[Refused]
) -> Iterator[tuple[int, T, bool, tuple[Fault, ...]]]:
    """(number, record, whether it could be read, why it is rejected) of every record."""
    reading, refusing = next(read, None), next(refused, None)
    for number, record in everything:
        was_read = number == reading
        faults: tuple[Fault, ...] = ()
        if was_read:
            reading = next(read, None)
        if refusing is not None and refusing.record == number:
            faults, refusing = refusing.faults, next(refused, None)
        yield number, record, was_read, faults


def read_numbers(source: Source) -> Iterator[int]:
    """The numbers of the records that could be read. A cursor of its own leaves other results alone."""
    number = "rn" if source.kind in NUMBERED else "row_number() OVER () AS rn"
    yield from (int(row[0]) for row in rows_of_query(source, f"SELECT {number} FROM ({source.relation})"))


def rows_of_query(source: Source, query: str) -> Iterator[tuple[Any, ...]]:
    """The rows of a query as they come, while others are under way. It cannot see temporary tables."""
    cursor = source.connection.cursor()
    try:
        result = cursor.execute(query)
        while batch := result.fetchmany(BATCH):
            yield from batch
    finally:
        cursor.close()
