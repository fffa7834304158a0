"""Sinks in S3 against moto: what else is on the object stays, and what was overwritten is left alone."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from fileproc.aws.s3_sinks import LONGEST_KEY, Folder, Quarantine, Tags, Target, below
from fileproc.domain.deliveries import DeliveryError, Message
from tests.system.moto import MotoServer

VALUES = {"verdict": "fail", "contract": "orders; DROP <x>", "id": "7"}


@pytest.fixture(scope="module")
def moto() -> Iterator[MotoServer]:
    with MotoServer() as server:
        yield server


@pytest.fixture
def s3(moto: MotoServer) -> Any:
    return moto.client("s3")


@pytest.fixture
def bucket(s3: Any) -> str:
    name = f"b-{uuid.uuid4().hex[:12]}"
    s3.create_bucket(Bucket=name)
    return name


def target(s3: Any, bucket: str, key: str = "in/a.csv", body: bytes = b"x") -> Target:
    put = s3.put_object(Bucket=bucket, Key=key, Body=body)
    return Target(bucket, key, put.get("VersionId"), put["ETag"].strip('"'), None)


def tags_of(s3: Any, one: Target) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in s3.get_object_tagging(**one.name)["TagSet"]}


def test_tags_are_put_beside_those_that_are_there(s3: Any, bucket: str) -> None:
    """Somebody's tags stay, ours are replaced, and what no tag may hold is written as _."""
    one = target(s3, bucket)
    theirs = [{"Key": "team", "Value": "a"}, {"Key": "fileproc:verdict", "Value": "pass"}]
    s3.put_object_tagging(Bucket=bucket, Key="in/a.csv", Tagging={"TagSet": theirs})
    Tags(make_client=lambda *_: s3).send(VALUES, one)

    expected = {"team": "a", "fileproc:verdict": "fail", "fileproc:contract": "orders_ DROP _x_", "fileproc:id": "7"}
    assert expected == tags_of(s3, one)


def test_the_very_version_is_tagged(s3: Any, bucket: str) -> None:
    """A newer version has a verdict of its own to come."""
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    old = target(s3, bucket, body=b"old")
    new = target(s3, bucket, body=b"new")
    Tags(make_client=lambda *_: s3).send(VALUES, old)

    assert "fail" == tags_of(s3, old)["fileproc:verdict"]
    assert {} == tags_of(s3, new)


def test_eleven_tags_are_refused_for_good(s3: Any, bucket: str) -> None:
    """S3 allows ten; none of theirs is dropped to make room."""
    one = target(s3, bucket)
    theirs = [{"Key": f"t{number}", "Value": "x"} for number in range(8)]
    s3.put_object_tagging(Bucket=bucket, Key="in/a.csv", Tagging={"TagSet": theirs})
    with pytest.raises(DeliveryError, match="has 8 tags, and S3 allows 10 with our 3") as caught:
        Tags(make_client=lambda *_: s3).send(VALUES, one)

    assert caught.value.final
    assert 8 == len(tags_of(s3, one))


@pytest.mark.parametrize("gone", [True, False])
def test_what_was_removed_or_overwritten_is_left_alone(s3: Any, bucket: str, gone: bool) -> None:
    """A verdict about other bytes is not for these, neither as a tag nor as a copy in quarantine."""
    old = target(s3, bucket, body=b"old")
    if gone:
        s3.delete_object(Bucket=bucket, Key=old.key)
    else:
        target(s3, bucket, body=b"new")
    for send in (
        lambda: Tags(make_client=lambda *_: s3).send(VALUES, old),
        lambda: Quarantine(f"s3://{bucket}/quarantine/", make_client=lambda *_: s3).send(old),
    ):
        with pytest.raises(DeliveryError, match="removed or overwritten") as caught:
            send()
        assert caught.value.final
    assert [] == s3.list_objects_v2(Bucket=bucket, Prefix="quarantine/").get("Contents", [])


def test_quarantine_copies_and_removes_nothing(s3: Any, bucket: str) -> None:
    """The same bytes, below the prefix, under a name that tells the object; again is the same copy; never of itself."""
    one = target(s3, bucket, key="in/día/a+b.csv", body=b"bad")
    place = Quarantine(f"s3://{bucket}/quarantine/", make_client=lambda *_: s3)
    place.send(one)
    place.send(one)
    (copy,) = s3.list_objects_v2(Bucket=bucket, Prefix="quarantine/")["Contents"]

    assert copy["Key"].startswith(f"quarantine/{bucket}/in/día/a+b.csv.")
    assert b"bad" == s3.get_object(Bucket=bucket, Key=copy["Key"])["Body"].read()
    assert b"bad" == s3.get_object(Bucket=bucket, Key=one.key)["Body"].read()
    with pytest.raises(DeliveryError, match="in quarantine already"):
        place.send(Target(bucket, copy["Key"], None, one.etag, None))


@pytest.mark.parametrize("key", ["../../etc/passwd", "a/../../b", "é" * 512, "/", "x" * 1_024, "a//b", "./a", "\x00"])
def test_no_key_leads_out_of_the_prefix_or_is_too_long(key: str) -> None:
    """And two keys never share a name, however they are shortened."""
    bucket, name = below("s3://out/reports/", Target("b", key, None, "e", None), "._fileproc.json")
    _, other = below("s3://out/reports/", Target("b", key + "2", None, "e", None), "._fileproc.json")

    assert ("out", True) == (bucket, name.startswith("reports/b/"))
    assert ".." not in name.split("/")
    assert len(name.encode()) <= LONGEST_KEY
    assert name != other


def test_a_prefix_that_may_not_be_written_says_which_right_is_missing(s3: Any) -> None:
    """The reason names the prefix and what to allow or make, and is tried again: people mend such things."""
    folder = Folder("s3://nobody-made-this/reports/", make_client=lambda *_: s3)
    with pytest.raises(DeliveryError, match=r"s3://nobody-made-this/reports/ is not there \(NoSuchBucket\)") as caught:
        folder.send(Message("1-1", b"{}"), Target("b", "a.csv", None, "e", None), "._fileproc.json")

    assert not caught.value.final
