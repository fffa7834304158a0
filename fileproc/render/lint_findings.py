"""Findings about contracts for machines: JSON values, GitHub annotations and SARIF, with the words of the text form."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from fileproc import __version__
from fileproc.quality.contracts.lint_codes import CODES
from fileproc.quality.contracts.lint_finding import LintFinding
from fileproc.render.github import command
from fileproc.render.sarif import SCHEMA, artifact
from fileproc.render.text import visible

#: Severity → what GitHub and SARIF call it.
GITHUB = {"error": "error", "warning": "warning", "info": "notice"}
SARIF = {"error": "error", "warning": "warning", "info": "note"}


def as_json(found: Sequence[LintFinding], contracts: int) -> str:
    """The findings, and how many there are."""
    levels = Counter(one.severity for one in found)
    document = {"contracts": contracts, "errors": levels["error"], "warnings": levels["warning"]}
    return json.dumps(document | {"findings": [one.to_document() for one in found]}, indent=2) + "\n"


def as_github(found: Sequence[LintFinding], _contracts: int) -> str:
    """One annotation each, at its line."""
    return "".join(
        command(
            GITHUB[one.severity], _sentence(one), file=one.mark.file, line=one.mark.line, col=one.mark.column,
            title=one.code,
        )
        + "\n"
        for one in found
    )  # fmt: skip


def as_sarif(found: Sequence[LintFinding], _contracts: int) -> str:
    """One run; each code is a rule."""
    codes = sorted({one.code for one in found})
    rules = [{"id": code, "shortDescription": {"text": CODES[code].meaning}} for code in codes]
    driver = {"name": "fileproc contract lint", "version": __version__, "rules": rules}
    results = [_result(one, codes.index(one.code)) for one in found]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=1, ensure_ascii=False) + "\n"


def _result(one: LintFinding, rule: int) -> dict[str, Any]:
    region = {"startLine": one.mark.line, "startColumn": one.mark.column}
    place = {"physicalLocation": {"artifactLocation": artifact(one.mark.file), "region": region}}
    return {
        "ruleId": one.code, "ruleIndex": rule, "level": SARIF[one.severity], "message": {"text": _sentence(one)},
        "locations": [place],
    }  # fmt: skip


def _sentence(one: LintFinding) -> str:
    return visible(f"{one.message} → {one.fix}" if one.fix else one.message)


FORMATS = {"json": as_json, "github": as_github, "sarif": as_sarif}
