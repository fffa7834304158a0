"""Footers: a last line that is a total or a remark, and no row."""

from __future__ import annotations

import re

#: What footers of reports, exports and mainframes begin with, in a few languages.
_FOOTER = re.compile(
    r"""["'(\s#*=-]*
    (?:(?:grand|sub|over)[\s_-]*)?(?:totals?|sum|summe|gesamt|gesamtsumme|somme|total\w*|suma|totale|count|anzahl)\b
    |["'(\s#*=-]*(?:eof|end\s+of\s+(?:file|report|data|list)|ende|fin|trailer|trl|footer)\b
    |["'(\s#*=-]*(?:[0-9][0-9,.]*\s+)?(?:rows?|records?|lines?|zeilen|datens\w+)\b
    |["'(\s#*=-]*(?:generated|created|exported|printed|erstellt|stand)\b
    """,
    re.IGNORECASE | re.VERBOSE,
)


def is_footer(line: bytes) -> bool:
    """Whether a last line that is no row reads like a total or a remark."""
    return _FOOTER.match(line.decode("utf-8", "replace")) is not None
