"""Are all files of a day there? The file-set rules of a contract, held against a folder."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from fileproc.clock import Clock
from fileproc.domain.jobs import FetchError
from fileproc.domain.ports import FolderStore, Listed
from fileproc.domain.reports import FileInfo
from fileproc.quality.check import Limits, check_file
from fileproc.quality.checks.planner import Surroundings
from fileproc.quality.contracts.binding import bindings_of, choose
from fileproc.quality.contracts.contract import Contract, Match, NoMatch, QualityRule, SchemaObject
from fileproc.quality.contracts.elsewhere import FILE_SET, check_named
from fileproc.quality.contracts.file_set_words import FileSetWords, file_set_words
from fileproc.quality.sets.expected import expected_of, listed_below
from fileproc.quality.sets.judge import CannotTell, Judge, SetReport
from fileproc.quality.sets.manifest import LARGEST

#: Files that one day's folder may have; an hourly set with markers and manifests has about a hundred.
MOST_FILES = 100_000


@dataclass(frozen=True, slots=True)
class SetRule:
    """A file-set rule of a contract, and the schema object that its files are of."""

    schema: SchemaObject
    rule: QualityRule
    words: FileSetWords


def set_rules(contract: Contract) -> Iterator[SetRule]:
    """Every file-set rule. Raises UnclearRule: what is wrong with one, and what to write instead."""
    for schema in contract.schemas:
        for rule in schema.quality:
            if check_named(rule) == FILE_SET and isinstance(rule.implementation, dict):
                yield SetRule(schema, rule, file_set_words(rule.implementation))


def judge_set(contract: Contract, asked: SetRule, store: FolderStore, day: date, clock: Clock) -> SetReport:
    """One rule against one day. Raises FetchError: the folder cannot be listed."""
    expected = expected_of(asked.words, day)
    listing = store.listing(listed_below(asked.words, expected), most=MOST_FILES)
    with tempfile.TemporaryDirectory(prefix="set-") as folder:
        counter = _Counter(contract, asked.schema, store, Path(folder), clock)
        judge = Judge(asked.words, listing, counter.read, counter.rows, clock.utcnow())
        return judge.report(asked.rule.id, asked.rule.severity, expected)


@dataclass(frozen=True, slots=True)
class _Counter:
    """Reads manifests and counts rows, one file at a time."""

    contract: Contract
    schema: SchemaObject
    store: FolderStore
    folder: Path
    clock: Clock

    def read(self, listed: Listed) -> bytes:
        """The bytes of a manifest, or as many as show that it is too large."""
        path = self._fetched(listed)
        try:
            with path.open("rb") as file:
                return file.read(LARGEST + 1)
        except OSError as error:
            raise CannotTell(error.strerror or "it cannot be opened") from error
        finally:
            self._forget(path)

    def rows(self, listed: Listed) -> int:
        """All data rows of a file, read as its contract says."""
        match = self._match(listed)
        if isinstance(match, NoMatch):
            raise CannotTell(match.reason)
        path = self._fetched(listed)
        info = FileInfo(path=listed.key, size=listed.size)
        limits = Limits(0, temp_folder=self.folder)
        try:
            report = check_file(
                path, match, file=info, report_id=listed.key, limits=limits, clock=self.clock, around=Surroundings()
            )
        finally:
            self._forget(path)
        if report.error is not None or report.read.rows is None:
            raise CannotTell(report.error.reason if report.error else report.summary)
        return report.read.rows

    def _match(self, listed: Listed) -> Match | NoMatch:
        fitting = [one for one in bindings_of(self.contract) if one.pattern.matches(listed.key)]
        return choose(self.contract, self.schema.name, listed.key, fitting)

    def _fetched(self, listed: Listed) -> Path:
        try:
            return self.store.fetch(listed, self.folder)
        except FetchError as error:
            raise CannotTell(error.reason) from error

    def _forget(self, path: Path) -> None:
        """A copy is gone as soon as it was looked at; a file that is no copy stays."""
        if path.parent == self.folder:
            path.unlink(missing_ok=True)
