"""What a rule knows of a bad value beyond its text: each hint makes an expression that names the value, or is NULL."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from fileproc.quality import sql

#: Leading zeros that are tried.
MOST_ZEROS = 4


def pattern_hint(pattern: str) -> Callable[[str], str]:
    """A text that would match with leading zeros, in another case, or without the blanks around it."""

    def hint(cell: str) -> str:
        padded = [f"lpad({cell}, length({cell})::INTEGER + {more}, '0')" for more in range(1, MOST_ZEROS + 1)]
        zeros = " OR ".join(f"regexp_matches({one}, {sql.text(pattern)})" for one in padded)
        cases = " OR ".join(f"regexp_matches({one}({cell}), {sql.text(pattern)})" for one in ("upper", "lower"))
        return f"CASE WHEN {_digits(cell)} AND ({zeros}) THEN 'lost_zeros' WHEN {cases} THEN 'other_case' END"

    return hint


def list_hint(values: Sequence[str]) -> Callable[[str], str]:
    """A value of the list in another case, or one that has lost its leading zeros."""
    folded = sorted({value.lower() for value in values})
    stripped = sorted(
        {value.lstrip("0") or "0" for value in values if value[:1] == "0" and value.isdigit()} - {*values}
    )

    def hint(cell: str) -> str:
        zeros = f"WHEN {cell} IN ({sql.texts(stripped)}) THEN 'lost_zeros' " if stripped else ""
        return f"CASE {zeros}WHEN lower({cell}) IN ({sql.texts(folded)}) THEN 'other_case' END"

    return hint


def length_hint(least: int | None, most: int | None) -> Callable[[str], str] | None:
    """Digits that are too few where all have as many; a text that is too long only because of the blanks around it."""
    if least is not None and least == most:
        return lambda cell: f"CASE WHEN length({cell}) < {least} AND {_digits(cell)} THEN 'lost_zeros' END"
    if most is not None:
        too_long = f"> {most} AND length(trim("
        return lambda cell: f"CASE WHEN length({cell}) {too_long}{cell})) <= {most} THEN 'blanks' END"
    return None


def _digits(cell: str) -> str:
    return f"regexp_full_match({cell}, '[0-9]+')"
