"""Which candidates are worth asking the engine about: the shapes of the first values rule out most of them for free."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache

from fileproc.quality.infer.candidates import Candidate

#: Letters of a date pattern → what they look like in a signature. Longer ones first.
_PARTS = (
    ("yyyy", "9999"), ("yy", "99"), ("MMM", "[Aa]{3,4}"), ("MM", "99"), ("M", "9{1,2}"), ("dd", "99"), ("d", "9{1,2}"),
    ("HH", "99"), ("hh", "99"), ("mm", "99"), ("ss", "99"), ("a", "[Aa]{2}"),
)  # fmt: skip

#: What a signature must hold where a string has a format.
_FORMATS: dict[str, Callable[[str], bool]] = {
    "uuid": lambda shape: shape.count("-") == 4 and len(shape) == 36,
    "email": lambda shape: "@" in shape,
    "uri": lambda shape: ":" in shape,
    "ipv4": lambda shape: shape.count(".") == 3,
    "ipv6": lambda shape: shape.count(":") > 1,
}


def plausible(candidate: Candidate, shapes: Sequence[str]) -> bool:
    """False only where some shape rules the candidate out."""
    if candidate.format is None:
        return candidate.decimal is None or not any("." in shape for shape in shapes)
    if candidate.is_text:
        return all(map(_FORMATS[candidate.format], shapes))
    return all(map(_form(candidate.format).fullmatch, shapes))


@cache
def _form(pattern: str) -> re.Pattern[str]:
    """`dd/MM/yyyy` → `99/99/9999`."""
    text, position = "", 0
    while position < len(pattern):
        known = next(((letters, form) for letters, form in _PARTS if pattern.startswith(letters, position)), None)
        text += re.escape(pattern[position]) if known is None else known[1]
        position += 1 if known is None else len(known[0])
    return re.compile(text)
