"""The type of a column, from everything that was measured; where several fit, the narrowest, and never by luck."""

from __future__ import annotations

from dataclasses import dataclass

from fileproc.quality.infer.candidates import COMMA, INTEGER, NUMBER, TEXT, Candidate
from fileproc.quality.infer.evidence import Evidence
from fileproc.quality.infer.thresholds import FORMAT_VALUES


@dataclass(frozen=True, slots=True)
class Chosen:
    """A type, or None where no value told one; `notes` say why it is no narrower one."""

    candidate: Candidate | None
    notes: tuple[str, ...] = ()


def choose(evidence: Evidence, decimal: str | None) -> Chosen:
    """The narrowest type that every value of every file has. `decimal` is the sign that all numbers have."""
    if not evidence.present:
        return Chosen(None)
    notes: list[str] = []
    left = [one for one in evidence.candidates if evidence.fits(one)]
    left = _without_codes(evidence, left, notes)
    left = _without_doubtful_commas(evidence, left, decimal, notes)
    left = _without_doubtful_dates(left, notes)
    if evidence.present < FORMAT_VALUES:
        left = [one for one in left if not (one.is_text and one.format)]
    best = left[0] if left else None
    notes += _empty_texts(evidence, best)
    notes += disagreement(evidence, best)
    return Chosen(best, tuple(notes))


def _without_codes(evidence: Evidence, left: list[Candidate], notes: list[str]) -> list[Candidate]:
    """Leading zeros mean a code: as a number they would be lost."""
    zeros = evidence.total("leading_zeros")
    if not zeros or not any(one in left for one in (INTEGER, NUMBER, COMMA)):
        return left
    notes.append(f"digits, but {zeros:,} with leading zeros, which numbers would lose")
    return [one for one in left if one not in (INTEGER, NUMBER, COMMA)]


def _without_doubtful_commas(
    evidence: Evidence, left: list[Candidate], decimal: str | None, notes: list[str]
) -> list[Candidate]:
    """`1,234` may be a thousand; and one file has one decimal sign."""
    if COMMA not in left or INTEGER in left or NUMBER in left:
        return [one for one in left if one != COMMA]
    if not evidence.total("decimal_commas"):
        notes.append("numbers with a comma and three digits: decimals, or thousands?")
    elif decimal != ",":
        notes.append("decimal commas, but other columns have decimal points")
    else:
        return left
    return [one for one in left if one != COMMA]


def decimal_sign(columns: list[Evidence]) -> str | None:
    """A comma where some column has decimal commas and none has points."""
    commas = points = False
    for one in columns:
        fits = [
            candidate for candidate in (INTEGER, NUMBER, COMMA) if candidate in one.candidates and one.fits(candidate)
        ]
        if not one.present or one.total("leading_zeros"):
            continue
        commas = commas or (fits == [COMMA] and one.total("decimal_commas") > 0)
        points = points or (bool(fits) and fits[0] == NUMBER)
    return "," if commas and not points else None


def _without_doubtful_dates(left: list[Candidate], notes: list[str]) -> list[Candidate]:
    """Where day first and month first both fit, nobody can tell, so it stays a text."""
    formats = [one for one in left if one.format is not None and not one.is_text]
    if {"d", "M"} <= {str(one.format)[0] for one in formats}:
        told = " or ".join(str(one.format) for one in formats[:2])
        notes.append(f"dates, written as {told}: every day so far is 12 or less, so choose one")
        return [one for one in left if one not in formats]
    return left


def _empty_texts(evidence: Evidence, best: Candidate | None) -> list[str]:
    empties = evidence.total("empties")
    if best is None or not best.is_text or not empties:
        return []
    return [f"{empties:,} of them quoted and empty, which is an empty text, no empty cell"]


def disagreement(evidence: Evidence, best: Candidate | None) -> list[str]:
    """Files whose own values would have told a narrower type."""
    own = {file: _own_best(evidence, file) for file in evidence.facts}
    kinds: dict[str, list[str]] = {}
    for file, candidate in own.items():
        if candidate is not None:
            kinds.setdefault(candidate.logical, []).append(file)
    if len(kinds) < 2 or best is None:
        return []
    return ["; ".join(f"{kind} in {_listed(files)}" for kind, files in kinds.items())]


def _own_best(evidence: Evidence, file: str) -> Candidate | None:
    """The narrowest type by this file alone, as far as it was looked at; None where it says nothing."""
    facts, guess = evidence.facts[file], evidence.guesses.get(file)
    if guess is None or not facts.present:
        return None
    numeric_code = facts.leading_zeros > 0
    for one in guess.candidates:
        bad = facts.outcomes[one].bad if one in facts.outcomes else 0
        if bad == 0 and one != COMMA and not (numeric_code and one in (INTEGER, NUMBER)):
            return one
    return TEXT


def _listed(files: list[str]) -> str:
    told = ", ".join(files[:3])
    return told if len(files) <= 3 else f"{told} and {len(files) - 3} more"
