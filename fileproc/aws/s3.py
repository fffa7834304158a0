"""S3Store: one pinned GET, spooled into a private folder.

The version is pinned by its id, or by its eTag where the bucket is not versioned, so what is checked is what the event
was about. The file's name is random: a key is data and never a path. boto3 verifies the object's checksum where S3 has
one; the count of bytes is always compared here.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from fileproc.aws.classify import ERRORS, cannot_ask, cannot_write, classify
from fileproc.aws.clients import client
from fileproc.domain.jobs import FetchError, JobClass
from fileproc.domain.objects import ObjectRef
from fileproc.domain.ports import Fetched

CHUNK = 1 << 20


class S3Store:
    """Where files are. `max_bytes` bounds what is fetched; `expected_bucket_owner` is the account that must own it."""

    def __init__(
        self,
        *,
        max_bytes: int,
        expected_bucket_owner: str | None = None,
        make_client: Callable[..., Any] = client,
    ) -> None:
        self._max_bytes = max_bytes
        self._owner = expected_bucket_owner
        self._make_client = make_client

    def fetch(self, ref: ObjectRef, folder: Path, *, region: str | None = None) -> Fetched:
        """Copy exactly this version into `folder`, with a random name and mode 0600; nothing stays after an error.

        Raises:
            FetchError: with the job class that says what it means.
        """
        path = folder / secrets.token_hex(8)
        try:
            answer = self._ask(ref, region)
            size = self._receive(ref, answer, path)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        etag = answer.get("ETag", "").strip('"') or None
        return Fetched(path, size, etag, answer.get("VersionId"), facts_of(answer))

    def _ask(self, ref: ObjectRef, region: str | None) -> dict[str, Any]:
        """The head of the answer; its body is still to be read."""
        try:
            answer: dict[str, Any] = self._make_client("s3", region).get_object(**self._request(ref))
        except ERRORS as error:
            raise classify(error, ref.address) from error
        except ValueError as error:  # an endpoint that is no address, an eTag that is no header, a key that is no text
            raise cannot_ask(error, ref.address) from error
        return answer

    def _request(self, ref: ObjectRef) -> dict[str, str]:
        request = {"Bucket": ref.bucket, "Key": ref.key}
        if ref.version_id is not None:
            request["VersionId"] = ref.version_id
        elif ref.etag is not None:
            if not (ref.etag.isascii() and ref.etag.isprintable()):
                raise ValueError("the eTag is no header")
            request["IfMatch"] = f'"{ref.etag}"'
        if self._owner is not None:
            request["ExpectedBucketOwner"] = self._owner
        return request

    def _receive(self, ref: ObjectRef, answer: dict[str, Any], path: Path) -> int:
        """Stream the body into a new file; returns its size."""
        body = answer["Body"]
        try:
            promised = _promised(answer, ref.address)
            self._refuse_too_large(ref, promised or 0)
            written = self._copy(ref, body, path)
        finally:
            body.close()
        if promised is not None and written != promised:
            raise FetchError(JobClass.INFRA, f"{ref.address}: {written:,} of {promised:,} bytes arrived")
        return written

    def _copy(self, ref: ObjectRef, body: Any, path: Path) -> int:
        written = 0
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb", buffering=0) as file:
                while chunk := _next(body, ref.address):
                    written += len(chunk)
                    self._refuse_too_large(ref, written)
                    _write(file, chunk)
        except OSError as error:
            raise cannot_write(error, ref.address) from error
        return written

    def _refuse_too_large(self, ref: ObjectRef, size: int) -> None:
        """`memory` is the class of what is too large for us: no fault of S3's, so the breaker does not count it."""
        if size > self._max_bytes:
            limit = f"FILEPROC_MAX_OBJECT_BYTES allows ({self._max_bytes:,}); raise it if the disk has room"
            raise FetchError(JobClass.MEMORY, f"{ref.address}: {size:,} bytes are more than {limit}")


def facts_of(answer: dict[str, Any]) -> dict[str, str]:
    """What S3 says of an object besides its bytes, by the names that ODCS has for it (`logicalType: blob`)."""
    modified = answer.get("LastModified")
    found = {
        "contentType": answer.get("ContentType"),
        "contentEncoding": answer.get("ContentEncoding"),
        "lastModified": modified.isoformat() if isinstance(modified, datetime) else None,
        "etag": str(answer.get("ETag") or "").strip('"'),
        "tier": answer.get("StorageClass") or "STANDARD",  # S3 leaves it out for the usual one
        "metadata": json.dumps(answer.get("Metadata") or {}, ensure_ascii=False),
    }
    return {name: str(value) for name, value in found.items() if value}


def _promised(answer: dict[str, Any], address: str) -> int | None:
    """How many bytes will come; None where the transfer itself marks its end. A head that broke off has neither."""
    size: int | None = answer.get("ContentLength")
    if size is None and answer["ResponseMetadata"]["HTTPHeaders"].get("transfer-encoding") != "chunked":
        raise FetchError(JobClass.INFRA, f"{address}: the answer broke off before its length was told")
    return size


def _next(body: Any, address: str) -> bytes:
    """The next part of the body; empty at its end."""
    try:
        chunk: bytes = body.read(CHUNK)
    except ERRORS as error:
        raise classify(error, address) from error
    return chunk


def _write(file: Any, chunk: bytes) -> None:
    rest = memoryview(chunk)
    while rest:
        rest = rest[file.write(rest) :]
