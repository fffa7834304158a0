"""What every PartStore promises: the one in memory that other tests use, and S3 as boto3 sees it (moto)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest

from fileproc.aws import s3_parts
from fileproc.aws.s3_parts import S3Parts
from fileproc.domain.jobs import JobClass, StoreError
from fileproc.domain.ports import PartStore
from fileproc.quality.split.names import key_names
from tests.fakes.part_store import MemoryParts
from tests.system.moto import MotoServer

BUCKET = "parts-here"

#: Keys as partners and attackers write them.
KEYS = [
    "orders/monday.csv", "../../etc/passwd", "/absolute/../key.csv", "a//b/./c.csv", "..", "", "x" * 1024,
    "spaces and + signs %2F.csv", "quotes\"'`$(rm -rf).csv", "smile-\N{GRINNING FACE}-é.csv", "tab\tand\x00nul.csv",
]  # fmt: skip


class World(Protocol):
    """A store, and eyes that see what is in it."""

    @property
    def store(self) -> PartStore: ...

    def content(self, key: str) -> bytes | None: ...


class MemoryWorld:
    def __init__(self) -> None:
        self.store = MemoryParts({BUCKET})

    def content(self, key: str) -> bytes | None:
        return self.store.objects.get((BUCKET, key))


class MotoWorld:
    def __init__(self, server: MotoServer) -> None:
        self._s3 = server.client("s3")
        self.store = S3Parts(make_client=lambda _service, _region: self._s3)
        self._s3.create_bucket(Bucket=BUCKET)

    def content(self, key: str) -> bytes | None:
        try:
            body: bytes = self._s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
        except self._s3.exceptions.NoSuchKey:
            return None
        return body


@pytest.fixture(scope="module")
def moto_world() -> Iterator[World]:
    with MotoServer() as server:
        yield MotoWorld(server)


@pytest.fixture(params=["memory", "moto"])
def world(request: pytest.FixtureRequest) -> World:
    if request.param == "memory":
        return MemoryWorld()
    found: World = request.getfixturevalue("moto_world")
    return found


def test_a_part_is_stored_as_it_is(world: World, tmp_path: Path) -> None:
    """What was written is what others read, and a second attempt changes nothing."""
    part = tmp_path / "part"
    part.write_bytes(b"id\n1\n")

    world.store.put(part, BUCKET, "parts/a.accepted.csv")
    world.store.put(part, BUCKET, "parts/a.accepted.csv")

    assert b"id\n1\n" == world.content("parts/a.accepted.csv")


def test_an_empty_part_is_an_object(world: World, tmp_path: Path) -> None:
    """A part without rows is there all the same, so nobody waits for it."""
    part = tmp_path / "part"
    part.touch()

    world.store.put(part, BUCKET, "parts/empty.ndjson")

    assert b"" == world.content("parts/empty.ndjson")


@pytest.mark.parametrize("key", KEYS)
def test_no_key_leads_out_of_the_prefix(world: World, tmp_path: Path, key: str) -> None:
    """However a partner names an object, its parts lie below the prefix under names that S3 takes."""
    part = tmp_path / "part"
    part.write_bytes(b"x")
    names = key_names("parts/", key, f"identity of {key}")

    for name in (names.accepted, names.rejected, names.manifest):
        world.store.put(part, BUCKET, name)

        assert (True, b"x") == (name.startswith("parts/"), world.content(name))
        assert not {".", ".."} & set(name.split("/"))


def test_a_bucket_that_is_not_there_is_told(world: World, tmp_path: Path) -> None:
    """The operator learns which bucket is missing; the job waits for it, and nothing is taken for written."""
    part = tmp_path / "part"
    part.write_bytes(b"x")

    with pytest.raises(StoreError, match=r"no-such-bucket.*bucket does not exist") as caught:
        world.store.put(part, "no-such-bucket", "parts/a.csv")

    assert JobClass.DENIED is caught.value.job_class


def test_a_large_part_goes_in_pieces(moto_world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A part of any size is streamed from disk, and appears as one object."""
    part = tmp_path / "part"
    part.write_bytes(bytes(range(256)) * (44 << 10))
    small = s3_parts.TransferConfig(use_threads=False, multipart_threshold=5 << 20, multipart_chunksize=5 << 20)
    monkeypatch.setattr(s3_parts, "TRANSFER", small)

    moto_world.store.put(part, BUCKET, "parts/large.csv")

    assert part.read_bytes() == moto_world.content("parts/large.csv")
