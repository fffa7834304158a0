"""The standard's own JSON Schemas, chosen by `apiVersion`, with messages for people and places in the file.

Two flaws of the published files are mended when they are loaded: an `if` on `logicalType` also holds where that key is
absent, so a property without it was told to have a `map` and no options. What the schema says about rules and logical
types is said better by our own rules; those errors are left out here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from itertools import islice
from typing import Any

from jsonschema import Draft201909Validator

from fileproc.quality.contracts.lint_finding import LintFinding, finding
from fileproc.quality.contracts.lint_translate import Translator
from fileproc.quality.contracts.odcs_place import Place
from fileproc.quality.contracts.odcs_words import VERSIONS

#: A hostile contract can break each rule a thousand times.
MOST_ERRORS = 500


def standard(root: Place, api_version: str) -> Iterator[LintFinding]:
    """What the JSON Schema of the contract's version says against it."""
    version = schema_version(api_version)
    if version != api_version.removeprefix("v"):
        message = f"apiVersion {api_version} is not known here; the contract is read as v{version}"
        yield finding("FPC009", root.mark("apiVersion"), message, f"write apiVersion: v{version}")
    found = _findings(root, version)
    later = {one.mark for one in _findings(root, VERSIONS[-1])} if found and version != VERSIONS[-1] else None
    for one in found:
        if later is None or one.mark in later or one.severity != "error":
            yield one
        else:
            fix = "raise apiVersion; it is read all the same"
            yield finding("FPC109", one.mark, f"{one.message}; a later version of the standard allows it", fix)


def _findings(root: Place, version: str) -> list[LintFinding]:
    errors = islice(_validator(version).iter_errors(root.item), MOST_ERRORS)
    return list(Translator(root, load_schema(version)).findings(errors))


def schema_version(api_version: str) -> str:
    """The vendored version that is the contract's own, or the newest one that is not newer."""
    wanted = _numbers(api_version.removeprefix("v"))
    older = [version for version in VERSIONS if _numbers(version) <= wanted]
    return older[-1] if older else VERSIONS[0]


@cache
def load_schema(version: str) -> dict[str, Any]:
    """A vendored JSON Schema, mended."""
    text = files("fileproc.quality.contracts").joinpath(f"schemas/odcs-json-schema-v{version}.json").read_text("utf-8")
    schema: dict[str, Any] = json.loads(text)
    _mend(schema)
    schema["properties"]["apiVersion"] = {"type": "string"}  # said by FPC008 and FPC009
    return schema


@cache
def _validator(version: str) -> Draft201909Validator:
    return Draft201909Validator(load_schema(version))


def _mend(node: Any) -> None:
    """An `if` that names `logicalType` shall hold only where there is one."""
    if isinstance(node, list):
        for item in node:
            _mend(item)
    elif isinstance(node, dict):
        condition = node.get("if")
        if isinstance(condition, dict):
            for one in [condition, *condition.get("anyOf", [])]:
                if "logicalType" in one.get("properties", {}):
                    one.setdefault("required", ["logicalType"])
        for item in node.values():
            _mend(item)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in (*version.split("."), "0")[:3])
