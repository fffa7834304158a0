"""Relationships: two ends, as many columns each, and columns that there are.

The standard's prose: at a property there is no `from`, it is the property itself; at a schema object there are both;
keys of several columns are lists of equal length.
"""

from __future__ import annotations

from collections.abc import Iterator

from fileproc.quality.contracts.lint_finding import LintFinding, finding, shown
from fileproc.quality.contracts.lint_walk import mappings, scalar
from fileproc.quality.contracts.odcs_place import Place
from fileproc.quality.suggest import did_you_mean

#: How an end is written.
FORM = "write object.property, or a list of them"


def relations(root: Place) -> Iterator[LintFinding]:
    """Findings about every relationship of the contract."""
    known = _columns(root)
    for schema in mappings(root, "schema"):
        own = scalar(schema, "name") or ""
        for entry in mappings(schema, "relationships"):
            yield from _shape(entry, on_property=False)
            yield from _ends(entry, known, own)
        for prop in mappings(schema, "properties"):
            for entry in mappings(prop, "relationships"):
                yield from _shape(entry, on_property=True)
                yield from _ends(entry, known, own)


def _columns(root: Place) -> dict[str, set[str]]:
    """Object → its columns, by name and by id, as references write them."""
    found: dict[str, set[str]] = {}
    for schema in mappings(root, "schema"):
        columns = {
            name for prop in mappings(schema, "properties") for key in ("name", "id") if (name := scalar(prop, key))
        }
        for key in ("name", "id"):
            name = scalar(schema, key)
            if name is not None:
                found.setdefault(name, set()).update(columns)
    return found


def _shape(entry: Place, *, on_property: bool) -> Iterator[LintFinding]:
    if on_property and entry.get("from") is not None:
        fix = "remove it, or move the relationship to the schema object"
        yield finding("FPC421", entry.mark("from"), "at a property `from` is the property itself", fix)
    came, went = (len(_references(entry, key)) for key in ("from", "to"))
    if not on_property and came and went and came != went:  # that one is missing the standard's schema says itself
        message = f"`from` has {came} column{'s'[: came != 1]} and `to` has {went}"
        yield finding("FPC421", entry.mark("to"), message, "name as many columns there as here")


def _references(entry: Place, key: str) -> list[tuple[str, tuple[str | int, ...]]]:
    """Each reference with its path; what is no text is somebody else's finding."""
    value = entry.get(key)
    listed = value if isinstance(value, list) else [value]
    paths = [
        (*entry.path, key, index) if isinstance(value, list) else (*entry.path, key) for index in range(len(listed))
    ]
    return [(one, path) for one, path in zip(listed, paths, strict=True) if isinstance(one, str) and one]


def _ends(entry: Place, known: dict[str, set[str]], own: str) -> Iterator[LintFinding]:
    for key in ("from", "to"):
        for reference, path in _references(entry, key):
            if "#" in reference:
                continue  # another contract
            wrong = _unknown(reference, known, own if key == "from" else None)
            if wrong is not None:
                yield finding("FPC422", entry.document.value_mark(path), *wrong)


def _unknown(reference: str, known: dict[str, set[str]], own: str | None) -> tuple[str, str] | None:
    """(what is wrong, how to mend it) of a reference into this contract."""
    parts = reference.strip("/").split("/")
    if len(parts) == 4 and (parts[0], parts[2]) == ("schema", "properties"):
        table, column = parts[1], parts[3]
    elif "/" not in reference and "." in reference:
        table, _, column = reference.partition(".")
    elif own is not None and "/" not in reference:
        table, column = own, reference
    else:
        return f"{shown(reference)} is no reference to a column", FORM
    if table not in known:
        return f"there is no schema object {shown(table)}", did_you_mean(table, sorted(known))
    # A field inside of an object is written with further dots.
    if column.partition(".")[0] not in known[table]:
        return f"{shown(table)} has no property {shown(column)}", did_you_mean(column, sorted(known[table]))
    if own is not None and table != own and table in known and own in known:
        return f"{shown(reference)} is of another schema object", f"begin with a column of {own}"
    return None
