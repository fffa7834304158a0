"""Where `fileproc check` writes its reports, and how: as each comes, or as one text of all of them at the end."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from fileproc.domain.reports import Report
from fileproc.errors import UsageError
from fileproc.render.formats import FORMATS
from fileproc.render.text import json_text

#: Formats that are written report by report.
STREAMED = ("text", "ndjson")
NAMES = ("text", "json", "ndjson", *FORMATS)

#: Samples of each cause where the samples are what is asked for.
ROWS = 1_000


class Output:
    """Reports on their way out."""

    def __init__(self, sink: TextIO, format_: str) -> None:
        self._sink = sink
        self._format = format_
        self._documents: list[dict[str, Any]] = []

    def add(self, report: Report) -> None:
        """One report more."""
        document = report.to_document()
        if self._format == "text":
            self._print(document)
        elif self._format == "ndjson":
            self._sink.write(json_text(document) + "\n")
        else:
            self._documents.append(document)

    def _print(self, document: dict[str, Any]) -> None:
        from rich.console import Console  # a tenth of the time that a small file takes

        from fileproc.cli.render import render

        render(document, Console(file=self._sink, highlight=False))

    def close(self) -> None:
        """The end of all; formats that are one text are written now."""
        if self._format == "json":
            only = self._documents[0] if len(self._documents) == 1 else self._documents
            self._sink.write(json_text(only, indent=2) + "\n")
        elif self._format not in STREAMED:
            self._sink.write(FORMATS[self._format](self._documents))


@contextmanager
def opened(path: Path | None, format_: str) -> Iterator[Output]:
    """The output into a file, or to stdout. Raises UsageError where the file cannot be written."""
    if path is None:
        output = Output(sys.stdout, format_)
        yield output
        output.close()
        return
    try:
        with path.open("w", encoding="utf-8", errors="backslashreplace") as file:
            output = Output(file, format_)
            yield output
            output.close()
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from None
