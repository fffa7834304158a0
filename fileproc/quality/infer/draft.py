"""The draft: a whole contract as values with comments, and as the YAML that people go on with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from fileproc.quality.contracts.contract import Dialect
from fileproc.quality.contracts.yaml_writer import Noted, dump
from fileproc.quality.finding import plural
from fileproc.quality.infer.choose import choose, disagreement
from fileproc.quality.infer.evidence import Evidence
from fileproc.quality.infer.identity import KeyRole
from fileproc.quality.infer.naming import slug
from fileproc.quality.infer.offers import Offers
from fileproc.quality.infer.rules import can_be_named, properties_of
from fileproc.quality.infer.survey import Survey
from fileproc.quality.infer.thresholds import COUNTED_FILES

#: Values with `vendor` and lists of categories are of this version.
API_VERSION = "v3.2.0"

HEAD = (
    "Drafted from {files}, {rows}. Each rule says what it rests on; each of the files keeps all of them.",
    "A rule that is a comment held as well, perhaps by luck: take its # away where you know that it is meant.",
)


@dataclass(frozen=True, slots=True)
class Names:
    """How the contract is called, and where its files lie."""

    id: str
    name: str
    location: str


@dataclass(slots=True)
class Draft:
    """The text, what it claims and offers, and what people should know besides."""

    text: str
    columns: int
    rules: int
    offered: int
    remarks: list[str] = field(default_factory=list)


def draft(
    found: Survey,
    columns: Sequence[Evidence],
    roles: dict[str, KeyRole],
    names: Names,
    decimal: str | None,
    *,
    strict: bool,
) -> Draft:
    """The contract for what was measured."""
    offers = Offers(strict=strict)
    remarks = _remarks(columns, decimal)
    properties = properties_of(columns, offers, decimal, roles)
    schema: dict[str, Any] = {"name": slug(names.name, "_") or "rows", "properties": properties}
    quality = _row_counts(schema["name"], found, offers)
    if quality:
        schema["quality"] = quality
    document = {
        "apiVersion": API_VERSION,
        "kind": "DataContract",
        "id": names.id,
        "name": names.name,
        "version": "0.1.0",
        "status": "draft",
        "servers": [_server(found, columns, names, decimal)],
        "schema": [schema],
    }
    facts = {"files": plural(len(found.rows), "file"), "rows": plural(sum(found.rows.values()), "row")}
    head = [line.format(**facts) for line in HEAD]
    return Draft(dump(document, head), len(properties), offers.rules, offers.offered, remarks)


def _server(found: Survey, columns: Sequence[Evidence], names: Names, decimal: str | None) -> dict[str, Any]:
    local = "://" not in names.location
    server: dict[str, Any] = {"server": "drop", "type": "local" if local else "s3"}
    server["path" if local else "location"] = names.location
    server["format"] = found.format
    words = [*_dialect(found, decimal), *_policies(columns)]
    if words:
        server["customProperties"] = [{"property": word, "value": value, "vendor": "fileproc"} for word, value in words]
    return server


def _dialect(found: Survey, decimal: str | None) -> list[tuple[str, Any]]:
    """How the files are written, as far as it is not what is taken for granted."""
    dialect: Dialect = found.dialect
    files = plural(len(found.rows), "file")
    words: list[tuple[str, Any]] = []
    if dialect.delimiter:
        words.append(("delimiter", Noted(dialect.delimiter, f"the header of {files}")))
    if dialect.encoding:
        words.append(("encoding", Noted(dialect.encoding, files)))
    if dialect.null_sequence:
        words.append(("nullSequence", Noted([*dialect.null_sequence], "", tuple(_null_words(found)))))
    if dialect.sheet:
        words.append(("sheet", dialect.sheet))
    if decimal:
        words.append(("decimalChar", Noted(decimal, "numbers of every column")))
    return words


def _null_words(found: Survey) -> list[str]:
    """Where a word means no value; it does so in every column."""
    told = []
    for word, columns in sorted(found.words.items()):
        places = ", ".join(f"{count:,} in {name[:60]}" for name, count in [*columns.items()][:3])
        more = f" and {len(columns) - 3} more columns" if len(columns) > 3 else ""
        told.append(f"{word} stands where all other values have a type: {places}{more}")
    return told


def _policies(columns: Sequence[Evidence]) -> list[tuple[str, Any]]:
    words: list[tuple[str, Any]] = []
    rare = [one for one in columns if not one.everywhere]
    if rare:
        told = ", ".join(f"{one.name[:60]} ({len(one.facts)} of {one.files})" for one in rare[:5])
        words.append(("missingColumns", Noted("allow", "", (f"not in every file: {told}",))))
    unnamed = _unnamed(columns)
    if unnamed:
        words.append(("extraColumns", Noted("allow", "", (f"columns that a contract cannot name: {unnamed[:5]}",))))
    return words


def _unnamed(columns: Sequence[Evidence]) -> list[str]:
    """Columns and fields, however deep, that cannot stand in a contract."""
    found = []
    for one in columns:
        found += [] if can_be_named(one.name) else [one.name]
        found += _unnamed(one.fields)
        found += _unnamed([one.items]) if one.items is not None else []
    return found


def _row_counts(name: str, found: Survey, offers: Offers) -> list[Any]:
    """Some rows; bounds are offered where there are several files, at half and at twice."""
    fewest, most = min(found.rows.values()), max(found.rows.values())
    files = plural(len(found.rows), "file")
    rules: list[Any] = []
    if fewest > 0:
        why = f"{files} of {fewest:,} to {most:,} rows" if len(found.rows) > 1 else plural(fewest, "row")
        rules.append({"id": f"{name}_rows", "metric": "rowCount", "mustBeGreaterThan": offers.rule(0, why)})
    if len(found.rows) >= COUNTED_FILES and fewest > 1:
        least = {"id": f"{name}_least", "metric": "rowCount", "mustBeGreaterOrEqualTo": fewest // 2}
        rules.append(offers.offer(least, f"half of the fewest of {files}"))
        highest = {"id": f"{name}_most", "metric": "rowCount", "mustBeLessOrEqualTo": most * 2}
        rules.append(offers.offer(highest, f"twice the most of {files}"))
    return rules


def _remarks(columns: Sequence[Evidence], decimal: str | None) -> list[str]:
    """Files that disagree, and columns that could not be told."""
    told = []
    for one in columns:
        if not one.everywhere:
            told.append(f"{one.name}: only in {', '.join([*one.facts][:5])}")
        told += [f"{one.name}: {note}" for note in disagreement(one, choose(one, decimal).candidate)]
    told += [f"{name!r}: left out, because a contract cannot name it; others are allowed" for name in _unnamed(columns)]
    return told
