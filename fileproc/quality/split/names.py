"""Names of parts: from the name of a file, which is data and never a path.

`orders.csv.gz` → `orders.accepted.csv.gz`, `orders.rejected.csv.gz`, `orders.manifest.json`.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from fileproc.quality.formats import COMPRESSIONS, EXTENSIONS

#: What no name of ours has: path separators, controls, and what some file system gives a meaning to.
UNSAFE = re.compile(r"[\x00-\x1f\x7f/\\:*?\"<>|\ud800-\udfff]")

#: Bytes of a stem; with everything behind it a name stays below 255.
LONGEST_STEM = 120
LONGEST_EXTENSION = 40

#: Bytes of an S3 key.
LONGEST_KEY = 1_000

#: Hexadecimal digits that tell two versions of one object apart.
MARK = 12


@dataclass(frozen=True, slots=True)
class Names:
    """The three names of one split."""

    accepted: str
    rejected: str
    manifest: str


def names_of(name: str, *, extension: str = "", mark: str = "") -> Names:
    """Names beside which nothing else is touched; `extension` is that of the parts where it differs.

    `mark` tells apart what has the same name.
    """
    stem, own = _parts(safe(name.rsplit("/", 1)[-1]))
    suffix = extension or own
    stem = f"{stem}.{mark}" if mark else stem
    return Names(f"{stem}.accepted{suffix}", f"{stem}.rejected{suffix}", f"{stem}.manifest.json")


def key_names(prefix: str, key: str, identity: str, *, extension: str = "") -> Names:
    """The keys of the parts of an object: always below `prefix`, the same for the same version of it.

    Folders of the key are kept, without any that would lead out of a folder should somebody copy them to one.
    """
    mark = hashlib.sha256(identity.encode("utf-8", "surrogatepass")).hexdigest()[:MARK]
    names = names_of(key, extension=extension, mark=mark)
    folders = [safe(part) for part in key.split("/")[:-1] if part]
    folder = "".join(f"{part}/" for part in folders)
    if len((prefix + folder + names.manifest).encode()) + LONGEST_EXTENSION > LONGEST_KEY:
        folder = ""
    return Names(*(f"{prefix}{folder}{name}" for name in (names.accepted, names.rejected, names.manifest)))


def safe(part: str) -> str:
    """One part of a path that is nothing but a name."""
    clean = UNSAFE.sub("_", part).strip()
    return clean if clean.strip(".") else "_" * max(1, len(clean))


def _parts(name: str) -> tuple[str, str]:
    """(stem, extensions): of several only those that say a format or a compression."""
    known = {f".{one}" for one in (*EXTENSIONS, *COMPRESSIONS, "json", "tsv")}
    stem, extension = name, ""
    for _ in range(2):
        head, dot, last = stem.rpartition(".")
        if not head or f".{last.lower()}" not in known:
            break
        stem, extension = head, f"{dot}{last}{extension}"
    if not extension:
        head, dot, last = name.rpartition(".")
        stem, extension = (head, f"{dot}{last}") if head and 0 < len(last) <= LONGEST_EXTENSION else (name, "")
    return _cut(stem, LONGEST_STEM), _cut(extension, LONGEST_EXTENSION)


def _cut(text: str, most: int) -> str:
    return text.encode("utf-8", "replace")[:most].decode("utf-8", "ignore")
