"""Incidents as a chat message: what began, what is over, in which contract, and where to look."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fileproc.render.text import visible

#: A message that is longer is read by nobody.
MOST_LINES, LONGEST_LINE = 12, 300

#: These three have a meaning in chat messages; nothing of a file may mention people or make links.
ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def message(changes: Mapping[str, Any], report: Mapping[str, Any], link: str | None) -> str | None:
    """The text, or None where nothing changed."""
    opened = [f"✕ {_safe(title)}" for title in changes["opened"]]
    over = [
        f"✓ over: {_safe(one['title'])} ({one['files']:,} {'file' if one['files'] == 1 else 'files'} "
        f"since {_safe(one['since'])})"
        for one in changes["recovered"]
    ]
    lines = opened + over
    if not lines:
        return None
    shown = lines[:MOST_LINES]
    if len(lines) > MOST_LINES:
        shown.append(f"… and {len(lines) - MOST_LINES} more")
    file = report.get("file") or {}
    head = f"*{_safe(changes['contract'])}*: {_head(bool(opened), bool(over))}"
    seen = f"seen in s3://{_safe(file.get('bucket'))}/{_safe(file.get('key'))}" + (f" ({link})" if link else "")
    return "\n".join([head, *shown, seen])


def _head(opened: bool, over: bool) -> str:
    if opened and over:
        return "something else is wrong now"
    return "files are not as agreed" if opened else "files are as agreed again"


def _safe(text: object) -> str:
    """Nothing that a partner wrote may notify a channel, forge a link or break the line."""
    plain = visible(str(text), LONGEST_LINE).replace("`", "'").replace("*", "∗").replace("@", "@\u200b")
    return "".join(ESCAPES.get(sign, sign) for sign in plain)
