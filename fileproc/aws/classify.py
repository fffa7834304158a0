"""What an error of S3 means: its job class, and a sentence that says how to mend it.

The codes and their classes are AWS's documented ones; see docs/reference/journal.md for what each class leads to.
"""

from __future__ import annotations

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

CREDENTIALS = Meaning(INFRA, "the service's credentials are missing, wrong or expired", "renew the AWS credentials")
THROTTLED = Meaning(INFRA, "S3 is throttling or overloaded")
KEY = Meaning(DENIED, "the KMS key of the object cannot be used", "enable the key and allow kms:Decrypt")

BY_CODE: dict[str, Meaning] = {
    "NoSuchKey": Meaning(GONE, "the object is not there any more"),
    "NoSuchVersion": Meaning(GONE, "this version of the object is not there any more"),
    "MethodNotAllowed": Meaning(GONE, "this version of the object is a delete marker"),
    "PreconditionFailed": Meaning(GONE, "the object was overwritten since the event; the newer event will come"),
    "NoSuchBucket": Meaning(DENIED, "the bucket does not exist", "check the bucket's name and account"),
    "AccessDenied": Meaning(
        DENIED,
        "S3 denied access",
        "allow s3:GetObject, s3:GetObjectVersion and s3:ListBucket (without the last, a missing object looks denied)",
    ),
    "AllAccessDisabled": Meaning(DENIED, "the bucket is locked by AWS", "see the account's health dashboard"),
    "InvalidObjectState": Meaning(DENIED, "the object is archived", "restore it; its restore event runs it again"),
    "PermanentRedirect": Meaning(DENIED, "the bucket is in another region", "the event's awsRegion should name it"),
    "AuthorizationHeaderMalformed": Meaning(DENIED, "the bucket is in another region", "set AWS_DEFAULT_REGION"),
    "IllegalLocationConstraintException": Meaning(DENIED, "the bucket is in another region", "set AWS_DEFAULT_REGION"),
    "InvalidRequest": Meaning(DENIED, "S3 refused the request; an object under a customer's own key cannot be read"),
    "KMS.DisabledException": KEY,
    "KMS.KMSInvalidStateException": KEY,
    "KMS.NotFoundException": KEY,
    "SlowDown": THROTTLED,
    "Throttling": THROTTLED,
    "ThrottlingException": THROTTLED,
    "RequestLimitExceeded": THROTTLED,
    "ServiceUnavailable": THROTTLED,
    "InternalError": Meaning(INFRA, "S3 failed inside"),
    "RequestTimeout": Meaning(INFRA, "S3 gave up waiting"),
    "RequestTimeTooSkewed": Meaning(INFRA, "this machine's clock is wrong", "synchronise it"),
    "ExpiredToken": CREDENTIALS,
    "InvalidToken": CREDENTIALS,
    "InvalidAccessKeyId": CREDENTIALS,
    "SignatureDoesNotMatch": CREDENTIALS,
}

#: A HEAD, and some other stores, tell only the status.
BY_STATUS: dict[int, Meaning] = {
    403: BY_CODE["AccessDenied"],
    404: BY_CODE["NoSuchKey"],
    405: BY_CODE["MethodNotAllowed"],
    412: BY_CODE["PreconditionFailed"],
    429: THROTTLED,
}

NO_CREDENTIALS = (boto.NoCredentialsError, boto.PartialCredentialsError, boto.CredentialRetrievalError)
WRONG_SETTINGS = (boto.ParamValidationError, boto.NoRegionError, boto.ProfileNotFound, boto.InvalidRegionError)


def classify(error: ClientError | boto.BotoCoreError | OSError, address: str) -> FetchError:
    """The FetchError for whatever fetching raised. Its reason names the address and carries no secret."""
    if isinstance(error, ClientError):
        return _from_answer(error.response, address)
    if isinstance(error, NO_CREDENTIALS):
        return _told(CREDENTIALS, address, type(error).__name__)
    if isinstance(error, WRONG_SETTINGS):
        return _told(Meaning(DENIED, "the request cannot be made", "check region and settings"), address, str(error))
    if isinstance(error, boto.FlexibleChecksumError):
        return _told(Meaning(INFRA, "the bytes differ from the stored checksum"), address, "checksum")
    if isinstance(error, OSError):
        meaning = Meaning(INFRA, "the job's folder cannot be written", "make room in FILEPROC_RUNTIME_DIR")
        return _told(meaning, address, error.strerror or type(error).__name__)
    return _told(Meaning(INFRA, "S3 could not be reached or broke off"), address, type(error).__name__)


def _from_answer(response: Any, address: str) -> FetchError:
    code = str(response.get("Error", {}).get("Code", ""))
    metadata = response.get("ResponseMetadata", {})
    status = int(metadata.get("HTTPStatusCode", 0) or 0)
    meaning = BY_CODE.get(code) or BY_STATUS.get(status)
    if meaning is None:
        meaning = THROTTLED if status >= 500 else Meaning(DENIED, "S3 refused the request")
    error = _told(meaning, address, code or str(status))
    error.retry_after = _retry_after(metadata.get("HTTPHeaders", {}))
    return error


def _told(meaning: Meaning, address: str, code: str) -> FetchError:
    fix = f"; {meaning.fix}" if meaning.fix else ""
    return FetchError(meaning.job_class, f"{address}: {meaning.what} ({code}){fix}")


def _retry_after(headers: Any) -> float | None:
    text = str(headers.get("retry-after", ""))
    return float(text) if text.isdigit() and len(text) < 6 else None
