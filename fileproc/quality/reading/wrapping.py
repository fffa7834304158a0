"""What a file is packed into, as far as it was taken off."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from fileproc.quality.finding import Finding


@dataclass(slots=True)
class Wrapping:
    """What was taken off, and what is left at `path`."""

    path: Path
    kinds: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    complete: bool = True  # everything that was packed is there
    unreadable: bool = False  # there is nothing to look at
    cut: bool = False  # the content ends where the packed data broke
    member: str | None = None  # the name of what was in an archive
    office: str | None = None  # a zip that is no archive but a document: its format
