"""Columns and fields: which is which in both contracts, and what is agreed on each.

A column is found again by its name in the file, then by the property's name, then by its position and type; the last
is a guess that reads as a rename and breaks both sides anyway.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields

from fileproc.quality.contracts.contract import Property, Relationship, SchemaObject
from fileproc.quality.contracts.diff_change import FAILS, GONE, Change, Kind, Spot
from fileproc.quality.contracts.diff_options import compare_enum, compare_options, type_direction
from fileproc.quality.contracts.diff_rules import compare_rules, pairs

LOOKED_AT = frozenset(
    {"name", "logical_type", "physical_type", "physical_name", "required", "unique", "primary_key",
     "primary_key_position", "classification", "options", "enum", "quality", "description", "properties", "items",
     "map_key", "map_value", "relationships", "mark"}
)  # fmt: skip

INNER = ("items", "map_key", "map_value")

#: Differences that break nobody, with what they mean.
HARMLESS = {
    "classification": "it says how values are shown and guarded, not what they are",
    "description": "only the description is different",
}


@dataclass(frozen=True, slots=True)
class Setting:
    """What else the two contracts agree on, as far as columns are concerned."""

    missing_fails: bool = False  # the new one: a missing column fails the file whatever it holds
    extra_fails: bool = False  # the new one: a column that is not agreed on fails the file
    by_position: bool = False  # files have no header, so a column is what stands at its place
    typed_files: bool = False  # files carry types of their own, such as Parquet's


Pair = tuple[Property, Property]


def pair_columns(old: Sequence[Property], new: Sequence[Property]) -> tuple[list[Pair], list[Property], list[Property]]:
    """(pairs, removed, added)."""
    places = {id(prop): place for side in (old, new) for place, prop in enumerate(side)}
    return pairs(
        old, new, lambda one: one.column, lambda one: one.name, lambda one: (places[id(one)], one.logical_type)
    )


def compare_columns(spot: Spot, old: SchemaObject, new: SchemaObject, setting: Setting) -> Iterator[Change]:
    """The columns of a schema object, one by one and together."""
    same, gone, come = pair_columns(old.properties, new.properties)
    yield from _members(spot, same, gone, come, setting, noun="column")
    yield from _order(spot, old.properties, new.properties, same, setting)
    yield from _keys(spot, same, old.properties, new.properties)


def _members(
    spot: Spot, same: list[Pair], gone: list[Property], come: list[Property], setting: Setting, *, noun: str
) -> Iterator[Change]:
    for before, after in same:
        at = spot.at(f".{after.name}", before.mark, after.mark)
        yield from _renamed(at, before, after, noun)
        yield from compare_property(at, before, after, setting)
    for prop in gone:
        at = spot.at(f".{prop.name}", prop.mark, spot.new)
        fails = setting.extra_fails or (noun == "column" and setting.by_position)
        also = "; a file that still has it may fail" if fails else ""
        yield at.removed("", f"{noun} {prop.column}", f"the {noun} is gone: {GONE}{also}", senders=fails, readers=True)
    for prop in come:
        yield _added(spot.at(f".{prop.name}", spot.old, prop.mark), prop, setting, noun)


def _added(spot: Spot, prop: Property, setting: Setting, noun: str) -> Change:
    must = prop.required or prop.primary_key or prop.unique
    column = noun == "column"
    fails = must or (column and (setting.missing_fails or setting.by_position))
    if must:
        why = f"a {noun} that must be there is new: {FAILS}"
    elif fails:
        why = f"a {noun} is new, and files without it fail: {FAILS}"
    else:
        why = f"a {noun} that may be missing is new"
    return spot.added("", f"{noun} {prop.column}", why, senders=fails)


def _renamed(spot: Spot, old: Property, new: Property, noun: str) -> Iterator[Change]:
    if old.column != new.column:
        why = f"the {noun} has another name in the file"
        key = "name" if new.physical_name is None else "physicalName"
        yield spot.changed("name", old.column, new.column, why, key=key)
    elif old.name != new.name:
        why = f"the {noun} has the same name in the file, and another one in the contract"
        yield spot.changed("name", old.name, new.name, why, senders=False, readers=False, key="name")


def compare_property(spot: Spot, old: Property, new: Property, setting: Setting) -> Iterator[Change]:
    """Everything that is agreed on one column or field."""
    yield from _type(spot, old, new, setting)
    yield from _presence(spot, old, new)
    yield from compare_options(spot, old, new)
    yield from compare_enum(spot, old, new)
    yield from compare_rules(spot, old.quality, new.quality)
    yield from compare_relationships(spot, old.relationships, new.relationships)
    yield from _nested(spot, old, new, setting)
    for name, why in HARMLESS.items():
        before, after = getattr(old, name), getattr(new, name)
        if before != after:
            yield spot.changed(name, before, after, why, senders=False, readers=False, key=name)
    yield from spot.rest(old, new, LOOKED_AT)


def _type(spot: Spot, old: Property, new: Property, setting: Setting) -> Iterator[Change]:
    if old.logical_type != new.logical_type:
        yield spot.moved(
            type_direction(old.logical_type, new.logical_type),
            "logicalType", old.logical_type, new.logical_type, key="logicalType",
            tighter="fewer values are of the new type", looser="more values are of the new type",
            other="values of the one type are not of the other",
        )  # fmt: skip
    if old.physical_type != new.physical_type:
        told = "the files carry another type" if setting.typed_files else "text files carry no physical type"
        yield spot.changed(
            "physicalType", old.physical_type, new.physical_type, told, key="physicalType",
            senders=setting.typed_files, readers=setting.typed_files,
        )  # fmt: skip


def _presence(spot: Spot, old: Property, new: Property) -> Iterator[Change]:
    """`primaryKey` asks for a value as `required` does."""
    before, after = old.required or old.primary_key, new.required or new.primary_key
    if before != after:
        yield spot.moved(
            Kind.TIGHTENED if after else Kind.LOOSENED, "required", before, after, key="required",
            tighter="every row must have a value", looser="rows without a value are allowed", other="",
        )  # fmt: skip
    if old.unique != new.unique:
        yield spot.moved(
            Kind.TIGHTENED if new.unique else Kind.LOOSENED, "unique", old.unique, new.unique, key="unique",
            tighter="every value must be there once only", looser="values may be there more than once", other="",
        )  # fmt: skip


def _nested(spot: Spot, old: Property, new: Property, setting: Setting) -> Iterator[Change]:
    same, gone, come = pair_columns(old.properties, new.properties)
    yield from _members(spot, same, gone, come, setting, noun="field")
    for part in INNER:
        before, after = getattr(old, part), getattr(new, part)
        words = part.replace("_", " ")
        if before is not None and after is not None:
            yield from compare_property(spot.at(f" {words}", before.mark, after.mark), before, after, setting)
        elif after is not None:
            yield spot.at(f" {words}", spot.old, after.mark).tightened(
                "", None, after.logical_type or "described", f"the {words} must be as described now"
            )
        elif before is not None:
            yield spot.at(f" {words}", before.mark, spot.new).loosened(
                "", before.logical_type or "described", None, f"the {words} may be anything now"
            )


def _order(
    spot: Spot, old: Sequence[Property], new: Sequence[Property], same: list[Pair], setting: Setting
) -> Iterator[Change]:
    places = {id(prop): place for place, prop in enumerate(new)}
    order = [places[id(after)] for _, after in same]
    if order != sorted(order):
        why = "columns are found by their names, so another order breaks nothing"
        if setting.by_position:
            why = "files have no header, so a column is what stands at its place"
        before, after = tuple(one.column for one in old), tuple(one.column for one in new)
        breaks = setting.by_position
        yield spot.changed("order of columns", before, after, why, senders=breaks, readers=breaks, key="properties")


def _keys(spot: Spot, same: list[Pair], old: Sequence[Property], new: Sequence[Property]) -> Iterator[Change]:
    """Unique together: a key that is part of the other key is the stricter one."""
    partner = {id(before): id(after) for before, after in same}
    before, after = _key(old), _key(new)
    left, right = {partner.get(id(one), id(one)) for one in before}, {id(one) for one in after}
    words = tuple(one.name for one in before), tuple(one.name for one in after)
    if left == right:
        if [partner.get(id(one)) for one in before] != [id(one) for one in after]:
            why = "the key has the same columns in another order"
            yield spot.changed("primaryKey", *words, why, senders=False, readers=False, key="properties")
        return
    narrower = bool(right) and (not left or right < left)
    wider = bool(left) and (not right or left < right)
    unique_before = {partner.get(id(one), id(one)) for one in old if one.unique}
    unique_after = {id(one) for one in new if one.unique}
    if narrower and right & unique_before:
        yield spot.same_effect(
            Kind.TIGHTENED, "primaryKey", *words, "a column of it was unique already", key="properties"
        )
    elif wider and left & unique_after:
        yield spot.same_effect(Kind.LOOSENED, "primaryKey", *words, "a column of it is unique anyway", key="properties")
    elif narrower:
        yield spot.tightened("primaryKey", *words, "the key must be there once only", key="properties")
    elif wider:
        yield spot.loosened("primaryKey", *words, "rows may share the old key", key="properties")
    else:
        yield spot.changed("primaryKey", *words, "other columns make a row unique", key="properties")


def _key(props: Sequence[Property]) -> list[Property]:
    members = [prop for prop in props if prop.primary_key]
    return sorted(members, key=lambda one: one.primary_key_position if one.primary_key_position > 0 else 1 << 30)


def compare_relationships(spot: Spot, old: Sequence[Relationship], new: Sequence[Relationship]) -> Iterator[Change]:
    """References: every value must be there in another column."""
    same, gone, come = pairs(old, new, _reference, lambda one: one.id)
    for before, after in same:
        if _reference(before) != _reference(after):
            at = spot.at("", before.mark, after.mark)
            yield at.changed("reference", _arrow(before), _arrow(after), "values are looked up elsewhere")
    for one in gone:
        at = spot.at("", one.mark, spot.new)
        yield at.removed("reference", _arrow(one), f"values are no longer looked up: {GONE}", readers=True)
    for one in come:
        at = spot.at("", spot.old, one.mark)
        yield at.added("reference", _arrow(one), f"values are looked up now: {FAILS}", senders=True)


def _reference(one: Relationship) -> tuple[object, ...]:
    """All that a reference says, but for its id and place; fields that come later count, too."""
    return tuple(getattr(one, part.name) for part in fields(one) if part.name not in ("id", "mark"))


def _arrow(one: Relationship) -> str:
    keys = f" (keys in {one.key_set})" if one.key_set else ""
    return f"{'+'.join(one.from_)} → {one.to_object}.{'+'.join(one.to)}{keys}"
