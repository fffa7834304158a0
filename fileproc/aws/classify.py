"""From whatever asking S3 raised to its meaning, and to a sentence that says how to mend it.

The table is in `meanings`. A reason names the object, what happened and what to do, and carries nothing that
an answer or a client could have put there except S3's code, a KMS key's ARN and a storage class, each by its pattern:
messages of S3 may hold request ids, host names and key ids of credentials.
"""

from __future__ import annotations

import re
from typing import Any

from botocore import exceptions as boto
from botocore.exceptions import ClientError

from fileproc.aws.meanings import (
    BY_CODE,
    BY_STATUS,
    CHECKSUM,
    CREDENTIALS,
    KEY,
    NETWORK,
    NO_ROOM,
    REFUSED,
    THROTTLED,
    UNASKABLE,
    Meaning,
)
from fileproc.domain.jobs import FetchError

NO_CREDENTIALS = (
    boto.NoCredentialsError,
    boto.PartialCredentialsError,
    boto.CredentialRetrievalError,
    boto.TokenRetrievalError,
    boto.SSOError,
)
#: What a network does: no answer, a broken one, or one that is no answer of S3.
BROKEN = (
    boto.HTTPClientError,
    boto.IncompleteReadError,
    boto.ResponseStreamingError,
    boto.ConnectionError,
    boto.EndpointConnectionError,
)

KMS_ARN = re.compile(r"arn:aws[a-z0-9-]{0,20}:kms:[a-z0-9-]{1,30}:\d{12}:(key|alias)/[\w/-]{1,128}", re.ASCII)
PLAIN = re.compile(r"[A-Za-z0-9._-]{1,64}")

#: Everything that asking S3 or reading its answer may raise; anything else is a bug of ours.
ERRORS = (ClientError, boto.BotoCoreError, OSError)


def classify(error: Exception, address: str) -> FetchError:
    """The FetchError for whatever asking or reading raised, one of `ERRORS`."""
    if isinstance(error, ClientError):
        return _from_answer(error.response, address)
    if isinstance(error, NO_CREDENTIALS):
        return _told(CREDENTIALS, address, type(error).__name__)
    if isinstance(error, boto.FlexibleChecksumError | boto.ChecksumError):
        return _told(CHECKSUM, address, "checksum")
    if isinstance(error, (*BROKEN, OSError)):
        return _told(NETWORK, address, type(error).__name__)
    return cannot_ask(error, address)


def cannot_ask(error: Exception, address: str) -> FetchError:
    """The request cannot even be made: names that S3 refuses, or settings of boto3 that make no sense."""
    return _told(UNASKABLE, address, type(error).__name__)


def cannot_write(error: OSError, address: str) -> FetchError:
    """The job's own folder is full or cannot be written."""
    return _told(NO_ROOM, address, error.strerror or type(error).__name__)


def _from_answer(response: Any, address: str) -> FetchError:
    problem = response.get("Error", {})
    code = str(problem.get("Code", ""))
    metadata = response.get("ResponseMetadata", {})
    status = int(metadata.get("HTTPStatusCode", 0) or 0)
    meaning = _refined(_meaning(code, status), problem)
    error = _told(meaning, address, code if PLAIN.fullmatch(code) else f"status {status}")
    error.retry_after = _retry_after(metadata.get("HTTPHeaders", {}))
    return error


def _meaning(code: str, status: int) -> Meaning:
    found = BY_CODE.get(code) or BY_STATUS.get(status)
    if found is None:
        return THROTTLED if status >= 500 else REFUSED
    return found


def _refined(meaning: Meaning, problem: Any) -> Meaning:
    """What the rest of the answer adds: which key, which archive."""
    message = str(problem.get("Message", ""))
    if meaning is KEY or (meaning is BY_CODE["AccessDenied"] and "kms:" in message):
        named = KMS_ARN.search(message)
        return Meaning(KEY.job_class, f"{KEY.what}: {named[0]}", KEY.fix) if named else KEY
    storage = str(problem.get("AccessTier") or problem.get("StorageClass") or "")
    if meaning is BY_CODE["InvalidObjectState"] and PLAIN.fullmatch(storage):
        return Meaning(meaning.job_class, f"{meaning.what} in {storage}", meaning.fix)
    return meaning


def _told(meaning: Meaning, address: str, code: str) -> FetchError:
    fix = f"; {meaning.fix}" if meaning.fix else ""
    return FetchError(meaning.job_class, f"{address}: {meaning.what} ({code}){fix}")


def _retry_after(headers: Any) -> float | None:
    text = str(headers.get("retry-after", ""))
    return float(text) if text.isascii() and text.isdigit() and len(text) < 6 else None
