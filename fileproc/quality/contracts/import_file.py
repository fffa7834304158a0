"""A description of data from elsewhere → an ODCS contract, and everything that could not be carried over.

Frictionless Data Packages, Data Resources and Table Schemas (v1 and v2), and the Data Contract Specification 1.x. The
source is as hostile as a contract, and is read with the same bounds.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fileproc.quality.contracts.contract import Mark
from fileproc.quality.contracts.import_dcs import dcs_of, is_dcs
from fileproc.quality.contracts.import_package import Sibling, is_package, package_of, resource_of
from fileproc.quality.contracts.import_source import Losses, Part, read_source
from fileproc.quality.contracts.import_table import is_table_schema, table_of
from fileproc.quality.contracts.import_tidy import tidied
from fileproc.quality.contracts.lint_finding import UnreadableContract, refused
from fileproc.quality.contracts.yaml_writer import Noted

#: Language → (what it is called, whether a document is of it).
LANGUAGES: dict[str, tuple[str, Callable[[dict[str, Any]], bool]]] = {
    "dcs": ("Data Contract Specification", is_dcs),
    "datapackage": ("Data Package", is_package),
    "tableschema": ("Table Schema", is_table_schema),
    "dataresource": ("Data Resource", lambda value: isinstance(value.get("schema"), dict | str) and "path" in value),
}

#: The order of a contract's parts, for people.
ORDER = (
    "apiVersion", "kind", "id", "name", "version", "status", "description", "tags", "contractCreatedTs", "team",
    "support", "authoritativeDefinitions", "servers", "schema", "slaProperties",
)  # fmt: skip

#: Maps came with 3.2; everything else that an import writes is older.
VERSION, VERSION_WITH_MAPS = "v3.1.0", "v3.2.0"
FIRST_VERSION = "1.0.0"
STATUSES = ("proposed", "draft", "active", "deprecated", "retired")


@dataclass(frozen=True, slots=True)
class Imported:
    """The contract as YAML, which language it was in, and a line for each thing that was lost."""

    text: str
    language: str
    losses: list[str]


def import_file(file: Path, language: str | None = None, location: str | None = None) -> Imported:
    """Import one file; `location` is where files will lie, instead of what the source says.

    Raises:
        UnreadableContract: it cannot be read, or is none of the languages; says file, line and column.
    """
    value, written = read_source(file)
    language = language or _language(value, str(file))
    losses = Losses(str(file))
    part = Part(value, "", losses, written)
    found = _contract(part, language, file, losses)
    losses.close()
    if location is not None:
        found["servers"] = [_given(location, found)]

    def shape() -> dict[str, Any]:
        _frame(found, file, losses)
        _place(found, losses)
        for key in [key for key in found if found[key] in (None, [], {}, "")]:
            del found[key]
        order = {key: found.pop(key) for key in ORDER if key in found}
        found.update(order)
        return found

    text = tidied(shape, [f"Imported from {file.name} ({LANGUAGES[language][0]})."], losses)
    return Imported(text, language, losses.lines())


def _language(value: dict[str, Any], file: str) -> str:
    found = next((name for name, (_, is_it) in LANGUAGES.items() if is_it(value)), None)
    if found is not None:
        return found
    message, fix = "it is none of the languages that can be imported", f"say which: --from {'|'.join(LANGUAGES)}"
    if "apiVersion" in value and "kind" in value:
        message, fix = "it is an ODCS contract already", "lint it: fileproc contract lint FILE"
    raise refused("FPC008", Mark(file, 1, 1), message, fix)


def _contract(part: Part, language: str, file: Path, losses: Losses) -> dict[str, Any]:
    if language == "dcs":
        return dcs_of(part)
    if language == "datapackage":
        return package_of(part, _siblings(file, losses))
    if language == "dataresource":
        return resource_of(part, _siblings(file, losses))
    name = part.text("name") or slug(file)
    return {"id": name, "name": name, "schema": [Noted(table_of(part, name))]}


def _siblings(file: Path, losses: Losses) -> Sibling:
    """Other files of the package, in its own folder or below; nothing else is reached."""
    folder = file.resolve().parent

    def sibling(name: str) -> Part | None:
        try:
            path = (folder / name).resolve()
            if "://" in name or not path.is_relative_to(folder):
                return None
            value, written = read_source(path)
        except (UnreadableContract, OSError, ValueError):
            return None
        return Part(value, name, losses, written)

    return sibling


def slug(file: Path) -> str:
    """A name from the file's own: `orders.schema.json` is `orders`."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", file.name.split(".")[0]).strip("-") or "imported"


def _frame(found: dict[str, Any], file: Path, losses: Losses) -> None:
    """What every contract must have, and the source need not."""
    found["apiVersion"] = VERSION_WITH_MAPS if has_maps(found.get("schema")) else VERSION
    found["kind"] = "DataContract"
    found["id"] = found.get("id") or slug(file)
    if not found.get("version"):
        losses.add("version", f"the source has none, so it is {FIRST_VERSION}")
        found["version"] = FIRST_VERSION
    status = found.get("status")
    if status not in STATUSES:
        if status is not None:
            losses.add("status", f"it is none of {', '.join(STATUSES)}, so it is draft", status)
        found["status"] = "draft"


def has_maps(value: Any) -> bool:
    """Whether a map is anywhere below; depth is bounded by the readers."""
    inner = value.value if isinstance(value, Noted) else value
    if isinstance(inner, dict):
        return "map" in inner or any(has_maps(one) for one in inner.values())
    return isinstance(inner, list) and any(has_maps(one) for one in inner)


def _given(location: str, found: dict[str, Any]) -> dict[str, Any]:
    """The server that somebody named; the format is that of the source's own, where they agree."""
    kind = "s3" if location.startswith("s3://") else "local"
    formats = {one.value.get("format") for one in found.get("servers", [])} - {None}
    format_ = formats.pop() if len(formats) == 1 else "csv"
    return {"server": "files", "type": kind, "location" if kind == "s3" else "path": location, "format": format_}


def _place(found: dict[str, Any], losses: Losses) -> None:
    """Servers say which files a contract is about; without one it would never be found."""
    tables = [str(one.value.get("name")) for one in found.get("schema", [])]
    if not found.get("servers"):
        path = f"./{tables[0]}*.csv" if len(tables) == 1 else "./{model}*.csv"
        losses.add("servers", "the source does not say where files are; write it, or import with --location", path)
        found["servers"] = [{"server": "files", "type": "local", "path": path, "format": "csv"}]
