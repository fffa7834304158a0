"""Naming failing cells: the table of shapes as one SQL expression, so that every cell is named and every total is true.

A cell is named by its row (`row_shapes.py`), else by what its rule knows (`hints.py`), else by the first shape that
fits, else not at all.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from fileproc.quality import sql
from fileproc.quality.checks.kinds import CellCheck
from fileproc.quality.checks.shapes import ISO_ONLY, LOOKS_LIKE, NUMERIC, SHAPED, SHAPES, TEMPORAL, Shape

#: A character that is no letter, digit or sign of a keyboard.
RARE = r"[^!-~]"

#: Digits and the signs between them: most of what partners write into a number or a date that is none.
FIGURES = "[-+]?[0-9][0-9.,:/-]*"

#: How cells begin that are an error, a formula or quoted.
SIGNED = "^[#='\"“`]"

#: JDK pattern letters → what they match, for formats that are made of digits.
SLOTS = {
    "yyyy": "[0-9]{4}", "uuuu": "[0-9]{4}", "yy": "[0-9]{2}", "MM": "[0-9]{2}", "dd": "[0-9]{2}", "HH": "[0-9]{2}",
    "hh": "[0-9]{2}", "mm": "[0-9]{2}", "ss": "[0-9]{2}", "SSS": "[0-9]{3}", "SSSSSS": "[0-9]{6}", "M": "[0-9]{1,2}",
    "d": "[0-9]{1,2}", "H": "[0-9]{1,2}", "m": "[0-9]{1,2}", "s": "[0-9]{1,2}",
}  # fmt: skip

RUNS = re.compile(r"(([A-Za-z])\2*|[^A-Za-z])")
SWAPPED = {"MM": "(1[3-9]|2[0-9]|3[01])", "dd": "(0[1-9]|1[0-2])"}

TIMESTAMP = r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.,][0-9]+)?)?"
ZONE = r"(Z|[+-][0-9]{2}(:?[0-9]{2})?)?"


def code_of(checks: Sequence[CellCheck], number: str, cell: str) -> str:
    """The expression that names `cell`, which failed the check of this `number`; NULL where nothing explains it."""
    branches: dict[str, list[int]] = {}
    for place, check in enumerate(checks):
        chain = _chain(check, cell)
        if chain is not None:
            branches.setdefault(chain, []).append(place)
    whens = [
        f"WHEN {number} IN ({', '.join(map(str, places))}) THEN {chain}" for chain, places in branches.items()
    ]  # fmt: skip
    return f"CASE {' '.join(whens)} END" if whens else "CAST(NULL AS VARCHAR)"


def _chain(check: CellCheck, cell: str) -> str | None:
    """Tests from cheap to dear: where every cell fails, their number is what naming costs."""
    hint = check.hint(cell) if check.hint is not None else None
    if check.type not in SHAPED:
        return hint
    written = check.column.value_type.form if check.column.value_type and check.kind != "string" else None
    without = ISO_ONLY if written is not None else ()
    shapes = [shape for shape in SHAPES if shape.code not in without and _concerns(shape, check)]
    calendar = _calendar(check.kind, written, cell)
    parts = [f"WHEN {cell} = '' THEN 'empty'"]
    parts += _of_another_type(check, cell)
    if hint is not None:
        parts.append(f"WHEN {hint} IS NOT NULL THEN {hint}")
    if check.kind in (*NUMERIC, *TEMPORAL):
        figures = [_when(shape, cell) for shape in shapes if shape.figures]
        parts.append(f"WHEN {_fits(cell, FIGURES)} THEN {_case([*calendar, *figures])}")
    parts += _gated(_matches(cell, RARE), [_when(shape, cell) for shape in shapes if shape.rare])
    parts += _gated(_matches(cell, SIGNED), [_when(shape, cell) for shape in shapes if shape.signed])
    others = [shape for shape in shapes if not (shape.rare or shape.signed)]
    return _case([*parts, *calendar, *(_when(shape, cell) for shape in others)])


def _of_another_type(check: CellCheck, cell: str) -> list[str]:
    """Values that look right, and are not what the format says that they are."""
    if not check.says_type or check.type != "logicalType":
        return []
    if check.kind == "string":
        return [f"WHEN {_fits(cell, '|'.join(LOOKS_LIKE.values()))} THEN 'unquoted_value'"]
    pattern = LOOKS_LIKE.get(check.kind)
    return [] if pattern is None else [f"WHEN {_fits(cell, pattern)} THEN 'quoted_value'"]


def _gated(gate: str, whens: Sequence[str]) -> list[str]:
    """Tests that only few cells need."""
    return [f"WHEN {gate} AND {_case(whens)} IS NOT NULL THEN {_case(whens)}"] if whens else []


def _case(whens: Sequence[str]) -> str:
    return f"CASE {' '.join(whens)} END"


def _concerns(shape: Shape, check: CellCheck) -> bool:
    return not shape.kinds or check.kind in shape.kinds


def _when(shape: Shape, cell: str) -> str:
    condition = _fits(cell, shape.pattern)
    if shape.words:
        longest = max(map(len, shape.words))
        condition = f"strlen({cell}) <= {2 * longest} AND lower({cell}) IN ({sql.texts(shape.words)})"
    return f"WHEN {condition} THEN {sql.text(shape.code)}"


def _fits(cell: str, pattern: str) -> str:
    return f"regexp_full_match({cell}, {sql.text(pattern)}, 's')"


def _matches(cell: str, pattern: str) -> str:
    return f"regexp_matches({cell}, {sql.text(pattern)}, 's')"


# dates and times


def _calendar(kind: str, written: str | None, cell: str) -> list[str]:
    """Days that look as agreed and do not exist; those that do once day and month are exchanged."""
    if written is not None:
        return _as_written(kind, written, cell) if kind in TEMPORAL else []
    if kind != "timestamp":
        return []
    swapped = next(shape for shape in SHAPES if shape.code == "swapped_date")
    exists = f"TRY_CAST(replace({cell}, ',', '.') AS TIMESTAMP) IS NOT NULL"
    return [
        _when(swapped, cell),
        f"WHEN {_fits(cell, TIMESTAMP)} AND {exists} THEN 'no_offset'",
        f"WHEN {_fits(cell, TIMESTAMP + ZONE)} THEN 'impossible_time'",
    ]


def _as_written(kind: str, written: str, cell: str) -> list[str]:
    plain, swapped = _pattern_of(written, {}), _pattern_of(written, SWAPPED)
    if plain is None or swapped is None:
        return []
    parts = [f"WHEN {_fits(cell, swapped)} THEN 'swapped_date'"] if "MM" in written and "dd" in written else []
    impossible = "impossible_date" if kind == "date" else "impossible_time"
    return [*parts, f"WHEN {_fits(cell, plain)} THEN '{impossible}'"]


def _pattern_of(written: str, instead: dict[str, str]) -> str | None:
    """A JDK pattern as a regular expression; None where it is not only digits and signs."""
    out = ""
    for letters, other in _pieces(written):
        if letters and letters not in SLOTS:
            return None
        out += instead.get(letters, SLOTS[letters]) if letters else re.escape(other)
    return out


def _pieces(written: str) -> list[tuple[str, str]]:
    """(letters, sign) one after another: `dd/MM` is dd, /, MM."""
    return [(found[0], "") if found[1] else ("", found[0]) for found in RUNS.findall(written)]
