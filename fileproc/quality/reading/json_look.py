"""One look at JSON lines before the scan: their keys to the last line, and what is no JSON, or more than JSON.

The engine's JSON is lenient (NaN, trailing commas, keys that stand twice), so a line counts as ordinary only if it is
JSON, has the same keys as one of the first lines, and nothing in it looks like those. Ordinary lines never leave the
engine; every other one is told apart here, one by one, in memory that does not follow the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import duckdb

from fileproc.quality import sql
from fileproc.quality.reading.json_clean import MARKS, NOT_UTF8, SHOWN, TOO_LONG, Lines
from fileproc.quality.reading.survey import LONGEST_LINE, Places

#: Lines whose keys make the pattern of ordinary ones, and how many patterns are compared with.
LOOKED_AT = 1_000
MOST_PATTERNS = 16

#: Different keys in one file; more are no columns that anybody agreed on.
MOST_KEYS = 500

BATCH = 2_000

#: Beginnings of what JSON does not have but the engine takes; the regular expression only meets lines with one of them.
HINTS = ("NaN", "nan", "NAN", "Inf", "inf", "INF", ",}", ",]", ", }", ", ]", ",\t")
ODD = r"[\[,:]\s*-?(?i:nan|inf)|,\s*[}\]]"
LITERAL = re.compile(r"[\[,:]\s*-?(?:nan|inf)", re.IGNORECASE)
COMMA = re.compile(r",\s*[}\]]")
STRING = re.compile(r'"(?:[^"\\]|\\.)*+"', re.DOTALL)


@dataclass(slots=True)
class Look:
    """What stands in the lines. Places are line numbers of the text that was looked at."""

    agreed: frozenset[str] = frozenset()  # keys that are noted however many there are
    keys: dict[str, None] = field(default_factory=dict)  # in order of appearance
    too_many_keys: bool = False
    broken: Places = field(default_factory=Places)
    broken_last: int | None = None
    texts: list[tuple[int, str]] = field(default_factory=list)
    not_utf8: Places = field(default_factory=Places)
    too_long: Places = field(default_factory=Places)
    blank: Places = field(default_factory=Places)
    twice: Places = field(default_factory=Places)
    twice_keys: dict[str, None] = field(default_factory=dict)
    literals: Places = field(default_factory=Places)
    commas: Places = field(default_factory=Places)

    @property
    def rejected(self) -> int:
        return self.broken.count + self.not_utf8.count + self.too_long.count

    @property
    def all_objects(self) -> bool:
        """Whether every line is a row."""
        return self.rejected == 0 and self.blank.count == 0


def lines_query(lines: Lines) -> str:
    """The lines of a clean text, numbered."""
    return (
        f"SELECT line, row_number() OVER () AS rn FROM read_csv({sql.text(str(lines.path))}, "
        "columns={'line': 'VARCHAR'}, auto_detect=false, header=false, delim=chr(1), quote='', escape='', nullstr='', "
        f"max_line_size={LONGEST_LINE}, strict_mode=false)"
    )


def look(connection: duckdb.DuckDBPyConnection, lines: Lines, agreed: frozenset[str] = frozenset()) -> Look:
    """Look at every line once. Raises duckdb.Error."""
    found = Look(agreed)
    # `json` is the line, or NULL where it is none: no function ever meets text that it would refuse with an error.
    query = f"SELECT *, CASE WHEN json_valid(line) THEN line END AS json FROM ({lines_query(lines)})"
    patterns = _patterns(connection, query)
    for keys in patterns:
        _note_keys(found, keys)
    same = " OR ".join(f"json_keys(json) = [{sql.texts(keys)}]" for keys in patterns) or "FALSE"
    hints = " OR ".join(f"contains(line, {sql.text(hint)})" for hint in HINTS)
    odd = f"(({hints}) AND regexp_matches(line, {sql.text(ODD)}))"
    rest = f"""
        SELECT rn, json_type(json), json_keys(json), {odd},
               CASE WHEN json IS NULL OR json_type(json) <> 'OBJECT' THEN line[:{SHOWN}] WHEN {odd} THEN line END
        FROM ({query}) WHERE NOT coalesce(({same}) AND NOT {odd}, FALSE)
    """
    for record, kind, keys, is_odd, text in _rows(connection.execute(rest)):
        if kind == "OBJECT":
            _note_object(found, record, keys, text if is_odd else None)
        else:
            _note_other(found, record, text)
    return found


def _patterns(connection: duckdb.DuckDBPyConnection, query: str) -> list[list[str]]:
    """The sets of keys that the first lines have most often, each key once."""
    first = f"SELECT json_keys(json) AS k FROM (SELECT * FROM ({query}) LIMIT {LOOKED_AT}) WHERE json IS NOT NULL"
    counted = f"SELECT k FROM ({first}) GROUP BY k ORDER BY count(*) DESC, k LIMIT {MOST_PATTERNS}"
    found = [[str(key) for key in row[0]] for row in connection.execute(counted).fetchall()]
    return [keys for keys in found if keys and len(set(keys)) == len(keys) <= MOST_KEYS]


def _rows(result: duckdb.DuckDBPyConnection) -> Iterator[tuple[int, str | None, list[str], bool, str | None]]:
    while rows := result.fetchmany(BATCH):
        yield from rows


def _note_keys(found: Look, keys: list[str]) -> None:
    for key in keys:
        if key in found.keys:
            continue
        if len(found.keys) < MOST_KEYS or key in found.agreed:
            found.keys[key] = None
        else:
            found.too_many_keys = True


def _note_object(found: Look, line: int, keys: list[str], text: str | None) -> None:
    _note_keys(found, keys)
    if len(set(keys)) < len(keys):
        found.twice.add(line)
        if len(found.twice_keys) < 10:
            found.twice_keys.update(dict.fromkeys(sorted({key for key in keys if keys.count(key) > 1})[:10]))
    if text is None:
        return
    bare = STRING.sub('""', text)
    if LITERAL.search(bare):
        found.literals.add(line)
    if COMMA.search(bare):
        found.commas.add(line)


def _note_other(found: Look, line: int, text: str | None) -> None:
    if text is None or not text.strip():
        found.blank.add(line)
        return
    places = {NOT_UTF8: found.not_utf8, TOO_LONG: found.too_long}.get(text[:2])
    if places is not None:
        places.add(line)
        return
    found.broken.add(line)
    found.broken_last = line
    if len(found.texts) < 3:
        found.texts.append((line, text))


def unmarked(text: str) -> str:
    """The text of a stand-in as people are shown it."""
    return text[2:] if text.startswith(MARKS) else text
