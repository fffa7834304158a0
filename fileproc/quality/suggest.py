"""Did you mean: the word that was probably meant by one that is not known."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping

#: What people call logical types elsewhere.
TYPE_ALIASES = {
    "text": "string",
    "varchar": "string",
    "char": "string",
    "str": "string",
    "uuid": "string",
    "int": "integer",
    "long": "integer",
    "bigint": "integer",
    "short": "integer",
    "float": "number",
    "double": "number",
    "decimal": "number",
    "numeric": "number",
    "datetime": "timestamp",
    "timestamptz": "timestamp",
    "bool": "boolean",
    "list": "array",
    "struct": "object",
    "record": "object",
}

#: What people call metrics elsewhere.
METRIC_ALIASES = {
    "nullcheck": "nullValues",
    "nullcount": "nullValues",
    "notnull": "nullValues",
    "missingcount": "missingValues",
    "invalidcount": "invalidValues",
    "uniquecheck": "duplicateValues",
    "uniqueness": "duplicateValues",
    "unique": "duplicateValues",
    "duplicates": "duplicateValues",
    "countcheck": "rowCount",
    "count": "rowCount",
    "rows": "rowCount",
}


def suggest(word: str, known: Iterable[str], aliases: Mapping[str, str] | None = None) -> str | None:
    """The known word that is the same but for case and signs, or an alias, or nearly the same letters."""
    words = list(known)
    folded = {_folded(one): one for one in words}
    same = folded.get(_folded(word)) or (aliases or {}).get(_folded(word))
    if same is not None:
        return same
    cutoff = 0.75 if len(word) > 4 else 0.6  # one wrong letter of three is much
    close = difflib.get_close_matches(_folded(word)[:60], list(folded), 1, cutoff=cutoff)
    return folded[close[0]] if close else None


def did_you_mean(word: str, known: Iterable[str], aliases: Mapping[str, str] | None = None) -> str:
    """The fix for an unknown word: what was meant, or what there is."""
    words = list(known)
    found = suggest(word, words, aliases)
    if found is not None:
        return f"did you mean `{found}`?"
    return f"one of: {', '.join(words)}" if len(words) <= 12 else "remove it, or see the standard for what there is"


def _folded(word: str) -> str:
    return word.casefold().replace("_", "").replace("-", "").replace(" ", "")
