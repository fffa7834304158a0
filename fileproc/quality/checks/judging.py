"""What a group of failing cells means beside the others of its check: separators, and values nearly as listed."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import replace

from fileproc.quality.checks.failing_cells import LISTS
from fileproc.quality.checks.grouping import ShapeGroup
from fileproc.quality.checks.kinds import CellCheck
from fileproc.quality.checks.shapes import AMBIGUOUS

#: What `1,234` is, where other cells of the column tell: the first of these that occurs there.
TELLING = ("decimal_comma", "decimal_point", "float_integer", "fraction", "grouping")

#: How alike a value must be to a listed one to be told as meant; one wrong letter of three is much.
ALIKE, ALIKE_SHORT = 0.75, 0.85

#: Listed values that are compared, and letters of each.
MOST_LISTED = 200
LONGEST = 60


def named(check: CellCheck, groups: Sequence[ShapeGroup]) -> list[ShapeGroup]:
    """The groups of one check, with the names that only all of them together tell."""
    codes = {group.code for group in groups}
    told = next((code for code in TELLING if code in codes), AMBIGUOUS)
    return [_renamed(check, group, told) for group in groups]


def _renamed(check: CellCheck, group: ShapeGroup, separator: str) -> ShapeGroup:
    if group.code == AMBIGUOUS:
        return replace(group, code=separator)
    if group.code is None and check.type in LISTS and group.shape and meant(group.shape, check.listed):
        return replace(group, code="near_miss")
    return group


def meant(value: str, listed: Sequence[str]) -> str | None:
    """The listed value that was probably meant."""
    folded = {one.casefold(): one for one in listed[:MOST_LISTED]}
    if value.casefold() in folded:
        return folded[value.casefold()]
    if not 2 < len(value) <= LONGEST:
        return None
    close = difflib.get_close_matches(
        value.casefold(), list(folded), 1, ALIKE if len(value) > 4 else ALIKE_SHORT
    )  # fmt: skip
    return folded[close[0]] if close else None
