"""What is classified is shown nowhere: in no sample, sentence, reason or format, whatever goes wrong with it."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from fileproc.cli.output import NAMES, Output
from fileproc.domain.reports import Report
from fileproc.quality.checks import custom
from fileproc.quality.contracts.contract import Match
from fileproc.quality.history.compare import settled
from fileproc.quality.plugins import Bad, Row
from tests.unit.quality.checking import check, contract

CANARY = "canary4711"

HISTORY = {
    "id": "new", "type": "custom", "engine": "fileproc", "mustBe": 0,
    "implementation": {"check": "history", "measure": "newCategories"},
}  # fmt: skip


def secret(**keys: Any) -> Match:
    """A contract with a classified column `x` between two others."""
    column = {"name": "x", "classification": "confidential", **keys}
    rules = keys.pop("rules", None)
    column.pop("rules", None)
    return contract([{"name": "id", "logicalType": "integer"}, column, {"name": "y"}], quality=rules)


def sql(query: str, **operator: Any) -> list[dict[str, Any]]:
    return [{"id": "r", "type": "sql", "query": query, **(operator or {"mustBe": 0})}]


#: What goes wrong → (contract, file).
CASES: dict[str, tuple[Match, bytes]] = {
    "type": (secret(logicalType="integer"), b"id,x,y\n1,%s,a\n"),
    "case of a listed value": (secret(enum=[CANARY.upper()]), b"id,x,y\n1,%s,a\n"),
    "nearly a listed value": (secret(enum=["canary4712"]), b"id,x,y\n1,%s,a\n"),
    "pattern": (secret(logicalTypeOptions={"pattern": "^[0-9]+$"}), b"id,x,y\n1,%s,a\n"),
    "length": (secret(logicalTypeOptions={"maxLength": 3}), b"id,x,y\n1,%s,a\n"),
    "repeated": (secret(unique=True), b"id,x,y\n1,%s,a\n2,%s,b\n"),
    "part of a key": (
        secret(rules=[{"id": "d", "metric": "duplicateValues", "mustBe": 0, "arguments": {"properties": ["x", "y"]}}]),
        b"id,x,y\n1,%s,a\n2,%s,a\n",
    ),
    "another column of the row": (secret(), b"id,x,y\nbad,%s,a\n"),
    "short row": (secret(), b"id,x,y\n1,%s\n2,a,b\n"),
    "long row": (secret(), b"id,x,y\n1,%s,a,%s\n2,a,b\n"),
    "broken quote": (secret(), b'id,x,y\n1,"%s"x,a\n2,a,b\n'),
    "bad bytes": (secret(), b"id,x,y\n1,%s\xff,a\n2,a,b\n"),
    "rows of SQL": (secret(rules=sql("SELECT count(*) FROM {object} WHERE x LIKE 'can%'")), b"id,x,y\n1,%s,a\n"),
    "a number of SQL": (secret(rules=sql("SELECT max(x) FROM {object}", mustBe="no")), b"id,x,y\n1,%s,a\n"),
    "SQL that cannot be run": (
        secret(rules=sql("SELECT sum(CAST(x AS INTEGER)) FROM {object}")), b"id,x,y\n1,%s,a\n",
    ),
    "SQL that cannot be compared": (secret(rules=sql("SELECT max(x) FROM {object}")), b"id,x,y\n1,%s,a\n"),
    "a row of totals": (secret(logicalType="integer"), b"id,x,y\n1,2,a\nTOTAL,%s,\n"),
    "never seen before": (secret(quality=[HISTORY]), b"id,x,y\n1,%s,a\n"),
}  # fmt: skip


def written(report: Report) -> dict[str, str]:
    """The report in every format."""
    texts = {}
    for name in NAMES:
        sink = io.StringIO()
        output = Output(sink, name)
        output.add(report)
        output.close()
        texts[name] = sink.getvalue()
    return texts


@pytest.mark.parametrize("case", CASES)
def test_a_classified_cell_is_shown_nowhere(case: str) -> None:
    """The canary of the classified column is in no format, also not folded, cut or in a reason."""
    match, data = CASES[case]
    report = check(data.replace(b"%s", CANARY.encode()), match)
    for one in (report, settled(report, [])):
        leaks = [name for name, text in written(one).items() if "canary" in without_contract(text).lower()]
        assert [] == leaks


def without_contract(text: str) -> str:
    """What the contract itself says is no secret of a file: its own values and queries may be told."""
    for said in (CANARY.upper(), "canary4712"):
        text = text.replace(said, "")
    return text


def test_a_classified_field_hides_the_object_around_it() -> None:
    """A row's cell that holds a classified field is not shown, whichever field is wrong."""
    inner = {"name": "ssn", "classification": "restricted"}
    address = {
        "name": "person",
        "logicalType": "object",
        "properties": [inner, {"name": "age", "logicalType": "integer"}],
    }
    line = f'{{"id": 1, "person": {{"ssn": "{CANARY}", "age": "old"}}}}\n{{"id": "{CANARY}'
    report = check(line.encode(), contract([{"name": "id"}, address]), name="f.ndjson")

    assert {"text_in_number"} <= {cause.code for cause in report.causes} or report.causes
    assert [] == [name for name, text in written(report).items() if CANARY in text]


def test_what_is_not_classified_is_shown() -> None:
    """The same cell without a classification is in the samples: masking hides nothing else."""
    report = check(
        f"id,x,y\n1,{CANARY},a\n".encode(),
        contract([{"name": "id"}, {"name": "x", "logicalType": "date"}, {"name": "y"}]),
    )

    assert all(CANARY in text for name, text in written(report).items())


def _talkative(rows: Iterator[Row], _arguments: Mapping[str, Any]) -> Iterator[Bad]:
    """A check of somebody else's that quotes cells in its reasons."""
    for row in rows:
        yield Bad(row, "y", f"{row['x']} does not go with {row['y']}")


def _raising(_rows: Iterator[Row], _arguments: Mapping[str, Any]) -> Iterator[Bad]:
    raise ValueError(f"cannot digest {CANARY}")


@pytest.mark.parametrize("plugin", [_talkative, _raising])
def test_a_check_of_somebody_elses_gives_nothing_away(plugin: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A plug-in may quote a classified cell in its reason or its error; what is not classified is still told."""
    monkeypatch.setattr(custom, "find_plugin", lambda _name: plugin)
    rule = {"id": "r", "type": "custom", "engine": "fileproc", "implementation": {"check": "any"}, "mustBe": 0}
    report = check(f"id,x,y\n1,{CANARY},a\n".encode(), secret(rules=[rule]))

    assert [] == [name for name, text in written(report).items() if CANARY in text]
    assert plugin is _raising or "*** does not go with a" == report.causes[0].title
