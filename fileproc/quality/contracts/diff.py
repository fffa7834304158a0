"""Two versions of a contract: what is different, whom it breaks, and which version number that asks for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from fileproc.quality.contracts.contract import Contract, Mark, SchemaObject, Unsupported
from fileproc.quality.contracts.diff_change import GONE, Change, Kind, Spot
from fileproc.quality.contracts.diff_columns import Setting, compare_columns, compare_relationships
from fileproc.quality.contracts.diff_places import (
    compare_dialect,
    compare_policies,
    compare_servers,
    compare_service_levels,
)
from fileproc.quality.contracts.diff_rules import compare_rules, pairs
from fileproc.quality.contracts.yaml_positions import Located, PathKey

#: The file itself is different whenever anything is; apiVersion says how it is written, not what is agreed.
CONTRACT_LOOKED_AT = frozenset(
    {"id", "name", "version", "api_version", "digest", "file", "status", "servers", "schemas", "service_levels",
     "unsupported"}
)  # fmt: skip
SCHEMA_LOOKED_AT = frozenset(
    {"name", "properties", "quality", "dialect", "policies", "physical_name", "blob", "relationships", "unsupported",
     "mark"}
)  # fmt: skip

#: Formats whose files carry the types of their columns.
TYPED_FORMATS = ("parquet", "avro", "orc")

VERSION = re.compile(r"v?(0|[1-9]\d{0,8})(?:\.(\d{1,9}))?(?:\.(\d{1,9}))?(?:[-+].*)?")


@dataclass(frozen=True, slots=True)
class Diff:
    """All differences, the breaking ones first; versions are as the contracts write them."""

    changes: tuple[Change, ...]
    old_version: str
    new_version: str

    @property
    def breaking(self) -> bool:
        return any(change.breaking for change in self.changes)

    @property
    def bump(self) -> str | None:
        """major, minor or patch by semantic versioning; None when nothing is different."""
        if not self.changes:
            return None
        if self.breaking:
            return "major"
        return "patch" if all(change.kind is Kind.CHANGED for change in self.changes) else "minor"

    @property
    def suggested(self) -> str | None:
        """The least version that says so; None when the old one is no number. Below 1.0.0 a minor step may break."""
        old, bump = version_of(self.old_version), self.bump
        if old is None or bump is None:
            return None
        major, minor, patch = old
        if bump == "major" and major > 0:
            return f"{major + 1}.0.0"
        return f"{major}.{minor}.{patch + 1}" if bump == "patch" else f"{major}.{minor + 1}.0"

    @property
    def too_low(self) -> bool:
        """Whether the new contract's version does not say how much is different."""
        wanted, new = version_of(self.suggested or ""), version_of(self.new_version)
        return wanted is not None and (new is None or new < wanted)

    def to_document(self) -> dict[str, Any]:
        """JSON values for `--format json`."""
        return {
            "breaking": self.breaking,
            "breaks": [side for side in ("senders", "readers") if any(side in one.breaks for one in self.changes)],
            "version": {
                "old": self.old_version,
                "new": self.new_version,
                "bump": self.bump,
                "suggested": self.suggested,
                "too_low": self.too_low,
            },
            "changes": [change.to_document() for change in self.changes],
        }


def version_of(text: str) -> tuple[int, int, int] | None:
    """`1.2` → (1, 2, 0); None for what is no version number."""
    found = VERSION.fullmatch(text.strip())
    return None if found is None else (int(found[1]), int(found[2] or 0), int(found[3] or 0))


def compare(old: Contract, new: Contract) -> Diff:
    """What is different between two contracts. Pure; never raises for what they hold."""
    changes = sorted(_changes(old, new), key=lambda change: not change.breaking)
    return Diff(tuple(changes), old.version, new.version)


def _changes(old: Contract, new: Contract) -> Iterator[Change]:
    top = Spot("contract", Mark(old.file, 1, 1), Mark(new.file, 1, 1))
    if old.id != new.id:
        why = f"what knows the contract by its id no longer finds it: {GONE}"
        yield top.changed("id", old.id, new.id, why, senders=False, key="id")
    for name in ("name", "status"):
        before, after = getattr(old, name), getattr(new, name)
        if before != after:
            yield top.changed(
                name, before, after, f"only the {name} is different", senders=False, readers=False, key=name
            )
    yield from compare_servers(top, old.servers, new.servers)
    yield from _schemas(top, old, new)
    yield from compare_service_levels(top, old.service_levels, new.service_levels)
    yield from _unsupported(top, old.unsupported, new.unsupported)
    yield from top.rest(old, new, CONTRACT_LOOKED_AT)


def _schemas(top: Spot, old: Contract, new: Contract) -> Iterator[Change]:
    same, gone, come = pairs(old.schemas, new.schemas, lambda one: one.name, lambda one: one.physical_name or one.name)
    if len(gone) == len(come) == 1 and _alike(gone[0], come[0]):
        same, gone, come = [*same, (gone[0], come[0])], [], []
    for before, after in same:
        spot = Spot(after.name, before.mark, after.mark)
        yield from _schema(spot, before, after, _setting(old, new, before, after))
    for one in gone:
        why = f"files of this kind are no longer agreed on: they are not checked, and {GONE}"
        yield Spot(one.name, one.mark, top.new).removed(
            "", f"schema object {one.name}", why, senders=True, readers=True
        )
    for one in come:
        why = "files of one more kind are agreed on"
        yield Spot(one.name, top.old, one.mark).added("", f"schema object {one.name}", why)


def _alike(one: SchemaObject, other: SchemaObject) -> bool:
    """Whether most columns have the same names: the object was renamed."""
    left, right = {prop.column for prop in one.properties}, {prop.column for prop in other.properties}
    return 2 * len(left & right) > max(len(left), len(right))


def _setting(old: Contract, new: Contract, before: SchemaObject, after: SchemaObject) -> Setting:
    policies = [after.policies, *(replace(after.policies, **server.policies) for server in new.servers)]
    dialects = [before.dialect, after.dialect, *(one.dialect for one in (*old.servers, *new.servers))]
    return Setting(
        missing_fails=any(one.missing_columns == "fail" for one in policies),
        extra_fails=any(one.extra_columns == "fail" for one in policies),
        by_position=any(one.header is False for one in dialects),
        typed_files=any(one.format in TYPED_FORMATS for one in (*old.servers, *new.servers)),
    )


def _schema(spot: Spot, old: SchemaObject, new: SchemaObject, setting: Setting) -> Iterator[Change]:
    if old.name != new.name:
        why = "the schema object has another name, by which addresses and readers know it"
        yield spot.changed("name", old.name, new.name, why, key="name")
    if old.physical_name != new.physical_name:
        why = "files are told apart by another name, where a contract has several schema objects"
        facts = ("physicalName", old.physical_name, new.physical_name)
        yield spot.changed(*facts, why, senders=False, readers=False, key="physicalName")
    if old.blob != new.blob:
        yield spot.changed("logicalType", _kind(old), _kind(new), "other things are checked", key="logicalType")
    yield from compare_dialect(spot, old.dialect, new.dialect)
    yield from compare_policies(spot, asdict(old.policies), asdict(new.policies))
    yield from compare_columns(spot, old, new, setting)
    yield from compare_rules(spot, old.quality, new.quality)
    yield from compare_relationships(spot, old.relationships, new.relationships)
    yield from _unsupported(spot, old.unsupported, new.unsupported)
    yield from spot.rest(old, new, SCHEMA_LOOKED_AT)


def _kind(schema: SchemaObject) -> str:
    return "the file itself" if schema.blob else "rows"


def _unsupported(spot: Spot, old: Sequence[Unsupported], new: Sequence[Unsupported]) -> Iterator[Change]:
    """What is only listed as not run: no file fails for it."""
    _, gone, come = pairs(old, new, lambda one: (one.id, one.what, one.reason), lambda one: one.id)
    for one in gone:
        at = spot.at("", one.mark, spot.new)
        yield at.removed(one.what, one.id, f"it was never checked, because {one.reason}")
    for one in come:
        at = spot.at("", spot.old, one.mark)
        yield at.added(one.what, one.id, f"it is not checked, because {one.reason}")


def placed(diff: Diff, old: Located, new: Located) -> Diff:
    """The same with places of the exact keys; without, they are those of the column or rule that holds the key."""
    finders = _paths(old), _paths(new)
    changes = []
    for change in diff.changes:
        marks = [
            _exact(document, paths, mark, change.key)
            for document, paths, mark in zip((old, new), finders, (change.old, change.new), strict=True)
        ]
        changes.append(replace(change, old=marks[0], new=marks[1]))
    return replace(diff, changes=tuple(changes))


def _paths(document: Located) -> dict[Mark, PathKey]:
    """From a place to the outermost thing that begins there."""
    found: dict[Mark, PathKey] = {Mark(document.file, 1, 1): ()}  # comments may stand before the root
    for path, mark in document.marks.items():
        if mark not in found or len(path) < len(found[mark]):
            found[mark] = path
    return found


def _exact(document: Located, paths: dict[Mark, PathKey], mark: Mark | None, key: tuple[str, ...]) -> Mark | None:
    path = None if mark is None else paths.get(mark)
    if path is None:
        return mark
    for step in key:
        if (*path, step) not in document.marks:
            break
        path = (*path, step)
    return document.marks[path]
