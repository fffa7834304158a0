"""YAML text → nodes with places: the parser's events, put together without recursion.

PyYAML's own composer recurses as deep as the file says, this one never does; depth and number are bounded while the
file is still being read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import yaml
from yaml import events

from fileproc.quality.contracts.contract import Mark
from fileproc.quality.contracts.lint_finding import UnreadableContract, refused, shown

MOST_VALUES = 100_000
DEEPEST = 40

#: The parser in C is the same one, ten times as fast; not every platform has it.
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

#: What the parser says → how to mend it. The first that occurs in its message counts.
_FIXES = (
    ("unknown escape character", "put patterns in single quotes: '^\\d+$'"),
    ("cannot start any token", "indent with spaces, never with tabs; quote values that begin with @, `, % or a tab"),
    ("mapping values are not allowed", "quote the value if it holds `: `, or check the indentation"),
    ("found undefined alias", "define the &anchor before the *alias"),
    ("did not find expected ',' or '}'", "quote texts that hold braces, brackets or commas: '${NAME}'"),
    ("", "check the indentation, quotes and brackets of this line and the one before"),
)


def decode(data: bytes, file: str) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise refused("FPC003", Mark(file, 1, 1), "the file is UTF-16", "save it as UTF-8")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line, column = data.count(b"\n", 0, error.start) + 1, error.start - data.rfind(b"\n", 0, error.start)
        message = f"the byte 0x{data[error.start]:02x} is not UTF-8"
        raise refused("FPC003", Mark(file, line, column), message, "save the file as UTF-8") from None
    bad = _UNPRINTABLE.search(text)
    if bad is not None:
        start = bad.start()
        mark = Mark(file, text.count("\n", 0, start) + 1, start - text.rfind("\n", 0, start))
        message = f"the control character U+{ord(bad[0]):04X} has no place in YAML"
        raise refused("FPC003", mark, message, "is this a binary file? Save it as plain UTF-8 text")
    return text


@dataclass(slots=True)
class Node:
    """What an event says. `items` are entries of a list, or keys and values of a mapping in turn."""

    kind: str  # scalar, list, mapping
    mark: Mark
    tag: str | None
    text: str = ""
    plain: bool = False
    items: list[Node] = field(default_factory=list)


def compose(text: str, file: str) -> Node | None:
    """The root of the only document, or None. Raises UnreadableContract."""
    composer = _Composer(file)
    try:
        for event in yaml.parse(text, Loader=LOADER):
            composer.take(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Mark(file, mark.line + 1, mark.column + 1) if mark else Mark(file, 1, 1)
        problem = str(error.problem or error.context)
        fix = next(fix for part, fix in _FIXES if part in problem)
        raise refused("FPC002", place, f"not YAML: {shown(problem)[1:-1]}", fix) from None
    except (yaml.YAMLError, ValueError) as error:
        raise refused("FPC002", Mark(file, 1, 1), f"not YAML: {shown(str(error))[1:-1]}", _FIXES[-1][1]) from None
    return composer.root


class _Composer:
    """Events to nodes with a stack of its own."""

    def __init__(self, file: str) -> None:
        self.root: Node | None = None
        self._file = file
        self._open: list[Node] = []
        self._anchors: dict[str, Node] = {}
        self._count = 0

    def take(self, event: events.Event) -> None:
        start: Any = event.start_mark
        mark = Mark(self._file, start.line + 1, start.column + 1)
        if isinstance(event, events.DocumentStartEvent) and self.root is not None:
            raise refused("FPC002", mark, "a second document begins here", "one file holds one contract")
        if isinstance(event, events.CollectionEndEvent):
            self._open.pop()
        elif isinstance(event, events.AliasEvent):
            self._alias(event, mark)
        elif isinstance(event, events.NodeEvent):
            self._node(event, mark)

    def _node(self, event: Any, mark: Mark) -> None:
        self._count += 1
        if self._count > MOST_VALUES or len(self._open) > DEEPEST:
            raise too_much(mark)
        if isinstance(event, events.ScalarEvent):
            quoted = event.style in ("'", '"', "|", ">")
            node = Node("scalar", mark, event.tag, str(event.value), plain=not quoted)
        else:
            node = Node("list" if isinstance(event, events.SequenceStartEvent) else "mapping", mark, event.tag)
        if event.anchor:
            self._anchors[event.anchor] = node
        self._attach(node)
        if node.kind != "scalar":
            self._open.append(node)

    def _alias(self, event: Any, mark: Mark) -> None:
        node = self._anchors.get(event.anchor)
        if node is None:
            message = f"the alias {shown('*' + event.anchor)} has no anchor"
            raise refused("FPC002", mark, message, "define the &anchor before the *alias")
        self._attach(node)

    def _attach(self, node: Node) -> None:
        if self._open:
            self._open[-1].items.append(node)
        else:
            self.root = node


def too_much(mark: Mark) -> UnreadableContract:
    message = f"more than {MOST_VALUES:,} values, or nested deeper than {DEEPEST} levels (aliases count each time)"
    return refused("FPC005", mark, message, "write less, or split the contract")
