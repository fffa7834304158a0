"""Which form JSON has: one object a line, or one document such as an array. The content decides, not the name."""

from __future__ import annotations

import json
import re
from pathlib import Path

from fileproc.quality.reading.json_window import Broken, Window

#: An array of objects, or an empty one; a line `[1]` among lines of objects is none.
ARRAY = re.compile(r"\[[ \t\r\n]*+(?:\{|\]|$)")


def is_lines(path: Path, called: str) -> bool:
    """Whether a text is to be read line by line; `called` is the format by contract or name."""
    with Window(path) as window:
        sign = window.skip_blanks()
        if sign == "[":
            return called != "json" and ARRAY.match(window.text, window.at) is None
        return sign != "{" or not _is_document(window)


def _is_document(window: Window) -> bool:
    """An object that takes several lines; a line that breaks off is a broken line."""
    line = window.text[window.at :].splitlines()[0]
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        pass
    else:
        return False
    try:
        _, end = window.value(window.at)
    except Broken as broken:
        return broken.goes_on and "\n" in window.text[window.at : broken.at]
    return "\n" in window.text[window.at : end] or "\r" in window.text[window.at : end]
