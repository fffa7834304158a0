"""Text of contracts inside of Markdown: it stays text, whatever it holds."""

from __future__ import annotations

import re

#: What Markdown, or the HTML that it becomes, would take for its own.
SIGNS = re.compile(r"([\\`*_\[\]<>|#&~])")


def escaped(text: str) -> str:
    """On one line, with every sign escaped that could end a cell, draw a link or bring HTML into somebody's page."""
    flat = " ".join(text.split())
    return SIGNS.sub(r"\\\1", flat).replace("\\<", "&lt;").replace("\\>", "&gt;").replace("\\&", "&amp;")
