"""Importing small descriptions in tests: a document in, the contract and what was lost out."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import yaml

from fileproc.domain.reports import Report
from fileproc.quality.contracts.catalogue import Catalogue
from fileproc.quality.contracts.contract import Match
from fileproc.quality.contracts.import_file import Imported, import_file
from fileproc.quality.contracts.lint import lint
from tests.unit.quality.checking import check


def imported(document: Any, *, name: str = "source.json", allowed: str = "", **how: Any) -> Imported:
    """The import of one document; what the lint says against the result fails the test, but for one code."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / name
        file.write_text(document if isinstance(document, str) else json.dumps(document))
        made = import_file(file, **how)
        result = Path(folder) / "contract.yaml"
        result.write_text(made.text)
        assert [] == [str(one) for one in lint(result) if one.code != allowed]
    return made


def contract_of(made: Imported) -> dict[str, Any]:
    """The contract as plain values."""
    document: dict[str, Any] = yaml.safe_load(made.text)
    return document


def prop_of(made: Imported) -> dict[str, Any]:
    """The first property of the first schema object, without its name."""
    prop = dict(contract_of(made)["schema"][0]["properties"][0])
    prop.pop("name")
    return prop


def checked(made: Imported, data: bytes, *, schema: str | None = None, name: str = "file.csv") -> Report:
    """The report about a file under the imported contract."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "contract.yaml"
        file.write_text(made.text)
        match = Catalogue.single(file, schema)
    assert isinstance(match, Match), match
    return check(data, match, name=name)
