"""Frictionless Data Package, v1 and v2 → a contract: a schema object and a local server for each resource."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any

from fileproc.quality.contracts.import_source import Part
from fileproc.quality.contracts.import_table import table_of
from fileproc.quality.contracts.locations import holds_name
from fileproc.quality.contracts.odcs_words import DIALECT_WORDS, LONGEST_DELIMITER, MOST_HEADER_LINES, SINGLE
from fileproc.quality.contracts.yaml_writer import Noted
from fileproc.quality.formats import COMPRESSIONS, by_name

#: Format words of a resource → ours, and the delimiter that the word says.
FORMATS = {
    "csv": ("csv", None), "tsv": ("csv", "\t"), "ndjson": ("ndjson", None), "jsonl": ("ndjson", None),
    "json": ("json", None), "parquet": ("parquet", None), "xlsx": ("xlsx", None), "xls": ("xls", None),
}  # fmt: skip

#: What the parts of a dialect that we have no word for mean for the reader.
NOT_READ = {
    "headerRows": "header rows are line numbers from 1 to 30",
    "headerJoin": "names of several header rows are joined by a blank",
    "commentRows": "single rows cannot be passed over",
    "caseSensitiveHeader": "column names are always compared with their case",
}

#: Words that say what the document is; they carry nothing.
MARKERS = ("$schema", "profile", "csvddfVersion", "type")

#: Another file of the package, by its relative name; None where it cannot be had.
Sibling = Callable[[str], Part | None]


def is_package(value: dict[str, Any]) -> bool:
    return isinstance(value.get("resources"), list)


def package_of(part: Part, sibling: Sibling) -> dict[str, Any]:
    """The parts of a contract that a package says."""
    _passed(part)
    name = part.text("name")
    contract: dict[str, Any] = {"id": part.text("id") or name, "name": part.text("title") or name}
    contract["version"] = part.text("version")
    created = part.text("created")
    if created:
        contract["contractCreatedTs"] = Noted(created, source=part.where("created"))
    keywords = part.texts("keywords")
    if keywords:
        contract["tags"] = keywords
    description = part.text("description")
    if description:
        contract["description"] = {"purpose": description}
    homepage = part.text("homepage")
    if homepage:
        contract["authoritativeDefinitions"] = [{"url": homepage, "type": "homepage"}]
    servers: list[Noted] = []
    tables: dict[str, Noted] = {}
    for number, resource in enumerate(part.parts("resources"), 1):
        table = _resource(resource, _free_name(resource, number, tables), servers, sibling)
        tables[table["name"]] = Noted(table, source=resource.path)
    if len(tables) > 1:
        _told_apart(part, servers, [one.value for one in tables.values()])
    contract["servers"], contract["schema"] = servers, [*tables.values()]
    return contract


def _told_apart(part: Part, servers: list[Noted], tables: list[dict[str, Any]]) -> None:
    """With several schema objects a file's own name must say which one it is."""
    names = [table[key] for table in tables for key in ("physicalName", "name") if key in table]
    for server in servers:
        path = str(server.value.get("location") or server.value.get("path"))
        if not any(holds_name(path.rsplit("/", 1)[-1], name) for name in names):
            why = "the file's name does not say which schema object it is; check it with --schema"
            part.losses.add(server.source, why, path)


def resource_of(part: Part, sibling: Sibling) -> dict[str, Any]:
    """The same of one resource that stands alone."""
    servers: list[Noted] = []
    name = part.text("name") or "resource1"
    table = _resource(part, name, servers, sibling)
    return {"id": name, "name": name, "servers": servers, "schema": [Noted(table, source="schema")]}


def _passed(part: Part) -> None:
    for key in MARKERS:
        part.take(key)


def _free_name(resource: Part, number: int, taken: dict[str, Noted]) -> str:
    name = resource.text("name") or f"resource{number}"
    if name not in taken:
        return name
    other = next(one for size in range(2, 100_002) if (one := f"{name}_{size}") not in taken)
    resource.losses.add(resource.where("name"), f"there is a resource of this name already, so it is {other}", name)
    return other


def _resource(resource: Part, name: str, servers: list[Noted], sibling: Sibling) -> dict[str, Any]:
    _passed(resource)
    written = resource.text("format") or resource.text("mediatype")
    words = _dialect(resource, sibling)
    paths = _paths(resource)
    format_, delimiter = _format(resource, written, paths)
    if delimiter is not None:
        words.setdefault("delimiter", delimiter)
    encoding, compression = resource.text("encoding"), resource.text("compression")
    if encoding is not None:
        words["encoding"] = encoding
    if compression not in (None, "no", ""):
        words["compression"] = COMPRESSIONS.get(str(compression), compression)
    if resource.take("data") is not None:
        resource.lose("data", "data inside of the description is no file")
    table = _table(resource, name, sibling)
    own = table.pop("customProperties", [])
    properties = table.pop("properties", [])
    # The last path part, so that the file's name tells which of several schema objects it belongs to.
    if len(paths) == 1:
        table["physicalName"] = paths[0].rsplit("/", 1)[-1]
    _texts(resource, table)
    custom = [Noted({"property": word, "value": value}, source=resource.path) for word, value in words.items()]
    if custom or own:
        table["customProperties"] = [*custom, *own]
    table["properties"] = properties
    servers += _servers(resource, name, paths, format_)
    return {key: table[key] for key in _ORDER if key in table}


_ORDER = (
    "name", "physicalName", "businessName", "description", "customProperties", "properties", "quality",
    "relationships",
)  # fmt: skip


def _texts(resource: Part, table: dict[str, Any]) -> None:
    for key, word in (("title", "businessName"), ("description", "description")):
        text = resource.text(key)
        if text:
            table[word] = text


def _table(resource: Part, name: str, sibling: Sibling) -> dict[str, Any]:
    """The schema, which may stand in a file of its own."""
    schema = _inner(resource, "schema", sibling)
    if schema is None:
        resource.losses.add(resource.where(), "it describes no fields, so nothing is checked in its columns")
        return {"name": name}
    return table_of(schema, name)


def _inner(resource: Part, key: str, sibling: Sibling) -> Part | None:
    value = resource.value.get(key)
    if not isinstance(value, str):
        return resource.part(key)
    found = sibling(value)
    if found is None:
        resource.lose(key, "the file that it names cannot be read from the package's own folder")
        return None
    resource.take(key)
    return found


def _dialect(resource: Part, sibling: Sibling) -> dict[str, Any]:
    """Words of the dialect; Frictionless also nests those of CSV one deeper."""
    dialect = _inner(resource, "dialect", sibling)
    if dialect is None:
        return {}
    _passed(dialect)
    words = _words(dialect)
    nested = dialect.part("csv")
    return words if nested is None else words | _words(nested)


def _words(dialect: Part) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for word, (_, kind) in DIALECT_WORDS.items():
        if word not in dialect.value or word == "headerRows":
            continue
        value = dialect.flag(word) if kind is bool else dialect.take(word)
        if kind is tuple and isinstance(value, str):
            value = [value]
        if value is None:
            continue
        wrong = _wrong(word, kind, value)
        if wrong:
            dialect.lose(word, wrong)
        else:
            found[word] = value
    found |= _header_rows(dialect)
    if dialect.value.get("headerRows") == [] and "header" not in found:
        dialect.take("headerRows")
        found["header"] = False
    if dialect.value.get("headerRows") == [1]:
        dialect.take("headerRows")
    for word, why in NOT_READ.items():
        if word in dialect.untaken():
            dialect.lose(word, why)
    return found


def _header_rows(dialect: Part) -> dict[str, Any]:
    """Lines with names, where it is not the first one alone."""
    rows = dialect.value.get("headerRows")
    if not isinstance(rows, list) or rows in ([], [1]):
        return {}
    if any(not isinstance(row, int) or isinstance(row, bool) or not 0 < row <= MOST_HEADER_LINES for row in rows):
        return {}
    dialect.take("headerRows")
    return {"headerRows": rows}


def _wrong(word: str, kind: type, value: Any) -> str:
    if kind is tuple:
        fine = isinstance(value, list) and all(isinstance(one, str) for one in value)
        return "" if fine else "a list of texts is expected here"
    if kind is str and not isinstance(value, str):
        return "a text is expected here"
    longest = LONGEST_DELIMITER if word == "delimiter" else 1
    if word in ("delimiter", *SINGLE) and not 0 < len(value) <= longest:
        return f"at most {longest} character{'s' if longest > 1 else ''} can be read"
    return ""


def _paths(resource: Part) -> list[str]:
    value = resource.take("path")
    values = value if isinstance(value, list) else [] if value is None else [value]
    found = []
    for index, one in enumerate(values):
        where = resource.where("path") + (f"[{index}]" if isinstance(value, list) else "")
        if not isinstance(one, str) or not one.strip():
            resource.losses.add(where, "a path is a text", one)
        elif re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", one) and not one.startswith("s3://"):
            resource.losses.add(where, "files are found in S3 and in folders only", one)
        else:
            found.append(one.strip())
    return found


def _format(resource: Part, written: str | None, paths: list[str]) -> tuple[str | None, str | None]:
    word = (written or "").lower().removeprefix("text/").removeprefix("application/")
    if word in FORMATS:
        return FORMATS[word]
    if written is not None:
        key = "format" if "format" in resource.value else "mediatype"
        resource.lose(key, "the format is not known; the file's name tells")
    named = {by_name(path)[0] for path in paths} - {None}
    only = named.pop() if len(named) == 1 else None
    is_tsv = bool(paths) and all(".tsv" in PurePosixPath(path).suffixes for path in paths)
    return only, "\t" if is_tsv else None


def _servers(resource: Part, name: str, paths: list[str], format_: str | None) -> list[Noted]:
    found = []
    for number, path in enumerate(paths):
        server: dict[str, Any] = {"server": name if number == 0 else f"{name}-{number + 1}"}
        if path.startswith("s3://"):
            server |= {"type": "s3", "location": path}
        else:
            server |= {"type": "local", "path": path}
        server["format"] = format_ or "csv"
        found.append(Noted(server, source=resource.where("path")))
    return found
