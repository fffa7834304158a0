"""Patterns: ODCS says ECMA-262, the engine runs RE2, which is linear in the text and knows no look-around.

The engine itself is asked whether it takes a pattern, so the answer is the one that a check will get.
"""

from __future__ import annotations

import re

import duckdb

from fileproc.quality.database import idle

#: Longer ones are no patterns for a column.
LONGEST_PATTERN = 2_000

#: Constructs that RE2 refuses for good reasons → (what it is, how to do without). Escaped backslashes are taken out
#: first.
_REFUSED = (
    (re.compile(r"\(\?<?[=!]"), "look-around", "write what the text must be, or use two rules"),
    (re.compile(r"\(\?<[A-Za-z]"), "a named group", "write (…) without a name, or (?P<name>…)"),
    (re.compile(r"\\[1-9]|\\k<"), "a back-reference", "write the alternatives out"),
    (re.compile(r"\(\?>|[*+?}]\+"), "an atomic group", "write it plainly: nothing backtracks here"),
    (re.compile(r"\\u[0-9a-fA-F]{4}"), "a \\u escape", "write the character itself, or \\x{00E9}"),
    (re.compile(r"\\c[A-Za-z]"), "a control escape", "write \\x{..}"),
    (re.compile(r"\{([1-9][0-9]{3,}|[0-9]*,[1-9][0-9]{3,})\}"), "a count above 1000", "use minLength and maxLength"),
)  # fmt: skip


def refusal(pattern: str, engine: duckdb.DuckDBPyConnection | None = None) -> tuple[str, str] | None:
    """(what is wrong, how to mend it), or None for a pattern that runs. `engine` is one that is there already."""
    if len(pattern) > LONGEST_PATTERN:
        return f"it is {len(pattern):,} characters long", "list the values with enum instead"
    bare = pattern.replace("\\\\", "")
    found = next(((what, fix) for sign, what, fix in _REFUSED if sign.search(bare)), None)
    try:
        (engine or idle()).execute("SELECT regexp_matches('', ?)", [pattern]).fetchall()
    except duckdb.Error as error:
        reason = str(error).splitlines()[0].rpartition("Error: ")[2]
        return (f"it has {found[0]}, which is not supported", found[1]) if found else (reason, "mend the expression")
    return None
