"""Local files as objects: for those who remember what they have seen."""

from __future__ import annotations

from pathlib import Path

from fileproc.domain.objects import ObjectRef


def local_ref(path: Path) -> ObjectRef:
    """What makes a local file the same one: where it is, its size, and when it was written."""
    try:
        status = path.stat()
    except OSError:
        return ObjectRef("", str(path.absolute()))
    return ObjectRef("", str(path.absolute()), etag=f"{status.st_size}-{status.st_mtime_ns}")
