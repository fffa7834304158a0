"""ODCS YAML → Contract: read leniently, both shapes of every key that changed between 3.0 and 3.2.

Nothing that the contract says is dropped: what this version cannot check becomes `Unsupported`, or a rule that the plan
lists as skipped, with the reason. `lint.py` is the strict one; the reader only refuses what has no meaning at
all. Rules are in `odcs_quality.py`, columns in `odcs_schema.py`, dialects in `odcs_dialect.py`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

from fileproc.quality.contracts.contract import Contract, Server, Unsupported
from fileproc.quality.contracts.lint_finding import refused, shown
from fileproc.quality.contracts.odcs_dialect import policies_of, server_dialect, unsupported_words
from fileproc.quality.contracts.odcs_levels import service_levels_of, unmeasured_levels
from fileproc.quality.contracts.odcs_place import Place
from fileproc.quality.contracts.odcs_schema import schema_of
from fileproc.quality.contracts.odcs_variables import NONE_ALLOWED, Variables, resolve
from fileproc.quality.contracts.yaml_positions import Located, load, read_bytes

#: Any 3.x is read as far as it is understood; people also forget the `v`.
API_VERSION = re.compile(r"v?(3(?:\.[0-9]{1,4}){1,2})")


def read_file(file: Path, variables: Variables = NONE_ALLOWED) -> Contract:
    """Read one contract.

    Raises:
        UnreadableContract: it cannot be read or is no ODCS 3 contract; says file, line and column.
    """
    data = read_bytes(file)
    return read(load(data, str(file)), digest=digest_of(data), variables=variables)


def digest_of(data: bytes) -> str:
    """What ties a report to the exact promise: the SHA-256 of the contract file's bytes."""
    return hashlib.sha256(data).hexdigest()


def is_contract(document: Located) -> bool:
    """Whether this YAML wants to be a data contract at all; a folder may hold other YAML, too.

    A misspelt `kind` still wants to be one: it must be told, not passed over.
    """
    root = document.value
    if document.file.endswith((".odcs.yaml", ".odcs.yml")):
        return True
    if not isinstance(root, dict):
        return False
    is_kind = str(root.get("kind")).casefold() == "datacontract"
    return is_kind or API_VERSION.fullmatch(document.text(("apiVersion",)) or "") is not None


def read(document: Located, *, digest: str, variables: Variables = NONE_ALLOWED) -> Contract:
    """A located document as a Contract. Raises UnreadableContract."""
    root = root_of(resolve(document, variables))
    name = root.text("name") or root.text("id") or Path(document.file).stem
    return Contract(
        id=root.text("id") or document.file,
        name=name,
        version=root.text("version") or "",
        api_version=api_version_of(root),
        digest=digest,
        file=document.file,
        status=root.text("status"),
        servers=tuple(_server(place) for place in root.children("servers")),
        schemas=tuple(schema_of(place, root) for place in root.children("schema")),
        service_levels=service_levels_of(root),
        unsupported=tuple(_unsupported(root)),
    )


def root_of(document: Located) -> Place:
    """The contract's outermost mapping. Raises UnreadableContract when this is not an ODCS 3 contract."""
    fix = "write kind: DataContract and apiVersion: v3.1.0"
    if not isinstance(document.value, dict):
        raise refused("FPC008", document.mark(()), "not an ODCS contract: it is no mapping of keys to values", fix)
    root = Place(document, (), document.value)
    if root.get("kind") != "DataContract":
        message = f"not an ODCS contract: kind is {shown(root.get('kind'))}" if "kind" in root.item else "no `kind`"
        raise refused("FPC008", root.mark("kind"), message, fix)
    api_version_of(root)
    return root


def api_version_of(root: Place) -> str:
    """`v3.1.0`, whether or not the `v` was written. Raises UnreadableContract for anything but 3.x."""
    written = root.text("apiVersion")
    found = API_VERSION.fullmatch(written or "")
    if found is None:
        what = "`apiVersion` is missing" if written is None else f"apiVersion {shown(written)} is not read"
        raise refused("FPC008", root.mark("apiVersion"), what, "ODCS 3.0 to 3.2 are read: write apiVersion: v3.1.0")
    return f"v{found[1]}"


def _server(place: Place) -> Server:
    return Server(
        name=place.text("server") or place.text("id") or "server",
        type=(place.text("type") or "").lower(),
        location=place.text("location") or place.text("path"),
        format=_format(place),
        dialect=server_dialect(place),
        policies=policies_of(place),
        mark=place.mark(),
    )


def _format(place: Place) -> str | None:
    """In lower case; JSON documents on lines of their own are NDJSON."""
    written = place.text("format")
    if written is None:
        return None
    if written.lower() == "json" and place.get("delimiter") == "new_line":
        return "ndjson"
    return written.lower()


def _unsupported(root: Place) -> Iterator[Unsupported]:
    yield from unsupported_words(root, "contract")
    for server in root.children("servers"):
        yield from unsupported_words(server, f"server.{server.text('server') or 'server'}")
    yield from unmeasured_levels(root)
