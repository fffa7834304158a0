"""ODCS YAML → Contract: read leniently, both shapes of every key that changed between 3.0 and 3.2.

Nothing that the contract says is dropped: what this version cannot check becomes `Unsupported`, or a rule that the plan
lists as skipped, with the reason. `quality/lint.py` is the strict one; the reader only refuses what has no meaning at
all.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

from fileproc.domain.reports import Severity
from fileproc.errors import ContractError
from fileproc.quality.contract import (
    Contract,
    Dialect,
    Operator,
    Policies,
    Property,
    QualityRule,
    SchemaObject,
    Server,
    Unsupported,
)
from fileproc.quality.yaml_positions import Located, PathKey, load

OPERATORS = (
    "mustBe",
    "mustNotBe",
    "mustBeGreaterThan",
    "mustBeGreaterOrEqualTo",
    "mustBeLessThan",
    "mustBeLessOrEqualTo",
    "mustBeBetween",
    "mustNotBeBetween",
)

#: Names that the standard used before 3.1.
OLD_METRICS = {"duplicateCount": "duplicateValues", "validValues": "invalidValues"}

SEVERITIES = {"info": Severity.INFO, "warning": Severity.WARN, "error": Severity.FAIL, "critical": Severity.FAIL}

#: customProperties → field of Dialect (Table Dialect words) and what its value must be.
DIALECT_WORDS: dict[str, tuple[str, type]] = {
    "delimiter": ("delimiter", str),
    "quoteChar": ("quote_char", str),
    "doubleQuote": ("double_quote", bool),
    "escapeChar": ("escape_char", str),
    "header": ("header", bool),
    "skipInitialSpace": ("skip_initial_space", bool),
    "commentChar": ("comment_char", str),
    "lineTerminator": ("line_terminator", str),
    "encoding": ("encoding", str),
    "compression": ("compression", str),
    "decimalChar": ("decimal_char", str),
}
POLICY_WORDS = {"extraColumns": "extra_columns", "missingColumns": "missing_columns"}
POLICIES = ("allow", "warn", "fail")

#: Names of one character that people write for what they cannot type.
SPELT = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|", "space": " "}

#: A variable that YAML could not have meant for SQL.
VARIABLE = re.compile(r"\$\{([A-Z][A-Z0-9_]*)(?::-[^}]*)?\}")


def read_file(file: Path) -> Contract:
    """Read one contract.

    Raises:
        ContractError: it cannot be read or is no ODCS 3 contract; says file, line and column.
    """
    try:
        data = file.read_bytes()
    except OSError as error:
        raise ContractError(f"{file}: cannot be read: {error.strerror}") from None
    return read(load(data, str(file)), digest=hashlib.sha256(data).hexdigest())


def read(document: Located, *, digest: str) -> Contract:
    """A located document as a Contract. Raises ContractError."""
    return _Reader(document).contract(digest)


def is_contract(document: Located) -> bool:
    """Whether this YAML wants to be a data contract at all; a folder may hold other YAML, too."""
    return isinstance(document.value, dict) and document.value.get("kind") == "DataContract"


class _Reader:
    """One document being read; `path` is always where in it."""

    def __init__(self, document: Located) -> None:
        self._document = document

    def contract(self, digest: str) -> Contract:
        root = self._document.value
        if not isinstance(root, dict):
            raise self._error((), "a contract is a mapping of keys to values")
        version = str(root.get("apiVersion", ""))
        if root.get("kind") != "DataContract" or not version.startswith(("v3.", "v2.2")):
            raise self._error((), "not an ODCS contract", fix="write kind: DataContract and apiVersion: v3.1.0")
        self._refuse_variables()
        servers = tuple(self._server(item, path) for item, path in self._list(root, ("servers",)))
        schemas = tuple(self._schema(item, path, root) for item, path in self._list(root, ("schema",)))
        unsupported = [
            Unsupported(f"sla.{sla.get('property')}", "SLA property", "freshness and latency are not checked yet")
            for sla, _ in self._list(root, ("slaProperties",))
        ]
        return Contract(
            id=str(root.get("id") or self._document.file),
            name=str(root.get("name") or root.get("id") or self._document.file),
            version=self._document.text(("version",)) or "",
            api_version=version,
            digest=digest,
            file=self._document.file,
            status=None if root.get("status") is None else str(root["status"]),
            servers=servers,
            schemas=schemas,
            unsupported=tuple(unsupported),
        )

    # servers

    def _server(self, item: dict[str, Any], path: PathKey) -> Server:
        location = item.get("location") or item.get("path")
        return Server(
            name=str(item.get("server") or item.get("id") or "server"),
            type=str(item.get("type") or ""),
            location=None if location is None else str(location),
            format=None if item.get("format") is None else str(item["format"]).lower(),
            dialect=self._dialect(item, path, server=True),
            mark=self._document.mark(path),
        )

    def _dialect(self, item: dict[str, Any], path: PathKey, *, server: bool = False) -> Dialect:
        fields: dict[str, Any] = {}
        words = self._words(item, path)
        if server:  # the standard's own keys, which the custom ones may refine
            words = {key: item[key] for key in ("delimiter", "encoding") if item.get(key) is not None} | words
        for word, value in words.items():
            if word == "nullSequence":
                values = value if isinstance(value, list) else [value]
                fields["null_sequence"] = tuple("" if one is None else str(one) for one in values)
            elif word in DIALECT_WORDS:
                name, kind = DIALECT_WORDS[word]
                fields[name] = self._dialect_value(word, value, kind, path)
        if fields.get("delimiter") in ("new_line", "array"):  # the standard's words for JSON
            del fields["delimiter"]
        return Dialect(**fields)

    def _dialect_value(self, word: str, value: Any, kind: type, path: PathKey) -> Any:
        if kind is bool:
            if not isinstance(value, bool):
                raise self._error(path, f"{word} must be true or false, not {value!r}")
            return value
        text = "" if value is None else str(value)
        return SPELT.get(text, text) if word in ("delimiter", "quoteChar", "escapeChar", "commentChar") else text

    def _policies(self, *words: dict[str, Any], path: PathKey) -> Policies:
        """The nearer wins: later arguments are nearer."""
        fields: dict[str, Any] = {}
        for mapping in words:
            for word, name in POLICY_WORDS.items():
                if word in mapping:
                    if mapping[word] not in POLICIES:
                        raise self._error(path, f"{word} must be one of {', '.join(POLICIES)}, not {mapping[word]!r}")
                    fields[name] = mapping[word]
            if "malformedRows" in mapping:
                limit = mapping["malformedRows"]
                if isinstance(limit, bool) or not isinstance(limit, int) or limit < 0:
                    raise self._error(path, f"malformedRows must be a whole number, not {limit!r}")
                fields["malformed_rows"] = limit
        return Policies(**fields)

    def _words(self, item: dict[str, Any], path: PathKey) -> dict[str, Any]:
        """customProperties that are ours: `vendor: fileproc`, or no vendor at all (before 3.2)."""
        words = {}
        for entry, _ in self._list(item, (*path, "customProperties")):
            if entry.get("vendor") in (None, "fileproc"):
                words[str(entry.get("property"))] = entry.get("value")
        return words

    # schema

    def _schema(self, item: dict[str, Any], path: PathKey, root: dict[str, Any]) -> SchemaObject:
        properties = [(prop, at) for prop, at in self._list(item, (*path, "properties"))]
        unsupported = self._unsupported_of(item, path, properties)
        flat = self._dialect(root, ())
        near = self._dialect(item, path)
        return SchemaObject(
            name=self._name(item, path),
            properties=tuple(self._property(prop, at) for prop, at in properties),
            quality=self._rules(item, path, prefix=self._name(item, path)),
            dialect=merge(near, flat),
            policies=self._policies(self._words(root, ()), self._words(item, path), path=path),
            physical_name=None if item.get("physicalName") is None else str(item["physicalName"]),
            unsupported=tuple(unsupported),
            mark=self._document.mark(path),
        )

    def _name(self, item: dict[str, Any], path: PathKey) -> str:
        name = item.get("name")
        if not isinstance(name, str | int) or isinstance(name, bool) or str(name) == "":
            raise self._error(path, "a name is missing", fix="add name:")
        return self._document.text((*path, "name")) or str(name)

    def _unsupported_of(
        self, item: dict[str, Any], path: PathKey, properties: list[tuple[dict[str, Any], PathKey]]
    ) -> list[Unsupported]:
        found = []
        if item.get("logicalType") == "blob":
            found.append(("blob", "object checks (logicalType: blob)", "object checks are not run yet", path))
        if item.get("relationships"):
            found.append(("relationships", "relationships", "references to other files are not checked yet", path))
        for prop, at in properties:
            name = str(prop.get("name"))
            if prop.get("relationships"):
                found.append((f"{name}.relationships", "relationships", "references are not checked yet", at))
            for key in ("properties", "items", "map", "dimensions"):
                if prop.get(key):
                    found.append((f"{name}.{key}", f"nested {key} of {name}", "nested fields are not checked yet", at))
        return [Unsupported(id_, what, reason, self._document.mark(at)) for id_, what, reason, at in found]

    def _property(self, item: dict[str, Any], path: PathKey) -> Property:
        name = self._name(item, path)
        options = item.get("logicalTypeOptions")
        options = dict(options) if isinstance(options, dict) else {}
        enum = self._enum(item.get("enum", options.pop("enum", None)))
        logical = item.get("logicalType")
        return Property(
            name=name,
            logical_type=None if logical is None else str(logical).lower(),
            physical_type=None if item.get("physicalType") is None else str(item["physicalType"]),
            physical_name=None if item.get("physicalName") is None else str(item["physicalName"]),
            required=item.get("required") is True,
            unique=item.get("unique") is True,
            primary_key=item.get("primaryKey") is True,
            primary_key_position=_position(item.get("primaryKeyPosition")),
            classification=None if item.get("classification") is None else str(item["classification"]),
            options=_modern_bounds(options),
            enum=enum,
            quality=self._rules(item, path, prefix=name),
            description=None if item.get("description") is None else str(item["description"]),
            mark=self._document.mark(path),
        )

    @staticmethod
    def _enum(entries: Any) -> tuple[Any, ...]:
        """3.2 writes objects with a value; plain values are what people wrote before."""
        if not isinstance(entries, list):
            return ()
        return tuple(entry["value"] if isinstance(entry, dict) and "value" in entry else entry for entry in entries)

    # rules

    def _rules(self, item: dict[str, Any], path: PathKey, *, prefix: str) -> tuple[QualityRule, ...]:
        rules = []
        for number, (entry, at) in enumerate(self._list(item, (*path, "quality")), 1):
            rules.append(self._rule(entry, at, default_id=f"{prefix}.rule{number}"))
        return tuple(rules)

    def _rule(self, entry: dict[str, Any], path: PathKey, *, default_id: str) -> QualityRule:
        metric = entry.get("metric", entry.get("rule"))
        arguments = dict(entry["arguments"]) if isinstance(entry.get("arguments"), dict) else {}
        for key in ("validValues", "pattern", "missingValues", "properties"):  # where people put them by mistake
            if key in entry and key not in arguments:
                arguments[key] = entry[key]
        severity = entry.get("severity")
        return QualityRule(
            id=str(entry.get("id") or entry.get("name") or default_id),
            type=str(entry.get("type") or "library"),
            severity=SEVERITIES.get(str(severity).lower(), Severity.FAIL) if severity is not None else Severity.FAIL,
            metric=None if metric is None else OLD_METRICS.get(str(metric), str(metric)),
            arguments=arguments,
            operator=self._operator(entry),
            unit=str(entry.get("unit") or "rows"),
            dimension=None if entry.get("dimension") is None else str(entry["dimension"]),
            query=None if entry.get("query") is None else str(entry["query"]),
            engine=None if entry.get("engine") is None else str(entry["engine"]),
            implementation=entry.get("implementation"),
            description=None if entry.get("description") is None else str(entry["description"]),
            mark=self._document.mark(path),
        )

    @staticmethod
    def _operator(entry: dict[str, Any]) -> Operator | None:
        """Exactly one is the rule; of several the first in the standard's order counts, and the lint complains."""
        for name in OPERATORS:
            if name in entry:
                return Operator(name, entry[name])
        return None

    # helpers

    def _list(self, item: Any, path: PathKey) -> list[tuple[dict[str, Any], PathKey]]:
        """The mappings in `item[path[-1]]` with their paths; anything else there is refused."""
        entries = item.get(path[-1]) if isinstance(item, dict) else None
        if entries is None:
            return []
        if not isinstance(entries, list):
            raise self._error(path, f"{path[-1]} must be a list", fix="begin each entry with a dash")
        found = []
        for index, entry in enumerate(entries):
            if not isinstance(entry, dict):
                raise self._error((*path, index), f"an entry of {path[-1]} must be a mapping")
            found.append((entry, (*path, index)))
        return found

    def _refuse_variables(self) -> None:
        """A variable that nobody resolves must not end up as a location or a bound."""
        for path, text in self._document.texts.items():
            match = VARIABLE.search(text)
            if match and "query" not in path:
                fix = "write the value; variables are resolved only from an allow-list, and none is configured"
                raise self._error(path, f"the variable ${{{match[1]}}} is not resolved", fix=fix)

    def _error(self, path: PathKey, message: str, *, fix: str | None = None) -> ContractError:
        return ContractError(f"{self._document.mark(path)}: {message}", fix=fix)


def merge(nearer: Dialect, farther: Dialect) -> Dialect:
    """What the nearer one does not say, the farther one does."""
    fields = {}
    for name in Dialect.__dataclass_fields__:
        value = getattr(nearer, name)
        fields[name] = getattr(farther, name) if value is None or value == () else value
    return Dialect(**fields)


def _modern_bounds(options: dict[str, Any]) -> dict[str, Any]:
    """3.0 wrote `minimum: 0, exclusiveMinimum: true`; since 3.1 the exclusive bound is the value itself."""
    for exclusive, inclusive in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        flag = options.get(exclusive)
        if isinstance(flag, bool):
            del options[exclusive]
            if flag and inclusive in options:
                options[exclusive] = options.pop(inclusive)
    return options


def _position(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else -1
