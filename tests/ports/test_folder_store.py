"""What every FolderStore promises: a local folder, and S3 as boto3 sees it (moto)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest

from fileproc.aws.s3_prefix import S3Prefix
from fileproc.domain.jobs import FetchError
from fileproc.domain.ports import FolderStore
from fileproc.services.folders import LocalFolder
from tests.system.moto import MotoServer

FILES = {"2026/11/24/orders.csv": b"id\n1\n", "2026/11/24/_SUCCESS": b"", "2026/11/25/ä b+c.csv": b"id\n"}


class World(Protocol):
    """A store that holds FILES, and one of nothing."""

    store: FolderStore
    nowhere: FolderStore


class LocalWorld:
    def __init__(self, root: Path) -> None:
        for key, content in FILES.items():
            path = root / "drop" / key
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        (root / "secret").write_text("secret")
        (root / "drop" / "link.csv").symlink_to(root / "secret")
        self.store: FolderStore = LocalFolder(root / "drop")
        self.nowhere: FolderStore = LocalFolder(root / "nowhere")


class MotoWorld:
    def __init__(self, server: MotoServer) -> None:
        s3 = server.client("s3")
        s3.create_bucket(Bucket="sets")
        for key, content in FILES.items():
            s3.put_object(Bucket="sets", Key=f"drop/{key}", Body=content)
        s3.put_object(Bucket="sets", Key="dropped.csv", Body=b"beside the prefix")
        self.store: FolderStore = S3Prefix("sets", "drop/", max_bytes=1 << 20, make_client=lambda *_: s3)
        self.nowhere: FolderStore = S3Prefix("no-such-bucket", "", max_bytes=1 << 20, make_client=lambda *_: s3)


@pytest.fixture(scope="module")
def moto() -> Iterator[MotoServer]:
    with MotoServer() as server:
        yield server


@pytest.fixture(scope="module", params=["local", "s3"])
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> World:
    if request.param == "local":
        return LocalWorld(tmp_path_factory.mktemp("world"))
    return MotoWorld(request.getfixturevalue("moto"))


def test_everything_below_is_listed_and_nothing_else(world: World) -> None:
    """Keys count from the folder, sizes are true, and what only lies beside or behind a link is not there."""
    listing = world.store.listing("", most=100)

    assert {key: len(content) for key, content in FILES.items()} == {one.key: one.size for one in listing.values()}


def test_a_listing_can_be_narrowed(world: World) -> None:
    """One day is asked for without looking at all others."""
    assert {"2026/11/25/ä b+c.csv"} == set(world.store.listing("2026/11/25/", most=100))
    assert {} == world.store.listing("2026/11/26/", most=100)


def test_more_files_than_anybody_can_mean_are_refused(world: World) -> None:
    """A folder that is too high up ends with a sentence, not with all of memory."""
    with pytest.raises(FetchError, match="more than 2 "):
        world.store.listing("", most=2)


def test_a_file_is_fetched_as_it_is(world: World, tmp_path: Path) -> None:
    """Its bytes can be read, whatever its name."""
    listed = world.store.listing("", most=100)["2026/11/25/ä b+c.csv"]

    assert b"id\n" == world.store.fetch(listed, tmp_path).read_bytes()


def test_what_is_not_there_says_so(world: World) -> None:
    """A folder or bucket that does not exist is an error with its name, no empty listing."""
    with pytest.raises(FetchError, match=r"nowhere|no-such-bucket"):
        world.nowhere.listing("", most=100)
