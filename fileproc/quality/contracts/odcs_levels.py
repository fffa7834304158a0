"""slaProperties → ServiceLevel: promises about time that a file's own rows can prove.

Freshness, latency and retention name a column (`element`); a file proves them by its newest or oldest value. Everything
else in a service level agreement (availability, support hours) is no matter of one file, and is listed as not run.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from fileproc.quality.contracts.contract import ServiceLevel, Unsupported
from fileproc.quality.contracts.odcs_place import Place

SECONDS = {
    "s": 1, "sec": 1, "second": 1, "seconds": 1,
    "m": 60, "min": 60, "minute": 60, "minutes": 60,
    "h": 3600, "hr": 3600, "hour": 3600, "hours": 3600,
    "d": 86400, "day": 86400, "days": 86400,
    "w": 604800, "wk": 604800, "week": 604800, "weeks": 604800,
    "mo": 2629746, "month": 2629746, "months": 2629746,
    "y": 31556952, "yr": 31556952, "year": 31556952, "years": 31556952,
}  # fmt: skip

#: ISO 8601 durations; months and years have their mean length, as the units have.
ISO_DURATION = re.compile(
    r"P(?:(?P<y>\d{1,6})Y)?(?:(?P<mo>\d{1,6})M)?(?:(?P<w>\d{1,6})W)?(?:(?P<d>\d{1,6})D)?"
    r"(?:T(?:(?P<h>\d{1,6})H)?(?:(?P<m>\d{1,6})M)?(?:(?P<s>\d{1,6})S)?)?"
)

#: Words for the levels that are measured; the standard's list and what people write.
MEASURED = {
    "latency": "latency",
    "ly": "latency",
    "freshness": "freshness",
    "timeliness": "freshness",
    "retention": "retention",
    "re": "retention",
}


#: The standard's words for levels of a service, which no file can prove.
OF_SERVICES = {
    "availability", "av", "throughput", "th", "errorrate", "er", "generalavailability", "ga", "endofsupport", "es",
    "endoflife", "el", "frequency", "frequencyofupdate", "fy", "timeofavailability", "timetodetect", "td",
    "timetonotify", "tn", "timetorepair", "tr", "support", "backup",
}  # fmt: skip


def service_levels_of(root: Place) -> tuple[ServiceLevel, ...]:
    """The levels that can be measured, one for each element."""
    return tuple(one for one in _levels(root) if isinstance(one, ServiceLevel))


def unmeasured_levels(root: Place) -> Iterator[Unsupported]:
    """The others, with the reason."""
    for one in _levels(root):
        if isinstance(one, Unsupported):
            yield one


def _levels(root: Place) -> Iterator[ServiceLevel | Unsupported]:
    default = root.text("slaDefaultElement")
    for number, entry in enumerate(root.children("slaProperties"), 1):
        what = entry.text("property") or f"property{number}"
        name = f"sla.{what}"
        reason = _why_not(entry, what, default)
        if reason is not None:
            expected = what.lower() in OF_SERVICES
            yield Unsupported(name, f"service level {what}", reason, entry.mark(), expected)
            continue
        seconds, words = duration(entry.text("value") or "", entry.text("unit")) or (0.0, "")
        elements = (entry.text("element") or default or "").split(",")
        for element in filter(None, (one.strip() for one in elements)):
            level = MEASURED[what.lower()]
            yield ServiceLevel(entry.text("id") or name, level, seconds, words, element, entry.mark())


def _why_not(entry: Place, what: str, default: str | None) -> str | None:
    if what.lower() not in MEASURED:
        return f"the service level {what!r} is not a matter of one file"
    if not (entry.text("element") or default):
        return f"the service level {what!r} names no element such as orders.created_at"
    if duration(entry.text("value") or "", entry.text("unit")) is None:
        written = f"{entry.text('value')} {entry.text('unit') or ''}".strip()
        return f"{written[:60]!r} is no duration such as value: 4, unit: h"
    return None


def duration(value: str, unit: str | None) -> tuple[float, str] | None:
    """(seconds, words) of a value with its unit, or of an ISO 8601 duration; None when it is neither."""
    iso = ISO_DURATION.fullmatch(value.strip())
    if iso is not None and any(iso.groups()):
        return float(sum(SECONDS[unit] * int(number) for unit, number in iso.groupdict().items() if number)), value
    try:
        number = float(value)
    except ValueError:
        return None
    factor = SECONDS.get((unit or "").strip().lower())
    if factor is None or not math.isfinite(number) or number < 0 or number > 1e9:
        return None
    return number * factor, f"{value} {unit}"
