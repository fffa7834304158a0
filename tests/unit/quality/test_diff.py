"""Two versions of a contract: every difference is told, to the side that it breaks, with its place in both files."""

from __future__ import annotations

from collections import Counter
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fileproc.domain.reports import Severity
from fileproc.quality.checks.words import holds
from fileproc.quality.contracts.contract import (
    Contract,
    Dialect,
    Layout,
    Operator,
    Policies,
    Property,
    QualityRule,
    Relationship,
    SchemaObject,
    Server,
    ServiceLevel,
    Unsupported,
)
from fileproc.quality.contracts.diff import Diff, compare, placed
from fileproc.quality.contracts.diff_change import Kind
from fileproc.quality.contracts.diff_sets import Measure, direction
from fileproc.quality.contracts.odcs import read
from fileproc.quality.contracts.odcs_words import OPERATORS
from fileproc.quality.contracts.yaml_positions import load

HEAD = "apiVersion: v3.1.0\nkind: DataContract\nid: x\nversion: {version}\nstatus: active\n"
SERVER = "servers: [{{server: s, type: s3, location: 's3://b/*.csv', format: csv{more}}}]\n"


def diff(old: str, new: str, versions: tuple[str, str] = ("1.2.3", "1.2.3")) -> Diff:
    """The difference of two contracts, given what stands below their heads."""
    documents = [
        load((HEAD.format(version=version) + text).encode(), name)
        for text, name, version in zip((old, new), ("old.yaml", "new.yaml"), versions, strict=True)
    ]
    first, second = (read(document, digest=str(number)) for number, document in enumerate(documents))
    return placed(compare(first, second), *documents)


def columns(*items: str) -> str:
    """A schema object with these properties, each in YAML's flow form."""
    return "schema:\n- name: t\n  properties:\n" + "".join(f"  - {{{item}}}\n" for item in items)


def told(found: Diff) -> set[tuple[str, str, tuple[str, ...]]]:
    return {(change.kind.value, change.what, change.breaks) for change in found.changes}


def one_column(old: str, new: str) -> set[tuple[str, str, tuple[str, ...]]]:
    """The same for one property `a`."""
    return {
        (kind, what.removeprefix("t.a: "), breaks)
        for kind, what, breaks in told(diff(columns(f"name: a, {old}"), columns(f"name: a, {new}")))
    }


SENDERS, READERS, BOTH, NOBODY = ("senders",), ("readers",), ("senders", "readers"), ()


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("required: false", "required: true", ("tightened", "required", SENDERS)),
        ("required: true", "", ("loosened", "required", READERS)),
        ("unique: false", "unique: true", ("tightened", "unique", SENDERS)),
        ("logicalType: integer", "logicalType: number", ("loosened", "logicalType", READERS)),
        ("logicalType: string", "logicalType: date", ("tightened", "logicalType", SENDERS)),
        ("logicalType: date", "logicalType: integer", ("changed", "logicalType", BOTH)),
        ("", "logicalType: integer", ("tightened", "logicalType", SENDERS)),
        ("classification: public", "classification: secret", ("changed", "classification", NOBODY)),
        ("description: a", "description: b", ("changed", "description", NOBODY)),
        ("physicalType: int", "physicalType: bigint", ("changed", "physicalType", NOBODY)),
    ],
)
def test_what_is_agreed_on_a_column(old: str, new: str, expected: tuple[str, str, tuple[str, ...]]) -> None:
    """Stricter breaks senders, laxer breaks readers, another meaning breaks both."""
    assert {expected} == one_column(old, new)


@pytest.mark.parametrize(
    ("type_", "old", "new", "kind"),
    [
        ("integer", "minimum: 0", "minimum: 5", "tightened"),
        ("integer", "", "minimum: 5", "tightened"),
        ("integer", "minimum: 0", "exclusiveMinimum: 0", "tightened"),
        ("integer", "minimum: 5", "exclusiveMinimum: 0", "loosened"),
        ("number", "maximum: 9", "maximum: 10.5", "loosened"),
        ("number", "maximum: 9", "exclusiveMaximum: 9", "tightened"),
        ("date", "minimum: '2020-01-01'", "minimum: '2019-12-31'", "loosened"),
        ("timestamp", "maximum: '2020-01-01T00:00:00Z'", "maximum: '2020-01-01T00:00:00+01:00'", "tightened"),
        ("time", "minimum: '08:00'", "minimum: '09:00'", "tightened"),
        ("string", "minLength: 2", "minLength: 1", "loosened"),
        ("string", "maxLength: 9", "maxLength: 3", "tightened"),
        ("string", "", "pattern: a", "tightened"),
        ("string", "pattern: a", "pattern: b", "changed"),
        ("string", "format: email", "", "loosened"),
        ("date", "", "format: dd.MM.yyyy", "changed"),
        ("integer", "format: i32", "format: i64", "loosened"),
        ("integer", "format: i32", "format: u32", "changed"),
        ("number", "multipleOf: 0.5", "multipleOf: 1.5", "tightened"),
        ("number", "multipleOf: 0.1", "multipleOf: 0.01", "loosened"),
        ("integer", "multipleOf: 2", "multipleOf: 3", "changed"),
        ("timestamp", "", "timezone: true", "tightened"),
        ("timestamp", "", "defaultTimezone: Europe/Berlin", "changed"),
        ("array", "minItems: 1", "", "loosened"),
        ("array", "maxItems: 5", "maxItems: 4", "tightened"),
        ("array", "", "uniqueItems: true", "tightened"),
        ("object", "maxProperties: 5", "", "loosened"),
        ("object", "required: [p]", "required: [p, q]", "tightened"),
        ("vector", "dimensions: 3", "dimensions: 4", "changed"),
        ("string", "", "someday: 1", "tightened"),
    ],
)
def test_every_option_has_a_direction(type_: str, old: str, new: str, kind: str) -> None:
    """Each key of logicalTypeOptions, also those of a later standard, goes one way or is called changed."""
    form = f"logicalType: {type_}, logicalTypeOptions: {{{{{{}}}}}}".format
    expected = {"tightened": SENDERS, "loosened": READERS, "changed": BOTH}[kind]

    assert [(kind, expected)] == [(one, breaks) for one, _, breaks in one_column(form(old), form(new))]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("{timezone: false}", "{}"),
        ("{minLength: 0}", "{}"),
        ("{defaultTimezone: UTC}", "{}"),
        ("{minimum: 1, exclusiveMinimum: 1}", "{exclusiveMinimum: 1}"),
        ("{minimum: 1}", "{minimum: 1.0}"),
    ],
)
def test_options_that_ask_for_nothing_are_no_difference(old: str, new: str) -> None:
    """Writing down a default, or the same bound in other words, worries nobody."""
    assert set() == {one for one in one_column(f"logicalTypeOptions: {old}", f"logicalTypeOptions: {new}") if one[2]}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("[a, b]", "[a, c]", {("tightened", "enum values", SENDERS), ("loosened", "enum values", READERS)}),
        ("[]", "[a]", {("tightened", "enum", SENDERS)}),
        ("[a]", "[]", {("loosened", "enum", READERS)}),
        ("[a, b]", "[b, a]", set()),
    ],
)
def test_enum(old: str, new: str, expected: set[Any]) -> None:
    """A value that is dropped breaks senders, one that is added may surprise readers, their order nobody."""
    assert expected == one_column(f"enum: {old}", f"enum: {new}")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (["name: a"], ["name: a", "name: b"], ("added", "t.b", NOBODY)),
        (["name: a"], ["name: a", "name: b, required: true"], ("added", "t.b", SENDERS)),
        (["name: a", "name: b"], ["name: a"], ("removed", "t.b", READERS)),
        (["name: a", "name: b"], ["name: b", "name: a"], ("changed", "t: order of columns", NOBODY)),
        (["name: a", "name: b"], ["name: a", "name: c"], ("changed", "t.c: name", BOTH)),
        (["name: a"], ["name: z, physicalName: a"], ("changed", "t.z: name", NOBODY)),
        (["name: a"], ["name: a, physicalName: z"], ("changed", "t.a: name", BOTH)),
        (["name: a, primaryKey: true, required: true"], ["name: a, required: true"],
         ("loosened", "t: primaryKey", READERS)),
        (["name: a, unique: true, required: true"], ["name: a, unique: true, required: true, primaryKey: true"],
         ("tightened", "t: primaryKey", NOBODY)),
    ],
)  # fmt: skip
def test_columns_come_go_and_move(old: list[str], new: list[str], expected: tuple[str, str, tuple[str, ...]]) -> None:
    """Added, removed, renamed and moved columns, and the key that they make together."""
    assert {expected} == told(diff(columns(*old), columns(*new)))


def test_a_smaller_key_is_the_stricter_one() -> None:
    """What is unique by one column is unique by two, never the other way round."""
    two, one = (
        columns("name: a, primaryKey: true", f"name: b, required: true{more}") for more in (", primaryKey: true", "")
    )

    assert {("tightened", "t: primaryKey", SENDERS)} == told(diff(two, one))


def test_without_a_header_the_order_is_the_meaning() -> None:
    """Where a column is only a place, a column that moves or comes breaks both sides."""
    plain = SERVER.format(more=", customProperties: [{property: header, value: false}]")
    moved = diff(plain + columns("name: a", "name: b"), plain + columns("name: b", "name: a"))
    come = diff(plain + columns("name: a"), plain + columns("name: a", "name: b"))

    assert {("changed", "t: order of columns", BOTH), ("added", "t.b", SENDERS)} == told(moved) | told(come)


def test_policies_decide_whether_a_column_counts() -> None:
    """Where missing columns fail, no column is optional; where extra ones fail, a dropped column fails files."""

    def form(word: str) -> str:
        return SERVER.format(more=f", customProperties: [{{property: {word}, value: fail}}]")

    come = diff(form("missingColumns") + columns("name: a"), form("missingColumns") + columns("name: a", "name: b"))
    gone = diff(form("extraColumns") + columns("name: a", "name: b"), form("extraColumns") + columns("name: a"))

    assert {("added", "t.b", SENDERS), ("removed", "t.b", BOTH)} == told(come) | told(gone)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("mustBe: 0", "mustBeLessThan: 5", {("loosened", "threshold", READERS)}),
        ("mustBeLessThan: 1", "mustBe: 0", {("changed", "threshold", NOBODY)}),
        ("mustBe: 0", "mustBe: 0, unit: percent", {("changed", "threshold", NOBODY)}),
        ("mustBeLessThan: 5", "mustBeLessThan: 5, unit: percent", {("changed", "threshold", BOTH)}),
        ("mustBe: 0, severity: warning", "mustBe: 0", {("tightened", "severity", SENDERS)}),
        ("mustBe: 0", "mustBe: 0, severity: info", {("loosened", "severity", READERS)}),
        ("mustBe: 0, severity: info", "mustBe: 0, severity: warning", {("tightened", "severity", NOBODY)}),
        ("mustBeLessThan: 9, severity: warning", "mustBe: 0, severity: warning", {("tightened", "threshold", NOBODY)}),
        ("", "mustBe: 0", {("tightened", "threshold", SENDERS)}),
        ("mustBe: 0, description: b", "mustBe: 0, description: c", {("changed", "description", NOBODY)}),
    ],
)
def test_a_rule_and_its_threshold(old: str, new: str, expected: set[Any]) -> None:
    """Operators are compared by what they let through, and only what can fail a file breaks anybody."""
    form = "quality: [{{id: r, metric: nullValues, {}}}]".format

    assert expected == {(kind, what.removeprefix("r: "), who) for kind, what, who in one_column(form(old), form(new))}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("metric: invalidValues, arguments: {validValues: [a, b]}",
         "metric: invalidValues, arguments: {validValues: [a]}",
         {("tightened", "validValues values", SENDERS)}),
        ("metric: invalidValues, arguments: {pattern: a}",
         "metric: invalidValues, arguments: {pattern: a, validValues: [a]}",
         {("tightened", "validValues", SENDERS)}),
        ("metric: missingValues", "metric: missingValues, arguments: {missingValues: [null, n/a]}",
         {("tightened", "missingValues", SENDERS)}),
        ("metric: missingValues", "metric: missingValues, arguments: {missingValues: [null]}", set()),
        ("metric: duplicateValues, arguments: {properties: [a]}",
         "metric: duplicateValues, arguments: {properties: [a, b]}",
         {("loosened", "properties", READERS)}),
        ("metric: duplicateValues", "metric: duplicateValues, arguments: {properties: [a, b]}",
         {("tightened", "properties", SENDERS)}),
        ("type: sql, query: SELECT 1", "type: sql, query: SELECT 2", {("changed", "query", BOTH)}),
    ],
)  # fmt: skip
def test_what_a_rule_counts(old: str, new: str, expected: set[Any]) -> None:
    """More that is counted as bad is stricter; a query that is another one may be either."""
    form = "schema: [{{name: t, quality: [{{id: r, mustBe: 0, {}}}]}}]".format

    assert expected == {
        (kind, what.removeprefix("t: r: "), who) for kind, what, who in told(diff(form(old), form(new)))
    }


def test_rules_without_ids_are_known_by_what_they_measure() -> None:
    """A rule put in front of others is one new rule, not three changed ones."""
    rules = "{{metric: rowCount, mustBe: 5}}, {{metric: duplicateValues, mustBe: 0}}"
    form = f"schema: [{{{{name: t, quality: [{{}}{rules}]}}}}]".format

    found = diff(form(""), form("{metric: duplicateValues, arguments: {properties: [a]}, mustBe: 0}, "))

    assert {("added", "t: duplicateValues rule", SENDERS)} == told(found)


@pytest.mark.parametrize(
    ("rule", "who"),
    [
        ("metric: rowCount, mustBe: 5", SENDERS),
        ("metric: rowCount, mustBe: 5, severity: warning", NOBODY),
        ("type: text, description: be nice", NOBODY),
        ("type: custom, engine: soda, implementation: x", NOBODY),
        ("type: custom, engine: fileproc, implementation: x", SENDERS),
    ],
)
def test_only_rules_that_can_fail_a_file_break_anybody(rule: str, who: tuple[str, ...]) -> None:
    """Rules for people, for other engines and for warnings come and go without harm."""
    without, having = "schema: [{name: t}]", f"schema: [{{name: t, quality: [{{id: r, {rule}}}]}}]"
    back = READERS if who else NOBODY

    assert {("added", "t: r", who), ("removed", "t: r", back)} == told(diff(without, having)) | told(
        diff(having, without)
    )


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("", ", customProperties: [{property: delimiter, value: ';'}]", ("tightened", "server s: delimiter", SENDERS)),
        (", delimiter: ','", ", delimiter: ';'", ("changed", "server s: delimiter", BOTH)),
        (", encoding: UTF-8", "", ("loosened", "server s: encoding", READERS)),
        ("", ", customProperties: [{property: decimalChar, value: '.'}]", None),
        ("", ", customProperties: [{property: nullSequence, value: NA}]", ("changed", "server s: nullSequence", BOTH)),
        ("", ", customProperties: [{property: extraColumns, value: fail}]",
         ("tightened", "server s: extraColumns", SENDERS)),
        ("", ", customProperties: [{property: missingColumns, value: allow}]",
         ("loosened", "server s: missingColumns", NOBODY)),
        ("", ", customProperties: [{property: malformedRows, value: 3}]",
         ("loosened", "server s: malformedRows", READERS)),
    ],
)  # fmt: skip
def test_how_files_are_written(old: str, new: str, expected: tuple[str, str, tuple[str, ...]] | None) -> None:
    """Dialect and policies: what is declared is stricter than what is found out, and defaults are no difference."""
    assert ({expected} if expected else set()) == told(diff(SERVER.format(more=old), SERVER.format(more=new)))


def test_where_files_lie() -> None:
    """A place that moves or goes breaks both sides; one that comes breaks nobody."""
    form = "servers: [{}]".format
    one, other = ("{{server: {}, type: s3, location: 's3://b/{}'}}".format(*pair) for pair in (("s", "x"), ("r", "y")))

    assert (
        {("changed", "server s: location", BOTH)},
        {("added", "server r", NOBODY)},
        {("removed", "server r", BOTH)},
    ) == (
        told(diff(form(one), form(one.replace("/x", "/z")))),
        told(diff(form(one), form(f"{one}, {other}"))),
        told(diff(form(f"{one}, {other}"), form(one))),
    )


def test_service_levels() -> None:
    """Sooner is stricter, the same time in other words is the same, and a level that goes is missed."""
    form = "slaProperties: [{{property: freshness, value: {}, unit: {}, element: t.a}}]".format

    assert (
        {("tightened", "freshness of t.a", SENDERS)},
        {("changed", "freshness of t.a", NOBODY)},
        {("removed", "freshness of t.a", READERS)},
    ) == (
        told(diff(form(2, "d"), form(1, "d"))),
        told(diff(form(1, "d"), form(24, "h"))),
        told(diff(form(1, "d"), "")),
    )


def test_nested_fields() -> None:
    """Fields of objects, items of lists and values of maps are compared like columns, with their full names."""
    old = columns(
        "name: a, logicalType: object, properties: [{name: b, logicalType: array, items: {logicalType: integer}}]"
    )
    new = columns(
        "name: a, logicalType: object, properties: [{name: b, logicalType: array, items: {logicalType: number}}, "
        "{name: c, required: true}]"
    )

    assert {("loosened", "t.a.b items: logicalType", READERS), ("added", "t.a.c", SENDERS)} == told(diff(old, new))


def test_references() -> None:
    """A reference that comes may fail files; one that goes is missed by readers."""
    plain, having = (
        f"schema: [{{name: t, properties: [{{name: a{more}}}]}}, {{name: u, properties: [{{name: k}}]}}]"
        for more in ("", ", relationships: [{to: u.k}]")
    )

    assert {("added", "t.a: reference", SENDERS), ("removed", "t.a: reference", READERS)} == told(
        diff(plain, having)
    ) | told(diff(having, plain))


def test_places_are_those_of_the_key() -> None:
    """Both places name the line of the very key that is different, and its own file."""
    old = (
        "schema:\n- name: t\n  properties:\n  - name: a\n    logicalTypeOptions:\n      maximum: 5\n      minimum: 1\n"
    )
    found = diff(old, old.replace("minimum: 1", "minimum: 2"))

    assert [("old.yaml:12:7", "new.yaml:12:7")] == [(str(one.old), str(one.new)) for one in found.changes]


def test_what_is_new_has_a_place_in_both() -> None:
    """An added column stands in the new file, and in the old one its schema object is where it would be."""
    found = diff(columns("name: a"), columns("name: a", "name: b"))

    assert [("old.yaml:7:3", "new.yaml:10:5")] == [(str(one.old), str(one.new)) for one in found.changes]


@pytest.mark.parametrize(
    ("old", "new", "versions", "suggested", "too_low"),
    [
        ("name: a", "name: a, required: true", ("1.2.3", "1.3.0"), "2.0.0", True),
        ("name: a", "name: a, required: true", ("1.2.3", "2.0.0"), "2.0.0", False),
        ("name: a", "name: a, required: true", ("0.2.3", "0.3.0"), "0.3.0", False),
        ("name: a", "name: a, description: d", ("1.2", "1.2.1"), "1.2.1", False),
        ("name: a, quality: [{metric: nullValues, mustBe: 0, severity: info}]",
         "name: a, quality: [{metric: nullValues, mustBe: 0, severity: warning}]", ("1.2.3", "1.2.4"), "1.3.0", True),
        ("name: a", "name: a, required: true", ("today", "1.0.0"), None, False),
        ("name: a", "name: a", ("1.0.0", "1.0.0"), None, False),
    ],
)  # fmt: skip
def test_versions(old: str, new: str, versions: tuple[str, str], suggested: str | None, too_low: bool) -> None:
    """Breaking asks for a major step, anything else that counts for a minor one, words for a patch."""
    found = diff(columns(old), columns(new), versions)

    assert (suggested, too_low) == (found.suggested, found.too_low)


# any contracts

NAMES = st.sampled_from(["a", "b", "c"])
NUMBERS = st.integers(-3, 12) | st.floats(-3, 12, allow_nan=False).map(lambda one: round(one, 2))
OPERATOR = st.builds(Operator, st.sampled_from(OPERATORS[:6]), NUMBERS) | st.builds(
    Operator, st.sampled_from(OPERATORS[6:]), st.lists(NUMBERS, min_size=2, max_size=2)
)
ARGUMENTS = st.fixed_dictionaries(
    {},
    optional={
        "validValues": st.lists(NAMES, max_size=3),
        "pattern": NAMES,
        "missingValues": st.lists(NAMES | st.none(), max_size=2),
        "properties": st.lists(NAMES, max_size=2),
    },
)
RULES = st.lists(
    st.builds(
        QualityRule,
        id=st.sampled_from(["t.rule1", "t.rule2", "known"]),
        type=st.sampled_from(["library", "library", "sql", "text", "custom"]),
        severity=st.sampled_from(Severity),
        metric=st.sampled_from(["nullValues", "invalidValues", "missingValues", "duplicateValues", "rowCount", None]),
        arguments=ARGUMENTS,
        operator=OPERATOR | st.none(),
        unit=st.sampled_from(["rows", "percent"]),
        engine=st.sampled_from([None, "fileproc", "soda"]),
    ),
    max_size=3,
).map(tuple)
OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"), NUMBERS),
        **{key: st.integers(0, 5) for key in ("minLength", "maxLength", "minItems", "maxItems", "minProperties")},
        "format": st.sampled_from(["email", "i32", "u8", "i64", "dd.MM.yyyy"]),
        "timezone": st.booleans(),
        "defaultTimezone": st.sampled_from(["UTC", "Europe/Berlin"]),
        "required": st.lists(NAMES, max_size=2),
        "unknown": st.integers(0, 1),
    },
)
TYPES = st.sampled_from([None, "string", "integer", "number", "date", "object", "array"])


def properties(inner: st.SearchStrategy[Property] | None) -> st.SearchStrategy[Property]:
    nested = st.none() if inner is None else st.none() | inner
    return st.builds(
        Property,
        name=NAMES,
        logical_type=TYPES,
        required=st.booleans(),
        unique=st.booleans(),
        primary_key=st.booleans(),
        primary_key_position=st.integers(-1, 3),
        options=OPTIONS,
        enum=st.lists(NAMES, max_size=3, unique=True).map(tuple),
        quality=RULES,
        items=nested,
        map_value=nested,
        properties=st.just(())
        if inner is None
        else st.lists(inner, max_size=2, unique_by=lambda one: one.name).map(tuple),
    )


COLUMNS = st.lists(properties(properties(None)), max_size=3, unique_by=lambda one: one.name).map(tuple)
POLICIES = st.builds(
    Policies,
    extra_columns=st.sampled_from(["allow", "warn", "fail"]),
    missing_columns=st.sampled_from(["allow", "warn", "fail"]),
    malformed_rows=st.integers(0, 3),
)
DIALECTS = st.builds(
    Dialect,
    delimiter=st.sampled_from([None, ",", ";"]),
    header=st.sampled_from([None, True, False]),
    null_sequence=st.sampled_from([(), ("NA",)]),
    decimal_char=st.sampled_from([None, ".", ","]),
)
SERVERS = st.lists(
    st.builds(
        Server, st.sampled_from(["drop", "lake"]), st.just("s3"), st.sampled_from(["s3://b/x", "s3://b/y"]),
        st.sampled_from([None, "csv", "parquet"]), DIALECTS,
    ),
    max_size=2, unique_by=lambda one: one.name,
).map(tuple)  # fmt: skip
LEVELS = st.lists(
    st.builds(
        ServiceLevel, st.just("sla"), st.sampled_from(["freshness", "latency", "retention"]),
        st.sampled_from([60.0, 3600.0]), st.just("some time"), st.just("t.a"),
    ),
    max_size=2, unique_by=lambda one: one.property,
).map(tuple)  # fmt: skip
CONTRACTS = st.builds(
    Contract,
    id=st.sampled_from(["x", "y"]),
    name=st.just("n"),
    version=st.sampled_from(["1.0.0", "2.1.0", "none"]),
    api_version=st.just("v3.1.0"),
    digest=st.just("d"),
    file=st.just("c.yaml"),
    servers=SERVERS,
    schemas=st.lists(
        st.builds(
            SchemaObject, st.sampled_from(["t", "u"]), COLUMNS, RULES, DIALECTS, POLICIES, blob=st.booleans(),
        ),
        max_size=2, unique_by=lambda one: one.name,
    ).map(tuple),
    service_levels=LEVELS,
)  # fmt: skip


@given(CONTRACTS)
@settings(max_examples=40, deadline=None)
def test_nothing_is_different_from_itself(contract: Contract) -> None:
    """A contract compared with itself has no changes and asks for no version."""
    found = compare(contract, contract)

    assert ((), None) == (found.changes, found.bump)


@given(CONTRACTS, CONTRACTS)
@settings(max_examples=60, deadline=None)
def test_the_other_way_round_is_the_mirror_image(one: Contract, other: Contract) -> None:
    """What is tightened one way is loosened the other, for the other side; what comes one way goes the other."""
    there, back = compare(one, other).changes, compare(other, one).changes
    moved = (Kind.TIGHTENED, Kind.LOOSENED)

    assert Counter(change.kind for change in there) == Counter(change.kind.mirrored for change in back)
    assert Counter((c.kind, c.senders, c.readers) for c in there if c.kind in moved) == Counter(
        (c.kind.mirrored, c.readers, c.senders) for c in back if c.kind in moved
    )


@given(OPERATOR, OPERATOR, st.integers(0, 20))
@settings(max_examples=200, deadline=None)
def test_a_loosened_operator_lets_through_what_passed(one: Operator, other: Operator, count: int) -> None:
    """What the checks themselves let through decides: nothing that passed fails after a loosening."""
    kind = direction(one, other, Measure.COUNT)
    before, after = holds(one, count), holds(other, count)

    assert not (before and not after and kind in (None, Kind.LOOSENED))
    assert not (after and not before and kind in (None, Kind.TIGHTENED))


OTHER = {
    "str": "other", "bool": True, "int": 7, "float": 7.0, "Severity": Severity.INFO, "Any": "other", "dict": {"k": "v"},
}  # fmt: skip
BLIND = {"mark", "digest", "file", "api_version", "version", "seconds_words", "primary_key_position", "words"}


def _another(value: Any, annotation: str) -> Any:
    """Another value for a field, made from the name of its type."""
    first = annotation.replace(" | None", "")
    if first.startswith("tuple["):
        inner = first.removeprefix("tuple[").removesuffix(", ...]")
        return (SAMPLES.get(inner, "other"),)
    if first.startswith("dict"):
        return {"extra_columns": "fail"}
    if first in SAMPLES:
        return SAMPLES[first]
    return not value if first == "bool" else OTHER[first]


SAMPLES: dict[str, Any] = {
    "Property": Property("inner"),
    "QualityRule": QualityRule("r", "library", Severity.FAIL, metric="rowCount", operator=Operator("mustBe", 5)),
    "Relationship": Relationship("r", ("a",), "u", ("k",)),
    "Server": Server("s", "s3", "s3://c/x"),
    "SchemaObject": SchemaObject("u"),
    "ServiceLevel": ServiceLevel("s", "freshness", 60.0, "1 m", "t.a"),
    "Unsupported": Unsupported("i", "w", "r"),
    "Dialect": Dialect(delimiter="|"),
    "Layout": Layout(3),
    "Policies": Policies(extra_columns="fail"),
    "Operator": Operator("mustBe", 6),
}
BASE = Contract("x", "n", "1.0.0", "v3.1.0", "d", "c.yaml")


def _holding(part: Any) -> Contract:
    """A contract that holds this part and nothing else."""
    if isinstance(part, Contract):
        return part
    if isinstance(part, Server):
        return replace(BASE, servers=(part,))
    if isinstance(part, ServiceLevel):
        return replace(BASE, service_levels=(part,))
    if isinstance(part, Property):
        part = SchemaObject("t", (part,))
    elif isinstance(part, QualityRule):
        part = SchemaObject("t", quality=(part,))
    elif isinstance(part, Relationship):
        part = SchemaObject("t", relationships=(part,))
    elif isinstance(part, Dialect):
        part = SchemaObject("t", dialect=part)
    elif isinstance(part, Policies):
        part = SchemaObject("t", policies=part)
    return replace(BASE, schemas=(part,))


PARTS = [
    BASE, SchemaObject("t"), Property("a"), SAMPLES["QualityRule"], SAMPLES["Relationship"], SAMPLES["Server"],
    SAMPLES["ServiceLevel"], Dialect(), Policies(),
]  # fmt: skip


@pytest.mark.parametrize(
    ("part", "field"),
    [
        pytest.param(part, field, id=f"{type(part).__name__}.{field.name}")
        for part in PARTS
        for field in fields(part)
        if field.name not in BLIND and not (isinstance(part, Relationship) and field.name == "id")
        and not (isinstance(part, ServiceLevel) and field.name == "id")
    ],
)  # fmt: skip
def test_no_part_of_the_model_is_passed_over(part: Any, field: Any) -> None:
    """Every field of every part of a contract, also one that is added to the model later, is seen when it differs."""
    other = replace(part, **{field.name: _another(getattr(part, field.name), str(field.type))})

    assert compare(_holding(part), _holding(other)).changes
