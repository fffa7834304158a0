"""Checks in Soda's language → quality rules; what has no equal here is told as lost.

    row_count > 0                        missing_count(customer_id) = 0
    duplicate_count(a, b) = 0            invalid_percent(status) < 5:
    max(amount) <= 1000                    valid values: [new, paid]
    freshness(created_at) < 1d           failed rows: {fail condition: total < 0}

Contracts also carry such a check in pieces: `{type: missing_percent, column: x, must_be_less_than: 1}`.
"""

from __future__ import annotations

import re
from typing import Any

from fileproc.quality import sql
from fileproc.quality.contracts.import_durations import duration_of
from fileproc.quality.contracts.import_options import number_of, one_each
from fileproc.quality.contracts.import_source import Part
from fileproc.quality.contracts.lint_finding import UnreadableContract
from fileproc.quality.contracts.yaml_positions import load
from fileproc.quality.contracts.yaml_writer import Noted
from fileproc.quality.patterns import refusal

CHECK = re.compile(
    r"\s*(?P<metric>[a-z_]{2,40})\s*(?:\(\s*(?P<columns>[^()]{1,500})\s*\))?\s*"
    r"(?:(?P<operator>!=|<>|<=|>=|=|<|>)\s*(?P<value>[^\s:]{1,40})"
    r"|(?P<outside>not\s+)?between\s+\(?(?P<low>[0-9.+-]{1,30})%?\s+and\s+(?P<high>[0-9.+-]{1,30})%?\)?)\s*",
    re.IGNORECASE,
)
REFERENCE = re.compile(
    r"\s*values\s+in\s+\(?(?P<own>[^()]{1,300}?)\)?\s+must\s+exist\s+in\s+(?P<other>[^\s()]{1,100})\s+"
    r"\(?(?P<theirs>[^()]{1,300}?)\)?\s*",
    re.IGNORECASE,
)
CHECKS_FOR = re.compile(r"checks\s+for\s+(\S{1,200})", re.IGNORECASE)

OPERATORS = {
    "=": "mustBe", "!=": "mustNotBe", "<>": "mustNotBe", ">": "mustBeGreaterThan", ">=": "mustBeGreaterOrEqualTo",
    "<": "mustBeLessThan", "<=": "mustBeLessOrEqualTo",
}  # fmt: skip

#: The same in pieces.
PIECES = {
    "must_be": "mustBe", "must_not_be": "mustNotBe", "must_be_greater_than": "mustBeGreaterThan",
    "must_be_greater_than_or_equal_to": "mustBeGreaterOrEqualTo", "must_be_less_than": "mustBeLessThan",
    "must_be_less_than_or_equal_to": "mustBeLessOrEqualTo", "must_be_between": "mustBeBetween",
    "must_be_not_between": "mustNotBeBetween", "must_not_be_between": "mustNotBeBetween",
}  # fmt: skip

#: Soda's metric → ours, and its unit.
COUNTS = {
    "row_count": ("rowCount", None), "missing_count": ("missingValues", None),
    "missing_percent": ("missingValues", "percent"), "duplicate_count": ("duplicateValues", None),
    "duplicate_percent": ("duplicateValues", "percent"), "invalid_count": ("invalidValues", None),
    "invalid_percent": ("invalidValues", "percent"),
}  # fmt: skip

#: Soda's aggregate → the engine's expression.
AGGREGATES = {
    "min": "min({})", "max": "max({})", "avg": "avg({})", "sum": "sum({})", "stddev": "stddev_samp({})",
    "variance": "var_samp({})", "min_length": "min(length({}))", "max_length": "max(length({}))",
    "avg_length": "avg(length({}))", "distinct_count": "count(DISTINCT {})",
}  # fmt: skip


class NoEqual(Exception):
    """There is no rule here that says the same; the message says why."""


#: Where a rule belongs: the column, or None for the table; and the rule.
Placed = tuple[str | None, dict[str, Any]]


def old_quality(document: Part, tables: dict[str, dict[str, Any]]) -> list[Noted]:
    """The document's own `quality`, as it was before 1.1: rules go to their models, freshness is given back."""
    quality = document.part("quality")
    if quality is None:
        return []
    kind = (quality.text("type") or "").lower()
    written = quality.take("specification")
    if kind != "sodacl" or written is None:
        document.losses.add(quality.where(), f"checks of {kind or 'no type'} are for another engine")
        return []
    found: list[Noted] = []
    for key, checks in _specification(quality, written).items():
        where = f"{quality.where('specification')}.{key}"
        name = CHECKS_FOR.fullmatch(key.strip())
        if name is None or name[1] not in tables or not isinstance(checks, list):
            document.losses.add(where, "checks stand below `checks for MODEL`", checks)
            continue
        for number, check in enumerate(checks):
            found += _placed(quality, f"{where}[{number}]", check, tables[name[1]])
    return found


def _specification(quality: Part, written: Any) -> dict[str, Any]:
    """A mapping, or YAML in a text; hostile like everything else."""
    if isinstance(written, str):
        try:
            written = load(written.encode(), quality.losses.file).value
        except UnreadableContract as error:
            quality.lose("specification", f"it is not YAML: {error.finding.message}")
            return {}
    if not isinstance(written, dict):
        quality.lose("specification", "`checks for MODEL:` with a list of checks is expected here")
        return {}
    return written


def _placed(quality: Part, where: str, check: Any, table: dict[str, Any]) -> list[Noted]:
    """One check put into its table; the service levels that it is."""
    by_name = {one.value["name"]: one.value for one in table["properties"]}
    try:
        if (level := _freshness(check, table["name"], by_name)) is not None:
            return [Noted(level, source=where)]
        if (relation := _relation(check, table["name"], by_name)) is not None:
            table.setdefault("relationships", []).append(Noted(relation, source=where))
            return []
        for column, rule in _read(check, set(by_name)):
            holder = table if column is None else by_name[column]
            holder.setdefault("quality", []).append(Noted(rule, source=where))
    except NoEqual as error:
        quality.losses.add(where, str(error), check)
    return []


def soda_rules(rule: Part, key: str, written: Any, common: dict[str, Any], level: str) -> list[dict[str, Any]]:
    """Rules of a check that stands at its model or field, as a line or in pieces."""
    column = rule.path.rsplit("fields.", 1)[-1].split(".quality")[0] if level == "property" else None
    checks = written if isinstance(written, list) else [written]
    found = []
    for check in checks:
        try:
            for of, made in _read(check, None, column):
                if of is None and level == "property":
                    raise NoEqual("a check of the whole model stands at a field")
                if of is not None and level == "object":
                    made = _as_query(of, made)
                found.append({**common, **made} if "type" not in made else {"type": made["type"], **common, **made})
        except NoEqual as error:
            rule.losses.add(rule.where(key), str(error), check)
    return found


def _read(check: Any, columns: set[str] | None, own: str | None = None) -> list[Placed]:
    """The rules that a check is. `columns` are those that there are, None where nobody knows them."""
    more: Any = None
    if isinstance(check, dict) and "type" in check:
        return _pieces(check, columns, own)
    if isinstance(check, dict) and len(check) == 1:
        ((check, more),) = check.items()
    if not isinstance(check, str):
        raise NoEqual("a check is a line such as row_count > 0")
    if check.strip().lower() == "failed rows":
        return [(None, _failed_rows(more))]
    found = CHECK.fullmatch(check)
    if found is None:
        raise NoEqual("there is no rule here that says the same")
    names = [one.strip().strip('"') for one in (found["columns"] or own or "").split(",") if one.strip()]
    return _rule(found["metric"].lower(), names, _operator(found), _arguments(more), columns)


def _operator(found: re.Match[str]) -> dict[str, Any]:
    if found["operator"] is None:
        low, high = number_of(found["low"]), number_of(found["high"])
        if low is None or high is None:
            raise NoEqual("bounds are numbers")
        return {"mustNotBeBetween" if found["outside"] else "mustBeBetween": [low, high]}
    value = number_of(found["value"].rstrip("%"))
    if value is None:
        raise NoEqual("a threshold is a number")
    return {OPERATORS[found["operator"]]: value}


def _pieces(check: dict[str, Any], columns: set[str] | None, own: str | None) -> list[Placed]:
    operators = {PIECES[key]: value for key, value in check.items() if key in PIECES}
    if len(operators) != 1:
        raise NoEqual("a check has one threshold such as must_be_less_than")
    given = check.get("columns", check.get("column", own))
    names = [str(one) for one in (given if isinstance(given, list) else [given]) if one is not None]
    known = {"type", "columns", "column", "name", *PIECES}
    arguments = _arguments({key.replace("_", " "): one for key, one in check.items() if key not in known})
    return _rule(str(check["type"]).lower(), names, operators, arguments, columns)


def _rule(
    metric: str, names: list[str], operator: dict[str, Any], arguments: dict[str, Any], columns: set[str] | None
) -> list[Placed]:
    unknown = [name for name in names if columns is not None and name not in columns]
    if unknown:
        raise NoEqual(f"there is no field {unknown[0][:60]!r}")
    if metric in AGGREGATES and len(names) == 1 and not arguments:
        query = f"SELECT {AGGREGATES[metric].format(sql.name(names[0]))} FROM {{object}}"
        return [(None, {"type": "sql", "query": query} | one) for one in one_each(operator)]
    if metric not in COUNTS:
        raise NoEqual("there is no such metric here")
    ours, unit = COUNTS[metric]
    if ours == "missingValues" and not arguments:
        ours = "nullValues"
    made: dict[str, Any] = {"metric": ours}
    if unit is not None:
        made["unit"] = unit
    of: str | None = names[0] if names else None
    if metric == "row_count":
        if names or arguments:
            raise NoEqual("a row count is of the whole model")
        of = None
    elif not names:
        raise NoEqual("it names no field")
    elif len(names) > 1 and ours != "duplicateValues":
        raise NoEqual("it is of one field")
    elif len(names) > 1:
        arguments, of = {"properties": names}, None
    if ours == "invalidValues" and not arguments:
        raise NoEqual("it does not say which values are valid")
    made |= {"arguments": arguments} if arguments else {}
    return [(of, made | one) for one in one_each(operator)]


def _arguments(more: Any) -> dict[str, Any]:
    """What a check says below its line."""
    found: dict[str, Any] = {}
    for key, value in (more if isinstance(more, dict) else {}).items():
        if key in ("name", "title", "identity"):
            continue
        if key == "valid values" and isinstance(value, list):
            found["validValues"] = value
        elif key == "valid regex" and isinstance(value, str) and refusal(value) is None:
            found["pattern"] = f"^(?:{value})$"
        elif key == "missing values" and isinstance(value, list):
            found["missingValues"] = [None, *value]
        else:
            raise NoEqual(f"{str(key)[:40]!r} has no equal here")
    return found


def _failed_rows(more: Any) -> dict[str, Any]:
    """Rows that must not be, as a condition or as a query."""
    written = more if isinstance(more, dict) else {}
    condition, query = written.get("fail condition"), written.get("fail query")
    if isinstance(condition, str) and condition.strip():
        return {"type": "sql", "query": f"SELECT count(*) FROM {{object}} WHERE {condition.strip()}", "mustBe": 0}
    if isinstance(query, str) and query.strip():
        inner = query.strip().rstrip(";")
        return {"type": "sql", "query": f"SELECT count(*) FROM ({inner}) AS failed_rows", "mustBe": 0}
    raise NoEqual("failed rows need a fail condition or a fail query")


def _freshness(check: Any, table: str, by_name: dict[str, Any]) -> dict[str, Any] | None:
    found = re.fullmatch(r"\s*freshness\s*\(([^()]{1,200})\)\s*<=?\s*(\S{1,40})\s*", check) if _is_text(check) else None
    if found is None:
        return None
    column, length = found[1].strip(), duration_of(found[2])
    if column not in by_name or length is None:
        raise NoEqual("freshness is of a field, with a threshold such as 24h")
    return {"property": "freshness", "value": length[0], "unit": length[1], "element": f"{table}.{column}"}


def _relation(check: Any, table: str, by_name: dict[str, Any]) -> dict[str, Any] | None:
    found = REFERENCE.fullmatch(check) if _is_text(check) else None
    if found is None:
        return None
    own, theirs = ([one.strip() for one in found[key].split(",")] for key in ("own", "theirs"))
    if len(own) != len(theirs) or any(one not in by_name for one in own):
        raise NoEqual("as many fields here as there")
    ends = [f"{table}.{one}" for one in own], [f"{found['other']}.{one}" for one in theirs]
    one = len(own) == 1
    return {"type": "foreignKey", "from": ends[0][0] if one else ends[0], "to": ends[1][0] if one else ends[1]}


def _is_text(check: Any) -> bool:
    return isinstance(check, str)


def _as_query(column: str, made: dict[str, Any]) -> dict[str, Any]:
    """A metric of one column that stands at the model."""
    if made["metric"] == "duplicateValues":
        return made | {"arguments": {"properties": [column]}}
    raise NoEqual(f"move the check to the field {column[:60]!r}")
