"""What was measured of a column: in one file, and in all files together."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any

from fileproc.quality.finding import plural
from fileproc.quality.infer.candidates import TEXT, Candidate
from fileproc.quality.infer.guess import Guess
from fileproc.quality.infer.sensitive import INSIDE, Suspicion


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one candidate fared: cells that are not of it, the lowest and the highest value."""

    bad: int
    low: Any = None
    high: Any = None


@dataclass(slots=True)
class Facts:
    """A column of one file, counted to the end. `rows` are those that could have a value."""

    rows: int
    present: int
    empties: int = 0
    shortest: int = 0
    longest: int = 0
    distinct: int = 0  # an estimate
    leading_zeros: int = 0
    decimal_commas: int = 0
    off_pattern: int = 0
    outcomes: dict[Candidate, Outcome] = field(default_factory=dict)
    values: dict[str, int] | None = None  # every value and how often, where there are few
    fewest: int | None = None  # elements of a list
    most: int | None = None
    fields: list[Evidence] = field(default_factory=list)
    items: Evidence | None = None


@dataclass(slots=True)
class Evidence:
    """A column of all files that have it. `candidates` and `pattern` are what every file's first look left."""

    name: str
    candidates: tuple[Candidate, ...]
    pattern: str | None = None
    suspicion: Suspicion | None = None
    guesses: dict[str, Guess] = field(default_factory=dict)  # by file
    facts: dict[str, Facts] = field(default_factory=dict)
    fields: list[Evidence] = field(default_factory=list)
    items: Evidence | None = None
    files: int = 1  # how many there are, with this column or without
    unique: bool = False  # no value twice in any file; only looked at where it may be

    def total(self, name: str) -> int:
        """A count over all files."""
        return sum(getattr(one, name) for one in self.facts.values())

    @property
    def rows(self) -> int:
        return self.total("rows")

    @property
    def present(self) -> int:
        return self.total("present")

    @property
    def everywhere(self) -> bool:
        """Whether every file has it."""
        return len(self.facts) == self.files

    @property
    def longest(self) -> int:
        return max((one.longest for one in self.facts.values()), default=0)

    @property
    def shortest(self) -> int:
        return min((one.shortest for one in self.facts.values() if one.present), default=0)

    @property
    def values(self) -> Counter[str] | None:
        """Every value and how often, where there are few in every file."""
        counted: Counter[str] = Counter()
        for one in self.facts.values():
            if one.values is None:
                return None
            counted.update(one.values)
        return counted

    def fits(self, candidate: Candidate) -> bool:
        """Whether no value of any file is anything else."""
        return all(one.outcomes[candidate].bad == 0 for one in self.facts.values() if candidate in one.outcomes)

    def bounds(self, candidate: Candidate) -> tuple[Any, Any]:
        """The lowest and highest value of all files; None where there is none that could be written."""
        seen = [one.outcomes[candidate] for one in self.facts.values() if candidate in one.outcomes]
        lows = [one.low for one in seen if one.low is not None]
        highs = [one.high for one in seen if one.high is not None]
        return (min(lows), max(highs)) if lows and highs else (None, None)

    def told(self, count: int | None = None, noun: str = "row") -> str:
        """`200 of 200 rows`, and in how many files where there are several."""
        number = self.present if count is None else count
        rows = f"{number:,} of {plural(self.rows, noun)}"
        return rows if self.files == 1 else f"{rows}, {plural(len(self.facts), 'file')}"


def gathered(looks: dict[str, list[Guess]], files: int | None = None) -> list[Evidence]:
    """Guesses of several files about the same columns, by name, in the order of the first file that has each."""
    count = len(looks) if files is None else files
    by_name: dict[str, dict[str, Guess]] = {}
    for file, columns in looks.items():
        for guess in columns:
            by_name.setdefault(guess.name, {})[file] = guess
    return [_gathered(name, found, count) for name, found in by_name.items()]


def _gathered(name: str, found: dict[str, Guess], files: int) -> Evidence:
    seen = [guess for guess in found.values() if guess.seen]
    first = seen[0].candidates if seen else (TEXT,)
    common = tuple(one for one in first if all(one in guess.candidates for guess in seen))
    patterns = {guess.pattern for guess in seen}
    evidence = Evidence(name, common, guesses=found, files=files)
    evidence.pattern = patterns.pop() if len(patterns) == 1 else None
    evidence.suspicion = next((guess.suspicion for guess in seen if guess.suspicion), None)
    inside = {file: guess.fields for file, guess in found.items() if guess.fields}
    evidence.fields = gathered(inside) if inside else []
    items = {file: [guess.items] for file, guess in found.items() if guess.items is not None}
    evidence.items = gathered(items)[0] if items else None
    if evidence.suspicion is not None:
        _hide(evidence, replace(evidence.suspicion, by=INSIDE))
    return evidence


def _hide(evidence: Evidence, suspicion: Suspicion) -> None:
    """What is inside of something that should not be shown should not be either."""
    for one in (*evidence.fields, *([evidence.items] if evidence.items is not None else [])):
        one.suspicion = one.suspicion or suspicion
        _hide(one, suspicion)
