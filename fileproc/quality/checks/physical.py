"""The physical type of a column, where the file says it, held against what was agreed: one check a column."""

from __future__ import annotations

import re

from fileproc.domain.reports import Result, Severity
from fileproc.quality.checks.planner import FAILED, Planner
from fileproc.quality.checks.values import PART_OF_TYPE
from fileproc.quality.contracts.contract import Property
from fileproc.quality.finding import Finding
from fileproc.quality.reading.physical import HOLDS, INTEGERS, NAIVE, can_hold, family
from fileproc.quality.reading.source import Column

TYPE = "physicalType"

#: What contracts call types → the engine's families that they mean. Names that only a warehouse has are not judged.
NAMED: dict[str, tuple[str, ...]] = {
    "tinyint": ("TINYINT",), "int8": ("TINYINT",), "smallint": ("SMALLINT",), "int16": ("SMALLINT",),
    "int": ("INTEGER",), "integer": ("INTEGER",), "int32": ("INTEGER",), "bigint": ("BIGINT",), "int64": ("BIGINT",),
    "long": ("BIGINT",), "float": ("FLOAT",), "real": ("FLOAT",), "float32": ("FLOAT",), "double": ("DOUBLE",),
    "double precision": ("DOUBLE",), "float64": ("DOUBLE",), "decimal": ("DECIMAL",), "numeric": ("DECIMAL",),
    "boolean": ("BOOLEAN",), "bool": ("BOOLEAN",), "date": ("DATE",), "uuid": ("UUID", "VARCHAR"),
    "varchar": ("VARCHAR", "UUID", "ENUM"), "string": ("VARCHAR", "UUID", "ENUM"), "text": ("VARCHAR", "UUID", "ENUM"),
    "timestamp": (*NAIVE, "TIMESTAMP WITH TIME ZONE"), "timestamptz": ("TIMESTAMP WITH TIME ZONE",),
    "timestamp with time zone": ("TIMESTAMP WITH TIME ZONE",), "timestamp without time zone": NAIVE,
}  # fmt: skip

#: Sizes of one kind: what is smaller than agreed fits, what is larger may not.
SIZES = (INTEGERS, ("FLOAT", "DOUBLE"))


def plan_physical(planner: Planner) -> None:
    """Every agreed column whose type the file says."""
    for prop in planner.schema.properties:
        column = planner.by_name.get(prop.column)
        if column is not None and column.physical is not None:
            _hold(planner, prop, column, column.physical)


def _hold(planner: Planner, prop: Property, column: Column, physical: str) -> None:
    logical = prop.logical_type or ("object" if prop.properties else "array" if prop.items else None)
    if logical in HOLDS and not can_hold(physical, logical, prop.options):
        zone = " with a time zone" if prop.options.get("timezone") is True else ""
        _wrong(planner, prop, column, f"a {logical} column{zone}", Severity.FAIL)
        _skip_values(planner, prop, physical)
        return
    named = NAMED.get(re.sub(r"\(.*", "", prop.physical_type or "").strip().lower())
    severity = _severity(named, family(physical)) if named else None
    if severity is not None:
        _wrong(planner, prop, column, f"a column of type {prop.physical_type}", severity)
    elif logical in HOLDS or named:
        planner.settle(
            f"{prop.name}.{TYPE}", TYPE, prop.column, Result.PASS, Severity.FAIL, actual=_shown(physical)
        )  # fmt: skip


def _skip_values(planner: Planner, prop: Property, physical: str) -> None:
    """What would have been asked of values of the agreed type."""
    if prop.logical_type in ("object", "map", "array", "vector", None):
        return
    names = [key for key in prop.options if key not in PART_OF_TYPE] + (["enum"] if prop.enum else [])
    for name in names:
        planner.skip(f"{prop.name}.{name}", name, prop.column, f"the column is of type {_shown(physical)}")


def _severity(named: tuple[str, ...], found: str) -> Severity | None:
    """None where it fits; a larger size of the same kind is worth a warning."""
    if found in named:
        return None
    for sizes in SIZES:
        if found in sizes and named[0] in sizes:
            return Severity.WARN if sizes.index(found) > sizes.index(named[0]) else None
    return Severity.FAIL


def _wrong(planner: Planner, prop: Property, column: Column, agreed: str, severity: Severity) -> None:
    found = _shown(column.physical or "")
    check = planner.settle(
        f"{prop.name}.{TYPE}", TYPE, prop.column, FAILED[severity], severity, actual=found, expected=agreed
    )
    finding = Finding(
        "wrong_physical_type",
        TYPE,
        f"the column {prop.column!r} is of type {found}, agreed was {agreed}",
        "write the column with the agreed type, or change the contract",
        severity=severity,
        found=f"type {found}",
        agreed=agreed,
        column=prop.column,
    )
    planner.found(finding, check)


def _shown(physical: str) -> str:
    """A type with its parts can be as long as a schema."""
    return physical if len(physical) <= 120 else f"{physical[:119]}…"
