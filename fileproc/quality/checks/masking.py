"""What is classified is never shown: which properties that concerns, and how texts that may hold it are told."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import replace

from fileproc.quality.checks.kinds import Judgement, MeasureCheck
from fileproc.quality.contracts.contract import Property

MASK = "***"

#: A query whose result is a number of rows, and no value of any.
COUNT = re.compile(r"\s*select\s+count\s*\(\s*(\*|[\w\"]+)\s*\)\s*from\b", re.IGNORECASE)


def hides(prop: Property) -> bool:
    """Whether the property, or anything inside of it, is classified."""
    inside = (*prop.properties, *(one for one in (prop.items, prop.map_key, prop.map_value) if one is not None))
    return prop.masked or any(hides(one) for one in inside)


def hidden(judged: Judgement, check: MeasureCheck, masked: Collection[str]) -> Judgement:
    """The judgement without what may be a classified value: the measured one, and reasons in the engine's words."""
    if not masked:
        return judged
    error = hidden_reason(judged.error)
    if judged.actual and _measures(check, masked):
        return replace(judged, actual=MASK, error=error)
    return replace(judged, error=error)


def _measures(check: MeasureCheck, masked: Collection[str]) -> bool:
    """Whether the number can be a value of a classified column."""
    if check.query is None:
        return check.column in masked
    query = check.query.casefold()
    return COUNT.match(query) is None and ("*" in query or any(name.casefold() in query for name in masked))


def hidden_reason(reason: str) -> str:
    """A reason without what the engine, or code of somebody else's, says in its own words: that may quote a cell."""
    if "cannot be compared" in reason:
        return "the query's result cannot be compared with what was agreed"
    return reason.split(":")[0]


def without_values(text: str, values: Collection[str | None]) -> str:
    """The text with these values masked, longest first."""
    for value in sorted((one for one in values if one), key=len, reverse=True):
        text = text.replace(value, MASK)
    return text
