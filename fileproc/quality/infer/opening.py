"""Good files, opened for measuring. One that is not good is refused with what is wrong: nothing is inferred from it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from fileproc.domain.reports import Severity
from fileproc.errors import ExitCode, Fault, FileprocError
from fileproc.quality.checks import engine
from fileproc.quality.checks.kinds import Plan
from fileproc.quality.contracts.contract import Dialect, Property, SchemaObject
from fileproc.quality.contracts.lint_finding import shown
from fileproc.quality.database import connect, lock
from fileproc.quality.finding import Finding
from fileproc.quality.reading.container import open_container
from fileproc.quality.reading.opening import CannotOpen, Opening, open_source
from fileproc.quality.reading.source import Source

#: The engine's memory; what does not fit goes to the job's folder.
MEMORY_MB = 512

#: What is declared once it was found, so it is no fault of the file.
DECLARED = ("undeclared_encoding",)


class NotGood(FileprocError):
    """A file that is no example of what is agreed: it cannot be read, or not all of it."""

    fault = Fault.FILE
    exit_code = ExitCode.FAIL


@dataclass(slots=True)
class Opened:
    """A file under the engine, read to its end once; `rows` are all of its rows."""

    name: str
    source: Source
    rows: int = 0
    compression: str | None = None


@contextmanager
def opened(path: Path, dialect: Dialect) -> Iterator[Opened]:
    """The file as a source that was read to the end without a fault. Raises NotGood."""
    with tempfile.TemporaryDirectory(prefix="infer-") as name:
        folder = Path(name)
        try:
            with connect(folder, memory_mb=MEMORY_MB) as connection:
                yield _opened(connection, path, dialect, folder)
        except duckdb.OutOfMemoryException:
            told = f"{shown_path(path)}: more than {MEMORY_MB} MB are needed to look at it"
            raise NotGood(told, fix="infer from a file with fewer columns, or smaller cells") from None
        except duckdb.Error as error:
            reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
            raise NotGood(f"{shown_path(path)}: it cannot be read: {reason}", fix="mend the file first") from None
        except OSError as error:
            raise NotGood(f"{shown_path(path)}: it cannot be read: {error.strerror}") from None


def shown_path(path: Path) -> str:
    """A path for people, on one line."""
    return shown(str(path)).strip("`") if len(str(path)) < 60 else str(path)


def _opened(connection: duckdb.DuckDBPyConnection, path: Path, dialect: Dialect, folder: Path) -> Opened:
    container = open_container(path, path.name, declared_format=None, declared_compression=None, folder=folder)
    _refuse(path, container.findings)
    if container.cannot_read is not None:
        raise NotGood(f"{shown_path(path)}: {container.cannot_read}", fix="infer from a format that is read")
    opening = Opening(
        connection=connection, container=container, name=path.name, dialect=dialect, schema=None, malformed_limit=0,
        folder=folder,
    )  # fmt: skip
    try:
        source = open_source(opening)
        if source.columns and source.columns[0].is_json:  # what its values are is only told of agreed keys
            agreed = SchemaObject("rows", tuple(Property(column.name) for column in source.columns if column.name))
            source = open_source(replace(opening, schema=agreed))
    except CannotOpen as refusal:
        _refuse(path, refusal.findings)
        raise NotGood(f"{shown_path(path)}: {refusal}") from None
    lock(connection, source.paths, [folder])
    rows = engine.measure(source, Plan()).rows
    _refuse(path, source.findings)
    if source.rejected:
        raise NotGood(f"{shown_path(path)}: {source.rejected:,} rows cannot be read")
    return Opened(str(path), source, rows, container.compression)


def _refuse(path: Path, findings: list[Finding]) -> None:
    """The first fault of a file, with its line; warnings are told when the draft is held against the file."""
    faults = [one for one in findings if one.severity is Severity.FAIL and one.code not in DECLARED]
    if not faults:
        return
    first = faults[0]
    where = f":{first.lines[0]}" if first.lines else ""
    more = f" (and {len(faults) - 1} more faults)" if len(faults) > 1 else ""
    fix = "say --delimiter" if first.code == "ambiguous_delimiter" else first.fix
    raise NotGood(f"{shown_path(path)}{where}: {first.title}{more}", fix=fix)
