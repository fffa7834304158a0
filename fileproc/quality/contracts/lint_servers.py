"""Servers and dialects: will any file ever be found to belong to this contract, and can it be read as declared?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from fileproc.quality.contracts.lint_finding import LintFinding, UnreadableContract, finding, shown
from fileproc.quality.contracts.lint_walk import mappings, scalar
from fileproc.quality.contracts.locations import holds_name
from fileproc.quality.contracts.odcs_dialect import dialect_of, policies_of, server_dialect, words_of
from fileproc.quality.contracts.odcs_place import Place
from fileproc.quality.contracts.odcs_words import FILE_SERVERS, OUR_WORDS
from fileproc.quality.formats import COMPRESSIONS, EXTENSIONS, FORMAT_NAMES, READ_FORMATS
from fileproc.quality.suggest import did_you_mean, suggest

_PLACEHOLDER = re.compile(r"\{(?!model\})[^{}/]*\}|\[[^\]/]*\]")
_WILD = re.compile(r"[*?{]")

#: Compressions that the container check knows by name; `none` says that there is none.
KNOWN_COMPRESSIONS = {*COMPRESSIONS, *COMPRESSIONS.values(), "none"}


def servers(root: Place) -> Iterator[LintFinding]:
    """Findings about servers[]."""
    there = list(mappings(root, "servers"))
    if not any(_location(server) for server in there):
        fix = "add a server with type: s3 and location: s3://bucket/prefix/*.csv"
        yield finding("FPC201", root.mark("servers"), "no server has a location, so no file is ever matched", fix)
    seen: dict[str, Place] = {}
    for server in there:
        location = _location(server)
        if location is not None:
            yield from _location_findings(server, location)
            yield from _shared(server, location, seen, root)
        yield from _format(server)
        yield from words(server)


def words(place: Place) -> Iterator[LintFinding]:
    """Findings about our custom properties of a server, a schema object or the contract."""
    yield from _meanings(place)
    for entry in mappings(place, "customProperties"):
        name, vendor = scalar(entry, "property"), entry.get("vendor")
        if name is None or name in OUR_WORDS or vendor not in (None, "fileproc"):
            continue
        meant = suggest(name, OUR_WORDS)
        if vendor == "fileproc" or meant is not None:
            message = f"fileproc knows no custom property {shown(name)}"
            yield finding("FPC209", entry.mark("property"), message, did_you_mean(name, OUR_WORDS))


def _meanings(place: Place) -> Iterator[LintFinding]:
    """Values that the reader itself would refuse, and encodings and compressions that nobody knows."""
    try:
        dialect = server_dialect(place) if place.path[:1] == ("servers",) else dialect_of(place)
        policies_of(place)
        said = words_of(place)
    except UnreadableContract as error:
        yield error.finding
        return
    if dialect.encoding is not None and not _is_encoding(dialect.encoding):
        mark = said["encoding"].mark("value") if "encoding" in said else place.mark("encoding")
        fix = "write UTF-8, UTF-16, ISO-8859-1 or windows-1252"
        yield finding("FPC208", mark, f"nobody knows the encoding {shown(dialect.encoding)}", fix)
    if dialect.compression is not None and dialect.compression.lower() not in KNOWN_COMPRESSIONS:
        message = f"the compression {shown(dialect.compression)} is not known"
        fix = did_you_mean(dialect.compression, sorted({*COMPRESSIONS.values(), "none"}))
        yield finding("FPC208", said["compression"].mark("value"), message, fix)


def _location(server: Place) -> str | None:
    return scalar(server, "location") or scalar(server, "path")


def _location_findings(server: Place, location: str) -> Iterator[LintFinding]:
    mark = server.document.value_mark((*server.path, "location" if server.get("location") else "path"))
    kind = (scalar(server, "type") or "").lower()
    if location != location.strip():
        yield finding("FPC202", mark, f"the location {shown(location)} begins or ends with a blank", "remove the blank")
    elif kind == "s3" and not location.startswith(("s3://", "s3a://", "s3n://")):
        fix = "write s3://bucket/prefix/*.csv"
        yield finding("FPC202", mark, f"the location {shown(location)} is no S3 address", fix)
    for sign in _PLACEHOLDER.findall(location):
        fix = "write * for what varies; only *, **, ? and {model} are signs"
        yield finding("FPC204", mark, f"{shown(sign)} in a location stands for itself", fix)
    last = location.rpartition("/")[2]
    if kind in FILE_SERVERS and last and "." not in last and not _WILD.search(location) and location.count("/") > 2:
        message = f"{shown(location)} means exactly this one object"
        yield finding("FPC203", mark, message, "end it with / for everything below, or with /*.csv")


def _shared(server: Place, location: str, seen: dict[str, Place], root: Place) -> Iterator[LintFinding]:
    """One location for several things: servers, or schema objects."""
    first = seen.setdefault(location, server)
    if first is not server:
        message = (
            f"the server {shown(scalar(first, 'server') or '')} has the same location; how files are read is up to it"
        )
        yield finding("FPC206", server.mark(), message, "keep one of them, or tell the locations apart")
    elif "{model}" not in location and _is_undecided(location, root):
        message = "several schema objects share this location, so the file's name decides which one it is"
        yield finding("FPC205", server.mark(), message, "write {model} where the name of the schema object stands")


def _is_undecided(location: str, root: Place) -> bool:
    """Whether there are several schema objects, and the location's own last part does not name one of them."""
    schemas = list(mappings(root, "schema"))
    names = [scalar(schema, key) for schema in schemas for key in ("physicalName", "name")]
    file = location.rpartition("/")[2]
    return len(schemas) > 1 and not any(name and holds_name(file, name) for name in names)


def _format(server: Place) -> Iterator[LintFinding]:
    """A format that files can have, and that this version reads."""
    written = scalar(server, "format")
    if written is None or (scalar(server, "type") or "").lower() not in FILE_SERVERS:
        return
    plain = FORMAT_NAMES.get(written.lower(), written.lower())
    if plain not in READ_FORMATS:
        known = sorted({*READ_FORMATS, *FORMAT_NAMES, *EXTENSIONS})
        what = "is not read yet" if plain in EXTENSIONS.values() else "is not known"
        mark = server.document.value_mark((*server.path, "format"))
        meant = suggest(written, known)
        fix = (
            f"did you mean `{meant}`?"
            if meant not in (None, written)
            else "write csv, fixed, json, ndjson, parquet, avro, xlsx or xls"
        )
        yield finding("FPC207", mark, f"the format {shown(written)} {what}", fix)


def _is_encoding(name: str) -> bool:
    try:
        "".encode(name)
    except (LookupError, ValueError):
        return False
    return True
