"""What every ObjectStore promises: the one in memory that other tests use, and S3 as boto3 sees it (moto)."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest

from fileproc.aws.s3 import S3Store
from fileproc.domain.jobs import FetchError, JobClass
from fileproc.domain.objects import ObjectRef
from fileproc.domain.ports import ObjectStore
from tests.fakes.object_store import MemoryStore
from tests.system.moto import MotoServer

LIMIT = 4 << 20
PLAIN, VERSIONED = "plain-drop", "versioned-drop"

#: Keys as partners and attackers write them; none may ever become a path.
KEYS = [
    "orders/monday.csv",
    "../../etc/passwd",
    "/absolute/../key.csv",
    "a//b/./c.csv",
    "spaces and + signs %2F.csv",
    "quotes\"'`$(rm -rf).csv",
    "smile-\N{GRINNING FACE}-é.csv",
    "tab\tand-no-break\N{NO-BREAK SPACE}space.csv",
    "k" * 1024,
]


class World(Protocol):
    """A store and the hands that fill it."""

    @property
    def store(self) -> ObjectStore: ...

    def put(self, bucket: str, key: str, body: bytes) -> ObjectRef: ...

    def delete(self, bucket: str, key: str) -> ObjectRef: ...


class MemoryWorld:
    def __init__(self) -> None:
        self.store = MemoryStore(max_bytes=LIMIT)
        self.put, self.delete = self.store.put, self.store.delete
        self.store.make_bucket(PLAIN)
        self.store.make_bucket(VERSIONED, versioned=True)


class MotoWorld:
    def __init__(self, server: MotoServer) -> None:
        self._s3 = server.client("s3")
        self.store = S3Store(max_bytes=LIMIT, make_client=lambda _service, _region: self._s3)
        for bucket in (PLAIN, VERSIONED):
            self._s3.create_bucket(Bucket=bucket)
        self._s3.put_bucket_versioning(Bucket=VERSIONED, VersioningConfiguration={"Status": "Enabled"})

    def put(self, bucket: str, key: str, body: bytes) -> ObjectRef:
        answer = self._s3.put_object(Bucket=bucket, Key=key, Body=body)
        return ObjectRef(bucket, key, _version(answer), answer["ETag"].strip('"'), size=len(body))

    def delete(self, bucket: str, key: str) -> ObjectRef:
        return ObjectRef(bucket, key, _version(self._s3.delete_object(Bucket=bucket, Key=key)))


def _version(answer: dict[str, Any]) -> str | None:
    version: str | None = answer.get("VersionId")
    return None if version == "null" else version


@pytest.fixture(scope="module")
def moto_world() -> Iterator[World]:
    with MotoServer() as server:
        yield MotoWorld(server)


@pytest.fixture(params=["memory", "s3"])
def world(request: pytest.FixtureRequest) -> World:
    return MemoryWorld() if request.param == "memory" else request.getfixturevalue("moto_world")


def fails(world: World, ref: ObjectRef, folder: Path) -> JobClass:
    """The class of the failure, which must leave nothing behind and name the object."""
    with pytest.raises(FetchError) as caught:
        world.store.fetch(ref, folder)
    assert [] == list(folder.iterdir())
    assert caught.value.reason.startswith(f"{ref.address}: ")
    return caught.value.job_class


@pytest.mark.parametrize("key", KEYS, ids=lambda key: ascii(key[:20]))
def test_any_key_is_fetched_into_a_random_private_file(world: World, tmp_path: Path, key: str) -> None:
    """A key full of slashes, quotes or newlines neither chooses the file's name nor leaves its folder."""
    ref = world.put(PLAIN, key, b"id\n1\n")

    fetched = world.store.fetch(ref, tmp_path)

    assert b"id\n1\n" == fetched.path.read_bytes()
    assert (tmp_path, 16, 5, ref.etag) == (fetched.path.parent, len(fetched.path.name), fetched.size, fetched.etag)
    assert 0o600 == stat.S_IMODE(fetched.path.stat().st_mode)
    assert [fetched.path] == list(tmp_path.iterdir())


def test_the_version_of_the_event_is_checked_not_the_newest(world: World, tmp_path: Path) -> None:
    """A file that is overwritten right after its event is still the one that gets the verdict."""
    old = world.put(VERSIONED, "orders.csv", b"old")
    world.put(VERSIONED, "orders.csv", b"new")

    fetched = world.store.fetch(old, tmp_path)

    assert (b"old", old.version_id) == (fetched.path.read_bytes(), fetched.version_id)


def test_without_versions_an_overwritten_object_is_gone(world: World, tmp_path: Path) -> None:
    """It is not read in the place of the one the event was about; the newer event will come."""
    old = world.put(PLAIN, "overwritten.csv", b"old")
    world.put(PLAIN, "overwritten.csv", b"new")

    assert JobClass.GONE is fails(world, old, tmp_path)


def test_without_version_and_etag_the_newest_is_read(world: World, tmp_path: Path) -> None:
    """A person who asks for an address now means what is there now."""
    world.put(VERSIONED, "now.csv", b"old")
    world.put(VERSIONED, "now.csv", b"new")

    assert b"new" == world.store.fetch(ObjectRef(VERSIONED, "now.csv"), tmp_path).path.read_bytes()


def test_a_deleted_object_is_gone(world: World, tmp_path: Path) -> None:
    """Nobody is asked to retry what somebody took away."""
    ref = world.put(PLAIN, "deleted.csv", b"x")
    world.delete(PLAIN, "deleted.csv")

    assert JobClass.GONE is fails(world, ref, tmp_path)


def test_a_deleted_version_is_still_read_by_its_id(world: World, tmp_path: Path) -> None:
    """A delete marker hides a version and does not destroy it: the event's bytes can be checked."""
    ref = world.put(VERSIONED, "hidden.csv", b"x")
    world.delete(VERSIONED, "hidden.csv")

    fetched = world.store.fetch(ref, tmp_path)

    assert b"x" == fetched.path.read_bytes()
    fetched.path.unlink()
    assert JobClass.GONE is fails(world, ObjectRef(VERSIONED, "hidden.csv"), tmp_path)


def test_a_delete_marker_is_gone(world: World, tmp_path: Path) -> None:
    """An event about the marker itself is nothing to check."""
    world.put(VERSIONED, "marked.csv", b"x")
    marker = world.delete(VERSIONED, "marked.csv")

    assert JobClass.GONE is fails(world, marker, tmp_path)


def test_a_version_that_never_was_is_gone(world: World, tmp_path: Path) -> None:
    """A stale or invented version id is no failure of ours."""
    world.put(VERSIONED, "version.csv", b"x")
    unknown = ObjectRef(VERSIONED, "version.csv", version_id="11111111-2222-3333-4444-555555555555")

    assert JobClass.GONE is fails(world, unknown, tmp_path)


def test_a_bucket_that_is_not_there_is_denied(world: World, tmp_path: Path) -> None:
    """That is configuration: somebody has to act, and the breaker has to know."""
    assert JobClass.DENIED is fails(world, ObjectRef("no-such-bucket", "a.csv"), tmp_path)


def test_too_large_is_memory_and_nothing_is_kept(world: World, tmp_path: Path) -> None:
    """A file beyond the limit costs no disk, and is not blamed on S3."""
    assert JobClass.MEMORY is fails(world, world.put(PLAIN, "large.csv", bytes(LIMIT + 1)), tmp_path)


@pytest.mark.parametrize("size", [0, LIMIT])
def test_sizes_at_the_edges(world: World, tmp_path: Path, size: int) -> None:
    """An empty file is a file, and the limit itself is allowed."""
    ref = world.put(PLAIN, "edge.csv", bytes(size))

    fetched = world.store.fetch(ref, tmp_path)

    assert (size, size) == (fetched.size, fetched.path.stat().st_size)


def test_what_the_store_says_of_an_object_comes_with_it(world: World, tmp_path: Path) -> None:
    """eTag and storage class are facts that a contract may speak about."""
    ref = world.put(PLAIN, "facts.csv", b"x")
    facts = world.store.fetch(ref, tmp_path).facts

    assert (ref.etag, "STANDARD") == (facts["etag"], facts["tier"])
