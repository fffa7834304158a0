"""JSON Schema errors → findings: what is wrong in words, and the place of the key that is meant.

Unknown keys are told from keys that are known elsewhere by looking at what a definition names at all: a validator
reports both alike, and reports known keys as unknown when something else is wrong beside them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from jsonschema.exceptions import ValidationError, best_match

from fileproc.quality.contracts.lint_finding import LintFinding, finding, shown
from fileproc.quality.contracts.odcs_place import Place
from fileproc.quality.contracts.odcs_words import OPERATORS
from fileproc.quality.contracts.yaml_positions import PathKey
from fileproc.quality.suggest import did_you_mean

Schema = dict[str, Any]

#: What a JSON Schema type is called in a sentence.
KINDS = {
    "string": "a text",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "array": "a list",
    "object": "a mapping of keys to values",
}
#: Keywords that can be said in a few words with their value.
SAYINGS = {
    "minItems": "needs at least {} entries",
    "maxItems": "may have at most {} entries",
    "minLength": "needs at least {} characters",
    "minimum": "must be at least {}",
    "maximum": "must be at most {}",
    "exclusiveMinimum": "must be more than {}",
    "pattern": "must look like {}",
    "uniqueItems": "must not repeat an entry",
}
CLOSED = ("additionalProperties", "unevaluatedProperties")

#: Where our own rules speak: (last key of the path) for values, and whole mappings for unknown keys.
OURS = ("logicalType", "metric", "enum", "exclusiveMinimum", "exclusiveMaximum")


class Translator:
    """Translates the errors of one document against one version of the schema."""

    def __init__(self, root: Place, schema: Schema) -> None:
        self._root = root
        self._document = root.document
        self._schema = schema

    def findings(self, errors: Iterable[ValidationError]) -> Iterator[LintFinding]:
        pairs = [(error, tuple(error.absolute_path)) for error in errors]
        troubled = [path for error, path in pairs if error.validator not in CLOSED]
        closed = [path for error, path in pairs if error.validator in CLOSED]
        for error, path in pairs:
            if error.validator not in CLOSED:
                yield from self._translated(error)
            elif path[-1:] != ("logicalTypeOptions",):  # said by our own rules
                below = any(one[: len(path)] == path and one != path for one in closed)
                alone = not below and not any(one[: len(path)] == path for one in troubled)
                yield from self._closed(error, path, alone=alone)

    def _translated(self, error: ValidationError) -> Iterator[LintFinding]:
        path = tuple(error.absolute_path)
        if self._is_ours(error, path):
            return
        if error.validator == "required":
            yield from self._missing(error, path)
        elif error.validator == "type":
            yield self._wrong_kind(error, path)
        elif error.validator in ("enum", "const"):
            yield self._not_allowed(error, path)
        elif error.validator in ("oneOf", "anyOf") and error.context:
            best = best_match(error.context)
            yield from self._translated(best) if best is not None else ()
        else:
            yield self._other(error, path)

    @staticmethod
    def _is_ours(error: ValidationError, path: PathKey) -> bool:
        """What our own rules say in better words."""
        if path and path[-1] in OURS and error.validator in ("enum", "type", "minItems", "uniqueItems"):
            return True
        if "enum" in path[-2:] and error.validator == "type":
            return True
        if "quality" in path:
            if error.validator == "oneOf":
                return any(set(OPERATORS) & set(branch.get("required", ())) for branch in error.validator_value)
            return error.validator == "required" and bool({"metric", "rule"} & set(error.validator_value))
        return False

    def _missing(self, error: ValidationError, path: PathKey) -> Iterator[LintFinding]:
        for key in error.validator_value:
            if key not in error.instance:
                where = _called(path)
                yield finding("FPC101", self._document.mark(path), f"`{key}` is missing in {where}", f"add `{key}:`")

    def _wrong_kind(self, error: ValidationError, path: PathKey) -> LintFinding:
        expected = error.validator_value if isinstance(error.validator_value, list) else [error.validator_value]
        text = self._document.text(path)
        mark = self._document.value_mark(path)
        name = _called(path)
        if "string" in expected and text is not None and error.instance is not None:
            return finding(
                "FPC108",
                mark,
                f"{name} is a text, but {shown(text)} is none to other readers",
                f'quote it: "{text[:40]}"',
            )
        kinds = " or ".join(KINDS.get(str(one), str(one)) for one in expected)
        what = "nothing" if error.instance is None else shown(error.instance if text is None else text)
        fix = f"write {kinds}"
        if isinstance(error.instance, str) and {"number", "integer", "boolean"} & set(expected):
            fix += ", without quotes"
        return finding("FPC103", mark, f"{name} must be {kinds}, not {what}", fix)

    def _not_allowed(self, error: ValidationError, path: PathKey) -> LintFinding:
        allowed = error.validator_value if isinstance(error.validator_value, list) else [error.validator_value]
        words = [str(one) for one in allowed]
        message = f"{_called(path)} is {shown(error.instance)}, which is not allowed"
        return finding("FPC104", self._document.value_mark(path), message, did_you_mean(str(error.instance), words))

    def _other(self, error: ValidationError, path: PathKey) -> LintFinding:
        saying = SAYINGS.get(str(error.validator), "breaks the standard's rule `{}`")
        value = error.validator_value if error.validator in SAYINGS else error.validator
        message = f"{_called(path)} {saying.format(str(value)[:80])}"
        return finding("FPC105", self._document.value_mark(path), message, "see the standard for this key")

    # keys that should not be there

    def _closed(self, error: ValidationError, path: PathKey, *, alone: bool) -> Iterator[LintFinding]:
        """Unknown keys; `alone` = nothing else is wrong here, so a known key that is refused has no meaning here."""
        known = known_keys(error.schema, self._schema)
        for key in error.instance:
            if key not in known:
                message = f"{shown(key)} is no key of {_called(path)}"
                fix = did_you_mean(key, sorted(known))
                yield finding("FPC102", self._document.mark((*path, key)), message, fix)
            elif alone and self._is_reported(error, key):
                yield self._not_here((*path, key), error.instance)

    @staticmethod
    def _is_reported(error: ValidationError, key: str) -> bool:
        """Whether the validator itself means this key."""
        return error.validator == "unevaluatedProperties" and repr(key) in error.message

    def _not_here(self, place: PathKey, instance: Any) -> LintFinding:
        key, kind = place[-1], instance.get("type")
        with_type = f" with type: {kind}" if isinstance(kind, str) else ""
        fix = "remove it"
        if key == "delimiter":
            fix = 'write it below customProperties: `- property: delimiter` and `value: ";"`'
        elif key in ("properties", "items", "map"):
            fix = "set logicalType to object, array or map"
        return finding("FPC106", self._document.mark(place), f"`{key}` has no meaning here{with_type}", fix)


def known_keys(schema: Any, root: Schema) -> frozenset[str]:
    """Every key that a definition names for its own mapping, whatever the condition."""
    found: set[str] = set()
    waiting, seen = [schema], set()
    while waiting:
        node = waiting.pop()
        if not isinstance(node, dict) or id(node) in seen:
            continue
        seen.add(id(node))
        found.update(node.get("properties", {}))
        if isinstance(node.get("$ref"), str):
            waiting.append(_resolved(node["$ref"], root))
        for word in ("allOf", "anyOf", "oneOf"):
            waiting += node.get(word, [])
        waiting += [node.get("then"), node.get("else")]
    return frozenset(found)


def _resolved(reference: str, root: Schema) -> Any:
    node: Any = root
    for part in reference.removeprefix("#/").split("/"):
        node = node[part]
    return node


def _called(path: PathKey) -> str:
    """What a path is called in a sentence: its last key, with the list entry it is in."""
    if not path:
        return "the contract"
    if isinstance(path[-1], int):
        return f"entry {path[-1] + 1} of `{path[-2]}`" if len(path) > 1 else f"entry {path[-1] + 1}"
    return f"`{path[-1]}`"
