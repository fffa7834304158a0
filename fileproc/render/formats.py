"""Every format by its name on the command line; its module is loaded when it is asked for."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from functools import partial

from fileproc.render.document import Document


def _rendered(module: str, documents: Sequence[Document]) -> str:
    text: str = importlib.import_module(f"fileproc.render.{module}").render(documents)
    return text


#: Name → the function that makes one text of all documents.
FORMATS: dict[str, Callable[[Sequence[Document]], str]] = {
    "junit": partial(_rendered, "junit"),
    "sarif": partial(_rendered, "sarif"),
    "github": partial(_rendered, "github"),
    "md": partial(_rendered, "markdown"),
    "html": partial(_rendered, "html_page"),
    "csv": partial(_rendered, "csv_rows"),
}
