"""The object itself: name, size, age, content type … held against a schema object with `logicalType: blob`.

What is known of an object is one row of a table whose columns are the properties that the standard names (RFC 0052), so
every rule that there is for columns is there for objects, too. Nothing of the content is needed for it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace

import duckdb

from fileproc.domain.reports import CheckResult, ReadInfo, Result, Severity
from fileproc.quality import sql
from fileproc.quality.contracts.contract import Match, SchemaObject
from fileproc.quality.reading.source import Column, Source

#: Properties of an object, by the standard's names.
KNOWN = (
    "name", "prefix", "size", "contentType", "lastModified", "createdOn", "etag", "contentMD5", "contentEncoding",
    "tier", "metadata",
)  # fmt: skip


def blobs_of(match: Match) -> list[SchemaObject]:
    """The schema objects about the object itself: the one that was chosen, or all that stand beside a table."""
    if match.schema.blob:
        return [match.schema]
    return [schema for schema in match.contract.schemas if schema.blob]


def object_facts(address: str, size: int | None, more: Mapping[str, str]) -> dict[str, str]:
    """What is known: the name is the last part of the address, the prefix everything before it in the bucket."""
    key = address.split("/", 3)[-1] if "://" in address else address
    prefix, _, name = key.rpartition("/")
    facts = {"name": name, "prefix": f"{prefix}/" if prefix else ""}
    if size is not None:
        facts["size"] = str(size)
    return facts | {fact: value for fact, value in more.items() if fact in KNOWN and value}


def metadata_text(metadata: Mapping[str, str]) -> str:
    """User metadata as the JSON object that `metadata` with properties of its own is checked as."""
    return json.dumps(dict(metadata), ensure_ascii=False)


def object_source(connection: duckdb.DuckDBPyConnection, facts: Mapping[str, str]) -> Source:
    """One row of text cells."""
    columns = [Column(number, fact) for number, fact in enumerate(facts)]
    cells = ", ".join(f"{sql.text(facts[column.name])} AS {column.cell}" for column in columns)
    source = Source("csv", connection, f"SELECT {cells}", columns, ReadInfo())
    source.lines_of = lambda _records: {}
    return source


def known_part(match: Match, schema: SchemaObject, facts: Mapping[str, str]) -> Match:
    """The promise without properties that nobody knows of this object, and without a word on other columns."""
    properties = tuple(prop for prop in schema.properties if prop.column in facts)
    policies = replace(match.policies, extra_columns="allow", missing_columns="allow")
    return replace(match, schema=replace(schema, properties=properties), policies=policies)


def unknown_part(schema: SchemaObject, facts: Mapping[str, str]) -> Iterator[CheckResult]:
    """Those properties, as skipped."""
    for prop in schema.properties:
        if prop.column not in facts:
            reason = "is not known of this file" if prop.column in KNOWN else "is no property of an object"
            yield CheckResult(
                f"{schema.name}.{prop.name}", "object", prop.column, None, Severity.INFO, Result.SKIPPED,
                reason=f"{prop.column!r} {reason}",
            )  # fmt: skip


def as_object(check: CheckResult) -> CheckResult:
    """A result about the object, not about a column."""
    return replace(check, type="object")
