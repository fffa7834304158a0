"""What a file is packed into, as far as it was taken off. Most files are not packed, and load none of what unpacks."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from fileproc.quality.finding import Finding

#: Everything that we unpack begins with one of these bytes: gzip, zstd (and what it skips), bzip2, xz, zip.
FIRST_BYTES = frozenset(b"\x1f\x28BP\xfd" + bytes(range(0x50, 0x60)))


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


def unwrapped(path: Path, folder: Path) -> Wrapping:
    """Take off every layer. Raises OSError only for what the machine cannot do."""
    with path.open("rb") as file:
        first = file.read(1)
    if not first or first[0] not in FIRST_BYTES:
        return Wrapping(path)
    from fileproc.quality.reading.unwrapping import unwrap

    return unwrap(path, folder)
