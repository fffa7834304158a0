"""Settings as people see them: never with a secret."""

from __future__ import annotations

import re
from urllib.parse import urlsplit, urlunsplit

from fileproc.settings.table import TABLE
from fileproc.settings.values import Settings

MASK = "********"


def masked(settings: Settings) -> dict[str, str]:
    """Name → text for display; secrets are masked, a database URL only in its password."""
    shown: dict[str, str] = {}
    for knob in TABLE:
        value = getattr(settings, knob.attribute)
        if value is None:
            shown[knob.name] = ""
        elif knob.name == "DATABASE_URL":
            shown[knob.name] = mask_url(value)
        elif knob.secret:
            shown[knob.name] = MASK
        elif isinstance(value, tuple):
            shown[knob.name] = ",".join(value)
        elif isinstance(value, bool):
            shown[knob.name] = str(value).lower()
        elif isinstance(value, float):
            shown[knob.name] = f"{value:g}"
        else:
            shown[knob.name] = str(value)
    return shown


def mask_url(url: str) -> str:
    """The URL without its password, and without query values that could carry one."""
    parts = urlsplit(url)
    netloc = parts.netloc
    if "@" in netloc:
        user, _, host = netloc.rpartition("@")
        netloc = f"{user.partition(':')[0]}:{MASK}@{host}" if ":" in user else netloc
    query = re.sub(r"(?i)(pass\w*|token|secret)=[^&]*", rf"\1={MASK}", parts.query)
    masked_url = urlunsplit((parts.scheme, netloc, parts.path, query, ""))
    # urlunsplit drops the empty authority that sqlite:///file needs.
    return url if parts.scheme == "sqlite" else masked_url


def env_example() -> str:
    """The text of `.env.example`: every knob, its default, its unit and the reason, ready to uncomment."""
    lines = [
        "# Written by `fileproc config docs` from the table in fileproc/settings/table.py; do not edit by hand.",
        "",
    ]
    for knob in TABLE:
        unit = f" [{knob.unit}]" if knob.unit else ""
        secret = " (secret; also as " + knob.name + "_FILE)" if knob.secret else ""
        lines += [f"# {knob.what}{unit}{secret}", f"# {knob.why}", f"#{knob.name}={knob.default or ''}", ""]
    return "\n".join(lines)


def reference_table() -> str:
    """The Markdown table of docs/reference/settings.md."""
    lines = ["| variable | default | unit | what and why |", "|---|---|---|---|"]
    for knob in TABLE:
        default = f"`{knob.default}`" if knob.default else "–"
        lines.append(f"| `{knob.name}` | {default} | {knob.unit or '–'} | {knob.what} {knob.why} |")
    return "\n".join(lines)
