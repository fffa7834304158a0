"""All objects of a bucket below a prefix as a store of files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from fileproc.aws.classify import ERRORS, cannot_ask, classify
from fileproc.aws.clients import client
from fileproc.aws.s3 import S3Store
from fileproc.domain.jobs import FetchError, JobClass
from fileproc.domain.objects import ObjectRef
from fileproc.domain.ports import Listed


class S3Prefix:
    """Objects below `prefix`, which is empty or ends in a slash."""

    def __init__(self, bucket: str, prefix: str, *, max_bytes: int, make_client: Callable[..., Any] = client) -> None:
        self._bucket = bucket
        self._prefix = prefix
        self._make_client = make_client
        self._store = S3Store(max_bytes=max_bytes, make_client=make_client)

    def listing(self, below: str, *, most: int) -> dict[str, Listed]:
        """Every object whose key begins with the prefix and `below`, page by page. Raises FetchError."""
        address = f"s3://{self._bucket}/{self._prefix}{below}"
        found: dict[str, Listed] = {}
        try:
            pages = self._make_client("s3").get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=self._bucket, Prefix=f"{self._prefix}{below}"):
                for entry in page.get("Contents", ()):
                    key = entry["Key"].removeprefix(self._prefix)
                    found[key] = Listed(key, entry["Size"], entry["LastModified"])
                if len(found) > most:
                    raise FetchError(JobClass.DENIED, f"{address} has more than {most:,} objects: name a prefix below")
        except ERRORS as error:
            raise classify(error, address) from error
        except ValueError as error:
            raise cannot_ask(error, address) from error
        return found

    def fetch(self, listed: Listed, folder: Path) -> Path:
        """A copy of the newest version. Raises FetchError."""
        return self._store.fetch(ObjectRef(self._bucket, self._prefix + listed.key), folder).path
