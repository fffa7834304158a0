"""What is in a bucket now: the current version of every object below a prefix, page by page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from botocore.exceptions import ClientError

from fileproc.aws.classify import ERRORS, cannot_ask, classify
from fileproc.aws.clients import client
from fileproc.domain.objects import ObjectRef


def current_objects(bucket: str, prefix: str, *, make_client: Callable[..., Any] = client) -> Iterator[list[ObjectRef]]:
    """Pages of at most 1,000 objects, with version ids where the bucket is versioned and we may see them.

    Folder markers are left out. Raises FetchError.
    """
    address = f"s3://{bucket}/{prefix}"
    try:
        s3 = make_client("s3")
        operation, entries = ("list_object_versions", "Versions") if _is_versioned(s3, bucket) else (
            "list_objects_v2", "Contents")  # fmt: skip
        for page in s3.get_paginator(operation).paginate(Bucket=bucket, Prefix=prefix):
            yield [ref for entry in page.get(entries, ()) if (ref := _ref(bucket, entry)) is not None]
    except ERRORS as error:
        raise classify(error, address) from error
    except ValueError as error:
        raise cannot_ask(error, address) from error


def _is_versioned(s3: Any, bucket: str) -> bool:
    """Whoever may not ask is told of keys and eTags, which is enough to know an object by."""
    try:
        s3.list_object_versions(Bucket=bucket, MaxKeys=1)
        return bool(s3.get_bucket_versioning(Bucket=bucket).get("Status"))
    except ClientError as error:
        if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") == 403:
            return False
        raise


def _ref(bucket: str, entry: Any) -> ObjectRef | None:
    """None for what is no object of today: an older version, a folder marker."""
    key, size = entry["Key"], entry["Size"]
    if not entry.get("IsLatest", True) or (key.endswith("/") and not size):
        return None
    version = entry.get("VersionId")
    return ObjectRef(bucket, key, None if version == "null" else version, entry["ETag"].strip('"'), size=size)
