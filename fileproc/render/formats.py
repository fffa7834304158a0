"""Every format by its name on the command line."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from fileproc.render import csv_rows, github, html_page, junit, markdown, sarif
from fileproc.render.document import Document

#: Name → the function that makes one text of all documents.
FORMATS: dict[str, Callable[[Sequence[Document]], str]] = {
    "junit": junit.render,
    "sarif": sarif.render,
    "github": github.render,
    "md": markdown.render,
    "html": html_page.render,
    "csv": csv_rows.render,
}
