"""customProperties → dialect and policies: what ODCS has no word for.

Ours are those with `vendor: fileproc`; `vendor` exists since 3.2, so those without any vendor count, too.
"""

from __future__ import annotations

from typing import Any

from fileproc.quality.contracts.contract import Dialect, Unsupported
from fileproc.quality.contracts.lint_finding import UnreadableContract, refused, shown
from fileproc.quality.contracts.odcs_place import Place
from fileproc.quality.contracts.odcs_words import (
    DIALECT_CHOICES,
    DIALECT_WORDS,
    LIMIT_WORD,
    LONGEST_DELIMITER,
    MOST_HEADER_LINES,
    ON_FAIL,
    ON_FAIL_WORD,
    OUR_WORDS,
    POLICIES,
    POLICY_WORDS,
    SINGLE,
    SPELT,
    WAITING_WORDS,
)

#: Where the standard itself has a key on servers.
SERVER_KEYS = ("delimiter", "encoding")

#: The standard's words for how JSON documents follow one another; not delimiters of columns.
JSON_DELIMITERS = ("new_line", "array")


def words_of(place: Place) -> dict[str, Place]:
    """Our words among the customProperties of a place: name → the entry that says it. The last one counts."""
    found = {}
    for entry in place.children("customProperties"):
        name = entry.text("property")
        if name is not None and entry.get("vendor") in (None, "fileproc"):
            found[name] = entry
    return found


def dialect_of(place: Place) -> Dialect:
    """What customProperties say about how a text file is written. Raises UnreadableContract."""
    fields: dict[str, Any] = {}
    for word, entry in words_of(place).items():
        if word in DIALECT_WORDS:
            name, _ = DIALECT_WORDS[word]
            fields[name] = _value(word, entry, "value")
    return Dialect(**fields)


def server_dialect(server: Place) -> Dialect:
    """The same for a server; the standard's own keys count where the custom ones say nothing."""
    own = {
        word: _value(word, server, word)
        for word in SERVER_KEYS
        if server.get(word) is not None and server.get(word) not in JSON_DELIMITERS
    }
    return merge(dialect_of(server), Dialect(**own))


def policies_of(place: Place) -> dict[str, Any]:
    """Fields of Policies that customProperties set. Raises UnreadableContract."""
    fields: dict[str, Any] = {}
    for word, entry in words_of(place).items():
        if word in POLICY_WORDS:
            fields[POLICY_WORDS[word]] = one_of(word, entry, POLICIES)
        elif word == LIMIT_WORD:
            fields["malformed_rows"] = _limit(entry)
        elif word == ON_FAIL_WORD:
            fields["on_fail"] = one_of(word, entry, ON_FAIL)
    return fields


def unsupported_words(place: Place, prefix: str) -> list[Unsupported]:
    """Our words whose work is not done by this version."""
    found = []
    for word, entry in words_of(place).items():
        if word in WAITING_WORDS and entry.get("value") not in (None, 1):
            found.append(Unsupported(f"{prefix}.{word}", word, WAITING_WORDS[word], entry.mark()))
        elif word not in OUR_WORDS and entry.get("vendor") == "fileproc":
            reason = f"the custom property {word!r} is not known"
            found.append(Unsupported(f"{prefix}.{word[:60]}", word, reason, entry.mark()))
    return found


def merge(nearer: Dialect, farther: Dialect) -> Dialect:
    """What the nearer one does not say, the farther one does."""
    fields = {}
    for name in Dialect.__dataclass_fields__:
        value = getattr(nearer, name)
        fields[name] = getattr(farther, name) if value is None or value == () else value
    return Dialect(**fields)


def _value(word: str, entry: Place, key: str) -> Any:
    kind = DIALECT_WORDS[word][1]
    if kind is bool:
        return _boolean(word, entry)
    if word == "headerRows":
        return _header_rows(entry)
    if kind is tuple:
        return tuple("" if one is None else one for one in entry.texts(key))
    if kind is int:
        return number_of(word, entry)
    text = entry.text(key) or ""
    if word in DIALECT_CHOICES:
        return one_of(word, entry, DIALECT_CHOICES[word])
    text = SPELT.get(text, text) if word in ("delimiter", *SINGLE) else text
    if word == "delimiter" and not 0 < len(text) <= LONGEST_DELIMITER:
        raise meaningless(entry, key, f"the delimiter is {len(text)} characters long", 'quote it: value: "|"')
    if word in SINGLE and len(text) > 1:
        raise meaningless(entry, key, f"{word} must be one character, not {shown(text)}", "write one character")
    return text if text or word == "quoteChar" else None


def _boolean(word: str, entry: Place) -> bool:
    value = entry.get("value")
    spelt = {"true": True, "false": False}.get(str(value).lower())
    if spelt is None:
        raise meaningless(entry, "value", f"{word} must be true or false, not {shown(value)}", "write true or false")
    return spelt


def _header_rows(entry: Place) -> tuple[int, ...]:
    """Line numbers; 1 alone is what every file has."""
    value = entry.get("value")
    rows = value if isinstance(value, list) else [value]
    if not rows:
        raise meaningless(entry, "value", "headerRows is empty", "write header: false where there are no names")
    if any(not isinstance(row, int) or isinstance(row, bool) or not 0 < row <= MOST_HEADER_LINES for row in rows):
        message = f"headerRows must be a list of line numbers from 1 to {MOST_HEADER_LINES}, not {shown(value)}"
        raise meaningless(entry, "value", message, "write the lines that hold names, such as [1, 2]")
    if not isinstance(value, list) and value != 1:
        message = f"headerRows must be a list of line numbers, not {shown(value)}"
        raise meaningless(entry, "value", message, f"write [{value}], or [1, {value}] for two rows")
    return () if rows == [1] else tuple(sorted(set(rows)))


def number_of(word: str, entry: Place, *, least: int = 0) -> int:
    """A whole number. Raises UnreadableContract."""
    text = entry.text("value") or ""
    if not (text.isascii() and text.isdigit() and len(text) < 10 and int(text) >= least):
        message = f"{word} must be a whole number of at least {least}, not {shown(text)}"
        raise meaningless(entry, "value", message, "write a number such as 12")
    return int(text)


def one_of(word: str, entry: Place, words: tuple[str, ...]) -> str:
    """One of a few words. Raises UnreadableContract."""
    value = entry.get("value")
    if value not in words:
        message = f"{word} must be one of {', '.join(words)}, not {shown(value)}"
        raise meaningless(entry, "value", message, f"write {', '.join(words[:-1])} or {words[-1]}")
    return str(value)


def _limit(entry: Place) -> int:
    text = entry.text("value") or ""
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        message = f"{LIMIT_WORD} must be a number of rows, not {shown(text)}"
        raise meaningless(entry, "value", message, "write how many malformed rows a file may have, such as 0")
    return int(text)


def meaningless(entry: Place, key: str, message: str, fix: str) -> UnreadableContract:
    """The error for a value of ours that means nothing."""
    return refused("FPC208", entry.mark(key), message, fix)
