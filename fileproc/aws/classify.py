"""What an error of S3 means: its job class, and a sentence that says how to mend it.

The codes are AWS's documented ones. A reason names the object, what happened and what to do, and carries nothing that
an answer or a client could have put there except S3's code, a KMS key's ARN and a storage class, each by its pattern:
messages of S3 may hold request ids, host names and key ids of credentials.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from botocore import exceptions as boto
from botocore.exceptions import ClientError

from fileproc.domain.jobs import FetchError, JobClass


@dataclass(frozen=True, slots=True)
class Meaning:
    """One row of the table: the class, what happened and what to do about it."""

    job_class: JobClass
    what: str
    fix: str = ""


GONE = JobClass.GONE
DENIED = JobClass.DENIED
INFRA = JobClass.INFRA
ARCHIVED = JobClass.ARCHIVED

CREDENTIALS = Meaning(INFRA, "the service's credentials are missing, wrong or expired", "renew the AWS credentials")
THROTTLED = Meaning(INFRA, "S3 is throttling or overloaded")
KEY = Meaning(DENIED, "the KMS key of the object cannot be used", "enable the key and allow kms:Decrypt on it")
LOCKED = Meaning(DENIED, "AWS has locked the account or the bucket", "see the account's health dashboard")
NOT_THERE = Meaning(GONE, "the object is not there any more")
ELSEWHERE = Meaning(
    DENIED, "the bucket is in another region", "set AWS_DEFAULT_REGION if the event does not name its region"
)
REFUSED = Meaning(DENIED, "S3 refused the request", "see S3's list of error codes")

BY_CODE: dict[str, Meaning] = {
    "NoSuchKey": NOT_THERE,
    "NoSuchVersion": Meaning(GONE, "this version of the object is not there any more"),
    "MethodNotAllowed": Meaning(GONE, "this version of the object is a delete marker"),
    "PreconditionFailed": Meaning(GONE, "the object was overwritten since the event; the newer event will come"),
    "NoSuchBucket": Meaning(DENIED, "the bucket does not exist", "check the bucket's name and account"),
    "InvalidBucketName": Meaning(DENIED, "the bucket cannot exist", "check the bucket's name"),
    "AccessDenied": Meaning(
        DENIED,
        "S3 denied access",
        "allow s3:GetObject, s3:GetObjectVersion and s3:ListBucket (without the last, a missing object looks denied)",
    ),
    "AllAccessDisabled": LOCKED,
    "AccountProblem": LOCKED,
    "NotSignedUp": LOCKED,
    "InvalidObjectState": Meaning(ARCHIVED, "the object is archived", "restore it; it waits, and its restore runs it"),
    "PermanentRedirect": ELSEWHERE,
    "AuthorizationHeaderMalformed": ELSEWHERE,
    "IllegalLocationConstraintException": ELSEWHERE,
    "InvalidRequest": Meaning(
        DENIED,
        "S3 refused the request",
        "an object that is encrypted with a customer's own key (SSE-C) cannot be read; store it with SSE-KMS or SSE-S3",
    ),
    "KMS.DisabledException": KEY,
    "KMS.KMSInvalidStateException": KEY,
    "KMS.NotFoundException": KEY,
    "SlowDown": THROTTLED,
    "Throttling": THROTTLED,
    "ThrottlingException": THROTTLED,
    "RequestLimitExceeded": THROTTLED,
    "BandwidthLimitExceeded": THROTTLED,
    "ServiceUnavailable": THROTTLED,
    "InternalError": Meaning(INFRA, "S3 failed inside"),
    "RequestTimeout": Meaning(INFRA, "S3 gave up waiting"),
    "RequestTimeTooSkewed": Meaning(INFRA, "this machine's clock is wrong", "synchronise it"),
    "ExpiredToken": CREDENTIALS,
    "InvalidToken": CREDENTIALS,
    "TokenRefreshRequired": CREDENTIALS,
    "InvalidAccessKeyId": CREDENTIALS,
    "SignatureDoesNotMatch": CREDENTIALS,
}

#: Other stores tell only the status, or codes of their own.
BY_STATUS: dict[int, Meaning] = {
    401: CREDENTIALS,
    403: BY_CODE["AccessDenied"],
    404: NOT_THERE,
    405: BY_CODE["MethodNotAllowed"],
    412: BY_CODE["PreconditionFailed"],
    429: THROTTLED,
}

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
        return _told(Meaning(INFRA, "the bytes that came differ from the checksum S3 has of them"), address, "checksum")
    if isinstance(error, (*BROKEN, OSError)):
        return _told(Meaning(INFRA, "S3 could not be reached or broke off"), address, type(error).__name__)
    return cannot_ask(error, address)


def cannot_ask(error: Exception, address: str) -> FetchError:
    """The request cannot even be made: names that S3 refuses, or settings of boto3 that make no sense."""
    fix = "check the object's name, AWS_DEFAULT_REGION and AWS_ENDPOINT_URL"
    return _told(Meaning(DENIED, "S3 cannot be asked for this", fix), address, type(error).__name__)


def cannot_write(error: OSError, address: str) -> FetchError:
    """The job's own folder is full or cannot be written."""
    meaning = Meaning(INFRA, "the job's folder cannot be written", "make room in FILEPROC_RUNTIME_DIR")
    return _told(meaning, address, error.strerror or type(error).__name__)


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
