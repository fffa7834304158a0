"""Data Contract Specification 1.x → a contract: info, servers, terms, service levels.

Models are in `import_dcs_fields.py`, their rules in `import_dcs_quality.py`, Soda's checks in `import_soda.py`.

Servers that are databases or streams hold no files, and promises that no file can prove are no part of a contract about
files: both are told as lost.
"""

from __future__ import annotations

from typing import Any

from fileproc.quality.contracts.import_dcs_fields import Fields
from fileproc.quality.contracts.import_durations import duration_of
from fileproc.quality.contracts.import_soda import old_quality
from fileproc.quality.contracts.import_source import Part
from fileproc.quality.contracts.yaml_writer import Noted

#: Server type → its key for the place of its files.
PLACES = {"s3": "location", "azure": "location", "sftp": "location", "local": "path"}

#: Keys of servers that mean the same in both languages.
SERVER_TEXTS = ("environment", "description", "endpointUrl", "format", "delimiter")

#: Service level → the keys that hold its duration, and those that name the column that proves it.
LEVELS = {
    "freshness": (("threshold",), ("timestampField",)),
    "latency": (("threshold",), ("sourceTimestampField",)),
    "retention": (("period",), ("timestampField",)),
}


def is_dcs(value: dict[str, Any]) -> bool:
    return "dataContractSpecification" in value


def dcs_of(part: Part) -> dict[str, Any]:
    """The parts of an ODCS contract that such a contract says."""
    part.take("dataContractSpecification")
    contract: dict[str, Any] = {"id": part.text("id")}
    _info(part, contract)
    _terms(part, contract)
    _links(part, contract)
    tags = part.texts("tags")
    if tags:
        contract["tags"] = tags
    contract["servers"] = _servers(part)
    tables = Fields(part).tables()
    contract["schema"] = [Noted(table, source=where) for table, where in tables]
    levels = _levels(part) + old_quality(part, {table["name"]: table for table, _ in tables})
    if levels:
        contract["slaProperties"] = levels
    part.take("schemaVersion")
    return contract


def _info(part: Part, contract: dict[str, Any]) -> None:
    info = part.part("info")
    if info is None:
        return
    contract["name"] = info.text("title")
    contract["version"] = info.text("version")
    contract["status"] = (info.text("status") or "").lower() or None
    description = info.text("description")
    if description:
        contract["description"] = {"purpose": description}
    owner = info.text("owner")
    if owner:
        contract["team"] = {"name": owner}
    contact = info.part("contact")
    if contact is not None:
        contract["support"] = _contact(contact) or None


def _contact(contact: Part) -> list[dict[str, Any]]:
    """Each way to reach somebody is a channel."""
    name = contact.text("name") or "contact"
    url, mail = contact.text("url"), contact.text("email")
    found = [{"channel": name, "url": url}] if url else []
    if mail:
        found.append({"channel": name if not url else f"{name} (mail)", "url": f"mailto:{mail}", "tool": "email"})
    return found or ([{"channel": name}] if "name" in contact.value else [])


def _terms(part: Part, contract: dict[str, Any]) -> None:
    terms = part.part("terms")
    if terms is None:
        return
    words = contract.get("description", {})
    for key in ("usage", "limitations"):
        text = terms.text(key)
        if text:
            words[key] = text
    if words:
        contract["description"] = words
    found = []
    for policy in terms.parts("policies"):
        url, name = policy.text("url"), policy.text("name") or policy.text("type")
        if url:
            found.append({"type": name or "policy", "url": url})
        else:
            policy.losses.add(policy.where(), "a policy without a url cannot be pointed at", name)
        if name is not None and "type" in policy.value:
            policy.take("type")
    if found:
        contract["authoritativeDefinitions"] = found


def _links(part: Part, contract: dict[str, Any]) -> None:
    found = links_of(part)
    if found:
        contract["authoritativeDefinitions"] = contract.get("authoritativeDefinitions", []) + found


def links_of(part: Part) -> list[dict[str, Any]]:
    """`links` are a mapping of names to addresses."""
    links = part.part("links")
    if links is None:
        return []
    texts = [(name, links.text(name)) for name in list(links.value)]
    return [{"type": name, "url": url} for name, url in texts if url]


def _servers(part: Part) -> list[Noted]:
    found = []
    for name, server in part.named("servers"):
        kind = (server.text("type") or "").lower()
        key = PLACES.get(kind)
        place = None if key is None else server.text(key)
        if key is None or not place:
            why = f"a server of type {kind or 'none'} is no place of files" if key is None else f"it has no {key}"
            part.losses.add(server.where(), why, kind)
            server.take_all()
            continue
        found.append(Noted(_server(server, name, kind, key, place), source=server.path))
    return found


def _server(server: Part, name: str, kind: str, key: str, place: str) -> dict[str, Any]:
    made: dict[str, Any] = {"server": name, "type": kind, key: place}
    for word in SERVER_TEXTS:
        text = server.text(word)
        if text is None:
            continue
        if word == "delimiter" and text not in ("new_line", "array"):
            made["customProperties"] = [{"property": "delimiter", "value": text}]
        elif word == "delimiter" and kind == "local":
            made["format"] = "ndjson" if text == "new_line" else "json"
        else:
            made[word] = text.lower() if word == "format" else text
    made.setdefault("format", "csv")
    roles = [
        {word: text for word, text in (("role", role.text("name")), ("description", role.text("description"))) if text}
        for role in server.parts("roles")
    ]
    if roles:
        made["roles"] = roles
    return made


def _levels(part: Part) -> list[Noted]:
    """Promises about time that name a column; the others are no matter of one file."""
    levels = part.part("servicelevels") or part.part("serviceLevels")
    found: list[Noted] = []
    for name in [] if levels is None else list(levels.value):
        if levels is None or name not in LEVELS:
            part.losses.add(f"servicelevels.{name}", "it is no matter of one file", None)
            if levels is not None:
                levels.take(name)
            continue
        level = levels.part(name)
        made = None if level is None else _level(level, name)
        if level is not None and made is not None:
            found.append(Noted(made, source=level.path))
    return found


def _level(level: Part, name: str) -> dict[str, Any] | None:
    lengths, columns = LEVELS[name]
    written = next((text for key in lengths if (text := level.text(key))), None)
    element = next((text for key in columns if (text := level.text(key))), None)
    description = level.text("description")
    length = None if written is None else duration_of(written)
    if length is None or element is None or "." not in element:
        why = f"it needs {lengths[0]} such as 24h, and {columns[0]} such as orders.created_at"
        level.losses.add(level.where(), why, written)
        level.take_all()
        return None
    value, unit = length
    made: dict[str, Any] = {"property": name, "value": value, "unit": unit, "element": element}
    return made | ({"description": description} if description else {})
