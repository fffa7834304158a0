"""Servers, dialect, policies and service levels: where files lie, how they are written, and when they come."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from fileproc.quality.contracts.contract import Dialect, Policies, Server, ServiceLevel
from fileproc.quality.contracts.diff_change import FAILS, GONE, Change, Kind, Spot
from fileproc.quality.contracts.diff_rules import pairs
from fileproc.quality.contracts.odcs_words import DIALECT_WORDS, POLICIES

LOOKED_AT = frozenset({"name", "type", "location", "format", "dialect", "policies", "mark"})

#: Field of Dialect → the contract's own word.
WORDS = {field: word for word, (field, _) in DIALECT_WORDS.items()}

#: What a field means where nothing is said; the others are found out from the file.
DEFAULTS: dict[str, Any] = {"decimal_char": ".", "skip_initial_space": False, "comment_char": None}

POLICY_WORDS = {
    "extra_columns": "extraColumns",
    "missing_columns": "missingColumns",
    "malformed_rows": "malformedRows",
    "on_fail": "onFail",
}


def compare_servers(top: Spot, old: Sequence[Server], new: Sequence[Server]) -> Iterator[Change]:
    """Where files lie; found again by name, then by location."""
    same, gone, come = pairs(old, new, lambda one: one.name, lambda one: one.location)
    for before, after in same:
        yield from _server(Spot(f"server {after.name}", before.mark, after.mark), before, after)
    for one in gone:
        why = f"files at this place are no longer agreed on: they are not checked, and {GONE}"
        yield Spot(f"server {one.name}", one.mark, top.new).removed("", one.location, why, senders=True, readers=True)
    for one in come:
        yield Spot(f"server {one.name}", top.old, one.mark).added("", one.location, "files may also come to this place")


def _server(spot: Spot, old: Server, new: Server) -> Iterator[Change]:
    if old.name != new.name:
        yield spot.changed("name", old.name, new.name, "only the name is different", senders=False, readers=False)
    for name, why in (
        ("location", "files belong to another place"),
        ("type", "files belong to another kind of place"),
    ):
        before, after = getattr(old, name), getattr(new, name)
        if before != after:
            yield spot.changed(name, before, after, why, key=name)
    yield from _declared(spot, "format", old.format, new.format, key="format")
    yield from compare_dialect(spot, old.dialect, new.dialect)
    if old.policies != new.policies:
        yield from compare_policies(spot, old.policies, new.policies)
    yield from spot.rest(old, new, LOOKED_AT)


def compare_dialect(spot: Spot, old: Dialect, new: Dialect) -> Iterator[Change]:
    """How text files are written. What is not declared is found out, so declaring it is stricter."""
    for field in Dialect.__dataclass_fields__:
        before, after = getattr(old, field), getattr(new, field)
        if before == after:
            continue
        word = WORDS.get(field, field)
        if field == "null_sequence":
            yield spot.changed(word, before, after, "other texts mean an empty cell", key="customProperties")
        elif field in DEFAULTS:
            known = DEFAULTS[field]
            before, after = (known if one is None else one for one in (before, after))
            if before != after:
                yield spot.changed(word, before, after, "files are read in another way", key="customProperties")
        else:
            yield from _declared(spot, word, before, after, key="customProperties")


def _declared(spot: Spot, what: str, before: Any, after: Any, *, key: str) -> Iterator[Change]:
    if before == after:
        return
    kind = Kind.CHANGED
    if before is None or after is None:
        kind = Kind.TIGHTENED if before is None else Kind.LOOSENED
    yield spot.moved(
        kind, what, before, after, key=key,
        tighter=f"the {what} is declared, so another one is wrong", looser=f"any {what} is taken",
        other=f"another {what} is agreed",
    )  # fmt: skip


def compare_policies(spot: Spot, old: dict[str, Any], new: dict[str, Any]) -> Iterator[Change]:
    """What becomes of columns and rows that nobody agreed on; what is not said has its default."""
    default = Policies()
    for field in Policies.__dataclass_fields__:
        before, after = (side.get(field, getattr(default, field)) for side in (old, new))
        word = POLICY_WORDS.get(field, field)
        if before == after:
            continue
        if field in ("extra_columns", "missing_columns"):
            yield _weight(spot, word, str(before), str(after))
        elif field == "malformed_rows":
            yield spot.moved(
                Kind.TIGHTENED if after < before else Kind.LOOSENED, word, before, after, key="customProperties",
                tighter="fewer malformed rows are let through", looser="more malformed rows are let through", other="",
            )  # fmt: skip
        elif field == "on_fail":
            why = "what is done with the rows of a failed file is different; what fails is the same"
            yield spot.changed(word, before, after, why, senders=False, readers=False, key="customProperties")
        else:
            yield spot.changed(word, before, after, f"{word} is different", key="customProperties")


def _weight(spot: Spot, word: str, before: str, after: str) -> Change:
    """allow, warn, fail: only `fail` is a promise to readers."""
    if before not in POLICIES or after not in POLICIES:
        return spot.changed(word, before, after, "the policy is another one", key="customProperties")
    if POLICIES.index(after) > POLICIES.index(before):
        return spot.tightened(
            word, before, after, "the policy is stricter", counts=after == "fail", key="customProperties"
        )
    return spot.loosened(word, before, after, "the policy is laxer", counts=before == "fail", key="customProperties")


def compare_service_levels(top: Spot, old: Sequence[ServiceLevel], new: Sequence[ServiceLevel]) -> Iterator[Change]:
    """Freshness and latency: sooner is stricter. How long data is kept cuts both ways."""
    same, gone, come = pairs(old, new, lambda one: (one.property, one.element))
    for before, after in same:
        spot = Spot(_called(after), before.mark, after.mark)
        if before.seconds == after.seconds:
            if before.words != after.words:
                yield spot.changed(
                    "", before.words, after.words, "both are the same time", senders=False, readers=False
                )
            continue
        kind = Kind.TIGHTENED if after.seconds < before.seconds else Kind.LOOSENED
        yield spot.moved(
            Kind.CHANGED if after.property == "retention" else kind, "", before.words, after.words, key="value",
            tighter="data must be newer", looser="data may be older", other="data is kept for another time",
        )  # fmt: skip
    for one in gone:
        spot = Spot(_called(one), one.mark, top.new)
        yield spot.removed("", one.words, f"the service level is gone: {GONE}", readers=True)
    for one in come:
        spot = Spot(_called(one), top.old, one.mark)
        yield spot.added("", one.words, f"the service level is new: {FAILS}", senders=True)


def _called(one: ServiceLevel) -> str:
    return f"{one.property} of {one.element}"
