"""The last step of an import: what our own lint says against the contract is taken out, and told as lost.

A source may promise what has no meaning (bounds that nothing fits, an encoding that nobody knows). Rather than hand
on a contract that is refused, the smallest part that the lint names goes, with the reason.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fileproc.quality.contracts.import_source import Losses
from fileproc.quality.contracts.lint import lint_document
from fileproc.quality.contracts.lint_finding import LintFinding
from fileproc.quality.contracts.yaml_positions import Located, PathKey, load
from fileproc.quality.contracts.yaml_writer import Noted, bare, dump

#: That columns are not described is no mistake in a part: there is nothing that could be taken out.
LEFT = ("FPC311",)

#: Lists whose entries are left out whole.
WHOLE = ("quality", "relationships", "slaProperties", "customProperties")

#: Each round takes out what the one before uncovered.
MOST_ROUNDS = 8


def tidied(shape: Callable[[], dict[str, Any]], head: list[str], losses: Losses) -> str:
    """The contract as YAML that the lint accepts; `shape` gives it anew, with what every contract must have."""
    document = shape()
    text = dump(document, head)
    for _ in range(MOST_ROUNDS):
        located = load(text.encode(), losses.file)
        wrong = [one for one in lint_document(located) if one.severity != "info" and one.code not in LEFT]
        paths = {path: one for one in wrong if (path := _path_of(located, one))}
        if not paths:
            break
        for path in sorted(paths, key=_backwards, reverse=True):
            _take_out(document, path, paths[path], losses)
        document = shape()
        text = dump(document, head)
    return text


def _path_of(located: Located, found: LintFinding) -> PathKey:
    """The path of what stands at the place of a finding: the innermost."""
    place = (found.mark.line, found.mark.column)
    at = [
        path
        for marks in (located.marks, located.value_marks)
        for path, mark in marks.items()
        if (mark.line, mark.column) == place
    ]
    path = min(at, key=len) if at else ()
    # Half of a rule would say something else, so the whole entry goes.
    whole = next((key for key in WHOLE if key in path), None)
    return path if whole is None else path[: path.index(whole) + 2]


def _backwards(path: PathKey) -> tuple[tuple[int, str], ...]:
    """Later entries of a list go first, so that the places of earlier ones stay right."""
    return tuple((one, "") if isinstance(one, int) else (0, one) for one in path)


def _take_out(document: dict[str, Any], path: PathKey, found: LintFinding, losses: Losses) -> None:
    """Remove the part at a path, if it is still there."""
    holder: Any = document
    source = ""
    for step in path[:-1]:
        source = _source(holder, step) or source
        holder = _below(holder, step)
        if holder is None:
            return
    last = path[-1]
    source = _source(holder, last) or source
    gone = _below(holder, last)
    is_there = last in holder if isinstance(holder, dict) else isinstance(last, int) and last < len(holder)
    if not is_there:
        return
    del holder[last]
    losses.add(source or ".".join(map(str, path)), f"left out: {found.message}", gone)


def _below(holder: Any, step: str | int) -> Any:
    if isinstance(holder, dict):
        return bare(holder.get(str(step)))
    if isinstance(holder, list) and isinstance(step, int) and step < len(holder):
        return bare(holder[step])
    return None


def _source(holder: Any, step: str | int) -> str:
    """Where in the source a part came from, if it says so."""
    entry = holder.get(str(step)) if isinstance(holder, dict) else None
    if isinstance(holder, list) and isinstance(step, int) and step < len(holder):
        entry = holder[step]
    return entry.source if isinstance(entry, Noted) else ""
