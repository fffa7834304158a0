"""ObjectRef: which object, exactly which version of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ObjectRef:
    """The identity of a file in S3.

    `version_id` is None where the bucket is not versioned (S3 writes "null" for such objects; it is normalised at
    the door). `sequencer` orders the events of one key and tells two uploads of the same bytes apart.
    """

    bucket: str
    key: str
    version_id: str | None = None
    etag: str | None = None
    sequencer: str | None = None
    size: int | None = None

    @property
    def address(self) -> str:
        """`s3://bucket/key`: what contracts match on and people read."""
        return f"s3://{self.bucket}/{self.key}"

    @property
    def identity(self) -> str:
        """The text that makes a job unique: the version if there is one, else eTag and sequencer.

        The parts are length-prefixed, so no key can be built that collides with another object's identity.
        """
        version = self.version_id or f"{self.etag or ''}/{self.sequencer or ''}"
        return "".join(f"{len(part)}:{part}" for part in (self.bucket, self.key, version))


#: Bytes from which on an object is of the next order of size.
ORDERS = (1 << 20, 16 << 20, 256 << 20)


def weight_of(size: int | None) -> int:
    """The order of an object's size, from 0; one of unknown size is taken for a small one."""
    return sum((size or 0) >= order for order in ORDERS)


def is_newer(sequencer: str | None, other: str | None) -> bool:
    """Whether one event of a key came after another one; False when nobody can tell.

    Sequencers are hexadecimal texts of different lengths, compared after padding the shorter on the right with zeros.
    """
    if sequencer is None or other is None:
        return False
    width = max(len(sequencer), len(other))
    return sequencer.upper().ljust(width, "0") > other.upper().ljust(width, "0")
