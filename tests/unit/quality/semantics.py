"""The questions that a contract leaves open, our answers, and the tests that show them; the docs are printed from here.

A test names the question it answers with `@answers("…")`. A question without a test, and a test of an unknown question,
are errors. `scripts/print_semantics.py` writes the page.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

#: Question → answer, in the order of the page.
TABLE: dict[str, str] = {
    "empty CSV cell": "unquoted empty is null; quoted empty is an empty text; `nullSequence` adds tokens",
    "`required`": "null fails, an empty text passes",
    "missingValues": "null is counted only where it is listed; no argument means null alone (the lint says so)",
    "invalidValues with validValues and pattern": "a value must satisfy both; nulls are never counted (the same "
    "for enum, "
    "ranges and pattern)",
    "type of a text value": "strict and lexical: an integer is an optional sign and digits (`2.0`, `1e3`, ` 7` "
    "are none) "
    "within 64 bits; a boolean is `true` or `false`; a number has no grouping and a point, unless `decimalChar` says "
    "otherwise. Nothing is rounded into passing",
    "a bad cell": "one finding of that cell; its other value checks are skipped; the run goes on",
    "NaN, infinity": "invalid, and left out of ranges and aggregates",
    "timestamps": "ISO 8601 or the declared format; without an offset it is in `defaultTimezone`, else UTC; `timezone: "
    "true` demands one; bounds are compared in UTC",
    "date formats": "JDK patterns; a date is what parses and is written back as it was",
    "pattern": "ECMA-262 subset: a search, not a full match; Unicode; linear time; look-around and "
    "back-references are an "
    "error of the lint with a hint, and not run",
    "string length": "Unicode code points",
    "duplicateValues, `unique`": "surplus rows: non-null rows less distinct values; the keys and rows that take part "
    "are told beside it; a percentage is one of the non-null rows",
    "percent": "of all data rows that were read; of no rows the rule is skipped with the reason",
    "mustBeBetween": "inclusive; the lint notes that the standard's prose says exclusive",
    "SQL rule": "exactly one row and one column; null is an `error`, not a fail",
    "absent column": "fails where it is required or part of a key; else policy `missingColumns` (warn)",
    "extra column": "policy `extraColumns`: allow, warn (without a word), fail",
    "malformed row": "a finding with its line; more than `malformedRows` (0) fail the file; it is left out of "
    "the value "
    "checks, and counted as a row and as rejected",
    "blank lines, rows of only empty cells, mixed line ends, a BOM that was not declared": "warn, with lines",
    "blank or duplicate column names": "fail",
    "header and contract disagree on the delimiter": "fails once, and the values are still checked",
    "an encoding that was not declared and had to be guessed": "warn",
    "severity": "info only reports, warning warns; error, critical and none fail; an unknown one fails, and the "
    "lint says "
    "so",
    "no contract, or two that are equally specific": "`skipped`, never `pass`; container and structure are "
    "still looked at",
    "engine failure, timeout, too little memory": "`error`: no verdict on the file",
}

SHOWN: dict[str, list[Callable[..., Any]]] = {question: [] for question in TABLE}

HEAD = """\
# Semantics

What a contract's words mean where the standard leaves it open. Every answer is shown by tests, in
`tests/unit/quality/test_semantics.py`; this page is printed from them (`scripts/print_semantics.py`).

| question | answer |
|---|---|
"""


def answers(*questions: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """This test shows the answer to these questions."""

    def note(test: Callable[..., Any]) -> Callable[..., Any]:
        for question in questions:
            SHOWN[question].append(test)
        return test

    return note


def page() -> str:
    """The page, once the tests are imported."""
    rows = "".join(f"| {question} | {answer} |\n" for question, answer in TABLE.items())
    shown = "".join(f"\n### {question}\n\n{_tests(question)}" for question in TABLE)
    return f"{HEAD}{rows}\n## What shows it\n{shown}"


def _tests(question: str) -> str:
    return "".join(f"- `{test.__name__}`: {_said(test)}\n" for test in SHOWN[question])


def _said(test: Callable[..., Any]) -> str:
    """The first paragraph of its docstring, on one line."""
    return " ".join((test.__doc__ or "").split("\n\n")[0].split())
