"""JSON documents as a source: an array of objects, each a row. What is between the objects is looked at, too.

A well-written array is cut into lines at the speed of a search; if any piece is no object, all of it is read again with
care. From there on the elements are lines, and NDJSON's scan does the rest.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path

import duckdb

from fileproc.domain.reports import Severity
from fileproc.quality.contracts.contract import SchemaObject
from fileproc.quality.finding import FIRST_LINES, Finding, plural
from fileproc.quality.reading.head import Text
from fileproc.quality.reading.json_clean import Lines, clean_lines
from fileproc.quality.reading.json_elements import Elements, Faults
from fileproc.quality.reading.json_look import Look, look
from fileproc.quality.reading.json_split import split_array
from fileproc.quality.reading.json_window import Window
from fileproc.quality.reading.line_file import LineFile
from fileproc.quality.reading.ndjson import Rows, agreed_keys, findings_of, source_of
from fileproc.quality.reading.source import Source
from fileproc.quality.reading.survey import Places

AGREED = "one JSON array of objects"


@dataclass(frozen=True, slots=True)
class _Read:
    """The elements as lines, where each begins in the file, and what is wrong between them."""

    lines: Lines
    line_file: LineFile
    faults: Faults
    seen: Look


def open_json_array(
    connection: duckdb.DuckDBPyConnection,
    text: Text,
    schema: SchemaObject | None,
    *,
    malformed_limit: int,
    folder: Path,
    called: str = "json",
) -> Source:
    """An array of objects, however well it is written; also documents that follow one another.

    `called` is the format that was agreed, or that the name says.
    """
    agreed = agreed_keys(schema)
    read = _quickly(connection, text.path, agreed, folder) or _carefully(connection, text.path, agreed, folder)
    rows = Rows(
        format="json", encoding=text.encoding, noun="element", fix="write one whole object for every row",
        agreed=AGREED, lines_of=read.line_file.lines_of, path=text.path,
    )  # fmt: skip
    source = source_of(connection, read.lines, read.seen, schema, rows)
    form = [_no_lines()] if called == "ndjson" else []
    source.findings = [*text.findings, *form, *findings_of(read.seen, rows, malformed_limit), *_between(read)]
    return source


def _quickly(connection: duckdb.DuckDBPyConnection, path: Path, agreed: frozenset[str], folder: Path) -> _Read | None:
    """Cut by search; None unless every piece is one whole object, for only then is every cut proved right."""
    target, line_file = folder / secrets.token_hex(8), LineFile(folder / secrets.token_hex(8))
    with line_file:
        count = split_array(path, target, line_file)
    if count is not None:
        lines = clean_lines(target, folder)
        seen = look(connection, lines, agreed)
        if lines.count == count and seen.all_objects:
            return _Read(lines, line_file, Faults(), seen)
    target.unlink()
    return None


def _carefully(connection: duckdb.DuckDBPyConnection, path: Path, agreed: frozenset[str], folder: Path) -> _Read:
    target, line_file = folder / secrets.token_hex(8), LineFile(folder / secrets.token_hex(8))
    with Window(path) as window, target.open("xb") as sink, line_file:
        elements = Elements(window, sink, line_file)
        elements.read()
    lines = clean_lines(target, folder)
    return _Read(lines, line_file, elements.faults, look(connection, lines, agreed))


def _no_lines() -> Finding:
    return Finding.structure(
        "not_lines", "the file is one JSON document, agreed was one object a line", "write one object a line, or agree "
        "on the format json", agreed="one JSON object a line", lines=[1],
    )  # fmt: skip


def _between(read: _Read) -> list[Finding]:
    """What is wrong between the elements, by lines of the file."""
    faults = read.faults
    findings = [
        _places("stray_comma", "{n} with no value before or behind", "write one comma between two values",
                "comma", faults.commas),
        _places("missing_comma", "{n} missing between two values", "write a comma between two values",
                "comma", faults.missing),
        _places("text_between", "{n} with text that is no value and no comma", "remove it",
                "place", faults.between),
        _places("several_arrays", "{n} behind the first one", "write all rows into one array",
                "document", faults.arrays),
        *_documents(read),
        _line("truncated_json", "the array is never closed: the file breaks off", "send the whole file again",
              faults.truncated),
        _line("text_behind", "text stands outside of the array", "write the array alone", faults.behind),
    ]  # fmt: skip
    return [finding for finding in findings if finding is not None]


def _documents(read: _Read) -> list[Finding | None]:
    """One object alone is a row, and worth a word; several are neither an array nor lines."""
    places = read.faults.documents
    fix = "write an array of objects, or one object a line"
    if places.count == 1 and read.lines.count == 1:
        title = "the file is one object, which was read as one row"
        return [_places("no_array", title, fix, "object", places, severity=Severity.WARN)]
    return [_places("no_array", "{n} outside of any array", fix, "object", places)]


def _places(
    code: str, title: str, fix: str, noun: str, places: Places, *, severity: Severity = Severity.FAIL
) -> Finding | None:
    if not places.count:
        return None
    return Finding.structure(
        code, title.format(n=plural(places.count, noun)), fix, agreed=AGREED, severity=severity, count=places.count,
        lines=places.lines[:FIRST_LINES], last_line=places.lines[-1],
    )  # fmt: skip


def _line(code: str, title: str, fix: str, line: int | None) -> Finding | None:
    return None if line is None else Finding.structure(code, title, fix, agreed=AGREED, lines=[line])
