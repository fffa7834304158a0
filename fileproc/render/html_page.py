"""One self-contained HTML page: it loads nothing, runs nothing, and shows what is in a file only as text.

The policy in its head forbids everything but the one style sheet, which it knows by its digest; so a mistake in
escaping would still fetch and run nothing.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence

from fileproc.domain.reports import Result, Verdict
from fileproc.render.document import Document, address, contract, findings, how_read, mark, verdict
from fileproc.render.html_parts import cause_part, facts, shown
from fileproc.render.html_style import STYLE
from fileproc.render.text import number

#: Bounds of the page, however much is wrong with however many files.
MOST_LISTED = 2_000
MOST_FILES = 200
MOST_CAUSES = 100
MOST_CHECKS = 500

RESULT_MARKS = {
    Result.PASS: "✓",
    Result.WARN: "!",
    Result.FAIL: "✕",
    Result.INFO: "i",
    Result.SKIPPED: "–",
    Result.ERROR: "⚠",
}


def render(documents: Sequence[Document]) -> str:
    """The page."""
    title = _title(documents)
    body = [f"<header><h1>{title}</h1>{_tally(documents)}</header>"]
    if len(documents) > 1:
        body.append(_overview(documents))
    body += [_file(document, place) for place, document in enumerate(documents[:MOST_FILES], 1)]
    if len(documents) > MOST_FILES:
        body.append(f"<p>… and {number(len(documents) - MOST_FILES, 'more file')}, without their details.</p>")
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_policy()}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n<meta name="robots" content="noindex">\n'
        f"<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        + "\n".join(body)
        + "\n<footer>Made by fileproc. Lines are those that an editor shows; counts are true totals, samples are a few."
        "</footer>\n</body>\n</html>\n"
    )


def _policy() -> str:
    digest = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def _title(documents: Sequence[Document]) -> str:
    if len(documents) == 1:
        return f"{mark(documents[0])} {verdict(documents[0]).value}: {shown(address(documents[0]), 300)}"
    return f"{number(len(documents), 'file')} checked"


def _tally(documents: Sequence[Document]) -> str:
    words = [verdict(document) for document in documents]
    items = [
        f'<li class="word {word.value}">{word.mark} {words.count(word):,} {word.value}</li>'
        for word in Verdict
        if word in words and len(documents) > 1
    ]
    causes = sum(len(document["causes"]) for document in documents)
    items.append(f'<li class="soft">{number(findings(documents), "finding")} in {number(causes, "cause")}</li>')
    return f'<ul class="tally">{"".join(items)}</ul>'


def _overview(documents: Sequence[Document]) -> str:
    rows = "".join(_overview_row(document, place) for place, document in enumerate(documents[:MOST_LISTED], 1))
    rest = len(documents) - MOST_LISTED
    more = f"<p>… and {number(rest, 'more file')}.</p>" if rest > 0 else ""
    return (
        '<div class="scroll"><table class="stacked"><thead><tr><th>verdict</th><th>file</th><th>what</th></tr></thead>'
        f"<tbody>{rows}</tbody></table></div>{more}"
    )


def _overview_row(document: Document, place: int) -> str:
    name = shown(address(document), 300)
    link = f'<a href="#file-{place}">{name}</a>' if place <= MOST_FILES else name
    return f"<tr><td>{_word(document)}</td><td>{link}</td><td>{shown(document['summary'])}</td></tr>"


def _word(document: Document) -> str:
    word = verdict(document)
    return f'<span class="word {word.value}">{word.mark} {word.value}</span>'


def _file(document: Document, place: int) -> str:
    causes = document["causes"]
    shown_causes = "".join(cause_part(cause, document) for cause in causes[:MOST_CAUSES])
    rest = len(causes) - MOST_CAUSES
    more = f"<p>… and {number(rest, 'more cause')}.</p>" if rest > 0 else ""
    return (
        f'<section class="file" id="file-{place}"><h2>{_word(document)} {shown(address(document))}</h2>'
        f'<p class="summary">{shown(document["summary"])}</p>{_about(document)}'
        f"{shown_causes}{more}{_checks(document)}</section>"
    )


def _about(document: Document) -> str:
    counts = document["counts"]
    checks = (
        f"{number(counts['checks'], 'check')}: {counts['passed']:,} passed, {counts['failed']:,} failed, "
        f"{counts['warned']:,} warned, {counts['not_run']:,} not run"
    )
    failing = counts.get("failing_rows")
    rows = f"{failing:,} of {counts['rows']:,}" if failing is not None and counts["rows"] is not None else None
    promise, read = contract(document), how_read(document)
    return facts(
        [
            ("held against", shown(promise) if promise else None),
            ("read as", shown(read) if read else None),
            ("checks", checks),
            ("failing rows", rows),
            ("finished", shown(document["times"]["finished"]) if document["times"].get("finished") else None),
        ]
    )


def _checks(document: Document) -> str:
    """All checks, folded away: a name, how it ended, and what was measured or why it was not."""
    checks = document["checks"]
    if not checks:
        return ""
    rows = "".join(_check(check) for check in checks[:MOST_CHECKS])
    rest = len(checks) - MOST_CHECKS
    more = f"<p>… and {number(rest, 'more check')}.</p>" if rest > 0 else ""
    return (
        f"<details><summary>{number(len(checks), 'check')}, one by one</summary>"
        '<div class="scroll"><table class="stacked"><thead><tr><th>result</th><th>check</th><th>what</th></tr></thead>'
        f"<tbody>{rows}</tbody></table></div>{more}</details>"
    )


def _check(check: Document) -> str:
    result = Result(check["result"])
    word = f'<span class="word {result.value}">{RESULT_MARKS[result]} {result.value}</span>'
    told = [shown(check[key]) for key in ("reason", "actual") if check.get(key)]
    told += [f"agreed: {shown(check['expected'])}"] if check.get("expected") else []
    return f"<tr><td>{word}</td><td><code>{shown(check['id'])}</code></td><td>{'; '.join(told)}</td></tr>"
