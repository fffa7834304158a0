"""The published JSON Schema describes the documents that are really written."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from fileproc.domain.reports import Split
from fileproc.quality.contracts.contract import NoMatch
from fileproc.quality.history.compare import settled
from tests.unit.quality.checking import check, contract

SCHEMA = json.loads((Path(__file__).parents[3] / "docs" / "reference" / "report.schema.json").read_text())
MATCH = contract([{"name": "a", "logicalType": "integer", "unique": True}, {"name": "b", "required": True}])


def _history(measure: str) -> dict[str, object]:
    words = {"check": "history", "measure": measure}
    return {"type": "custom", "engine": "fileproc", "implementation": words, "mustBeBetween": [0, 9]}


COLUMN = {"name": "b", "logicalType": "number", "quality": [_history(one) for one in ("nullShare", "mean")]}
WITH_PAST = contract([{"name": "a"}, COLUMN], quality=[_history("rowCount")])
WITH_PAST_HIDDEN = contract(
    [{"name": "a"}, {"name": "b", "classification": "secret", "quality": [_history("newCategories")]}]
)


@pytest.mark.parametrize(
    ("data", "match"),
    [
        (b"a,b\n1,x\n", MATCH),
        (b"a,b\n1,x\nx,\n1,x,y\n", MATCH),
        (b"", MATCH),
        (b"a,b\n1,x\n", NoMatch("none", ("one",))),
        (b"a\n1\n", MATCH),
        (b"a,b\n1,x\n", WITH_PAST),
        (b"a,b\n1,x\n2,\n", WITH_PAST_HIDDEN),
    ],
)
def test_reports_are_as_published(data: bytes, match: object) -> None:
    """Good, bad, empty, unmatched and incomplete files alike."""
    report = check(data, match)  # type: ignore[arg-type]
    for document in (report.to_document(), settled(report, []).to_document()):
        _assert_as_published(document)


def _assert_as_published(document: dict[str, object]) -> None:

    jsonschema.validate(json.loads(json.dumps(document)), SCHEMA)
    assert set() == set(document) - set(SCHEMA["properties"])


@pytest.mark.parametrize("where", ["parts/a.csv", None])
def test_a_report_that_was_split_is_as_published(where: str | None) -> None:
    """Where the parts are is part of the published document, also where there are none."""
    rows = None if where is None else 1
    split = Split(where, where, "parts/a.manifest.json", rows, rows)
    _assert_as_published(check(b"a,b\n1,x\n", MATCH).replaced(split=split).to_document())
