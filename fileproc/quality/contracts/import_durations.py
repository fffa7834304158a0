"""Durations as people write them elsewhere → a number and a unit of our service levels."""

from __future__ import annotations

import re

#: `25h`, `1d12h` and `P1Y`, `PT30M`; months and minutes share a letter in ISO, told apart by the T.
_SHORT = re.compile(r"(?:(\d{1,6})w)?(?:(\d{1,6})d)?(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,6})s)?", re.IGNORECASE)
_ISO_DATE = re.compile(r"P(\d{1,6})([YMWD])")
_ISO_TIME = re.compile(r"PT(\d{1,6})([HMS])")
_UNITS = {"Y": "y", "M": "mo", "W": "w", "D": "d"}
_TIME_UNITS = {"H": "h", "M": "m", "S": "s"}
_SECONDS = (("w", 604_800), ("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1))


def duration_of(text: str) -> tuple[int, str] | None:
    """`25h` → (25, "h"), `P1Y` → (1, "y"), `1d12h` → (36, "h"); None for anything else."""
    bare = text.strip().replace(" ", "")
    for form, units in ((_ISO_DATE, _UNITS), (_ISO_TIME, _TIME_UNITS)):
        found = form.fullmatch(bare.upper())
        if found is not None:
            return int(found[1]), units[found[2]]
    parts = _SHORT.fullmatch(bare)
    if parts is None or not any(parts.groups()):
        return None
    seconds = sum(int(number or 0) * size for number, (_, size) in zip(parts.groups(), _SECONDS, strict=True))
    unit, size = next((unit, size) for unit, size in _SECONDS[1:] if seconds % size == 0)
    return seconds // size, unit
