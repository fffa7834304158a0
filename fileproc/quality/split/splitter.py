"""The splitter: both parts of one file, by the format that was read."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import BinaryIO, TypeVar

from fileproc.quality.finding import plural
from fileproc.quality.reading.source import NUMBERED, Source
from fileproc.quality.split.checked import OF_ROWS, Checked
from fileproc.quality.split.counted import Counted
from fileproc.quality.split.delimited_parts import DelimitedParts
from fileproc.quality.split.fault import CannotSplit, Fault
from fileproc.quality.split.fixed_parts import FixedParts
from fileproc.quality.split.json_parts import JsonParts, Record
from fileproc.quality.split.lines import Line, coding_of, raw_lines
from fileproc.quality.split.lockstep import read_numbers, rows_of_query, side_by_side
from fileproc.quality.split.names import safe
from fileproc.quality.split.packing import packed
from fileproc.quality.split.parquet_parts import ParquetParts
from fileproc.quality.split.parts import Part, Parts
from fileproc.quality.split.recut import Recut, elements, lenient_codes, numbered_lines
from fileproc.quality.split.value_parts import ValueParts
from fileproc.quality.split.verdicts import Verdicts
from fileproc.quality.split.wording import Structure

T = TypeVar("T")

#: How a compression is written behind a name.
PACKED = {"gzip": ".gz", "bzip2": ".bz2", "xz": ".xz", "zstd": ".zst", "zip": ".zip"}


class Splitter:
    def __init__(self, checked: Checked, verdicts: Verdicts, folder: Path, digest: str) -> None:
        self._checked = checked
        self._verdicts = verdicts
        self._accepted, self._rejected = folder / "accepted", folder / "rejected"
        self._digest = digest
        self._all_good = checked.whole and verdicts.count() == 0
        self._lenient = lenient_codes(checked)

    def run(self) -> Parts:
        """By the format that was read."""
        writers = {
            "csv": self._delimited, "ndjson": self._lines, "json": self._array, "fixed": self._fixed,
            "parquet": self._parquet,
        }  # fmt: skip
        parts = writers.get(str(self._checked.source.read.format), self._values)()
        return self._as_it_came(parts) if self._all_good and not parts.extension else parts

    def _as_it_came(self, parts: Parts) -> Parts:
        """A file of which nothing is rejected is its own accepted part, to the last byte."""
        shutil.copyfile(self._checked.path, self._accepted)
        return replace(parts, accepted=Part(self._accepted, self._checked.measures.rows), notes=())

    def _lines(self) -> Parts:
        source, path = self._checked.source, self._checked.container.path
        coding, structure = coding_of(path, source.read.encoding), Structure(source.findings)
        with self._open() as (good, bad):
            writer = JsonParts(good, bad, coding, source.read.columns)
            lines = self._unless_good(numbered_lines(self._checked))
            writer.lines(self._of_lines(lines), structure, self._lenient)
        self._compare(writer.counted)
        return self._parts(writer.counted, (writer.key,))

    def _of_lines(self, lines: Iterator[tuple[int, Line]]) -> Iterator[Record]:
        records = side_by_side(lines, read_numbers(self._checked.source), self._verdicts.refused())
        return ((number, line.raw, line.number, read, faults) for number, line, read, faults in records)

    def _array(self) -> Parts:
        source = self._checked.source
        coding, structure = coding_of(self._checked.container.path, source.read.encoding), Structure(source.findings)
        texts = self._unless_good(elements(source))
        records = side_by_side(texts, read_numbers(source), self._verdicts.refused())
        with self._open() as (good, bad):
            writer = JsonParts(good, bad, coding, source.read.columns)
            writer.array(
                ((number, text.encode("utf-8", "backslashreplace"), self._line_if(number, faults, read), read, faults)
                 for number, text, read, faults in records),
                structure, self._lenient,
            )  # fmt: skip
        self._compare(writer.counted)
        return self._parts(writer.counted, (writer.key,))

    def _unless_good(self, records: Iterable[T]) -> Iterator[T]:
        """Nothing has to be looked at in a file that is copied."""
        return iter(()) if self._all_good else iter(records)

    def _line_if(self, record: int, faults: tuple[Fault, ...], read: bool) -> int:
        """Lines are looked up one by one, so only for what may be rejected."""
        return self._line(record) if faults or not read or self._lenient else 0

    def _line(self, record: int) -> int:
        return self._checked.source.lines_of([record]).get(record, record)

    def _fixed(self) -> Parts:
        source, path = self._checked.source, self._checked.container.path
        coding, structure = coding_of(path, source.read.encoding), Structure(source.findings)
        lines = raw_lines(path, coding, cr_ends=False)
        with self._open() as (good, bad):
            writer = FixedParts(good, bad, coding, self._checked.match)
            writer.head(islice(lines, (source.first_line or 1) - 1))
            writer.run(self._of_lines(self._unless_good((line.number, line) for line in lines)), structure)
        self._compare(writer.counted)
        return self._parts(writer.counted, ())

    def _parquet(self) -> Parts:
        source = self._checked.source
        writer = ParquetParts(source, self._checked.container.path)
        plain = [path.with_suffix(".plain") for path in (self._accepted, self._rejected)]
        writer.run(self._verdicts.refused(), plain[0], plain[1], self._checked.measures.rows)
        with self._open() as sinks:
            for path, sink in zip(plain, sinks, strict=True):
                with path.open("rb") as written:
                    shutil.copyfileobj(written, sink, 1 << 20)
                path.unlink()
        self._compare(writer.counted)
        return self._parts(writer.counted, writer.extra)

    def _values(self) -> Parts:
        """Avro, Excel and whatever else has values and no text."""
        source, structure = self._checked.source, Structure(self._checked.source.findings)
        cells = ", ".join(column.cell for column in source.columns)
        rows = ((int(row[0]), row[1:]) for row in rows_of_query(source, f"SELECT rn, {cells} FROM ({_plain(source)})"))
        with self._open() as (good, bad):
            writer = ValueParts(good, bad, source.read.columns)
            told = side_by_side(rows, read_numbers(source), self._verdicts.refused())
            writer.run(
                (number, self._line(number) if faults else 0, list(row), faults) for number, row, _, faults in told
            )
            of_rows = [one for one in source.findings if one.code in OF_ROWS]
            writer.unreadable(source.rejected, of_rows, structure)
            writer.close()
        self._compare(writer.counted)
        note = f"the source is {source.read.format}; the parts are CSV in UTF-8 with the values that were checked"
        return self._parts(writer.counted, writer.extra, extension=".csv", note=note)

    def _delimited(self) -> Parts:
        source, recut = self._checked.source, Recut.of(self._checked)
        with self._open() as (good, bad):
            writer = DelimitedParts(good, bad, recut.written, recut.coding, source.read.columns)
            rows = self._unless_good(recut.rows)
            writer.run(recut.head, rows, self._verdicts.refused(), Structure(source.findings))
        self._compare(writer.counted)
        return self._parts(writer.counted, writer.extra)

    @contextmanager
    def _open(self) -> Iterator[tuple[BinaryIO, BinaryIO]]:
        """Both parts, packed as the file was."""
        checked = self._checked
        inner = safe((checked.container.member or checked.name).rsplit("/", 1)[-1]) or "file"
        compression = checked.container.compression
        with packed(self._accepted, compression, inner) as good, packed(self._rejected, compression, inner) as bad:
            yield good, bad

    def _compare(self, counted: Counted) -> None:
        """Two readers must have seen the same rows; a part with a wrong row in it is worse than none."""
        checked = self._checked
        if self._all_good:
            return
        seen, expected = (counted.read, counted.broken), (checked.measures.rows, checked.source.rejected)
        if seen != expected:
            raise CannotSplit(
                f"the rows cannot be told apart for certain: {expected[0]:,} rows and {expected[1]:,} malformed ones "
                f"were checked, {seen[0]:,} and {seen[1]:,} would be written; report this with the file's first lines"
            )

    def _parts(self, counted: Counted, extra: tuple[str, ...], *, extension: str = "", note: str = "") -> Parts:
        aside = f"{plural(counted.aside, 'blank line')} or comment in neither part" if counted.aside else ""
        return Parts(
            Part(self._accepted, counted.accepted),
            Part(self._rejected, counted.rejected, extra),
            self._digest,
            reasons=tuple(counted.reasons.to_document()),
            extension=extension + PACKED.get(str(self._checked.container.compression), "") if extension else "",
            notes=tuple(one for one in (note, aside) if one),
        )


def _plain(source: Source) -> str:
    """The rows with their numbers, without what the contract makes of them."""
    if source.kind in NUMBERED:
        return source.relation
    return f"SELECT *, row_number() OVER () AS rn FROM ({source.relation})"
