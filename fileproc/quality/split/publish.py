"""Publishing parts in a folder: whole or not at all.

Parts are made in a folder below it (`staging`), synchronised and renamed; the manifest comes last. A process that is
killed leaves a `.fileproc-…` behind, never half a file under a final name. What is there already is only replaced when
it came from the same file.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fileproc.domain.reports import Report, Split
from fileproc.quality.split.fault import CannotSplit
from fileproc.quality.split.manifest import manifest, to_bytes
from fileproc.quality.split.names import Names, names_of
from fileproc.quality.split.packing import digest_of
from fileproc.quality.split.parts import Parts

#: A manifest is a page; what is larger is somebody else's file.
LARGEST_MANIFEST = 4 << 20


@contextmanager
def staging(folder: Path) -> Iterator[Path]:
    """A private folder in the file system of the target. Raises CannotSplit where there can be none."""
    private = folder / f".fileproc-{secrets.token_hex(8)}"
    try:
        private.mkdir(mode=0o700, parents=True)
    except OSError as error:
        raise CannotSplit(f"the parts cannot be written to {folder}: {error.strerror}") from error
    try:
        yield private
    finally:
        shutil.rmtree(private, ignore_errors=True)


def publish(parts: Parts, report: Report, folder: Path, name: str) -> Split:
    """Put the parts of `name` into `folder`. Raises CannotSplit; then nothing new is there under a final name."""
    names = names_of(name, extension=parts.extension)
    document = to_bytes(manifest(parts, report, names))
    try:
        _refuse_strangers(parts, folder, names)
        _write(parts, document, folder, names)
    except OSError as error:
        raise CannotSplit(f"the parts cannot be written to {folder}: {error.strerror}") from error
    return split_of(parts, names, prefix=f"{folder}/")


def split_of(parts: Parts, names: Names, *, prefix: str) -> Split:
    """What a report says of the parts."""
    return Split(
        accepted=prefix + names.accepted if parts.accepted else None,
        rejected=prefix + names.rejected if parts.rejected else None,
        manifest=prefix + names.manifest,
        accepted_rows=parts.accepted.rows if parts.accepted else None,
        rejected_rows=parts.rejected.rows if parts.rejected else None,
    )


def _refuse_strangers(parts: Parts, folder: Path, names: Names) -> None:
    """Only what came from the same file may be replaced: its manifest says so, or an attempt left the same bytes."""
    if _source_of(folder / names.manifest) == parts.source_sha256:
        return
    for part, name in ((parts.accepted, names.accepted), (parts.rejected, names.rejected), (None, names.manifest)):
        path = folder / name
        if os.path.lexists(path) and not (part and path.is_file() and digest_of(path) == digest_of(part.path)):
            raise CannotSplit(f"{path} is there already, and is not of this file; remove it, or choose another folder")


def _source_of(path: Path) -> str | None:
    """The digest of the file that a manifest is about, if it is one."""
    try:
        if path.is_symlink() or path.stat().st_size > LARGEST_MANIFEST:
            return None
        found = json.loads(path.read_bytes())["source"]["sha256"]
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return None
    return found if isinstance(found, str) else None


def _write(parts: Parts, document: bytes, folder: Path, names: Names) -> None:
    """Everything is on the disk before anything has its final name, so a full disk leaves nothing half."""
    waiting = [
        (part.path, folder / name)
        for part, name in ((parts.accepted, names.accepted), (parts.rejected, names.rejected))
        if part is not None
    ]
    temporary = folder / f".fileproc-{secrets.token_hex(8)}"
    try:
        temporary.write_bytes(document)
        waiting.append((temporary, folder / names.manifest))
        for path, _ in waiting:
            _synchronise(path)
        (folder / names.manifest).unlink(missing_ok=True)  # while parts are exchanged there is no manifest to trust
        for path, final in waiting:
            path.replace(final)
        for part, name in ((parts.accepted, names.accepted), (parts.rejected, names.rejected)):
            if part is None:
                (folder / name).unlink(missing_ok=True)
        _synchronise(folder)
    finally:
        temporary.unlink(missing_ok=True)


def _synchronise(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
