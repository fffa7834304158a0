"""Short Markdown, for a comment on a pull request or a mail: the verdicts, and the worst causes in a sentence each.

Everything from a file or contract is escaped: it makes no link, image, heading, table or HTML, and mentions nobody.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from fileproc.domain.reports import Verdict
from fileproc.render.document import (
    SEVERITY_MARKS,
    Document,
    address,
    contract,
    findings,
    mark,
    severity,
    verdict,
    where,
)
from fileproc.render.text import number, visible

MOST_CHARACTERS = 50_000
MOST_CAUSES = 5
LONGEST_TEXT = 160

#: What means something in Markdown, wherever it stands.
SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#+\-!|~$&])")

#: What GitHub and GitLab turn into links and mentions without any sign of Markdown.
LINKS = re.compile(r"(?<=[@#!$~])(?=\w)|(?<=://)|(?<=[wW]{3})(?=\.)|(?<=GH-)(?=\d)")
WORD_JOINER = "\u2060"


def render(documents: Sequence[Document]) -> str:
    """The comment; far below the 65,536 characters that one may have."""
    parts = [_overview(documents)] if len(documents) > 1 else []
    told = [document for document in documents if len(documents) == 1 or verdict(document) is not Verdict.PASS]
    room = MOST_CHARACTERS
    for shown, document in enumerate(told):
        part = _file(document)
        room -= len(part)
        if room < 0:
            parts.append(f"… and {number(len(told) - shown, 'more file')} that did not pass.")
            break
        parts.append(part)
    return "\n\n".join(parts) + "\n"


def _overview(documents: Sequence[Document]) -> str:
    words = [verdict(document) for document in documents]
    counted = [f"{word.mark} {words.count(word):,} {word.value}" for word in Verdict if word in words]
    return f"**{number(len(documents), 'file')}**: {' · '.join(counted)}"


def _file(document: Document) -> str:
    promise = contract(document)
    against = f" Held against {_escaped(promise)}." if promise else ""
    head = f"### {mark(document)} {verdict(document).value}: {_code(address(document))}"
    causes = document["causes"]
    lines = [head, "", _escaped(document["summary"], 400) + against]
    if causes:
        lines += ["", *(_cause(cause) for cause in causes[:MOST_CAUSES])]
    if len(causes) > MOST_CAUSES:
        lines.append(f"- … and {number(len(causes) - MOST_CAUSES, 'more cause')}")
    if causes:
        lines += ["", f"{number(findings([document]), 'finding')} in {number(len(causes), 'cause')}."]
    return "\n".join(lines)


def _cause(cause: Document) -> str:
    place = where(cause)
    head = f"- {SEVERITY_MARKS[severity(cause)]} **{_escaped(cause['title'])}**: {cause['count']:,} ×"
    facts = [
        f"found {_escaped(cause['found'])}",
        f"agreed {_escaped(cause['agreed'])}",
        f"mend: {_escaped(cause['fix'])}",
    ]
    return head + (f", {place}" if place else "") + "  \n  " + "; ".join(facts)


def _escaped(text: object, longest: int = LONGEST_TEXT) -> str:
    joined = LINKS.sub(WORD_JOINER, visible(text, longest))
    return SPECIAL.sub(r"\\\1", joined)


def _code(text: str) -> str:
    """A code span: nothing in it means anything but the backtick that would end it."""
    return f"`{visible(text, 300).replace('`', 'ˋ')}`"
