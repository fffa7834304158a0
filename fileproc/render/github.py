"""Workflow commands of GitHub Actions: annotations beside the file and on the page of the run.

A line that begins with `::` is obeyed, and so is an older form anywhere in a line; so nothing of a file's own stands
outside of an escaped command. GitHub shows ten annotations of a kind and step: a file gets at most ten causes, after
one line with its verdict and the true total.
"""

from __future__ import annotations

from collections.abc import Sequence

from fileproc.domain.reports import Severity, Verdict
from fileproc.render.document import Document, address, findings, first_line, sentence, severity, verdict, where
from fileproc.render.text import number, visible

MOST_CAUSES = 10

LEVELS = {Severity.FAIL: "error", Severity.WARN: "warning", Severity.INFO: "notice"}
VERDICT_LEVELS = {
    Verdict.FAIL: "error",
    Verdict.ERROR: "error",
    Verdict.WARN: "warning",
    Verdict.SKIPPED: "warning",
    Verdict.PASS: "notice",
}


def render(documents: Sequence[Document]) -> str:
    """The commands, one a line, and a last line with the totals."""
    lines = [line for document in documents for line in _file(document)]
    return "\n".join([*lines, _total(documents)]) + "\n"


def _file(document: Document) -> list[str]:
    causes = document["causes"]
    if verdict(document) is Verdict.PASS and not causes:
        return []
    path = address(document)
    shown = causes[:MOST_CAUSES]
    return [_head(document, path, len(shown)), *(_cause(cause, path) for cause in shown)]


def _head(document: Document, path: str, shown: int) -> str:
    word = verdict(document)
    causes = len(document["causes"])
    total = f" {number(findings([document]), 'finding')} in {number(causes, 'cause')}" if causes else ""
    rest = f", of which {shown} are shown" if causes > shown else ""
    message = visible(document["summary"]) + total + rest
    return command(VERDICT_LEVELS[word], message, file=path, title=f"{word.value}: {path}")


def _cause(cause: Document, path: str) -> str:
    place = where(cause)
    message = f"{cause['count']:,} ×" + (f", {place}" if place else "") + f"; {sentence(cause)}"
    title = visible(cause["title"], 200)
    return command(LEVELS[severity(cause)], message, file=path, line=first_line(cause), title=title)


def _total(documents: Sequence[Document]) -> str:
    """Counts only: a plain line is searched for commands of the older form."""
    causes = sum(len(document["causes"]) for document in documents)
    words = [verdict(document) for document in documents]
    counted = ", ".join(f"{words.count(word)} {word.value}" for word in Verdict if word in words)
    total = f"{number(findings(documents), 'finding')} in {number(causes, 'cause')}"
    return f"fileproc: {number(len(documents), 'file')} ({counted or 'none'}), {total}"


def command(level: str, message: str, **properties: str | int | None) -> str:
    given = ",".join(f"{name}={_property(value)}" for name, value in properties.items() if value is not None)
    return f"::{level} {given}::{_data(visible(message, 4_000))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(value: str | int) -> str:
    return _data(visible(value)).replace(":", "%3A").replace(",", "%2C")
