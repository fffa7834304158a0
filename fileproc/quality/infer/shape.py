"""Fixed shapes: when every value has its letters, digits and signs in one order, that order is a pattern."""

from __future__ import annotations

import re
from itertools import groupby

from fileproc.quality import sql

#: Longer texts are prose.
LONGEST = 64

#: Signs that mean something in a pattern.
SPECIAL = re.compile(r"[\\.^$*+?()\[\]{}|]")

#: Letters and digits of a signature → what they stand for in a pattern.
CLASSES = {"9": r"\d", "A": "[A-Z]", "a": "[a-z]"}


def signature(cell: str) -> str:
    """An expression: the text with each digit as 9, each capital as A, each small letter as a; cut when too long."""
    text = f"{cell}[:{LONGEST + 1}]"
    for pattern, sign in (("[0-9]", "9"), ("[A-Z]", "A"), ("[a-z]", "a")):
        text = f"regexp_replace({text}, {sql.text(pattern)}, {sql.text(sign)}, 'g')"
    return text


def pattern_of(signatures: list[str]) -> str | None:
    """The pattern of texts with these signatures, or None where they have no shape worth a rule."""
    runs = [[(sign, len(list(group))) for sign, group in groupby(one)] for one in signatures]
    first = [sign for sign, _ in runs[0]]
    if any([sign for sign, _ in one] != first for one in runs) or not _is_worth(first, fixed=len(runs) == 1):
        return None
    if any(len(one) > LONGEST or not one.isascii() or not one.isprintable() for one in signatures):
        return None
    lengths = list(zip(*([length for _, length in one] for one in runs), strict=True))
    return "^" + "".join(_part(sign, set(length)) for sign, length in zip(first, lengths, strict=True)) + "$"


def _is_worth(signs: list[str], *, fixed: bool) -> bool:
    """Digits with letters or signs between them; or digits or letters alone, where all have one length."""
    mixed = any(sign == "9" for sign in signs) and len(signs) > 1
    return mixed or (fixed and len(signs) == 1 and signs[0] in CLASSES)


def _part(sign: str, lengths: set[int]) -> str:
    text = CLASSES.get(sign) or SPECIAL.sub(r"\\\g<0>", sign)
    if len(lengths) > 1:
        return f"{text}+"
    length = next(iter(lengths))
    return text if length == 1 else f"{text}{{{length}}}"
