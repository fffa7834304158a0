"""From a container to a source: a table of formats, each with the one function that opens it.

A reader is loaded when a file of its format comes, so that nobody waits for the readers of others.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from fileproc.quality.contracts.contract import Dialect, SchemaObject
from fileproc.quality.finding import Finding
from fileproc.quality.reading.container import Container
from fileproc.quality.reading.delimited import open_delimited
from fileproc.quality.reading.head import Text, as_utf8, read_head
from fileproc.quality.reading.source import Source


class CannotOpen(Exception):
    """There are no rows to look at. The findings say what is wrong with the file; `skipped` what this version lacks."""

    def __init__(self, findings: list[Finding], skipped: str | None = None) -> None:
        super().__init__(skipped or "; ".join(finding.title for finding in findings))
        self.findings = findings
        self.skipped = skipped


@dataclass(frozen=True, slots=True)
class Opening:
    """What an opener may know. `name` is the file's name, only a hint; copies go to `folder`."""

    connection: duckdb.DuckDBPyConnection
    container: Container
    name: str
    dialect: Dialect
    schema: SchemaObject | None
    malformed_limit: int
    folder: Path

    def text(self) -> Text:
        """The content as UTF-8. Raises CannotOpen for an encoding that nobody knows."""
        text = as_utf8(self.container.path, self.dialect.encoding, self.folder)
        if text.unreadable:
            raise CannotOpen(text.findings)
        return text


def open_source(opening: Opening) -> Source:
    """The rows of a container. Raises CannotOpen, and duckdb.Error for what the engine cannot read."""
    return OPENERS.get(opening.container.format, _delimited)(opening)


def _parquet(opening: Opening) -> Source:
    from fileproc.quality.reading.parquet import open_parquet

    return open_parquet(opening.connection, opening.container.path)


def _avro(opening: Opening) -> Source:
    from fileproc.quality.reading.avro import Damaged, NotRead, open_avro  # slow to import, and seldom asked for

    path, limit, folder = opening.container.path, opening.malformed_limit, opening.folder
    try:
        return open_avro(opening.connection, path, malformed_limit=limit, folder=folder)
    except Damaged as damaged:
        title = f"the avro data cannot be read: {damaged}"
        raise CannotOpen([Finding.container("corrupt", title, "send it again, or write it anew")]) from None
    except NotRead as error:
        if error.broken:
            raise CannotOpen([Finding.container("corrupt", str(error), "write the file anew")]) from None
        raise CannotOpen([], skipped=f"the Avro file cannot be read: {error}") from None


def _workbook(opening: Opening) -> Source:
    from fileproc.quality.reading.sheet import open_workbook  # slow to import, and seldom asked for
    from fileproc.quality.reading.workbook import Damaged

    path, kind, limit = opening.container.path, opening.container.format, opening.malformed_limit
    try:
        return open_workbook(
            opening.connection,
            path,
            kind,
            opening.dialect,
            opening.schema,
            malformed_limit=limit,
            folder=opening.folder,
        )
    except Damaged as damaged:
        raise CannotOpen([Finding.container(damaged.code, str(damaged), damaged.fix)]) from None


def _json(opening: Opening) -> Source:
    """JSON of either form: lines are read as lines and an array as an array, whatever the file is called."""
    from fileproc.quality.reading.json_array import open_json_array
    from fileproc.quality.reading.json_form import is_lines
    from fileproc.quality.reading.ndjson import open_ndjson

    text, limit, folder, called = opening.text(), opening.malformed_limit, opening.folder, opening.container.format
    if is_lines(text.path, called):
        return open_ndjson(opening.connection, text, opening.schema, malformed_limit=limit, folder=folder)
    return open_json_array(
        opening.connection, text, opening.schema, malformed_limit=limit, folder=folder, called=called
    )


def _fixed_width(opening: Opening) -> Source:
    from fileproc.quality.reading.fixed_width import NoLayout, open_fixed_width

    limit, folder = opening.malformed_limit, opening.folder
    try:
        return open_fixed_width(
            opening.connection, opening.text(), opening.dialect, opening.schema, malformed_limit=limit, folder=folder
        )
    except NoLayout as error:
        raise CannotOpen([], skipped=str(error)) from None


def _delimited(opening: Opening) -> Source:
    text, dialect = opening.text(), opening.dialect
    head = read_head(text.path, dialect, opening.schema, opening.name)
    if head.refused:
        raise CannotOpen([*text.findings, *head.findings])
    limit = opening.malformed_limit
    return open_delimited(opening.connection, text, head, dialect, malformed_limit=limit, folder=opening.folder)


OPENERS: dict[str, Callable[[Opening], Source]] = {
    "avro": _avro,
    "csv": _delimited,
    "fixed": _fixed_width,
    "json": _json,
    "ndjson": _json,
    "parquet": _parquet,
    "xls": _workbook,
    "xlsx": _workbook,
}
