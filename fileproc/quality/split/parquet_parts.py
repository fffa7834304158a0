"""Parquet in two parts, with the columns and types that it had; rejected rows get more columns."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from fileproc.quality import sql
from fileproc.quality.reading.source import Source
from fileproc.quality.split.counted import Counted
from fileproc.quality.split.fault import Refused
from fileproc.quality.split.wording import extra_names, joined

TABLE = "split_rejected"

#: Codecs that the engine writes, by the names that it reads.
CODECS = {"UNCOMPRESSED", "SNAPPY", "GZIP", "ZSTD", "BROTLI", "LZ4_RAW"}


class ParquetParts:
    """Writes both parts with the engine, which has the rows in order."""

    def __init__(self, source: Source, path: Path) -> None:
        self._source = source
        self._connection = source.connection
        self._file = sql.text(str(path))
        self.extra = extra_names(source.read.columns)[1:-1]  # rows of Parquet have no line and no text of their own
        self.counted = Counted()

    def run(self, refused: Iterator[Refused], accepted: Path, rejected: Path, rows: int) -> None:
        """Write both. Raises duckdb.Error."""
        self._note(refused, accepted.with_name("words.csv"))
        self.counted.read = rows
        self.counted.accepted = rows - self.counted.rejected
        numbered = f"(SELECT *, row_number() OVER () AS {self._number} FROM read_parquet({self._file}))"
        good = f"SELECT * EXCLUDE ({self._number}) FROM {numbered} WHERE {self._number} NOT IN (SELECT rn FROM {TABLE})"
        names = ", ".join(
            f"r.{own} AS {sql.name(name)}"
            for own, name in zip(("rn", "codes", "columns", "fixes"), self.extra, strict=True)
        )
        bad = f"""
            SELECT t.* EXCLUDE ({self._number}), {names}
            FROM {numbered} AS t JOIN {TABLE} AS r ON r.rn = t.{self._number} ORDER BY r.rn
        """
        for query, target in ((good, accepted), (bad, rejected)):
            self._connection.execute(
                f"COPY ({query}) TO {sql.text(str(target))} (FORMAT parquet, COMPRESSION {self._codec()})"
            )

    def _note(self, refused: Iterator[Refused], spill: Path) -> None:
        """The rejected rows with their words as a table, by way of a file: only one result at a time is under way."""
        with spill.open("x", encoding="utf-8", errors="backslashreplace", newline="") as sink:
            writer = csv.writer(sink, quoting=csv.QUOTE_ALL, lineterminator="\n")
            for one in refused:
                self.counted.put(one.faults)
                writer.writerow((one.record, *joined(one.faults)))
        columns = "{'rn': 'BIGINT', 'codes': 'VARCHAR', 'columns': 'VARCHAR', 'fixes': 'VARCHAR'}"
        options = f"columns={columns}, auto_detect=false, header=false, quote='\"', escape='\"', delim=','"
        words = f"SELECT * FROM read_csv({sql.text(str(spill))}, {options})"
        self._connection.execute(f"CREATE OR REPLACE TEMP TABLE {TABLE} AS {words}")
        spill.unlink()

    @property
    def _number(self) -> str:
        """A name that no column has."""
        name = "rn"
        while name in {one.casefold() for one in self._source.read.columns}:
            name += "_"
        return sql.name(name)

    def _codec(self) -> str:
        query = f"SELECT DISTINCT compression FROM parquet_metadata({self._file})"
        found = [str(row[0]) for row in self._connection.execute(query).fetchall()]
        return found[0] if len(found) == 1 and found[0] in CODECS else "SNAPPY"
