"""The first look: what each column of one file may be, by its first values, and which words mean "no value".

A guess only narrows what is measured afterwards; nothing is claimed from it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from fileproc.quality import sql
from fileproc.quality.infer.candidates import (
    ARRAY,
    INTEGER,
    NULL_TOKENS,
    NUMBER,
    OBJECT,
    TEXT,
    Candidate,
    candidates_for,
)
from fileproc.quality.infer.inside import DEEPEST, elements_of, fields_of
from fileproc.quality.infer.plausible import plausible
from fileproc.quality.infer.sensitive import CARD, IBAN, ODD_VALUES, Suspicion, account_numbers, suspicion_of
from fileproc.quality.infer.shape import pattern_of, signature
from fileproc.quality.reading.source import Column, Source

#: Values that are looked at to choose what is measured.
SAMPLE = 2_000

#: A longer cell is text whatever stands in it.
LONGEST = 400

#: Shapes that one column may have before it has none, and columns that one query looks at.
MOST_SHAPES = 40
TOGETHER = 20

#: What columns of very wide files may be.
COMMON = (INTEGER, NUMBER, Candidate("date"), Candidate("timestamp"), OBJECT, ARRAY, TEXT)

#: A file with more columns is told by names, types and empty cells: a contract has a limit, too.
MOST_DETAILED = 300


@dataclass(slots=True)
class Guess:
    """What a column of one file may be. Without a value in the sample it may be anything."""

    name: str
    seen: bool
    candidates: tuple[Candidate, ...]
    pattern: str | None = None
    suspicion: Suspicion | None = None
    fields: list[Guess] = field(default_factory=list)
    items: Guess | None = None

    @property
    def best(self) -> Candidate:
        return next(iter(self.candidates), TEXT)


def guesses(source: Source, depth: int = 0) -> list[Guess]:
    """A guess for every column of a source, and for what is inside of it. Raises duckdb.Error."""
    found = []
    detailed = len(source.columns) <= MOST_DETAILED
    for columns in _chunks(source.columns, TOGETHER if detailed else 2 * TOGETHER):
        found += _looked_at(source, columns, "", detailed=detailed)
    for number, column in enumerate(source.columns if detailed else ()):
        if not found[number].seen:  # its values begin further down
            found[number] = _looked_at(source, [column], f"WHERE {column.cell} IS NOT NULL", detailed=True)[0]
    for guess, column in zip(found, source.columns, strict=True):
        if depth < DEEPEST and guess.seen and guess.best in (OBJECT, ARRAY):
            _look_inside(guess, source, column, depth)
    return found


def null_words(source: Source, found: Sequence[Guess]) -> dict[str, dict[str, int]]:
    """Words for "no value" where all else has a type: word → column → how often, counted to the end of the file."""
    words: dict[str, dict[str, int]] = {}
    if source.kind != "csv" or len(source.columns) > MOST_DETAILED:
        return words
    typed = [column for column, guess in zip(source.columns, found, strict=True) if guess.seen and guess.best != TEXT]
    for columns in _chunks(typed, TOGETHER):
        asked = [f"histogram({column.cell}) FILTER ({_is_token(column)})" for column in columns]
        row = source.connection.execute(f"SELECT {', '.join(asked)} FROM ({source.scan()})").fetchall()[0]
        for column, counted in zip(columns, row, strict=True):
            for word, count in (counted or {}).items():
                words.setdefault(str(word), {})[column.name] = int(count)
    return words


def _chunks(columns: Sequence[Column], size: int) -> Iterator[Sequence[Column]]:
    for start in range(0, len(columns), size):
        yield columns[start : start + size]


def _looked_at(source: Source, columns: Sequence[Column], where: str, *, detailed: bool) -> list[Guess]:
    """Guesses from the first rows; those of text files are kept for a moment, without words for "no value"."""
    if source.kind != "csv":
        rows = f"SELECT * FROM ({source.scan()}) {where} LIMIT {SAMPLE}"
        return _measured(replace(source, relation=rows), columns, detailed=detailed)
    short = f"CASE WHEN NOT {{0}} THEN {{1}}[:{LONGEST}] END AS {{1}}" if detailed else f"{{1}}[:{LONGEST}] AS {{1}}"
    cells = ", ".join(short.format(_is_token(one), one.cell) for one in columns)
    source.connection.execute(
        f"CREATE OR REPLACE TEMP TABLE sample AS SELECT {cells} FROM ({source.scan()}) {where} LIMIT {SAMPLE}"
    )
    return _measured(replace(source, relation="SELECT * FROM sample"), columns, detailed=detailed)


def _measured(source: Source, columns: Sequence[Column], *, detailed: bool) -> list[Guess]:
    """Shapes first: they rule out most of what would have to be asked then."""
    found = [Guess(column.name, False, ()) for column in columns]
    shapes = _shapes(source, columns, found) if detailed else [None] * len(columns)
    asked = [_asked_of(source, column, told) for column, told in zip(columns, shapes, strict=True)]
    parts: list[str] = []
    for column, candidates in zip(columns, asked, strict=True):
        parts.append(f"count({column.cell})")
        parts += [sql.count_if(one.bad(source, column)) for one in candidates]
    row = iter(_row(source, parts))
    for guess, candidates in zip(found, asked, strict=True):
        guess.seen = int(next(row)) > 0
        bad = {one: int(next(row)) for one in candidates}
        guess.candidates = tuple(one for one in candidates if not bad[one])
        guess.suspicion = guess.suspicion or suspicion_of(guess.name, guess.best if guess.seen else None)
    return found


def _row(source: Source, parts: list[str]) -> tuple[Any, ...]:
    """One query over the sample. Conditions may open JSON, so the scan is written after they are."""
    query = f"SELECT {', '.join(parts)} FROM ({source.scan()})"
    found: tuple[Any, ...] = source.connection.execute(query).fetchall()[0]
    return found


def _asked_of(source: Source, column: Column, shapes: list[str] | None) -> tuple[Candidate, ...]:
    if shapes is None:
        return _few(source, column)
    return tuple(one for one in candidates_for(source, column) if plausible(one, shapes))


def _shapes(source: Source, columns: Sequence[Column], found: list[Guess]) -> list[list[str] | None]:
    """The signatures of every column's first values; patterns and odd numbers are told to the guesses."""
    parts = [part for column in columns for part in _details(column)]
    row = iter(_row(source, parts))
    shapes: list[list[str] | None] = []
    for guess in found:
        told, cards, ibans = next(row) or [], next(row) or [], next(row) or []
        shapes.append([str(one) for one in told])
        guess.pattern = pattern_of(told) if 0 < len(told) <= MOST_SHAPES else None
        guess.suspicion = account_numbers(cards, ibans)
    return shapes


def _few(source: Source, column: Column) -> tuple[Candidate, ...]:
    """The commonest types only, for very wide files."""
    return tuple(one for one in candidates_for(source, column) if one in COMMON)


def _is_token(column: Column) -> str:
    """Whether a cell of a text file is a word that may mean "no value"."""
    return f"({column.cell} IN ({sql.texts(NULL_TOKENS)}))"


def _details(column: Column) -> list[str]:
    cell = column.cell
    return [
        f"list(DISTINCT {signature(cell)}) FILTER ({cell} IS NOT NULL)",
        f"min({cell}, {ODD_VALUES}) FILTER (regexp_full_match({cell}, {sql.text(CARD)}))",
        f"min({cell}, {ODD_VALUES}) FILTER (regexp_full_match({cell}, {sql.text(IBAN)}))",
    ]


def _look_inside(guess: Guess, source: Source, column: Column, depth: int) -> None:
    if guess.best == ARRAY:
        guess.items = guesses(elements_of(source, column), depth + 1)[0]
        return
    fields = fields_of(source, column)
    guess.fields = [] if fields is None else guesses(fields, depth + 1)
