"""Parts in memory: what was stored under which key, and refusals on demand.

It fulfils `ports.PartStore` and passes the same suite as the real thing (tests/ports/test_part_store.py).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from fileproc.domain.jobs import JobClass, StoreError


@dataclass
class MemoryParts:
    """Objects by (bucket, key); `order` is every key in the order of writing. `refusals` are raised for a key."""

    buckets: set[str] = field(default_factory=set)
    objects: dict[tuple[str, str], bytes] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)
    refusals: dict[str, StoreError] = field(default_factory=dict)

    def put(self, path: Path, bucket: str, key: str) -> None:
        if key in self.refusals:
            raise self.refusals[key]
        if bucket not in self.buckets:
            raise StoreError(JobClass.DENIED, f"s3://{bucket}/{key}: the bucket does not exist")
        self.objects[bucket, key] = path.read_bytes()
        self.order.append(key)
