"""A local folder as a store of files."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

from fileproc.domain.jobs import FetchError, JobClass
from fileproc.domain.ports import Listed


class LocalFolder:
    """Files below `root`. Links are not followed: what they lead to is not in the folder."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def listing(self, below: str, *, most: int) -> dict[str, Listed]:
        """Every file whose key begins with `below`. Raises FetchError."""
        found: dict[str, Listed] = {}
        start = self._root / below.rpartition("/")[0]
        try:
            if not self._root.is_dir():
                raise FetchError(JobClass.GONE, f"there is no folder {self._root}")
            for folder, _, names in os.walk(start, onerror=_fail):
                for name in names:
                    self._add(found, Path(folder) / name, below)
                    if len(found) > most:
                        raise FetchError(
                            JobClass.DENIED, f"{self._root} has more than {most:,} files: name a folder below"
                        )
        except OSError as error:
            raise FetchError(JobClass.DENIED, f"{self._root} cannot be listed: {error.strerror}") from error
        return found

    def _add(self, found: dict[str, Listed], path: Path, below: str) -> None:
        key = path.relative_to(self._root).as_posix()
        if key.startswith(below) and path.is_file() and not path.is_symlink():
            status = path.stat()
            found[key] = Listed(key, status.st_size, datetime.fromtimestamp(status.st_mtime, UTC))

    def fetch(self, listed: Listed, folder: Path) -> Path:
        """The file itself; nothing is copied."""
        return self._root / listed.key


def _fail(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):  # a set of which nothing is there yet has no folder either
        raise error
