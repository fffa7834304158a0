"""`${NAME}` and `${NAME:-default}`: resolved from an allow-list only, for a contract is hostile input.

A variable that nobody resolves must not end up as a location or a bound, so it is an error that names it. SQL has
placeholders of the same shape (`${table}`); in queries those are left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from fileproc.quality.contracts.lint_finding import LintFinding, UnreadableContract, finding
from fileproc.quality.contracts.odcs_words import SQL_PLACEHOLDERS
from fileproc.quality.contracts.yaml_positions import Located, PathKey

VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]{0,99})(?::-([^}]*))?\}")

#: Below these keys stands the language of an engine.
ENGINE_KEYS = ("query", "implementation")

#: Name → value, or None for one that is allowed but not set; its default then counts.
Variables = Mapping[str, str | None]

NONE_ALLOWED: Variables = {}


def unresolved(document: Located, variables: Variables = NONE_ALLOWED) -> Iterator[LintFinding]:
    """A finding for each variable that cannot be resolved."""
    for path, text in document.texts.items():
        for match in VARIABLE.finditer(text) if "${" in text else ():
            if _is_variable(path, match[1]) and _resolved(match, variables) is None:
                message = f"the variable ${{{match[1]}}} is not resolved"
                fix = f"add {match[1]} to FILEPROC_CONTRACT_VARIABLES and set it, or write the value"
                yield finding("FPC007", document.value_mark(path), message, fix)


def resolve(document: Located, variables: Variables = NONE_ALLOWED) -> Located:
    """The document with its variables replaced. Raises UnreadableContract for the first that cannot be."""
    for problem in unresolved(document, variables):
        raise UnreadableContract(problem)
    if not variables or not any("${" in text for text in document.texts.values()):
        return document
    texts = {path: _replaced(path, text, variables) for path, text in document.texts.items()}
    return replace(document, value=_rebuilt(document.value, (), document.texts, texts), texts=texts)


def _is_variable(path: PathKey, name: str) -> bool:
    return not (name.lower() in SQL_PLACEHOLDERS and any(key in path for key in ENGINE_KEYS))


def _resolved(match: re.Match[str], variables: Variables) -> str | None:
    if match[1] not in variables:
        return None
    value = variables[match[1]]
    return match[2] if value is None else value


def _replaced(path: PathKey, text: str, variables: Variables) -> str:
    return VARIABLE.sub(
        lambda match: (_resolved(match, variables) or "") if _is_variable(path, match[1]) else match[0], text
    )


def _rebuilt(value: Any, path: PathKey, before: dict[PathKey, str], after: dict[PathKey, str]) -> Any:
    if isinstance(value, dict):
        return {key: _rebuilt(one, (*path, key), before, after) for key, one in value.items()}
    if isinstance(value, list):
        return [_rebuilt(one, (*path, index), before, after) for index, one in enumerate(value)]
    return value if before.get(path) == after.get(path) else after[path]
