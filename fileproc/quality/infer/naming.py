"""Names and places of a draft, from the names of its files. File names are hostile, too."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

from fileproc.quality.formats import by_name

#: Signs that mean something in a location, or that YAML and terminals had better not meet.
_SIGNS = re.compile(r"[*?{}\[\]$]")
_NO_WORD = re.compile(r"[^a-z0-9]+")
_TAIL = re.compile(r"[-_. ]*[0-9][-_.0-9tTzZ ]*$")


def name_of(paths: Sequence[Path]) -> str:
    """What all files are called, without dates and numbers at the end."""
    stems = [_stem(path.name) for path in paths]
    common = _prefix(stems).rstrip("-_. ")
    plain = _TAIL.sub("", common) or common
    return slug(plain, "-") or "rows"


def slug(text: str, between: str) -> str:
    """Small letters and digits, with one sign between words."""
    return _NO_WORD.sub(between, text.lower()).strip(between)[:100]


def _stem(name: str) -> str:
    """The name without the extensions that say format and compression."""
    form, compression = by_name(name)
    for known in (compression, form):
        if known is not None:
            name = name.rpartition(".")[0]
    return name


def location_of(paths: Sequence[Path]) -> str:
    """A pattern that all files match: one folder, or everything below the folder that they share."""
    folders = {os.path.dirname(path) for path in paths}  # noqa: PTH120 - "" for here
    if len(folders) == 1:
        folder = folders.pop()
    else:
        folder = os.path.join(os.path.commonpath([os.path.abspath(one) for one in folders]), "**")  # noqa: PTH100, PTH118
    names = [path.name for path in paths]
    prefix = _prefix(names)
    rest = [name[len(prefix) :] for name in names]
    suffix = _prefix([one[::-1] for one in rest])[::-1]
    name = names[0] if len(set(names)) == 1 else f"{_literal(prefix)}*{_literal(suffix)}"
    name = _literal(name) if len(set(names)) == 1 else name
    name = name if "." in name else f"{name}*"
    start = folder if folder.endswith("**") else _literal(folder)
    return f"{start}/{name}" if start else name


def _prefix(texts: Sequence[str]) -> str:
    """What they all begin with."""
    low, high = min(texts), max(texts)
    length = next((number for number, sign in enumerate(low) if sign != high[number]), len(low))
    return low[:length]


def _literal(text: str) -> str:
    """Signs and what cannot be written become `?`, which stands for any one character."""
    plain = _SIGNS.sub("?", text)
    plain = "".join(one if (one.isprintable() and one.isascii()) or one.isalnum() else "?" for one in plain)
    return re.sub(r"^\s|\s$", "?", plain)
