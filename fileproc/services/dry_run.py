"""Dry run: each report becomes one line of a file, and nothing else happens."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from fileproc.errors import Unavailable


def append_report(path: Path, document: dict[str, Any]) -> None:
    """Append the document as one JSON line, in one write: lines of several processes never mix.

    Raises:
        Unavailable: the file cannot be written; says why.
    """
    line = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace") + b"\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)
        try:
            os.write(descriptor, line)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise Unavailable(
            f"the dry-run report cannot be written to {path}: {error.strerror}", fix="mend DRY_RUN_RESULTS"
        ) from error
