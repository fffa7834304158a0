"""Numbers in sentences: digits enough that a change never shows as none."""

from __future__ import annotations

import math


def amount(value: float) -> str:
    """`1,000`, `1,333.3`, `0.0213`."""
    if not math.isfinite(value):
        return "more than can be told"
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}"
    for digits in (1, 2, 4, 8):
        text = f"{value:,.{digits}f}"
        if abs(value) >= 10.0 ** (2 - digits) and abs(value) < 1e15:
            return text
    return f"{value:.6g}"


def signed(value: float) -> str:
    """`+12.5`, `-80`."""
    return f"+{amount(value)}" if value > 0 else amount(value)


def times(percent: float) -> str:
    """`80 % less`, `25 % more`."""
    return f"{amount(abs(percent))} % {'less' if percent < 0 else 'more'}"


def files(count: int) -> str:
    return "1 file" if count == 1 else f"{count:,} files"


def accepted(count: int) -> str:
    return "the last accepted file" if count == 1 else f"the last {count:,} accepted files"
