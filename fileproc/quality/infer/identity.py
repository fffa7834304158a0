"""Which columns are unique, and which of them is the key."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from fileproc.quality.infer.candidates import Candidate
from fileproc.quality.infer.choose import choose
from fileproc.quality.infer.evidence import Evidence, Facts
from fileproc.quality.infer.keys import Key
from fileproc.quality.infer.thresholds import EXPECTED_DUPLICATES, REQUIRED_ROWS, UNIQUE_ROWS

#: Fewer rows are not even worth an offer.
WORTH_OFFERING = 10

#: The last word of a name that says "this is an identifier".
IDENTIFIERS = {"id", "ids", "key", "uuid", "guid", "no", "nr", "num", "number", "ref", "reference", "sku", "isbn",
               "ean", "gtin", "pk", "identifier"}  # fmt: skip

#: Short codes are made of letters and digits.
LONGEST_CODE = 5
SIGNS_OF_CODES = 36

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


@dataclass(frozen=True, slots=True)
class KeyRole:
    """What a column is: unique, or with `key_of` a part of the primary key. Not claimed: offered."""

    claimed: bool
    key_of: tuple[str, ...] = ()
    position: int = 1


def roles_of(
    columns: Sequence[Evidence], unique: Sequence[Key], pairs: Sequence[Key], decimal: str | None
) -> dict[str, KeyRole]:
    """Roles by column name; keys that hold for every file come in."""
    by_name = {one.name: one for one in columns}
    names = [key.columns[0] for key in unique if by_name[key.columns[0]].rows >= WORTH_OFFERING]
    names = [name for name in names if _may_be_unique(by_name[name], decimal)]
    claimed = {name: is_claimed(by_name[name], decimal) for name in names}
    roles = {name: KeyRole(claimed[name]) for name in names}
    full = [name for name in names if _is_full(by_name[name])]
    full.sort(key=lambda name: (not claimed[name], not is_identifier(name)))
    if full:
        roles[full[0]] = KeyRole(claimed[full[0]], key_of=(full[0],))
    elif not names and pairs:
        chosen = pairs[0].columns
        roles |= {name: KeyRole(False, chosen, number) for number, name in enumerate(chosen, 1)}
    return roles


def is_identifier(name: str) -> bool:
    """Whether its name says so."""
    words = [word.lower() for word in _WORDS.findall(name)]
    return bool(words) and words[-1] in IDENTIFIERS


def is_claimed(evidence: Evidence, decimal: str | None) -> bool:
    """Whether chance would hardly have kept its values apart."""
    if any(one.present < UNIQUE_ROWS for one in evidence.facts.values()):
        return False
    best = choose(evidence, decimal).candidate
    if best is None:
        return False
    if is_identifier(evidence.name) or best.format == "uuid":
        return True
    return all(_is_dense(facts, best) for facts in evidence.facts.values())


def _is_dense(facts: Facts, best: Candidate) -> bool:
    """Random values would have met: n² / 2R duplicates are expected where R values are possible (birthdays)."""
    possible = None
    if best.is_text and facts.longest <= LONGEST_CODE:
        possible = int(SIGNS_OF_CODES**facts.longest)
    elif best.logical == "integer" and isinstance(facts.outcomes[best].low, int):
        possible = facts.outcomes[best].high - facts.outcomes[best].low + 1
    return possible is not None and facts.present**2 >= 2 * EXPECTED_DUPLICATES * possible


def _may_be_unique(evidence: Evidence, decimal: str | None) -> bool:
    best = choose(evidence, decimal).candidate
    return best is not None and best.logical in ("integer", "string", "date", "timestamp")


def _is_full(evidence: Evidence) -> bool:
    return evidence.everywhere and evidence.rows == evidence.present >= REQUIRED_ROWS
