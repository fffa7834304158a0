"""What every code means, why it matters and how it is mended: the one place where these texts are.

The texts are TOML files beside this module, one a family. What a cause code means is told there; the title of a lint
code (`FPC…`) is its meaning in `contracts/lint_codes.py`, so that there is one of each. A test keeps them complete.
"""

from __future__ import annotations

import difflib
import tomllib
from dataclasses import asdict, dataclass
from functools import cache
from importlib import resources
from typing import Any

from fileproc.quality.contracts.lint_codes import CODES

#: Family (the name of its file) → what people call it, in the order in which they are listed.
FAMILIES = {
    "container": "The file as a whole",
    "structure": "Rows and lines",
    "formats": "Avro and workbooks",
    "columns": "Columns",
    "values": "Values",
    "numbers": "Numbers",
    "dates": "Dates and times",
    "texts": "Words and signs",
    "dataset": "Keys, counts and rules",
    "history": "Comparison with earlier files",
    "lint_file": "Contracts: the file",
    "lint_standard": "Contracts: the standard",
    "lint_servers": "Contracts: places and dialects",
    "lint_schema": "Contracts: columns and types",
    "lint_quality": "Contracts: quality rules",
}

LEVELS = {
    "error": "An error: the contract is refused, or promises what cannot be meant.",
    "warning": "A warning: it works, but hardly as intended.",
    "info": "For information.",
}

MOST_SUGGESTIONS = 3


@dataclass(frozen=True, slots=True)
class Explanation:
    """One code: what it means, why it matters, a bad and a good example, and how either side mends it."""

    code: str
    family: str
    title: str
    meaning: str
    why: str
    bad: str
    good: str
    partner: str  # what whoever sends the file does about it
    contract: str  # what whoever keeps the contract does about it

    def to_document(self) -> dict[str, Any]:
        """JSON values for `--format json`."""
        return asdict(self)


@cache
def explanations() -> dict[str, Explanation]:
    """Every explanation by its code, family after family."""
    return {one.code: one for family in FAMILIES for one in _family(family)}


def explanation(code: str) -> Explanation | None:
    """The one of this code, in whatever case it is written."""
    known = explanations()
    return known.get(code) or known.get(code.lower()) or known.get(code.upper())


def suggestions(code: str) -> list[str]:
    """The codes that were probably meant: alike in letters, or with a word in common."""
    known = explanations()
    wanted = code.strip()[:60].lower().replace("-", "_").replace(" ", "_")
    folded = {one.lower(): one for one in known}
    close = difflib.get_close_matches(wanted, folded, MOST_SUGGESTIONS, cutoff=0.6)
    words = {word for word in wanted.split("_") if len(word) > 3}
    close += [one for one in folded if words & set(one.split("_")) and one not in close]
    return [folded[one] for one in close[:MOST_SUGGESTIONS]]


def _family(family: str) -> list[Explanation]:
    text = resources.files(__package__).joinpath(f"{family}.toml").read_text(encoding="utf-8")
    return [_one(family, code, said) for code, said in tomllib.loads(text).items()]


def _one(family: str, code: str, said: dict[str, str]) -> Explanation:
    if code in CODES:
        said = {
            "title": CODES[code].meaning.rstrip("."),
            "meaning": LEVELS[CODES[code].level],
            "partner": "Nothing to do: it is about the contract, not about a file.",
        } | said
    return Explanation(code, family, **{key: value.strip() for key, value in said.items()})
