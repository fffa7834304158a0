"""SQL rules: read-only, about the file alone, with the lines of the rows that they count."""

from __future__ import annotations

from typing import Any

import pytest

from fileproc.domain.reports import Report, Result, Verdict
from tests.unit.quality.checking import check, contract, result

FILE = b"id,amount,day\n1,5,2026-01-01\n2,-3,2026-01-02\n3,x,2026-01-03\n4,,2025-12-31\n"
COLUMNS = [
    {"name": "id", "logicalType": "integer"},
    {"name": "amount", "logicalType": "integer"},
    {"name": "day", "logicalType": "date"},
]


def rule(query: str, data: bytes = FILE, **operator: Any) -> Report:
    match = contract(COLUMNS, quality=[{"id": "r", "type": "sql", "query": query, **(operator or {"mustBe": 0})}])
    return check(data, match)


@pytest.mark.parametrize(
    ("query", "operator", "expected"),
    [
        ("SELECT count(*) FROM {object} WHERE amount < 0", {"mustBe": 1}, Result.PASS),
        ("SELECT count(*) FROM {table} WHERE amount < 0", {"mustBe": 0}, Result.FAIL),
        ("SELECT COUNT(*) FROM ${table} t WHERE t.amount < 0 OR t.day < DATE '2026-01-01'", {"mustBe": 2}, Result.PASS),
        ("SELECT sum(amount) FROM rows", {"mustBe": 2}, Result.PASS),
        ("SELECT sum(amount) FROM rows WHERE id > 1;", {"mustBeLessThan": 0}, Result.PASS),
        ("SELECT max(day) FROM rows", {"mustBe": "2026-01-03"}, Result.PASS),
        ("SELECT count(DISTINCT id) = count(*) FROM rows", {"mustBe": True}, Result.PASS),
        ("SELECT avg(amount) FROM rows", {"mustBeBetween": [0.5, 1.5]}, Result.PASS),
        ("SELECT count(*) FROM rows a JOIN rows b USING (id)", {"mustBe": 4}, Result.PASS),
        ("WITH x AS (SELECT id FROM rows) SELECT count(*) FROM x", {"mustBe": 4}, Result.PASS),
        ("SELECT count(*) FROM (SELECT day FROM rows GROUP BY 1 HAVING count(*) > 1)", {"mustBe": 0}, Result.PASS),
        ("SELECT CAST(count(*) AS DOUBLE) / 3 FROM rows", {"mustBe": 1.333333333333}, Result.PASS),
    ],
)
def test_a_query_is_one_number_about_the_file(query: str, operator: dict[str, Any], expected: Result) -> None:
    """Columns have their agreed types, bad cells are null, and every shape of a SELECT works."""
    assert expected == result(rule(query, **operator), "r").result


def test_rows_that_are_counted_are_told_with_their_lines() -> None:
    """A count of rows that must not be is a check of rows: lines, samples and the true total."""
    report = rule("SELECT count(*) FROM {object} WHERE amount < 0 OR day < DATE '2026-01-01'")
    cause = next(cause for cause in report.causes if cause.check == "r")

    assert (2, [3, 5]) == (cause.count, cause.lines)
    assert "amount < 0" in cause.agreed.replace("(", "").replace(")", "")


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("DELETE FROM rows", "only SELECT"),
        ("SELECT 1; SELECT 2", "one SELECT"),
        ("SELECT count(*) FROM read_csv('/etc/passwd')", "not allowed"),
        ("SELECT count(*) FROM '/etc/passwd'", "not known"),
        ("SELECT count(*) FROM duckdb_settings()", "not allowed"),
        ("SELECT count(*) FROM other", "not known"),
        ("SELECT count(*) FROM information_schema.tables", "not known"),
        ("PRAGMA database_list", "only SELECT"),
        ("COPY rows TO '/tmp/x.csv'", "only SELECT"),
        ("ATTACH '/tmp/x.db'", "only SELECT"),
        ("INSTALL httpfs", "only SELECT"),
        ("SET memory_limit = '99GB'", "only SELECT"),
        ("CREATE TABLE x AS SELECT 1", "only SELECT"),
        ("SELECT count(*) FROM read_text('https://x.example/')", "not allowed"),
        ("SELECT count(*) FROM (SELECT * FROM glob('/*'))", "not allowed"),
        ("WITH a AS (SELECT * FROM read_blob('/etc/passwd')) SELECT count(*) FROM a", "not allowed"),
        ("SELECT (SELECT count(*) FROM duckdb_secrets())", "not allowed"),
        ("SELECT getenv('HOME') FROM rows LIMIT 1", "not allowed"),
        ("SELECT current_setting('temp_directory')", "not allowed"),
        ("SELECT sleep_ms(100000) FROM rows LIMIT 1", "not allowed"),
        ("SELEC 1", "cannot be read"),
        ("", "missing"),
        ("SELECT count(*) FROM {object} WHERE {property} = 1", "schema object"),
        ("SELECT " + "(" * 3000 + "1" + ")" * 3000, "query"),
    ],
)
def test_what_is_no_question_about_the_file_is_refused(query: str, why: str) -> None:
    """Other files, other tables, other statements: an error of that rule, said in words, and never a pass."""
    report = rule(query)

    assert (Result.ERROR, Verdict.ERROR) == (result(report, "r").result, report.verdict)
    assert why in str(result(report, "r").reason)


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("SELECT max(amount) FROM rows WHERE id > 99", "null"),
        ("SELECT id FROM rows", "more than one row"),
        ("SELECT 1, 2 FROM rows LIMIT 1", "2 columns"),
        ("SELECT id FROM rows WHERE id > 99", "no row"),
        ("SELECT max(CAST(amount AS VARCHAR) || 'x') FROM rows", "compared"),
        ("SELECT count(*) FROM rows WHERE nothing = 1", "cannot be run"),
        ("SELECT repeat('x', 1000000000000) FROM rows LIMIT 1", "query"),
    ],
)
def test_an_answer_that_is_no_number_is_an_error(query: str, why: str) -> None:
    """Null, several rows, several columns, texts against numbers: an error, not a failure of the file."""
    report = rule(query, mustBeLessThan=5)

    assert Result.ERROR == result(report, "r").result
    assert why in str(result(report, "r").reason)


@pytest.mark.parametrize("query", ["SELECT count(*) FROM {object} WHERE amount < id", "SELECT avg(amount) FROM rows a"])
def test_a_column_that_the_file_lacks_is_the_files_fault(query: str) -> None:
    """A renamed column fails the file and skips the rules that name it; nothing is an error of ours."""
    properties = [{"name": "id", "logicalType": "integer"}, {"name": "amount", "required": True}]
    report = check(b"id,amounts\n1,2\n", contract(properties, quality=[
        {"id": "r", "type": "sql", "query": query, "mustBe": 0}]))  # fmt: skip

    assert (Verdict.FAIL, Result.SKIPPED) == (report.verdict, result(report, "r").result)
    assert "the column 'amount' is missing" == result(report, "r").reason


def test_a_query_that_breaks_leaves_the_other_checks_alone() -> None:
    """A cast that fails while the file is scanned costs its own rule and nothing else."""
    data = b"id,amount,day\nq,5,2026-01-01\n"
    report = rule("SELECT count(*) FROM rows WHERE CAST(day AS VARCHAR)::INTEGER > 1", data)

    assert Result.ERROR == result(report, "r").result
    assert Result.FAIL == result(report, "id.logicalType").result


@pytest.mark.parametrize("word", ["object", "table", "model", "schema", "dataset", "catalog", "database", "OBJECT"])
@pytest.mark.parametrize("form", ["{%s}", "${%s}"])
def test_placeholders_of_every_age(word: str, form: str) -> None:
    """What other tools and earlier versions call the table and the column works, with and without a dollar."""
    table, column = form % word, form % ("column" if word.isupper() else "property")
    rule = {"id": "r", "type": "sql", "query": f"SELECT max({column}) FROM {table}", "mustBe": 7}
    report = check(b"a\n7\n", contract([{"name": "a", "logicalType": "integer", "quality": [rule]}]))

    assert Result.PASS == result(report, "r").result


@pytest.mark.parametrize("column", ["{property}", "${column}", "{field}", "${field}"])
def test_placeholders_may_be_qualified(column: str) -> None:
    """`{schema}.{object}` is the file, too."""
    rule = {"id": "r", "type": "sql", "query": f"SELECT min({column}) FROM {{schema}}.{{object}}", "mustBe": 7}
    report = check(b"a\n7\n", contract([{"name": "a", "logicalType": "integer", "quality": [rule]}]))

    assert Result.PASS == result(report, "r").result


def test_a_rule_on_a_property_names_it() -> None:
    """{property} and {column} are the column's name, quoted, however odd it is."""
    odd = {"name": 'a "b"; --', "logicalType": "integer", "quality": [
        {"id": "r", "type": "sql", "query": "SELECT max({column}) FROM {object}", "mustBe": 7}]}  # fmt: skip
    report = check(b'"a ""b""; --"\n7\n', contract([odd]))

    assert Result.PASS == result(report, "r").result
