"""The lint: every code has a contract that earns it, at the very place; right contracts earn nothing."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from fileproc.quality.contracts.lint import MOST_FINDINGS, LintFinding, lint, lint_all
from fileproc.quality.contracts.lint_codes import CODES, reference_table
from tests.unit.quality.test_odcs import DATA, NESTED, WORDS

ROOT = Path(__file__).parents[3]
HEAD = 'apiVersion: v3.1.0\nkind: DataContract\nid: x\nversion: "1.0"\nstatus: active\n'
SERVER = "servers:\n  - {server: drop, type: s3, location: s3://drop/*.csv, format: csv}\n"
SCHEMA = "schema:\n  - name: t\n    properties:\n      - {name: a, logicalType: string}\n"


def whole(*, head: str = HEAD, servers: str = SERVER, schema: str = SCHEMA, more: str = "") -> str:
    return head + servers + schema + more


def server(text: str, head: str = HEAD) -> str:
    return whole(head=head, servers=f"servers:\n  - {{server: drop, {text}}}\n")


def prop(text: str, head: str = HEAD) -> str:
    return whole(head=head, schema=f"schema:\n  - name: t\n    properties:\n      - {{name: a, {text}}}\n")


def numbers(options: str, head: str = HEAD) -> str:
    return prop(f"logicalType: number, logicalTypeOptions: {options}", head)


def rule(text: str, head: str = HEAD) -> str:
    return prop(f"logicalType: string, quality: [{text}]", head)


def table_rule(text: str) -> str:
    return whole(schema=SCHEMA + f"    quality:\n      - {text}\n")


def related(text: str) -> str:
    return whole(schema=SCHEMA + f"    relationships:\n      - {text}\n")


POSTGRES = "{server: a, type: postgres, host: h, port: 1, database: d, schema: s}"
V30, V32, V39 = (HEAD.replace("v3.1.0", version) for version in ("v3.0.2", "v3.2.0", "v3.9.0"))
MODELS = "schema:\n  - {name: t, properties: [{name: a}]}\n  - {name: u, properties: [{name: a}]}\n"

#: (code, contract); `@@` stands where the finding must be.
CASES: list[tuple[str, str]] = [
    ("FPC001", "@@"),
    ("FPC002", "a: b@@: c"),
    ("FPC003", "a: @@\x00"),
    ("FPC004", "a: 1\n@@a: 2"),
    ("FPC005", "@@" + "[" * 60),
    ("FPC006", "a: @@!!python/object:os.system x"),
    ("FPC007", server("type: s3, location: @@'s3://${BUCKET}/x/'")),
    ("FPC008", "@@kind: Pod\napiVersion: v1\n"),
    ("FPC008", whole(head=HEAD.replace("apiVersion: v3.1.0", "@@apiVersion: v2.2.0"))),
    ("FPC009", whole(head="@@" + V39)),
    ("FPC101", "@@" + whole(head=HEAD.replace("id: x\n", ""))),
    ("FPC101", rule("@@{type: library, mustBe: 0}")),
    ("FPC102", whole(more="@@servrs: []\n")),
    ("FPC102", rule("{metric: nullValues, @@mustbe: 0}")),
    ("FPC102", rule("{metric: nullValues, @@mustbe: 0}", V30)),
    ("FPC102", rule("{metric: invalidValues, mustBe: 0, arguments: {pattern: x, @@validVlaues: [a]}}")),
    ("FPC103", prop("required: @@yes")),
    ("FPC103", rule("{metric: nullValues, mustBe: @@'0'}")),
    ("FPC103", rule("{metric: nullValues, mustBeBetween: @@[1]}")),
    ("FPC103", prop("logicalType: string, logicalTypeOptions: {minLength: @@'5'}")),
    ("FPC104", server("type: @@s4, location: s3://b/x/")),
    ("FPC104", rule("{metric: nullValues, mustBe: 0, dimension: @@validity}")),
    ("FPC105", prop("id: @@'not an id!'")),
    ("FPC106", server("type: local, path: ./in/, format: csv, @@delimiter: ';'")),
    ("FPC106", rule("{type: text, description: x, @@mustBe: 0}")),
    ("FPC107", rule("{type: library, @@rule: nullValues, mustBe: 0}")),
    ("FPC107", rule("{metric: @@duplicateCount, mustBe: 0}")),
    ("FPC108", whole(head=HEAD.replace('"1.0"', "@@1.0"))),
    ("FPC109", server("type: s3, location: s3://b/x/, @@encoding: UTF-8")),
    ("FPC109", prop("logicalType: string, @@enum: [{value: a}]")),
    ("FPC201", whole(servers=f"@@servers:\n  - {POSTGRES}\n")),
    ("FPC201", "@@" + whole(servers="")),
    ("FPC202", server("type: s3, location: @@https://b.s3.amazonaws.com/x/")),
    ("FPC202", server("type: s3, location: @@' s3://b/x/'")),
    ("FPC203", server("type: s3, location: @@s3://b/orders")),
    ("FPC204", server("type: s3, location: @@'s3://b/{date}/*.csv'")),
    ("FPC204", server("type: s3, location: @@'s3://b/[0-9].csv'")),
    ("FPC205", whole(servers=SERVER.replace("- {", "- @@{"), schema=MODELS)),
    ("FPC206", whole(servers=SERVER + SERVER.split("\n")[1].replace("- {", "- @@{") + "\n")),
    ("FPC207", server("type: s3, location: s3://b/x/, format: @@csw")),
    ("FPC207", server("type: s3, location: s3://b/x/, format: @@delta")),
    ("FPC208", server("type: s3, location: s3://b/x/, customProperties: [{property: delimiter, @@value: ''}]")),
    ("FPC208", server("type: s3, location: s3://b/x/, customProperties: [{property: encoding, @@value: utf-9}]")),
    ("FPC208", server("type: s3, location: s3://b/x/, customProperties: [{property: compression, @@value: rar}]")),
    ("FPC208", server("type: s3, location: s3://b/x/, customProperties: [{property: encoding, @@value: hex}]")),
    ("FPC209", whole(more="customProperties:\n  - {@@property: delimeter, value: x}\n")),
    ("FPC209", whole(head=V32, more="customProperties:\n  - {@@property: sorting, value: x, vendor: fileproc}\n")),
    ("FPC210", server("type: s3, location: s3://b/x/, format: fixed").replace("- {name: a, ", "- @@{name: a, ")),
    ("FPC301", whole(schema=SCHEMA + "      - {@@name: a}\n")),
    ("FPC301", whole(schema=SCHEMA + "      - {name: b, @@physicalName: a}\n")),
    ("FPC302", whole(schema=SCHEMA + "  - {@@name: t, properties: [{name: a}]}\n")),
    ("FPC303", prop("logicalType: @@varchar")),
    ("FPC304", prop("@@logicalTypeOptions: {minLength: 1}")),
    ("FPC305", prop("logicalType: integer, logicalTypeOptions: {@@minLength: 1}")),
    ("FPC305", prop("logicalType: string, logicalTypeOptions: {@@minLenght: 1}")),
    ("FPC306", prop("logicalType: string, logicalTypeOptions: {minLength: 5, @@maxLength: 2}")),
    ("FPC306", prop("logicalType: integer, logicalTypeOptions: {exclusiveMinimum: 5, @@maximum: 5}")),
    ("FPC306", numbers("{minimum: 5, exclusiveMinimum: true, @@maximum: 5}", V30)),
    ("FPC306", prop("logicalType: date, logicalTypeOptions: {minimum: 2026-02-01, @@maximum: 2026-01-01}")),
    ("FPC307", prop("logicalType: string, logicalTypeOptions: {pattern: @@'^(?!x)'}")),
    ("FPC307", prop("logicalType: string, logicalTypeOptions: {pattern: @@'(a)\\1'}")),
    ("FPC307", rule("{metric: invalidValues, mustBe: 0, arguments: {pattern: @@'['}}")),
    ("FPC308", prop("logicalType: date, logicalTypeOptions: {minimum: @@01.02.2026}")),
    ("FPC309", prop("logicalType: integer, logicalTypeOptions: {minimum: 0, @@exclusiveMinimum: true}")),
    ("FPC309", prop("logicalType: integer, logicalTypeOptions: {@@exclusiveMinimum: 0}", V30)),
    ("FPC310", prop("@@primaryKeyPosition: 1")),
    ("FPC310", whole(schema="schema:\n  - {name: t, properties: [{name: a, primaryKey: true, @@primaryKeyPosition: 2}, "
                            "{name: b, primaryKey: true, primaryKeyPosition: 2}]}\n")),
    ("FPC311", "@@" + whole(schema="")),
    ("FPC311", whole(schema="schema:\n  - @@name: t\n")),
    ("FPC312", prop("logicalType: string, logicalTypeOptions: {@@enum: [a]}")),
    ("FPC312", prop("logicalType: string, @@enum: [a]", V32)),
    ("FPC313", prop("logicalType: string, @@enum: []", V32)),
    ("FPC313", prop("logicalType: string, @@enum: [{value: a}, {value: a}]", V32)),
    ("FPC313", prop("logicalType: integer, enum: [@@{value: a}]", V32)),
    ("FPC314", prop("logicalType: string, logicalTypeOptions: {format: @@password}")),
    ("FPC314", prop("logicalType: date, logicalTypeOptions: {format: @@'dd.MM.QQQQ'}")),
    ("FPC314", prop("logicalType: timestamp, logicalTypeOptions: {format: @@'dd.MM.yyyy HH:mm', timezone: true}")),
    ("FPC314", prop("logicalType: date, logicalTypeOptions: {format: @@'yyyy[-MM]'}")),
    ("FPC315", prop("logicalType: timestamp, logicalTypeOptions: {defaultTimezone: @@Mars/Olympus}")),
    ("FPC401", rule("@@{metric: nullValues}")),
    ("FPC402", rule("{metric: nullValues, mustBeGreaterThan: 1, @@mustBeLessThan: 5}")),
    ("FPC403", rule("{metric: @@nullCheck, mustBe: 0}")),
    ("FPC404", rule("{metric: @@rowCount, mustBe: 5}")),
    ("FPC404", table_rule("{metric: @@nullValues, mustBe: 0}")),
    ("FPC405", rule("@@{metric: invalidValues, mustBe: 0}")),
    ("FPC406", rule("{metric: invalidValues, mustBe: 0, @@pattern: '^DE'}")),
    ("FPC407", rule("{metric: missingValues, mustBe: 0, @@arguments: {missingValues: [NA]}}")),
    ("FPC408", rule("{metric: nullValues, @@mustBeBetween: [1, 5]}")),
    ("FPC409", rule("{metric: nullValues, mustBeLessThan: @@0}")),
    ("FPC409", rule("{metric: nullValues, mustBeBetween: @@[5, 1]}")),
    ("FPC409", rule("{metric: nullValues, mustBe: @@101, unit: percent}")),
    ("FPC409", rule("{metric: nullValues, mustBe: @@0.5}")),
    ("FPC410", rule("{metric: nullValues, mustBe: 0, severity: @@warn}")),
    ("FPC411", rule("{metric: nullValues, mustBe: 0, unit: @@'%'}")),
    ("FPC411", table_rule("{metric: rowCount, mustBe: 5, unit: @@percent}")),
    ("FPC412", table_rule("{metric: duplicateValues, mustBe: 0, arguments: {properties: [a, @@A]}}")),
    ("FPC413", rule("{id: r, metric: nullValues, mustBe: 0}, {@@id: r, metric: nullValues, mustBe: 1}")),
    ("FPC414", rule("{type: sql, query: SELECT 1, mustBe: 1, @@metric: nullValues}")),
    ("FPC415", table_rule("@@{metric: duplicateValues, mustBe: 0}")),
    ("FPC416", rule("{metric: nullValues, mustBeGreaterOrEqualTo: @@0}")),
    ("FPC417", rule("{type: sql, mustBe: 0, query: @@'DELETE FROM t'}")),
    ("FPC417", table_rule("{type: sql, mustBe: 0, query: @@'SELECT count(*) FROM elsewhere'}")),
    ("FPC417", table_rule("{type: sql, mustBe: 0, query: @@'SELECT count({property}) FROM {object}'}")),
    ("FPC418", rule("{type: sql, mustBe: 0, query: @@'SELECT count(nowhere) FROM {object}'}")),
    ("FPC418", table_rule("{type: sql, mustBe: 0, query: @@'SELECT sum(a) FROM ${table}'}")),
    ("FPC419", rule("{type: custom, engine: fileproc, implementation: @@{x: 1}}")),
    ("FPC419", table_rule("{type: custom, engine: fileproc, implementation: @@{check: history, measure: weight}}")),
    ("FPC419", table_rule("{type: custom, engine: fileproc, implementation: @@{check: fileSet, every: minute}}")),
    ("FPC420", rule("{type: custom, engine: fileproc, implementation: @@{check: luhn-of-nobody}}")),
    ("FPC421", prop("relationships: [{@@from: t.a, to: t.a}]")),
    ("FPC421", related("{from: t.a, @@to: [t.a, t.a]}")),
    ("FPC422", related("{from: t.a, to: @@t.z}")),
    ("FPC422", prop("relationships: [{to: @@u.a}]")),
    ("FPC422", prop("relationships: [{to: @@/schema/t/properties/z}]")),
    ("FPC107", rule("{rule: nullValues, mustBeGreaterThan: 1, @@mustBeLessThan: 5}", V30)),
    ("FPC423", rule("@@{metric: missingValues, mustBe: 0}")),
    ("FPC501", prop("logicalType: array, items: {logicalType: string, quality: [@@{metric: nullValues, mustBe: 0}]}")),
    ("FPC501", prop("logicalType: array, items: {logicalType: string, @@unique: true}")),
    ("FPC501", prop("logicalType: object, properties: [{name: k, @@primaryKey: true}]")),
    ("FPC501", rule("@@{type: custom, engine: soda, implementation: {x: 1}}")),
    ("FPC501", whole(more="slaProperties:\n  - @@{property: latency, value: 4, unit: d}\n")),
]  # fmt: skip


def lint_text(folder: Path, text: str) -> list[LintFinding]:
    file = folder / "c.yaml"
    file.write_bytes(text.encode())
    return lint(file)


@pytest.mark.parametrize(("code", "marked"), CASES, ids=[f"{code}-{n}" for n, (code, _) in enumerate(CASES)])
def test_each_mistake_is_found_at_its_place(tmp_path: Path, code: str, marked: str) -> None:
    """The finding has its code, the line and column of what is wrong, a message and a way to mend it."""
    before, _, after = marked.partition("@@")
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    if code == "FPC005":
        column += 41  # the level that is one too deep
    found = [one for one in lint_text(tmp_path, before + after) if one.code == code]

    assert [(line, column)] == [(one.mark.line, one.mark.column) for one in found]
    assert all(one.message and one.fix and one.severity == CODES[code].level for one in found)


def test_every_code_is_earned() -> None:
    """No code in the table is without a contract that shows it; three of them need more than one file."""
    assert set(CODES) == {code for code, _ in CASES} | {"FPC010", "FPC011", "FPC211"}


@pytest.mark.parametrize("file", sorted(DATA.glob("*.yaml")), ids=lambda file: file.name)
def test_official_examples_have_no_errors(file: Path) -> None:
    """What the standard calls right is never called wrong."""
    assert [] == [str(one) for one in lint(file) if one.severity == "error"]


@pytest.mark.parametrize("head", [HEAD, V30, V32], ids=["3.1", "3.0", "3.2"])
def test_a_right_contract_has_no_findings(tmp_path: Path, head: str) -> None:
    """Types with and without options, a composite key and a rule: nothing to say, in any version."""
    metric = "type: library, rule" if head is V30 else "metric"
    text = whole(
        head=head,
        schema=f"""schema:
  - name: orders
    physicalType: file
    properties:
      - {{name: id, logicalType: integer, primaryKey: true, primaryKeyPosition: 1, required: true}}
      - {{name: nr, logicalType: integer, primaryKey: true, primaryKeyPosition: 2, logicalTypeOptions: {{minimum: 1}}}}
      - {{name: untyped}}
      - {{name: mail, logicalType: string, logicalTypeOptions: {{format: email, maxLength: 99, pattern: '^\\S+$'}}}}
      - {{name: day, logicalType: date, logicalTypeOptions: {{format: dd/MM/yyyy, minimum: 2020-01-01}}}}
    quality:
      - {{{metric}: rowCount, mustBeGreaterThan: 0, severity: warning}}
""",
    )

    assert [] == [str(one) for one in lint_text(tmp_path, text)]


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [
        (rule("{metric: nullValues, mustbe: 0}"), "did you mean `mustBe`?"),
        (rule("{metric: nullValues, must_be_less_than: 5}"), "did you mean `mustBeLessThan`?"),
        (rule("{metric: nullCheck, mustBe: 0}"), "did you mean `nullValues`?"),
        (prop("logicalType: varchar"), "did you mean `string`?"),
        (prop("logicaltype: string"), "did you mean `logicalType`?"),
        (server("type: s3, locaton: s3://b/x/"), "did you mean `location`?"),
        (server("type: S3, location: s3://b/x/"), "did you mean `s3`?"),
        (rule("{metric: nullValues, mustBe: 0, severity: warn}"), "did you mean `warning`?"),
        (whole(more="customProperties: [{property: Quote_Char, value: x}]\n"), "did you mean `quoteChar`?"),
    ],
)
def test_near_misses_are_suggested(tmp_path: Path, text: str, suggestion: str) -> None:
    """A misspelt word is answered with the word that was meant."""
    assert suggestion in [one.fix for one in lint_text(tmp_path, text)]


def test_one_mistake_is_told_once(tmp_path: Path) -> None:
    """A misspelt operator is one finding: not also a missing operator, nor unknown keys around it."""
    assert ["FPC102"] == [one.code for one in lint_text(tmp_path, rule("{metric: nullValues, mustbe: 0}"))]


def test_all_mistakes_are_told_in_the_order_of_lines(tmp_path: Path) -> None:
    """Nobody mends a contract one error at a time."""
    text = whole(servers="servers: [{server: a, type: s4, location: x}]\n", more="oops: 1\n") + "nope: 2\n"
    found = lint_text(tmp_path, text.replace("logicalType: string", "logicalType: text, required: no"))

    assert ["FPC104", "FPC303", "FPC103", "FPC102", "FPC102"] == [one.code for one in found if one.severity == "error"]


def test_unresolved_variables_are_told_with_everything_else(tmp_path: Path) -> None:
    """A variable does not hide what else is wrong."""
    found = lint_text(tmp_path, server("type: s3, location: 's3://${B}/${C}/'") + "oops: 1\n")

    assert ["FPC007", "FPC102"] == sorted({one.code for one in found if one.severity == "error"})


def test_findings_of_a_terrible_contract_are_bounded(tmp_path: Path) -> None:
    """Thirty thousand mistakes take seconds, and the last finding says how many are not shown."""
    rules = "".join(f"      - {{metric: m{n}, x{n}: 1, severity: s{n}}}\n" for n in range(10_000))
    began = time.monotonic()
    found = lint_text(tmp_path, whole(schema=SCHEMA + "    quality:\n" + rules))

    assert MOST_FINDINGS == len(found)
    assert any("more findings are not shown" in one.message for one in found)
    assert time.monotonic() - began < 60


def test_a_folder_is_linted_with_what_is_between_its_contracts(tmp_path: Path) -> None:
    """The same contract twice and two that claim one place are found; other YAML is passed over."""
    (tmp_path / "a.yaml").write_text(whole())
    (tmp_path / "b.yaml").write_text(whole())
    (tmp_path / "c.yaml").write_text(whole().replace("id: x", "id: y"))
    (tmp_path / "values.yaml").write_text("a: 1\n")
    found, count = lint_all([tmp_path, tmp_path / "a.yaml"])

    assert (3, [("b.yaml", "FPC010"), ("c.yaml", "FPC011")]) == (
        count,
        [(Path(one.mark.file).name, one.code) for one in found],
    )


@pytest.mark.parametrize(
    ("location", "is_watched"),
    [
        ("s3://b/**", True),
        ("s3://b/parts/orders/*.csv", True),
        ("s3://b/parts/a/*.avro", True),
        ("s3://b/*.csv", False),
        ("s3://b/parts-of-others/**", False),
        ("s3://c/**", False),
    ],
)
def test_a_location_that_holds_parts_is_told(tmp_path: Path, location: str, is_watched: bool) -> None:
    """Where accepted and rejected rows are written, no contract should look for new files."""
    (tmp_path / "a.yaml").write_text(whole().replace("s3://drop/*.csv", location))
    found, _ = lint_all([tmp_path], "s3://b/parts/")

    assert (["FPC211"] if is_watched else []) == [one.code for one in found]
    assert all(one.mark.line > 1 and one.severity == "warning" for one in found)


def test_the_docs_hold_the_table() -> None:
    """The page about contracts shows every code with its severity and meaning."""
    assert reference_table() in (ROOT / "docs" / "reference" / "contracts.md").read_text()


def test_messages_are_one_clean_line(tmp_path: Path) -> None:
    """Control characters and endless texts of a contract do not reach the terminal."""
    text = whole(more='"x\\u001b[31m\\n' + "y" * 500 + '": 1\n')
    lines = [str(one) for one in lint_text(tmp_path, text)]

    assert all(line.isprintable() and len(line) < 400 for line in lines)


@given(body=st.dictionaries(st.sampled_from(WORDS), NESTED, max_size=6))
@settings(max_examples=150, deadline=None)
def test_any_shape_has_findings_or_none(tmp_path_factory: pytest.TempPathFactory, body: dict[str, Any]) -> None:
    """Whatever a contract holds, the lint answers with findings."""
    text = HEAD + (yaml.safe_dump(body, sort_keys=False) if body else "")
    found = lint_text(tmp_path_factory.getbasetemp(), text)

    assert all(one.code in CODES for one in found)
