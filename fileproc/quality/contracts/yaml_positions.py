"""YAML with positions: plain values, and for each of them the line and column where it stands.

Scalars follow YAML 1.2's core: `no` and `on` are texts, dates are texts, only `true` and `false` are booleans. A
contract is hostile input, so tags, duplicate keys, deep nesting and alias bombs are refused with their place. Anchors,
aliases and merge keys (`<<`) work as people know them, bounded by the number of values they expand to.
"""

from __future__ import annotations

import math
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fileproc.quality.contracts.contract import Mark
from fileproc.quality.contracts.lint_finding import refused, shown
from fileproc.quality.contracts.yaml_nodes import DEEPEST, MOST_VALUES, Node, compose, decode, too_much

LARGEST_FILE = 4 << 20

PathKey = tuple[str | int, ...]

_NULL = re.compile(r"(~|null|Null|NULL|)")
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INT = re.compile(r"[-+]?[0-9]{1,60}")
_OTHER_BASE = re.compile(r"0o[0-7]{1,40}|0x[0-9a-fA-F]{1,40}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]{1,60}|[0-9]{1,60}(\.[0-9]{0,60})?)([eE][-+]?[0-9]{1,3})?")

_TAG = "tag:yaml.org,2002:"
_SCALAR_TAGS: dict[str, tuple[type, ...]] = {
    f"{_TAG}int": (int,),
    f"{_TAG}float": (int, float),
    f"{_TAG}bool": (bool,),
    f"{_TAG}null": (type(None),),
}


@dataclass(frozen=True, slots=True)
class Located:
    """A document: plain values, the places of each path, and the raw text of each scalar.

    `marks` holds where a key or list entry begins; `value_marks` where the value behind a key does.
    """

    value: Any
    file: str
    marks: dict[PathKey, Mark]
    texts: dict[PathKey, str]
    value_marks: dict[PathKey, Mark] = field(default_factory=dict)

    def mark(self, path: PathKey) -> Mark:
        """Where a path stands, or the nearest thing above it."""
        return self._nearest(self.marks, path)

    def value_mark(self, path: PathKey) -> Mark:
        """Where the value of a path stands, or the nearest thing above it."""
        return self._nearest(self.value_marks, path)

    def text(self, path: PathKey) -> str | None:
        """A scalar as it was written: `1.10` stays `1.10`."""
        return self.texts.get(path)

    def _nearest(self, marks: dict[PathKey, Mark], path: PathKey) -> Mark:
        while path and path not in marks:
            path = path[:-1]
        return marks.get(path, Mark(self.file, 1, 1))


def load_file(file: Path) -> Located:
    """Read one contract file.

    Raises:
        UnreadableContract: it cannot be read or is not such YAML; says where.
    """
    return load(read_bytes(file), str(file))


def read_bytes(file: Path) -> bytes:
    """The bytes of a contract file. Raises UnreadableContract; a pipe or a device is refused, not waited for."""
    start = Mark(str(file), 1, 1)
    try:
        if not stat.S_ISREG(file.stat().st_mode):
            raise refused("FPC001", start, "it is not a regular file", "name a YAML file")
        with file.open("rb") as stream:
            data = stream.read(LARGEST_FILE + 1)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = getattr(error, "strerror", None) or str(error)
        raise refused("FPC001", start, f"the file cannot be read: {reason}", "check its name and permissions") from None
    if len(data) > LARGEST_FILE:
        raise refused(
            "FPC001", start, f"the file is larger than {LARGEST_FILE >> 20} MiB", "a contract is not; split it"
        )
    return data


def load(data: bytes, file: str) -> Located:
    """Parse one document.

    Raises:
        UnreadableContract: not UTF-8, not YAML, or something that a contract has no use for; says where.
    """
    root = compose(decode(data, file), file)
    if root is None:
        raise refused("FPC001", Mark(file, 1, 1), "the file is empty", "write a contract into it, or remove it")
    builder = _Builder(file)
    value = builder.build(root, (), 0)
    return Located(value, file, builder.marks, builder.texts, builder.value_marks)


class _Builder:
    """Nodes to values, counting as it goes: an alias is expanded each time it is used, and that is bounded."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._count = 0
        self.marks: dict[PathKey, Mark] = {}
        self.value_marks: dict[PathKey, Mark] = {}
        self.texts: dict[PathKey, str] = {}

    def build(self, node: Node, path: PathKey, depth: int) -> Any:
        self._tally(node, depth)
        self.marks[path] = self.value_marks[path] = node.mark
        if node.kind == "scalar":
            self.texts[path] = node.text
            return _scalar(node)
        _check_tag(node, "seq" if node.kind == "list" else "map")
        if node.kind == "list":
            return [self.build(item, (*path, index), depth + 1) for index, item in enumerate(node.items)]
        return self._mapping(node, path, depth)

    def _mapping(self, node: Node, path: PathKey, depth: int) -> dict[str, Any]:
        seen: dict[str, Mark] = {}
        mapping: dict[str, Any] = {}
        merged: list[Node] = []
        for key_node, value_node in zip(node.items[::2], node.items[1::2], strict=True):
            key = _key(key_node, seen)
            if key == "<<" and key_node.plain:
                merged.append(value_node)
                continue
            mapping[key] = self.build(value_node, (*path, key), depth + 1)
            self.marks[(*path, key)] = key_node.mark  # people look for the key, not for the value behind it
        for key_node, value_node in self._merged(merged, depth):
            key = _key(key_node, {})
            if key not in mapping:
                mapping[key] = self.build(value_node, (*path, key), depth + 1)
                self.marks[(*path, key)] = key_node.mark
        return mapping

    def _merged(self, values: list[Node], depth: int) -> Iterator[tuple[Node, Node]]:
        """The entries that `<<` brings in, nearest first; what it brings in may merge others itself."""
        for source in [one for value in values for one in (value.items if value.kind == "list" else [value])]:
            if source.kind != "mapping":
                raise refused("FPC002", source.mark, "`<<` merges mappings only", "write `<<: *anchor`")
            deeper = []
            for key, item in zip(source.items[::2], source.items[1::2], strict=True):
                self._tally(item, depth)
                if key.text == "<<" and key.plain:
                    deeper.append(item)
                else:
                    yield key, item
            yield from self._merged(deeper, depth + 1)

    def _tally(self, node: Node, depth: int) -> None:
        self._count += 1
        if self._count > MOST_VALUES or depth > DEEPEST:
            raise too_much(node.mark)


def _key(node: Node, seen: dict[str, Mark]) -> str:
    if node.kind != "scalar":
        raise refused("FPC002", node.mark, "a key must be a plain text", "write `key: value`")
    if node.text in seen:
        first = seen[node.text]
        message = f"the key {shown(node.text)} stands twice; the first is on line {first.line}"
        raise refused("FPC004", node.mark, message, "keep one of them")
    seen[node.text] = node.mark
    return node.text


def _check_tag(node: Node, expected: str) -> None:
    if node.tag not in (None, "!", _TAG + expected):
        raise refused("FPC006", node.mark, f"the tag {shown(node.tag)} is refused", "write a plain value without a tag")


def _scalar(node: Node) -> Any:
    if node.tag is None:
        return plain(node.text) if node.plain else node.text
    if node.tag in ("!", f"{_TAG}str"):
        return node.text
    kinds = _SCALAR_TAGS.get(node.tag)
    value = plain(node.text)
    if kinds is None or type(value) not in kinds:
        raise refused("FPC006", node.mark, f"the tag {shown(node.tag)} is refused", "write a plain value without a tag")
    return value


def plain(text: str) -> Any:
    """The value of an unquoted scalar by YAML 1.2's core schema; infinities and endless numbers stay texts."""
    if _NULL.fullmatch(text):
        return None
    if text in _BOOL:
        return _BOOL[text]
    if _INT.fullmatch(text):
        return int(text)
    if _OTHER_BASE.fullmatch(text):
        return int(text, 0)
    if _FLOAT.fullmatch(text):
        number = float(text)
        return number if math.isfinite(number) else text
    return text
