"""From evidence to a property of the contract: each rule with what it rests on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from fileproc.quality.contracts.odcs_variables import VARIABLE
from fileproc.quality.contracts.yaml_writer import Noted
from fileproc.quality.finding import plural
from fileproc.quality.infer.candidates import Candidate
from fileproc.quality.infer.choose import Chosen, choose
from fileproc.quality.infer.evidence import Evidence
from fileproc.quality.infer.identity import KeyRole
from fileproc.quality.infer.offers import Offers, block
from fileproc.quality.infer.thresholds import (
    CATEGORY_SEEN,
    MOST_CATEGORIES,
    NEAR_ZERO,
    NEVER_NEGATIVE,
    ONE_LENGTH,
    REQUIRED_ROWS,
    SHAPE_DISTINCT,
    SHAPE_VALUES,
    VALUES_FOR_EACH,
)

#: Values before a list or a shape is even offered.
WORTH_OFFERING = 5


def properties_of(
    columns: Sequence[Evidence], offers: Offers, decimal: str | None, roles: dict[str, KeyRole]
) -> list[dict[str, Any]]:
    """The properties of a schema object or an object."""
    found = []
    for one in columns:
        if can_be_named(one.name):
            chosen = choose(one, decimal)
            name = {"name": Noted(one.name, "", _untyped(one, chosen))}
            found.append(name | _property(one, chosen, offers, decimal, "row", roles.get(one.name)))
    return found


def can_be_named(name: str) -> bool:
    """A property needs a name, and `${NAME}` would be taken for a variable."""
    return name != "" and VARIABLE.search(name) is None


def _property(
    evidence: Evidence, chosen: Chosen, offers: Offers, decimal: str | None, noun: str, role: KeyRole | None = None
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if chosen.candidate is not None:
        found["logicalType"] = offers.rule(chosen.candidate.logical, evidence.told(noun=noun), *chosen.notes)
    found |= _presence(evidence, offers, noun, role)
    if evidence.suspicion is not None:
        found["classification"] = Noted("confidential", f"{evidence.suspicion}; reports then hide them")
    if chosen.candidate is not None:
        found |= _typed(evidence, chosen.candidate, offers)
        found |= _inside(evidence, chosen.candidate, offers, decimal)
    return found


def _untyped(evidence: Evidence, chosen: Chosen) -> tuple[str, ...]:
    """Why a column has no type."""
    if chosen.candidate is not None:
        return ()
    if evidence.present:
        return (f"no type: values of several kinds, {evidence.told()}", *chosen.notes)
    return (f"no type: no value in {plural(evidence.rows, 'row')}",)


def _presence(evidence: Evidence, offers: Offers, noun: str, role: KeyRole | None) -> dict[str, Any]:
    """Required, unique and key."""
    found: dict[str, Any] = {}
    full = evidence.everywhere and 0 < evidence.rows == evidence.present
    if full:
        make = offers.rule if evidence.rows >= REQUIRED_ROWS else offers.offer
        found["required"] = make(True, f"no empty one in {plural(evidence.rows, noun)}")
    if role is not None and role.key_of:
        make = offers.rule if role.claimed else offers.offer
        told = "no two rows have the same" + ("" if len(role.key_of) == 1 else f" {' + '.join(role.key_of)}")
        found["primaryKey"] = make(True, told)
        found["primaryKeyPosition"] = Noted(role.position, off=found["primaryKey"].off)
    elif role is not None:
        make = offers.rule if role.claimed else offers.offer
        found["unique"] = make(True, f"{plural(evidence.present, 'value')}, none twice in a file")
    return found


def _typed(evidence: Evidence, candidate: Candidate, offers: Offers) -> dict[str, Any]:
    """logicalTypeOptions and enum."""
    options: dict[str, Any] = {key: offers.rule(value, evidence.told()) for key, value in candidate.options.items()}
    enum = None
    if candidate.is_text:
        enum = _enum(evidence, candidate, offers)
        if enum is None or enum.off:
            options |= _text_options(evidence, candidate, offers)
    elif evidence.suspicion is None:
        options |= _bounds(evidence, candidate, offers)
    found: dict[str, Any] = {"logicalTypeOptions": block(options)} if options else {}
    return found | ({} if enum is None else {"enum": enum})


def _enum(evidence: Evidence, candidate: Candidate, offers: Offers) -> Noted | None:
    """A list of categories, with how often each was seen. Never for values that are not to be shown."""
    values = evidence.values
    if candidate.format or evidence.suspicion is not None or not values or len(values) > MOST_CATEGORIES:
        return None
    if evidence.present < max(WORTH_OFFERING, 2 * len(values)) or any("${" in one or not one for one in values):
        return None
    entries = [{"value": Noted(value, plural(count, "time"))} for value, count in sorted(values.items())]
    seen = min(values.values()) >= CATEGORY_SEEN and evidence.present >= VALUES_FOR_EACH * len(values)
    make = offers.rule if seen and len(values) > 1 else offers.offer
    return make(entries, f"{plural(len(values), 'value')} in {plural(evidence.present, 'cell')}")


def _text_options(evidence: Evidence, candidate: Candidate, offers: Offers) -> dict[str, Any]:
    """Shape and length of texts that have no format."""
    if candidate.format:
        return {}
    options: dict[str, Any] = {}
    pattern = evidence.pattern if evidence.suspicion is None and not evidence.total("off_pattern") else None
    if pattern and evidence.present >= WORTH_OFFERING:
        distinct = max(one.distinct for one in evidence.facts.values())
        make = offers.rule if evidence.present >= SHAPE_VALUES and distinct >= SHAPE_DISTINCT else offers.offer
        options["pattern"] = make(pattern, f"all of {plural(evidence.present, 'value')}")
        if not options["pattern"].off:
            return options
    one_length = evidence.shortest == evidence.longest and evidence.present >= ONE_LENGTH
    make = offers.rule if one_length else offers.offer
    if evidence.shortest and one_length:
        options["minLength"] = make(evidence.shortest, f"the shortest of {evidence.present:,}")
    if evidence.longest:
        options["maxLength"] = make(evidence.longest, f"the longest of {evidence.present:,}")
    return options


def _bounds(evidence: Evidence, candidate: Candidate, offers: Offers) -> dict[str, Any]:
    """Zero is a bound by nature; what was lowest and highest so far is only offered."""
    low, high = (_written(one, candidate) for one in evidence.bounds(candidate))
    if low is None or high is None:
        return {}
    count = f"{evidence.present:,}"
    options = {}
    if isinstance(low, int | float) and evidence.present >= NEVER_NEGATIVE and 0 <= low <= max(1, high / NEAR_ZERO):
        options["minimum"] = offers.rule(0, f"none of {count} is below; the lowest is {low}")
    else:
        options["minimum"] = offers.offer(low, f"the lowest of {count}")
    options["maximum"] = offers.offer(high, f"the highest of {count}")
    return options


def _written(value: Any, candidate: Candidate) -> Any:
    """A bound as contracts write it; None where there is no such writing."""
    if candidate.logical == "integer":
        return value if isinstance(value, int) and abs(value) < 1 << 63 else None
    if candidate.logical == "number":
        return float(value) if isinstance(value, int | float) and math.isfinite(value) else None
    try:
        if candidate.logical == "date":
            return date.fromisoformat(str(value)).isoformat()
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None  # beyond the years that the calendar of the lint has
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _inside(evidence: Evidence, candidate: Candidate, offers: Offers, decimal: str | None) -> dict[str, Any]:
    """Fields of an object, elements of a list."""
    if candidate.logical == "object":
        properties = properties_of(evidence.fields, offers, decimal, {})
        return {"properties": properties} if properties else {}
    if candidate.logical != "array":
        return {}
    found: dict[str, Any] = {}
    most = [one.most for one in evidence.facts.values() if one.most is not None]
    fewest = [one.fewest for one in evidence.facts.values() if one.fewest is not None]
    if most and fewest:
        told = f"of {plural(evidence.present, 'list')}"
        options = {"minItems": offers.offer(min(fewest), f"the shortest {told}")} if min(fewest) else {}
        found["logicalTypeOptions"] = block(options | {"maxItems": offers.offer(max(most), f"the longest {told}")})
    if evidence.items is not None and evidence.items.present:
        items = _property(evidence.items, choose(evidence.items, decimal), offers, decimal, "element")
        found |= {"items": block(items)} if items else {}
    return found
