"""An S3 in memory: versioned and plain buckets, delete markers, and refusals on demand.

It fulfils `ports.ObjectStore` and passes the same suite as the real thing (tests/ports/test_object_store.py).
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from fileproc.domain.jobs import FetchError, JobClass
from fileproc.domain.objects import ObjectRef
from fileproc.domain.ports import Fetched


@dataclass(frozen=True)
class Stored:
    """One version of an object; `body` None is a delete marker."""

    version_id: str | None
    body: bytes | None

    @property
    def etag(self) -> str:
        return hashlib.md5(self.body or b"").hexdigest()


@dataclass
class Bucket:
    versioned: bool = False
    objects: dict[str, list[Stored]] = field(default_factory=dict)


class MemoryStore:
    """Objects by bucket and key, newest last. `refusals` maps a key to the FetchError that fetching it raises."""

    def __init__(self, *, max_bytes: int = 1 << 30) -> None:
        self.buckets: dict[str, Bucket] = {}
        self.refusals: dict[str, FetchError] = {}
        self._max_bytes = max_bytes

    def make_bucket(self, name: str, *, versioned: bool = False) -> None:
        self.buckets[name] = Bucket(versioned)

    def put(self, bucket: str, key: str, body: bytes) -> ObjectRef:
        """Store, and return the identity of what was stored."""
        stored = self._append(bucket, key, body)
        return ObjectRef(bucket, key, stored.version_id, stored.etag, size=len(body))

    def delete(self, bucket: str, key: str) -> ObjectRef:
        """Delete as S3 does: a marker where the bucket is versioned. Returns the identity of the marker."""
        if self.buckets[bucket].versioned:
            return ObjectRef(bucket, key, self._append(bucket, key, None).version_id)
        del self.buckets[bucket].objects[key]
        return ObjectRef(bucket, key)

    def fetch(self, ref: ObjectRef, folder: Path, *, region: str | None = None) -> Fetched:
        if ref.key in self.refusals:
            raise self.refusals[ref.key]
        stored = self._find(ref)
        if stored.body is None:
            raise FetchError(JobClass.GONE, f"{ref.address}: a delete marker")
        if ref.version_id is None and ref.etag not in (None, stored.etag):
            raise FetchError(JobClass.GONE, f"{ref.address}: overwritten")
        if len(stored.body) > self._max_bytes:
            raise FetchError(JobClass.MEMORY, f"{ref.address}: larger than {self._max_bytes:,} bytes")
        path = folder / secrets.token_hex(8)
        path.touch(0o600)
        path.write_bytes(stored.body)
        facts = {"etag": stored.etag, "tier": "STANDARD"}
        return Fetched(path, len(stored.body), stored.etag, stored.version_id, facts)

    def _append(self, bucket: str, key: str, body: bytes | None) -> Stored:
        kept = self.buckets[bucket]
        stored = Stored(secrets.token_hex(16) if kept.versioned else None, body)
        versions = kept.objects.setdefault(key, [])
        if not kept.versioned:
            versions.clear()
        versions.append(stored)
        return stored

    def _find(self, ref: ObjectRef) -> Stored:
        if ref.bucket not in self.buckets:
            raise FetchError(JobClass.DENIED, f"{ref.address}: there is no such bucket")
        versions = self.buckets[ref.bucket].objects.get(ref.key, [])
        found = [one for one in versions if ref.version_id in (None, one.version_id)]
        if not found:
            raise FetchError(JobClass.GONE, f"{ref.address}: not there")
        return found[-1]
