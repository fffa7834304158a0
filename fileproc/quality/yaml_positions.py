"""YAML with positions: plain values, and for each of them the line and column where it stands.

Scalars follow YAML 1.2's core: `no` and `on` are texts, dates are texts, only `true` and `false` are booleans. A
contract is hostile input: tags, duplicate keys, deep nesting and alias bombs are refused with their place.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from fileproc.errors import ContractError
from fileproc.quality.contract import Mark

LARGEST_FILE = 4 << 20
MOST_VALUES = 100_000
DEEPEST = 40

PathKey = tuple[str | int, ...]

_NULL = re.compile(r"(~|null|Null|NULL|)")
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INT = re.compile(r"[-+]?[0-9]{1,18}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]{1,30}|[0-9]{1,30}(\.[0-9]{0,30})?)([eE][-+]?[0-9]{1,3})?")

#: Tags that say what a plain scalar would be anyway.
CORE_TAGS = {f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null", "map", "seq", "timestamp")}


@dataclass(frozen=True, slots=True)
class Located:
    """A document: plain values, the mark of each path, and the raw text of each scalar."""

    value: Any
    file: str
    marks: dict[PathKey, Mark]
    texts: dict[PathKey, str]

    def mark(self, path: PathKey) -> Mark:
        """Where a path stands, or the nearest thing above it."""
        while path and path not in self.marks:
            path = path[:-1]
        return self.marks.get(path, Mark(self.file, 1, 1))

    def text(self, path: PathKey) -> str | None:
        """A scalar as it was written: `1.10` stays `1.10`."""
        return self.texts.get(path)


def load_file(file: Path) -> Located:
    """Read one contract file.

    Raises:
        ContractError: it cannot be read or is not such YAML; says where.
    """
    try:
        with file.open("rb") as stream:
            data = stream.read(LARGEST_FILE + 1)
    except OSError as error:
        raise ContractError(f"{file}: cannot be read: {error.strerror}") from None
    if len(data) > LARGEST_FILE:
        raise ContractError(f"{file}: larger than {LARGEST_FILE >> 20} MiB; a contract is not")
    return load(data, str(file))


def load(data: bytes, file: str) -> Located:
    """Parse one document.

    Raises:
        ContractError: not UTF-8, not YAML, or something that a contract has no use for; says where.
    """
    try:
        node = yaml.compose(data.decode("utf-8-sig"), Loader=yaml.SafeLoader)
    except UnicodeDecodeError as error:
        raise ContractError(f"{file}: not UTF-8 at byte {error.start}", fix="save it as UTF-8") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"{mark.line + 1}:{mark.column + 1}" if mark else "1:1"
        raise ContractError(f"{file}:{where}: not YAML: {error.problem or error.context}") from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        text = "it is nested too deeply" if isinstance(error, RecursionError) else str(error).splitlines()[0]
        raise ContractError(f"{file}:1:1: not YAML: {text}") from None
    if node is None:
        raise ContractError(f"{file}:1:1: the file is empty")
    builder = _Builder(file)
    return Located(builder.build(node, (), 0), file, builder.marks, builder.texts)


class _Builder:
    """Nodes to values, counting as it goes: an alias is expanded each time it is used, and that is bounded."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._count = 0
        self.marks: dict[PathKey, Mark] = {}
        self.texts: dict[PathKey, str] = {}

    def build(self, node: Node, path: PathKey, depth: int) -> Any:
        mark = self._mark(node)
        self._count += 1
        if self._count > MOST_VALUES or depth > DEEPEST:
            raise ContractError(f"{mark}: the contract is too large or nested too deeply")
        if node.tag not in CORE_TAGS:
            raise ContractError(f"{mark}: the tag {node.tag[:60]} is not accepted", fix="write a plain value")
        self.marks[path] = mark
        if isinstance(node, MappingNode):
            return self._mapping(node, path, depth)
        if isinstance(node, SequenceNode):
            return [self.build(item, (*path, index), depth + 1) for index, item in enumerate(node.value)]
        return self._scalar(node, path)

    def _mapping(self, node: MappingNode, path: PathKey, depth: int) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        for key_node, value_node in node.value:
            mark = self._mark(key_node)
            if not isinstance(key_node, ScalarNode):
                raise ContractError(f"{mark}: a key must be a plain text")
            key = str(key_node.value)
            if key in mapping:
                raise ContractError(f"{mark}: {key[:80]!r} stands twice", fix="keep one of them")
            mapping[key] = self.build(value_node, (*path, key), depth + 1)
            self.marks[(*path, key)] = mark  # people look for the key, not for the value behind it
        return mapping

    def _scalar(self, node: Node, path: PathKey) -> Any:
        text = str(node.value)
        self.texts[path] = text
        return text if isinstance(node, ScalarNode) and node.style in ("'", '"', "|", ">") else plain(text)

    def _mark(self, node: Node) -> Mark:
        return Mark(self._file, node.start_mark.line + 1, node.start_mark.column + 1)


def plain(text: str) -> Any:
    """The value of an unquoted scalar by YAML 1.2's core schema."""
    if _NULL.fullmatch(text):
        return None
    if text in _BOOL:
        return _BOOL[text]
    if _INT.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    return text
