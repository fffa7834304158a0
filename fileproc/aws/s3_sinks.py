"""Sinks in S3: documents beside the data, tags on the checked version, copies in quarantine. Nothing is deleted."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import botocore.exceptions as boto
from boto3.s3.transfer import TransferConfig

from fileproc.aws.clients import client
from fileproc.aws.refusals import explained
from fileproc.domain.deliveries import DeliveryError, Message

MakeClient = Callable[..., Any]

#: What S3 lets a key have, in bytes, and how many tags an object.
LONGEST_KEY, MOST_TAGS, LONGEST_TAG = 1_024, 10, 256

#: What a tag may hold besides letters, digits and blanks.
NOT_IN_TAGS = re.compile(r"[^\w +\-=.:/@]")

TAGS = ("verdict", "contract", "id")

ERRORS = (boto.ClientError, boto.BotoCoreError, OSError, ValueError)

#: What is told of an object that is not there any more: its verdict stands in the journal.
GONE = frozenset({"NoSuchKey", "NoSuchVersion", "404", "412", "PreconditionFailed", "MethodNotAllowed", "405"})

#: One piece at a time; S3 copies by itself, nothing of the object comes here.
COPY = TransferConfig(use_threads=False, multipart_threshold=5 << 30, multipart_chunksize=512 << 20)


@dataclass(frozen=True, slots=True)
class Target:
    """The object that a report is about."""

    bucket: str
    key: str
    version_id: str | None
    etag: str | None
    region: str | None

    @classmethod
    def of(cls, report: Mapping[str, Any], region: str | None) -> Target:
        """From a report."""
        file = report.get("file") or {}
        if not file.get("bucket") or not file.get("key"):
            raise DeliveryError("the report is about no object in S3", final=True)
        return cls(file["bucket"], file["key"], file.get("version_id"), file.get("etag"), region)

    @property
    def name(self) -> dict[str, str]:
        """The arguments that name exactly this object."""
        version = {} if self.version_id in (None, "null") else {"VersionId": str(self.version_id)}
        return {"Bucket": self.bucket, "Key": self.key, **version}


@dataclass(frozen=True, slots=True)
class Folder:
    """Documents below `s3://bucket/prefix/`, each under the name of the object that it is about."""

    address: str
    make_client: MakeClient = client

    def send(self, message: Message, target: Target, ending: str) -> None:
        """Store it; the same delivery stores the same object. Raises DeliveryError."""
        bucket, key = below(self.address, target, ending)
        try:
            self.make_client("s3", None).put_object(
                Bucket=bucket, Key=key, Body=message.content, ContentType=message.content_type
            )
        except ERRORS as error:
            raise explained(error, f"the prefix {self.address}", "allow s3:PutObject on it") from error


@dataclass(frozen=True, slots=True)
class Tags:
    """Tags on the very version that was checked, beside those that are there."""

    prefix: str = "fileproc:"
    make_client: MakeClient = client

    def send(self, values: Mapping[str, str | None], target: Target) -> None:
        """Read, merge, write: putting tags replaces them all. Raises DeliveryError."""
        mine = {f"{self.prefix}{name}": _tag(values.get(name)) for name in TAGS if values.get(name)}
        try:
            s3 = self.make_client("s3", target.region)
            _require_same(s3, target)
            there = {tag["Key"]: tag["Value"] for tag in s3.get_object_tagging(**target.name)["TagSet"]}
            merged = {name: value for name, value in there.items() if not name.startswith(self.prefix)} | mine
            if len(merged) > MOST_TAGS:
                raise DeliveryError(
                    f"the object has {len(there)} tags, and S3 allows {MOST_TAGS} with our {len(mine)}", final=True
                )
            tags = [{"Key": name, "Value": value} for name, value in sorted(merged.items())]
            s3.put_object_tagging(**target.name, Tagging={"TagSet": tags})
        except ERRORS as error:
            raise _about_object(error, "s3:GetObject*Tagging and s3:PutObject*Tagging") from error


@dataclass(frozen=True, slots=True)
class Quarantine:
    """A copy of the very version that was checked, made by S3 itself; the object stays where it is."""

    address: str
    make_client: MakeClient = client

    def send(self, target: Target) -> None:
        """Copy it. Raises DeliveryError."""
        bucket, key = below(self.address, target, "")
        if target.bucket == bucket and target.key.startswith(self.address.split("/", 3)[3]):
            raise DeliveryError("the object is in quarantine already", final=True)
        pinned = {} if "VersionId" in target.name or not target.etag else {"CopySourceIfMatch": f'"{target.etag}"'}
        try:
            s3 = self.make_client("s3", None)
            _require_same(self.make_client("s3", target.region), target)
            s3.copy(
                target.name, bucket, key, ExtraArgs=pinned, Config=COPY,
                SourceClient=self.make_client("s3", target.region),
            )  # fmt: skip
        except ERRORS as error:
            raise _about_object(error, f"s3:GetObject* on it and s3:PutObject on {self.address}") from error


def below(address: str, target: Target, ending: str) -> tuple[str, str]:
    """(bucket, key) of what belongs to an object below a prefix: the key leads nowhere else, and is never too long."""
    bucket, _, prefix = address.removeprefix("s3://").partition("/")
    identity = f"{target.bucket}\0{target.key}\0{target.version_id or target.etag or ''}"
    digest = hashlib.sha256(identity.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    tail = f".{digest}{ending}"
    room = LONGEST_KEY - len(f"{prefix}{target.bucket}/{tail}".encode())
    name = target.key.encode("utf-8", "replace")[: max(0, room)].decode("utf-8", "ignore")
    return bucket, f"{prefix}{target.bucket}/{_tame(name)}{tail}"


def _tame(key: str) -> str:
    """Keys may hold `..`, which S3 takes as it is and the tools of people do not."""
    return "/".join("_" if part in (".", "..") else part for part in key.split("/"))


def _require_same(s3: Any, target: Target) -> None:
    """Without versions the object may have been overwritten since; another file's verdict is not for this one."""
    if "VersionId" not in target.name and target.etag:
        s3.head_object(**target.name, IfMatch=f'"{target.etag}"')


def _tag(value: str | None) -> str:
    return NOT_IN_TAGS.sub("_", str(value))[:LONGEST_TAG]


def _about_object(error: Exception, rights: str) -> DeliveryError:
    if isinstance(error, boto.ClientError) and str(error.response.get("Error", {}).get("Code")) in GONE:
        return DeliveryError("the object was removed or overwritten since it was checked", final=True)
    return explained(error, "the object", f"allow {rights}")
