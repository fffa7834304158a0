"""Text for terminals: cells, keys and reasons are hostile, and a terminal obeys what it prints."""

from __future__ import annotations

import unicodedata

#: Control, format (bidirectional overrides among them), surrogate, private use, line and paragraph separators.
DANGEROUS = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


def printable(text: object, longest: int = 1_000) -> str:
    """The text with everything that could steer a terminal shown as an escape, cut to `longest` characters."""
    shown = str(text)
    if len(shown) > longest:
        shown = shown[:longest] + "…"
    return "".join(_escaped(one) if unicodedata.category(one) in DANGEROUS else one for one in shown)


def _escaped(character: str) -> str:
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")
