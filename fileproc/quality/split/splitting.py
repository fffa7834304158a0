"""Splitting: from a checked source to both parts, in a private folder; publishing them is somebody else's work."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import duckdb

from fileproc import logs
from fileproc.domain.reports import CheckResult, Result, Severity
from fileproc.quality.checks.kinds import Measures, Plan
from fileproc.quality.contracts.contract import Dialect, Match
from fileproc.quality.finding import Finding
from fileproc.quality.reading.container import Container
from fileproc.quality.reading.source import Source
from fileproc.quality.split.delimited_cut import Cutter, Written
from fileproc.quality.split.delimited_parts import Counted, DelimitedParts
from fileproc.quality.split.fault import CannotSplit
from fileproc.quality.split.lines import coding_of, raw_lines
from fileproc.quality.split.packing import digest_of, packed
from fileproc.quality.split.parts import Part, Parts
from fileproc.quality.split.verdicts import Verdicts
from fileproc.quality.split.wording import Structure

log = logs.get("split")

#: Structural findings about single rows: what they are about is rejected, and the rest can be trusted.
OF_ROWS = frozenset({
    "short_row", "long_row", "broken_quote", "bad_encoding", "over_long_line", "unreadable_row", "nul_bytes",
    "not_json", "duplicate_keys", "not_json_number", "trailing_comma", "repeated_header", "footer",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Checked:
    """A file whose check is done, as far as a split must know it."""

    path: Path  # as it came
    name: str
    source: Source
    container: Container
    match: Match
    plan: Plan
    measures: Measures
    results: dict[str, CheckResult]

    @property
    def dialect(self) -> Dialect:
        return self.match.dialect

    @property
    def whole(self) -> bool:
        """Whether not a single row is rejected."""
        return not self.source.rejected and not any(_is_of_rows(finding) for finding in self.source.findings)


def _is_of_rows(finding: Finding) -> bool:
    return finding.severity is Severity.FAIL and finding.code in OF_ROWS


@dataclass(slots=True)
class Splitting:
    """A split that is wanted, with what becomes of it: `parts`, or the `refusal` that says why there are none."""

    folder: Path
    only_failed: bool = False  # as contracts ask for with `onFail: split`
    parts: Parts | None = None
    refusal: str | None = None

    def take(self, checked: Checked) -> None:
        """Split a checked file into `folder`. Whatever goes wrong is told, and costs the report nothing."""
        failed = any(one.result is Result.FAIL for one in checked.results.values())
        if self.only_failed and not (failed and checked.match.policies.on_fail == "split"):
            return
        try:
            self.parts = split(checked, self.folder)
        except CannotSplit as error:
            self.refusal = str(error)
        except duckdb.OutOfMemoryException:
            self.refusal = "telling the rows apart needs more memory than a check may use"
        except duckdb.Error as error:
            log.exception("not_split", name=checked.name)
            self.refusal = f"the rows cannot be told apart: {str(error).splitlines()[0][:200]}"
        except OSError as error:
            self.refusal = f"the parts cannot be written: {error.strerror}"


def split(checked: Checked, folder: Path) -> Parts:
    """Both parts in `folder`. Raises CannotSplit, OSError, and duckdb.Error for what the engine cannot do."""
    untrusted = _untrusted(checked)
    digest = digest_of(checked.path)
    if untrusted is not None:
        return Parts(None, None, digest, untrusted=untrusted)
    verdicts = Verdicts(checked.source, checked.plan, checked.measures, checked.results, checked.match)
    verdicts.prepare()
    splitter = _Splitter(checked, verdicts, folder, digest)
    return splitter.run()


def _untrusted(checked: Checked) -> str | None:
    """Why no row of the file can be trusted: its wrapping, its reading as a whole, or a column that must be there."""
    for finding in checked.container.findings:
        if finding.severity is Severity.FAIL:
            return finding.title
    for finding in checked.source.findings:
        if finding.severity is Severity.FAIL and not _is_of_rows(finding):
            return finding.title
    for finding in checked.plan.findings:
        if finding.severity is Severity.FAIL and finding.type == "columnPresent":
            return finding.title
    return None


class _Splitter:
    def __init__(self, checked: Checked, verdicts: Verdicts, folder: Path, digest: str) -> None:
        self._checked = checked
        self._verdicts = verdicts
        self._accepted, self._rejected = folder / "accepted", folder / "rejected"
        self._digest = digest

    def run(self) -> Parts:
        return self._delimited()

    def _delimited(self) -> Parts:
        checked = self._checked
        coding = coding_of(checked.container.path, checked.source.read.encoding)
        written = _written(checked)
        cutter = Cutter(raw_lines(checked.container.path, coding), written, coding)
        header = checked.source.header_line
        head = list(cutter.head(header or 1, 1 if header else 0))
        with self._open() as (good, bad):
            writer = DelimitedParts(good, bad, written, coding, checked.source.read.columns)
            writer.run(head, cutter.records(), self._verdicts.refused(), Structure(checked.source.findings))
        self._compare(writer.counted)
        return self._parts(writer.counted, writer.extra)

    @contextmanager
    def _open(self) -> Iterator[tuple[BinaryIO, BinaryIO]]:
        """Both parts, packed as the file was."""
        compression, inner = self._checked.container.compression, self._checked.name.rsplit("/", 1)[-1][:200] or "file"
        with packed(self._accepted, compression, inner) as good, packed(self._rejected, compression, inner) as bad:
            yield good, bad

    def _compare(self, counted: Counted) -> None:
        """Two readers must have seen the same rows; a part with a wrong row in it is worse than none."""
        checked = self._checked
        seen, expected = (counted.read, counted.broken), (checked.measures.rows, checked.source.rejected)
        if seen != expected:
            raise CannotSplit(
                f"the rows cannot be told apart for certain: {expected[0]:,} rows and {expected[1]:,} malformed ones "
                f"were checked, {seen[0]:,} and {seen[1]:,} would be written; report this with the file's first lines"
            )

    def _parts(self, counted: Counted, extra: tuple[str, ...]) -> Parts:
        notes = (f"{counted.aside:,} blank lines and comments are in neither part",) if counted.aside else ()
        return Parts(
            Part(self._accepted, counted.accepted),
            Part(self._rejected, counted.rejected, extra),
            self._digest,
            reasons=tuple(counted.reasons.to_document()),
            notes=notes,
        )


def _written(checked: Checked) -> Written:
    dialect, source = checked.dialect, checked.source
    quote = dialect.quote_char if dialect.quote_char is not None else '"'
    escape = quote if dialect.escape_char is None else dialect.escape_char
    return Written(
        source.read.delimiter or ",", quote, escape, len(source.columns), dialect.comment_char or "",
        bool(dialect.skip_initial_space),
    )  # fmt: skip
