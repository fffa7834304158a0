"""The published JSON Schema describes the documents that are really written."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from fileproc.quality.contracts.contract import NoMatch
from tests.unit.quality.checking import check, contract

SCHEMA = json.loads((Path(__file__).parents[3] / "docs" / "reference" / "report.schema.json").read_text())
MATCH = contract([{"name": "a", "logicalType": "integer", "unique": True}, {"name": "b", "required": True}])


@pytest.mark.parametrize(
    ("data", "match"),
    [
        (b"a,b\n1,x\n", MATCH),
        (b"a,b\n1,x\nx,\n1,x,y\n", MATCH),
        (b"", MATCH),
        (b"a,b\n1,x\n", NoMatch("none", ("one",))),
        (b"a\n1\n", MATCH),
    ],
)
def test_reports_are_as_published(data: bytes, match: object) -> None:
    """Good, bad, empty, unmatched and incomplete files alike."""
    document = check(data, match).to_document()  # type: ignore[arg-type]

    jsonschema.validate(json.loads(json.dumps(document)), SCHEMA)
    assert set() == set(document) - set(SCHEMA["properties"])
