"""Values → YAML text for people: in the given order, every scalar read back as it was, with comments.

YAML 1.1 and 1.2 read plain scalars differently (`no`, `1_000`, `2026-11-24`, `12:30`), so a text is written plainly
only where both take it for the same text; everything else is quoted. What stands in a contract's source is hostile, so
no text can end its line, its quotes or its comment.
"""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

#: Longer comments are broken at blanks; comments behind a value are one line, cut where they become unreadable.
WIDTH = 110
LONGEST_BEHIND = 200

#: Texts that are safe unquoted: words with a few harmless signs inside, no blank before or behind.
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_]*(?:[ ./+-]{0,2}[A-Za-z0-9_]+)*")

#: Words that some reader takes for something else.
_WORDS = {"y", "n", "yes", "no", "on", "off", "true", "false", "null", "inf", "nan", "nil", "none"}

_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r", "\0": "\\0"}


@dataclass(frozen=True, slots=True)
class Noted:
    """A value with a comment: `behind` it on its line, and lines `above` it. `source` says where it came from.

    What is `off` is written as a comment itself: without its `# ` it is the entry. Nothing inside of it may be off.
    """

    value: Any
    behind: str = ""
    above: tuple[str, ...] = ()
    source: str = ""
    off: bool = False


def bare(value: Any) -> Any:
    """The value without its notes, on this level."""
    return value.value if isinstance(value, Noted) else value


def dump(document: dict[str, Any], head: Iterable[str] = ()) -> str:
    """A document as YAML; `head` are comment lines above everything."""
    lines = [*_comments(head, 0), *_mapping(document, 0)]
    return "\n".join(lines) + "\n"


def _mapping(mapping: dict[str, Any], depth: int) -> Iterator[str]:
    for key, entry in mapping.items():
        yield from _entry(f"{'  ' * depth}{_key(str(key))}:", entry, depth)


def _entry(start: str, entry: Any, depth: int) -> Iterator[str]:
    """`key: value`, or the key with a list or mapping below it."""
    noted = entry if isinstance(entry, Noted) else Noted(entry)
    if noted.off:
        yield from _off(_entry(start, replace(noted, off=False), depth), depth)
        return
    yield from _comments(noted.above, depth)
    behind, value = _behind(noted.behind), noted.value
    if isinstance(value, dict) and value:
        yield start + behind
        yield from _mapping(value, depth + 1)
    elif isinstance(value, list) and value and _is_short(value):
        yield f"{start} [{', '.join(_inline(bare(one)) for one in value)}]{behind}"
    elif isinstance(value, list) and value:
        yield start + behind
        yield from _list(value, depth + 1)
    else:
        yield f"{start} {_scalar(value)}{behind}"


def _list(values: list[Any], depth: int) -> Iterator[str]:
    margin = "  " * depth
    for entry in values:
        noted = entry if isinstance(entry, Noted) else Noted(entry)
        if noted.off:
            yield from _off(_list([replace(noted, off=False)], depth), depth)
            continue
        yield from _comments(noted.above, depth)
        value, behind = noted.value, _behind(noted.behind)
        if isinstance(value, dict) and value:
            lines = list(_mapping(value, depth + 1))
            first = next(number for number, line in enumerate(lines) if not line.lstrip().startswith("#"))
            yield from (line[2:] for line in lines[:first])
            yield f"{margin}- {lines[first].lstrip(' ')}{behind}"
            yield from lines[first + 1 :]
        elif isinstance(value, list) and value:
            yield f"{margin}-{behind}"
            yield from _list(value, depth + 1)
        else:
            yield f"{margin}- {_scalar(value)}{behind}"


def _off(lines: Iterable[str], depth: int) -> Iterator[str]:
    """Lines as comments, each where it would stand."""
    margin = 2 * depth
    yield from (f"{line[:margin]}# {line[margin:]}" for line in lines)


def _is_short(values: list[Any]) -> bool:
    """Scalars that fit on one line and carry no notes."""
    scalar = all(not isinstance(one, Noted | dict | list) for one in values)
    return scalar and sum(len(str(one)) + 4 for one in values) <= WIDTH - 30


def _inline(value: Any) -> str:
    """A scalar inside of brackets."""
    return _scalar(value)


def _scalar(value: Any) -> str:
    if isinstance(value, dict):
        return "{}"
    if isinstance(value, list):
        return "[]"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float) and math.isfinite(value):
        return _float(value)
    return _text(str(value))


def _float(value: float) -> str:
    """With a point, which readers of YAML 1.1 need before an exponent."""
    text = repr(value)
    mantissa, exponent, rest = text.partition("e")
    return f"{mantissa}.0e{rest}" if exponent and "." not in mantissa else text


def _key(text: str) -> str:
    """A key is never `<<`, and never longer than YAML allows for one line."""
    return _text(text[:1000])


def _text(text: str) -> str:
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    if text.isprintable() and text.isascii():
        return "'" + text.replace("'", "''") + "'"
    return '"' + "".join(_escaped(one) for one in text) + '"'


def _escaped(sign: str) -> str:
    if sign in _ESCAPES:
        return _ESCAPES[sign]
    if sign.isprintable() and sign != "\ufeff":
        return sign
    code = ord(sign)
    if 0xD800 <= code <= 0xDFFF:
        return "\ufffd"  # half of a character is none, and no file can hold it
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _comments(lines: Iterable[str], depth: int) -> Iterator[str]:
    margin = "  " * depth
    for line in lines:
        clean = one_line(line)
        wrapped = textwrap.wrap(clean, WIDTH - len(margin), subsequent_indent="  ", break_on_hyphens=False)
        yield from (f"{margin}# {part}" for part in wrapped or [""])


def _behind(text: str) -> str:
    clean = one_line(text)
    cut = f"{clean[:LONGEST_BEHIND]}…" if len(clean) > LONGEST_BEHIND else clean
    return f"  # {cut}" if cut else ""


def one_line(text: str) -> str:
    """A text that cannot end its comment, and holds nothing that no YAML may hold."""
    return "".join(one if one.isprintable() and one != "\ufeff" else "·" for one in text)
