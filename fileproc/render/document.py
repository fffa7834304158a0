"""Reading report documents: the questions that every format asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fileproc.domain.reports import MARKS, Severity, Verdict, document_verdict
from fileproc.render.text import number, visible

Document = Mapping[str, Any]

#: Lines that a sentence names.
SHOWN_LINES = 5

SEVERITY_MARKS = {Severity.FAIL: "✕", Severity.WARN: "!", Severity.INFO: "i"}

#: What people say instead of the severity alone.
SEVERITY_WORDS = {Severity.FAIL: "fails the file", Severity.WARN: "warning", Severity.INFO: "for information"}


def address(document: Document) -> str:
    """What people call the file, as it is: escape it for where it is shown."""
    file = document["file"]
    if file.get("path") is not None:
        return str(file["path"])
    return f"s3://{file.get('bucket')}/{file.get('key')}"


def verdict(document: Document) -> Verdict:
    return document_verdict(document)


def mark(document: Document) -> str:
    """The sign that goes with the verdict."""
    return MARKS[verdict(document)]


def severity(thing: Document) -> Severity:
    """Of a cause or a check."""
    return Severity(thing["severity"])


def contract(document: Document) -> str | None:
    """`acme-orders 1.0.0`, or None where there was none."""
    about = document["contract"]
    if about.get("name") is None:
        return None
    return visible(" ".join(str(one) for one in (about["name"], about.get("version")) if one is not None))


def findings(documents: Sequence[Document]) -> int:
    """The true total over all causes."""
    return sum(int(cause["count"]) for document in documents for cause in document["causes"])


def how_read(document: Document) -> str | None:
    """`csv, utf-8, delimiter ';', 100 rows`, or None where nothing was read."""
    read = document["read"]
    if read.get("format") is None:
        return None
    parts = [read["format"], read.get("compression"), read.get("encoding")]
    parts.append(f"delimiter {read['delimiter']!r}" if read.get("delimiter") else None)
    parts.append(number(read["rows"], "row") if read.get("rows") is not None else None)
    parts.append(f"{read['rejected_rows']:,} unreadable" if read.get("rejected_rows") else None)
    return visible(", ".join(str(part) for part in parts if part))


def where(cause: Document) -> str | None:
    """`line 7`, `lines 2, 3, 4`, `lines 2, 3, 4, 5, 6 … 1,000`; None where no line is known."""
    lines = list(dict.fromkeys(cause["lines"]))[:SHOWN_LINES]
    last = cause.get("last_line")
    if not lines:
        return None
    shown = ", ".join(f"{line:,}" for line in lines)
    if last is not None and last > lines[-1]:
        return f"lines {shown} … {last:,}"
    return f"line {shown}" if len(lines) == 1 else f"lines {shown}"


def first_line(cause: Document) -> int | None:
    """Where to look first."""
    line = cause.get("first_line") or next(iter(cause["lines"]), None)
    return None if line is None else int(line)


def sentence(cause: Document) -> str:
    """Found, agreed and mend in one line, as formats with one text field need it."""
    return visible(f"found {cause['found']}; agreed {cause['agreed']}; mend: {cause['fix']}", 2_000)


def no_verdict(document: Document) -> tuple[str, str] | None:
    """(`error` or `skipped`, the reason) where the report carries one instead of checks."""
    if document.get("error"):
        return "error", visible(document["error"]["reason"])
    if document.get("skipped"):
        skipped = document["skipped"]
        near = ", ".join(str(one) for one in skipped.get("candidates") or [])
        return "skipped", visible(skipped["reason"] + (f" (near: {near})" if near else ""))
    return None
