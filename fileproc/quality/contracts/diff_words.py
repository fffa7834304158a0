"""The differences between two contracts as plain text and as Markdown."""

from __future__ import annotations

from collections.abc import Iterator

from fileproc.quality.contracts.contract import Mark
from fileproc.quality.contracts.diff import Diff
from fileproc.quality.contracts.diff_change import Change, Kind
from fileproc.quality.markdown import escaped


def as_text(diff: Diff) -> Iterator[str]:
    """Lines of plain text: the headline, each change with its place, and what the version should be."""
    yield headline(diff)
    for change in diff.changes:
        yield ""
        yield f"{'✕' if change.breaking else '✓'} {change.kind.value}  {_what(change)}"
        yield f"    {_sentence(change)}"
        yield f"    at {_place(change)}"
    version = version_words(diff)
    if version:
        yield ""
        yield version


def as_markdown(diff: Diff) -> Iterator[str]:
    """The same as a table, for a pull request; everything that a contract says is escaped."""
    yield f"**{escaped(headline(diff))}**"
    if diff.changes:
        yield from ("", "| | change | what | breaks | why | where |", "|---|---|---|---|---|---|")
    for change in diff.changes:
        cells = (_what(change), " and ".join(change.breaks) or "nobody", change.reason, _place(change))
        mark = "✕" if change.breaking else "✓"
        yield f"| {mark} | {change.kind.value} | {' | '.join(escaped(cell) for cell in cells)} |"
    version = version_words(diff)
    if version:
        yield from ("", escaped(version))


def headline(diff: Diff) -> str:
    """One sentence about the whole."""
    count = len(diff.changes)
    if not count:
        return "nothing is different"
    changes = f"{count} change{'' if count == 1 else 's'}"
    if not diff.breaking:
        return f"not breaking: {changes}"
    broken = sum(change.breaking for change in diff.changes)
    sides = [side for side in ("senders", "readers") if any(side in change.breaks for change in diff.changes)]
    return f"breaking for {' and '.join(sides)}: {broken} of {changes}"


def version_words(diff: Diff) -> str | None:
    """What the version says, and what it should say."""
    if diff.suggested is None:
        return None
    told = f"version {diff.old_version} → {diff.new_version}"
    kind = "breaking" if diff.breaking else diff.bump
    if not diff.too_low:
        return f"{told}: as it should be for a {kind} change"
    return f"{told}: a {kind} change asks for {diff.suggested} or higher"


def _what(change: Change) -> str:
    if change.kind in (Kind.ADDED, Kind.REMOVED):
        value = change.after if change.kind is Kind.ADDED else change.before
        return change.what if value is None or value in change.what else f"{change.what}: {value}"
    return f"{change.what}: {_value(change.before)} → {_value(change.after)}"


def _value(value: str | None) -> str:
    return "not said" if value is None else value


def _sentence(change: Change) -> str:
    return f"{change.reason} (breaks {' and '.join(change.breaks)})" if change.breaking else change.reason


def _place(change: Change) -> str:
    """Where to look: in the new contract, or in the old one for what is gone."""
    mark: Mark | None = change.old if change.kind is Kind.REMOVED else change.new
    return str(mark or change.new or change.old or "an unknown place")
