"""What a format may carry: signs that steer a reader are shown, and what is long is cut."""

from __future__ import annotations

import json
import re
import unicodedata
from typing import Any

#: Control, format (bidirectional overrides among them), surrogate, private use, line and paragraph separators.
DANGEROUS = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}

#: The two code points that XML forbids beside controls and surrogates.
NO_CHARACTERS = "\ufffe\uffff"

UNUSUAL = re.compile(r"[^\n -~]")


def visible(text: object, longest: int = 1_000) -> str:
    """One line: everything that could steer what shows it is written as an escape, cut to `longest` characters."""
    shown = str(text)
    if len(shown) > longest:
        shown = shown[:longest] + "…"
    return "".join(_escaped(one) if _steers(one) else one for one in shown)


def json_text(value: Any, *, indent: int | None = None) -> str:
    """JSON that is readable where it is text, and escapes what would steer a terminal or break a line."""
    return UNUSUAL.sub(_json_escaped, json.dumps(value, indent=indent, ensure_ascii=False))


def number(count: int, noun: str) -> str:
    """`1 file`, `2,000 files`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def _json_escaped(found: re.Match[str]) -> str:
    """Beyond ASCII everything is within a JSON string, where an escape means the same."""
    return json.dumps(found[0])[1:-1] if _steers(found[0]) else found[0]


def _steers(character: str) -> bool:
    return unicodedata.category(character) in DANGEROUS or character in NO_CHARACTERS


def _escaped(character: str) -> str:
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")
