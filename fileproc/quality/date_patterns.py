"""JDK date patterns, as ODCS writes them → strptime, as the engine reads them.

An offset (`XXX`, `Z` …) is read only at the end: what is before it is written back and compared, so that nothing is
taken for a date that is written otherwise.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from fileproc.quality import sql

#: JDK pattern letters → strptime; the ones that data files use. Longer ones first, where one begins like another.
JDK = (
    ("yyyy", "%Y"), ("uuuu", "%Y"), ("yy", "%y"), ("uu", "%y"), ("MMMM", "%B"), ("LLLL", "%B"), ("MMM", "%b"),
    ("LLL", "%b"), ("MM", "%m"), ("LL", "%m"), ("DDD", "%j"), ("dd", "%d"), ("HH", "%H"), ("hh", "%I"), ("mm", "%M"),
    ("ss", "%S"), ("SSSSSSSSS", "%n"), ("SSSSSS", "%f"), ("SSS", "%g"), ("a", "%p"), ("EEEE", "%A"), ("EEE", "%a"),
    ("EE", "%a"), ("E", "%a"), ("M", "%-m"), ("d", "%-d"), ("H", "%-H"), ("h", "%-I"), ("m", "%-M"), ("s", "%-S"),
)  # fmt: skip

#: JDK letters for an offset → how it is written.
OFFSETS = {
    "XXX": r"(?:Z|[+-][0-9]{2}:[0-9]{2})", "XX": r"(?:Z|[+-][0-9]{4})", "X": r"(?:Z|[+-][0-9]{2}(?:[0-9]{2})?)",
    "xxx": r"[+-][0-9]{2}:[0-9]{2}", "xx": r"[+-][0-9]{4}", "x": r"[+-][0-9]{2}(?:[0-9]{2})?", "Z": r"[+-][0-9]{4}",
    "ZZZZZ": r"(?:Z|[+-][0-9]{2}:[0-9]{2})",
}  # fmt: skip

_OFFSET = re.compile(r"(?:X{1,3}|x{1,3}|ZZZZZ|Z)$")

#: Letters that people take for others → what they mean, and what was probably meant.
MISTAKEN = {"Y": "the year of the week; write yyyy", "D": "the day of the year; write dd"}

#: What JDK keeps for optional parts and for later.
RESERVED = "[]{}#"


class UnknownFormat(Exception):
    """A date pattern or a time zone that cannot be used; the message says why."""


@dataclass(frozen=True, slots=True)
class DatePattern:
    """A compiled pattern; `offset` is how the offset at its end is written, if there is one."""

    strptime: str
    offset: str | None = None

    def parsed(self, cell: str) -> str:
        """The moment that a cell is: a TIMESTAMP, or a TIMESTAMPTZ where there is an offset. NULL for what is none."""
        if self.offset is None:
            return f"try_strptime({cell}, {sql.text(self.strptime)})"
        end = sql.text(f"{self.offset}$")
        whole = f"regexp_replace({cell}, 'Z$', '+00:00')" if "Z|" in self.offset else cell
        return (
            f"CASE WHEN regexp_matches({cell}, {end}) THEN try_strptime({whole}, {sql.text(self.strptime + '%z')}) END"
        )

    def same(self, cell: str) -> str:
        """Whether what was parsed is as long as the cell when it is written back, without its offset."""
        if self.offset is not None:
            cell = f"regexp_replace({cell}, {sql.text(self.offset + '$')}, '')"
        code = sql.text(self.strptime)
        return f"length({cell}) = length(strftime(try_strptime({cell}, {code}), {code}))"


def compile_pattern(pattern: str) -> DatePattern:
    """`dd/MM/yyyy HH:mmXXX` → a pattern with an offset. Raises UnknownFormat."""
    found = _OFFSET.search(pattern)
    if found is None or pattern[: found.start()].count("'") % 2:
        return DatePattern(jdk_to_strptime(pattern))
    return DatePattern(jdk_to_strptime(pattern[: found.start()]), OFFSETS[found[0]])


def jdk_to_strptime(pattern: str) -> str:
    """`dd/MM/yyyy` → `%d/%m/%Y`. Raises UnknownFormat for letters that are not known."""
    out, position = "", 0
    while position < len(pattern):
        rest = pattern[position:]
        if rest.startswith("'"):
            end = rest.find("'", 1)
            if end < 0:
                raise UnknownFormat(f"the pattern {pattern!r} has a quote that does not end")
            out += (rest[1:end] or "'").replace("%", "%%")
            position += end + 1
            continue
        found = next(((letters, code) for letters, code in JDK if rest.startswith(letters)), None)
        if found is not None:
            out += found[1]
            position += len(found[0])
        else:
            out += _literal(rest[0], pattern)
            position += 1
    return out


def _literal(sign: str, pattern: str) -> str:
    if sign in RESERVED:
        raise UnknownFormat(f"the pattern {pattern!r} has {sign!r}: optional parts are not read, write one form")
    if sign in "XxZ":
        raise UnknownFormat(f"the pattern {pattern!r} has an offset that is not at its end")
    if sign.isalpha():
        hint = f" ({MISTAKEN[sign]})" if sign in MISTAKEN else ""
        raise UnknownFormat(f"the pattern {pattern!r} has the letter {sign!r}, which is not known here{hint}")
    return "%%" if sign == "%" else sign
