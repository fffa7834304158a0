"""Text of two or four bytes a sign without a byte order mark: known by where its zero bytes stand."""

from __future__ import annotations

#: Where zeros stand in ASCII text: (encoding, bytes a sign, places that are zero).
ZEROS = (("utf-32-le", 4, (1, 2, 3)), ("utf-32-be", 4, (0, 1, 2)), ("utf-16-le", 2, (1,)), ("utf-16-be", 2, (0,)))

#: Bytes that are looked at, and the share of zeros that is no accident.
LOOKED_AT = 4_096
SHARE = 0.6


def wide_encoding(start: bytes) -> str | None:
    """The encoding whose zero bytes stand where ASCII text has them, and nowhere else."""
    start = start[:LOOKED_AT]
    for name, unit, places in ZEROS:
        units = len(start) // unit
        if units < 2:
            continue
        zeros = [start[place : units * unit : unit].count(0) / units for place in range(unit)]
        others = [zeros[place] for place in range(unit) if place not in places]
        if not any(others) and all(zeros[place] >= SHARE for place in places):
            return name
    return None
