"""S3Store: one pinned GET, spooled into a private folder.

The version is pinned by its id, or by its eTag where the bucket is not versioned, so what is checked is what the event
was about. The file's name is random: a key is data and never a path.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from fileproc.aws.classify import classify
from fileproc.aws.clients import client
from fileproc.domain.jobs import FetchError, JobClass
from fileproc.domain.objects import ObjectRef
from fileproc.services.ports import Fetched

CHUNK = 1 << 20


class S3Store:
    """Where files are. `max_bytes` bounds what is fetched; `owner` is the account that must own the bucket."""

    def __init__(self, *, max_bytes: int, owner: str | None = None, make_client: Callable[..., Any] = client) -> None:
        self._max_bytes = max_bytes
        self._owner = owner
        self._make_client = make_client

    def fetch(self, ref: ObjectRef, folder: Path, *, region: str | None = None) -> Fetched:
        """Copy exactly this version into `folder`, with a random name and mode 0600.

        Raises:
            FetchError: with the job class that says what it means.
        """
        try:
            answer = self._make_client("s3", region).get_object(**self._request(ref))
            return self._spool(ref, answer, folder)
        except (ClientError, BotoCoreError, OSError) as error:
            raise classify(error, ref.address) from error

    def _request(self, ref: ObjectRef) -> dict[str, str]:
        request = {"Bucket": ref.bucket, "Key": ref.key}
        if ref.version_id is not None:
            request["VersionId"] = ref.version_id
        elif ref.etag is not None:
            request["IfMatch"] = f'"{ref.etag}"'
        if self._owner is not None:
            request["ExpectedBucketOwner"] = self._owner
        return request

    def _spool(self, ref: ObjectRef, answer: dict[str, Any], folder: Path) -> Fetched:
        size = int(answer["ContentLength"])
        body = answer["Body"]
        try:
            if size > self._max_bytes:
                limit = f"FILEPROC_MAX_OBJECT_BYTES allows ({self._max_bytes:,})"
                raise FetchError(JobClass.MEMORY, f"{ref.address}: {size:,} bytes are more than {limit}")
            path = folder / secrets.token_hex(8)
            written = _copy(body, path)
        finally:
            body.close()
        if written != size:
            raise FetchError(JobClass.INFRA, f"{ref.address}: {written:,} of {size:,} bytes arrived")
        return Fetched(path, size, answer.get("ETag", "").strip('"') or None, answer.get("VersionId"))


def _copy(body: Any, path: Path) -> int:
    """Stream to a new file; returns the count of bytes."""
    written = 0
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        while chunk := body.read(CHUNK):
            written += file.write(chunk)
    return written
