"""S3Parts: parts of split files into S3, streamed from disk; large ones in pieces that S3 joins at the end.

An object appears when it is whole, never before. Writing the same part twice leaves one object.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from boto3.s3.transfer import TransferConfig

from fileproc.aws.classify import ERRORS, classify
from fileproc.aws.clients import client
from fileproc.domain.jobs import JobClass, StoreError

#: One piece at a time, in this thread: a worker has one core, and its memory is bounded.
TRANSFER = TransferConfig(use_threads=False, multipart_threshold=16 << 20, multipart_chunksize=16 << 20)

RIGHTS = "allow s3:PutObject and s3:AbortMultipartUpload on the prefix of FILEPROC_SPLIT_TO"


class S3Parts:
    """Where parts go."""

    def __init__(self, *, make_client: Callable[..., Any] = client) -> None:
        self._make_client = make_client

    def put(self, path: Path, bucket: str, key: str) -> None:
        """Store the file under this key, whatever was there. Raises StoreError."""
        address = f"s3://{bucket}/{key}"
        try:
            with path.open("rb") as file:
                self._make_client("s3", None).upload_fileobj(file, bucket, key, Config=TRANSFER)
        except ERRORS as error:
            raise _explained(error, address) from error
        except ValueError as error:  # names that S3 cannot have, or settings that make no client
            reason = f"{address}: S3 cannot be asked to store this ({type(error).__name__}); check FILEPROC_SPLIT_TO"
            raise StoreError(JobClass.DENIED, reason) from error


def _explained(error: Exception, address: str) -> StoreError:
    """What an error of writing means: nothing is ever gone that has yet to be written."""
    found = classify(error, address)
    job_class = JobClass.INFRA if found.job_class is JobClass.GONE else found.job_class
    reason = found.reason
    if job_class is JobClass.DENIED and "allow s3:GetObject" in reason:
        reason = f"{reason.partition('; allow ')[0]}; {RIGHTS}"
    return StoreError(job_class, f"the part cannot be stored: {reason}", retry_after=found.retry_after)
