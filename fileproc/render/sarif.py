"""SARIF 2.1.0, for the code scanning pages of GitHub, GitLab and Azure: one result a cause, one rule a code."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from fileproc import __version__
from fileproc.domain.reports import Severity, Verdict
from fileproc.quality.explanations import explanation
from fileproc.render.document import Document, address, first_line, no_verdict, sentence, severity, verdict, where
from fileproc.render.text import json_text, number, visible

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS = {Severity.FAIL: "error", Severity.WARN: "warning", Severity.INFO: "note"}


def render(documents: Sequence[Document]) -> str:
    """The log: one run, however many files."""
    codes = sorted({str(cause["code"]) for document in documents for cause in document["causes"]})
    index = {code: position for position, code in enumerate(codes)}
    driver = {"name": "fileproc", "version": __version__, "rules": [_rule(code, documents) for code in codes]}
    run = {
        "tool": {"driver": driver},
        "invocations": [_invocation(documents)],
        "results": [
            _result(cause, document, index) for document in documents for cause in document["causes"]
        ],
    }  # fmt: skip
    return json_text({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=1) + "\n"


def _rule(code: str, documents: Sequence[Document]) -> dict[str, Any]:
    """What the code means; a code that this version does not know is told by its first cause."""
    known = explanation(code)
    if known is None:
        causes = (cause for document in documents for cause in document["causes"] if cause["code"] == code)
        fix = visible(next(causes)["fix"])
        return {"id": visible(code), "shortDescription": {"text": f"{visible(code)}."}, "help": {"text": fix}}
    partner, contract = f"Whoever sends the file: {known.partner}", f"Whoever keeps the contract: {known.contract}"
    return {
        "id": code,
        "name": "".join(word.capitalize() for word in code.split("_")),
        "shortDescription": {"text": f"{known.title}."},
        "fullDescription": {"text": f"{known.meaning} {known.why}"},
        "help": {
            "text": f"{known.meaning}\n\n{known.why}\n\n{partner}\n\n{contract}",
            "markdown": f"{known.meaning}\n\n{known.why}\n\n- {partner}\n- {contract}\n",
        },
        "properties": {"tags": ["data-quality", known.family]},
    }


def _result(cause: Document, document: Document, index: dict[str, int]) -> dict[str, Any]:
    path = address(document)
    place = where(cause)
    times = f"{cause['count']:,} ×" + (f", {place}" if place else "")
    text = f"{visible(cause['title'])}: {times}; {sentence(cause)}."
    first = first_line(cause)
    result = {
        "ruleId": visible(cause["code"]),
        "ruleIndex": index[str(cause["code"])],
        "level": LEVELS[severity(cause)],
        "message": {"text": text},
        "locations": [_location(path, first)],
        "partialFingerprints": {"cause/v1": _fingerprint(path, cause)},
        "properties": _properties(cause),
    }
    others = [line for line in cause["lines"] if line != first]
    if others:
        result["relatedLocations"] = [_related(path, line, number) for number, line in enumerate(others, 1)]
    if cause["count"] > 0:
        result["occurrenceCount"] = int(cause["count"])
    return result


def _properties(cause: Document) -> dict[str, Any]:
    """The report's own words, apart; `count` is the true total."""
    words = {key: visible(cause[key]) for key in ("check", "found", "agreed", "fix")}
    numbers = {"count": cause["count"], "firstLine": cause["first_line"], "lastLine": cause["last_line"]}
    column = {} if cause["column"] is None else {"column": visible(cause["column"])}
    return words | column | {name: value for name, value in numbers.items() if value is not None}


def _location(path: str, line: int | None) -> dict[str, Any]:
    physical: dict[str, Any] = {"artifactLocation": artifact(path)}
    if line is not None:
        physical["region"] = {"startLine": max(1, int(line))}
    return {"physicalLocation": physical}


def _related(path: str, line: int, position: int) -> dict[str, Any]:
    return {"id": position, "message": {"text": f"Line {line:,}."}} | _location(path, line)


def artifact(path: str) -> dict[str, str]:
    """A relative path is one below the root of the sources; others are addresses."""
    if path.startswith("s3://"):
        return {"uri": "s3://" + _quoted(path.removeprefix("s3://"))}
    if path.startswith("/"):
        return {"uri": "file://" + _quoted(path)}
    return {"uri": _quoted(path.removeprefix("./")), "uriBaseId": "%SRCROOT%"}


def _quoted(path: str) -> str:
    try:
        return quote(path, errors="surrogateescape")  # a path that is no text keeps its bytes
    except UnicodeEncodeError:
        return quote(path, errors="replace")


def _fingerprint(path: str, cause: Document) -> str:
    """The same cause in the next file of this name is the same alert, whatever its lines are then."""
    parts = "\0".join(str(one) for one in (path, cause["check"], cause["code"], cause["column"]))
    return hashlib.sha256(parts.encode("utf-8", "surrogatepass")).hexdigest()


def _invocation(documents: Sequence[Document]) -> dict[str, Any]:
    """Files without a verdict are no results: the tool tells of them."""
    notes = [_note(document) for document in documents if no_verdict(document) is not None]
    failed = any(verdict(document) is Verdict.ERROR for document in documents)
    counted = number(len(documents), "file")
    return {
        "executionSuccessful": not failed,
        "exitCodeDescription": f"{counted} checked",
        "toolExecutionNotifications": notes,
    }


def _note(document: Document) -> dict[str, Any]:
    what, reason = no_verdict(document) or ("error", "")
    level = "error" if what == "error" else "warning"
    text = f"{visible(address(document))}: {reason}"
    return {"level": level, "message": {"text": text}, "locations": [_location(address(document), None)]}
