"""What is wrong with a set of files, from what is there: missing, late, without marker, not as the manifest says."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from fileproc.clock import iso
from fileproc.domain.ports import Listed
from fileproc.domain.reports import Severity, Verdict
from fileproc.quality.contracts.file_set_words import FileSetWords
from fileproc.quality.sets.expected import Expected, manifest_of, marker_of
from fileproc.quality.sets.manifest import BadManifest, read_manifest


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a set; `ours` says that we could not find out."""

    code: str
    file: str
    title: str
    fix: str
    ours: bool = False


class CannotTell(Exception):
    """The rows of a file, or the bytes of a manifest, cannot be had; the text says why."""


#: What judging asks of the world: the bytes of a manifest, and the rows of a file. Both raise CannotTell.
ReadBytes = Callable[[Listed], bytes]
CountRows = Callable[[Listed], int]


@dataclass(slots=True)
class SetReport:
    """What is known about one set."""

    rule: str
    severity: Severity
    expected: int
    there: int = 0
    not_due: int = 0
    problems: list[Problem] = field(default_factory=list)

    @property
    def verdict(self) -> Verdict:
        """Worst wins; a set of which nothing is due yet, and nothing there, is `skipped`."""
        if any(one.ours for one in self.problems):
            return Verdict.ERROR
        if self.problems and self.severity is not Severity.INFO:
            return Verdict.FAIL if self.severity is Severity.FAIL else Verdict.WARN
        return Verdict.SKIPPED if self.not_due == self.expected and not self.there else Verdict.PASS

    @property
    def summary(self) -> str:
        count = f"{self.there:,} of {self.expected:,} expected files are there"
        waiting = f", {self.not_due:,} not due yet" if self.not_due else ""
        first = f"; first: {self.problems[0].title}" if self.problems else ""
        return f"{count}{waiting}{first}"


@dataclass(slots=True)
class Judge:
    """One set under way."""

    words: FileSetWords
    listing: Mapping[str, Listed]
    read: ReadBytes
    count: CountRows
    now: datetime

    def report(self, rule: str, severity: Severity, expected: list[Expected]) -> SetReport:
        """Every expected file, then every marker, then every manifest."""
        report = SetReport(rule, severity, len(expected))
        members: dict[str, Expected] = {}
        for one in expected:
            found = [key for key in self.listing if key not in members and one.pattern.matches(key)]
            members |= dict.fromkeys(found, one)
            report.there += bool(found)
            report.not_due += not found and self.now < one.due
            report.problems += self._about(one, found)
        report.problems += self._markers(members)
        report.problems += self._manifests(members)
        return report

    def _about(self, one: Expected, found: list[str]) -> list[Problem]:
        if not found:
            if self.now < one.due:
                return []
            title = f"{one.name} is missing; it was due at {iso(one.due)}"
            return [Problem("missing_file", one.name, title, "send it")]
        if self.words.due_within is None:
            return []
        late = [self.listing[key] for key in found if self.listing[key].modified > one.due]
        return [
            Problem("late_file", file.key, f"{file.key} came at {iso(file.modified)}, due at {iso(one.due)}",
                    "send it in time, or allow more with dueWithin")
            for file in late
        ]  # fmt: skip

    def _markers(self, members: Mapping[str, Expected]) -> list[Problem]:
        """Each marker is told once, however many files wait for it."""
        problems: dict[str, Problem] = {}
        for key, one in members.items():
            marker = marker_of(self.words, one, key)
            if marker is None:
                continue
            there = self.listing.get(marker)
            if there is None:
                title = f"{key} has no marker {marker}, so nobody said that it is complete"
                problems.setdefault(marker, Problem("missing_marker", marker, title, "write the marker last"))
            elif there.modified < self.listing[key].modified:
                title = f"{key} was written after its marker {marker}"
                problems.setdefault(marker, Problem("early_marker", key, title, "write the marker last"))
        return list(problems.values())

    def _manifests(self, members: Mapping[str, Expected]) -> list[Problem]:
        by_manifest: dict[str, list[str]] = {}
        for key, one in members.items():
            manifest = manifest_of(self.words, one, key)
            if manifest is not None:
                by_manifest.setdefault(manifest, []).append(key)
        return [problem for manifest, keys in by_manifest.items() for problem in self._manifest(manifest, keys)]

    def _manifest(self, manifest: str, keys: list[str]) -> list[Problem]:
        there = self.listing.get(manifest)
        if there is None:
            title = f"the manifest {manifest} is missing"
            return [Problem("missing_manifest", manifest, title, "send the manifest with its files")]
        try:
            listed = read_manifest(self.read(there), self.words)
        except BadManifest as error:
            return [Problem("bad_manifest", manifest, f"{manifest}: {error}", "write it as the contract says")]
        except CannotTell as error:
            return [Problem("unread", manifest, f"{manifest} cannot be read: {error}", "try again", ours=True)]
        problems = []
        folder = posixpath.dirname(manifest)
        names = {name: _resolved(name, folder, self.listing) for name in listed}
        for name, key in names.items():
            if key is None:
                title = f"{manifest} lists {name[:200]}, which is not there"
                problems.append(Problem("listed_file_missing", name[:200], title, "send it, or correct the manifest"))
            elif (rows := listed[name]) is not None:
                problems += self._rows(manifest, key, rows)
        for key in sorted(set(keys) - {key for key in names.values() if key is not None}):
            title = f"{key} is not listed in {manifest}"
            problems.append(Problem("unlisted_file", key, title, "list it, or take it away"))
        return problems

    def _rows(self, manifest: str, key: str, rows: int) -> list[Problem]:
        try:
            counted = self.count(self.listing[key])
        except CannotTell as error:
            return [Problem("uncounted", key, f"the rows of {key} cannot be counted: {error}", "try again", ours=True)]
        if counted == rows:
            return []
        title = f"{key} has {counted:,} rows, {manifest} says {rows:,}"
        return [Problem("row_count_differs", key, title, "send the whole file, or correct the manifest")]


def _resolved(name: str, folder: str, listing: Mapping[str, Listed]) -> str | None:
    """The key that a manifest means: a name beside it, a path from the top, or a whole address that ends in one."""
    beside = posixpath.join(folder, name)
    for candidate in (beside, name):
        if candidate in listing:
            return candidate
    return next((key for key in listing if name.endswith("/" + key)), None)
