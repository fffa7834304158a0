"""relationships → Relationship: which values must occur in which other column.

ODCS writes `orders.customer_id`, `schema/<id>/properties/<id>`, either with `other-file.yaml#` in front, and lists of
them for composite keys. What points into another contract, or nowhere, is `Unsupported` with the reason.
"""

from __future__ import annotations

from collections.abc import Iterator

from fileproc.quality.contracts.contract import Relationship, Unsupported
from fileproc.quality.contracts.odcs_dialect import words_of
from fileproc.quality.contracts.odcs_place import Place

#: Our word on a relationship: a file with the keys, beside the contract.
KEY_SET = "keySet"


class Unclear(Exception):
    """A reference that names no column; the message says why."""


class Elsewhere(Unclear):
    """A reference into another contract, which is right, and not followed."""


def relationships_of(place: Place, *, prefix: str, own: str | None = None) -> tuple[Relationship, ...]:
    """The references of a schema object, or of a property, whose own name then is where they come from."""
    found = (_read(entry, f"{prefix}.relationship{number}", own) for number, entry in _entries(place))
    return tuple(one for one in found if isinstance(one, Relationship))


def unclear_relationships(place: Place, *, prefix: str, own: str | None = None) -> Iterator[Unsupported]:
    """Those that cannot be followed."""
    for number, entry in _entries(place):
        one = _read(entry, f"{prefix}.relationship{number}", own)
        if isinstance(one, Unsupported):
            yield one


def _entries(place: Place) -> Iterator[tuple[int, Place]]:
    yield from enumerate(place.children("relationships"), 1)


def _read(entry: Place, default_id: str, own: str | None) -> Relationship | Unsupported:
    name = entry.text("id") or default_id
    try:
        came = (own,) if own is not None else tuple(_column(one, entry) for one in _texts(entry, "from"))
        targets = [_target(one, entry) for one in _texts(entry, "to")]
        objects = {target[0] for target in targets}
        if len(objects) != 1 or len(came) != len(targets):
            raise Unclear("`from` and `to` need as many columns each, all of `to` in one object")
    except Unclear as error:
        told = not isinstance(error, Elsewhere)  # by the lint, as a mistake
        return Unsupported(name, "relationship", f"the reference cannot be followed: {error}", entry.mark(), told)
    key_set = words_of(entry).get(KEY_SET)
    return Relationship(
        name,
        came,
        objects.pop(),
        tuple(target[1] for target in targets),
        key_set.text("value") if key_set is not None else None,
        entry.mark(),
    )


def _texts(entry: Place, key: str) -> list[str]:
    found = [one for one in entry.texts(key) if one]
    if not found:
        raise Unclear(f"`{key}` is missing")
    return found


def _column(reference: str, entry: Place) -> str:
    """A column of the object that we are in; its name may stand in front."""
    return _target(reference, entry)[1] if "." in reference or "/" in reference else reference


def _target(reference: str, entry: Place) -> tuple[str, str]:
    """(object, column), by names."""
    file, _, rest = reference.rpartition("#")
    if file:
        raise Elsewhere(f"{file[:80]!r} is another contract; remember its keys with a keySet")
    parts = rest.strip("/").split("/") if "/" in rest else rest.split(".", 1)
    if len(parts) == 4 and parts[0] == "schema" and parts[2] == "properties":
        return _by_id(entry, parts[1], parts[3])
    if len(parts) != 2 or not all(parts):
        raise Unclear(f"{reference[:80]!r} is not object.property")
    return parts[0], parts[1]


def _by_id(entry: Place, object_id: str, property_id: str) -> tuple[str, str]:
    root = Place(entry.document, (), entry.document.value)
    for one in root.children("schema"):
        if object_id in (one.text("id"), one.text("name")):
            for prop in one.children("properties"):
                if property_id in (prop.text("id"), prop.text("name")):
                    return one.text("name") or "", prop.text("name") or ""
    raise Unclear(f"there is no schema/{object_id[:40]}/properties/{property_id[:40]}")
