"""What each error of S3 means: its job class, what happened, and what to do about it.

One table: the classification reads it, and the page docs/reference/s3-errors.md is printed from it. The codes are AWS's
documented ones, and those of stores that speak S3.
"""

from __future__ import annotations

from dataclasses import dataclass

from fileproc.domain.jobs import JobClass


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

AGAIN = "it is tried again by itself, with growing pauses"

CREDENTIALS = Meaning(INFRA, "the service's credentials are missing, wrong or expired", "renew the AWS credentials")
THROTTLED = Meaning(INFRA, "S3 is throttling or overloaded", AGAIN)
KEY = Meaning(DENIED, "the KMS key of the object cannot be used", "enable the key and allow kms:Decrypt on it")
LOCKED = Meaning(DENIED, "AWS has locked the account or the bucket", "see the account's health dashboard")
NOT_THERE = Meaning(GONE, "the object is not there any more", "send it again if it is still needed")
OVERWRITTEN = Meaning(
    GONE, "the object was overwritten since the event", "nothing is to be done; the newer event will come"
)
ELSEWHERE = Meaning(
    DENIED, "the bucket is in another region", "set AWS_DEFAULT_REGION if the event does not name its region"
)
REFUSED = Meaning(DENIED, "S3 refused the request", "see S3's list of error codes for its code")

CHECKSUM = Meaning(
    INFRA,
    "the bytes that came differ from the checksum S3 has of them",
    "it is fetched again; send it again if that stays",
)
NETWORK = Meaning(INFRA, "S3 could not be reached or broke off", AGAIN)
UNASKABLE = Meaning(
    DENIED, "S3 cannot be asked for this", "check the object's name, AWS_DEFAULT_REGION and AWS_ENDPOINT_URL"
)
NO_ROOM = Meaning(INFRA, "the job's folder cannot be written", "make room in FILEPROC_RUNTIME_DIR")

BY_CODE: dict[str, Meaning] = {
    "NoSuchKey": NOT_THERE,
    "NoSuchVersion": Meaning(
        GONE, "this version of the object is not there any more", "send it again if it is still needed"
    ),
    "MethodNotAllowed": Meaning(GONE, "this version of the object is a delete marker", "nothing is to be done"),
    "PreconditionFailed": OVERWRITTEN,
    "InvalidRange": OVERWRITTEN,
    "NoSuchBucket": Meaning(DENIED, "the bucket does not exist", "check the bucket's name and account"),
    "InvalidBucketName": Meaning(DENIED, "the bucket cannot exist", "check the bucket's name"),
    "AccessDenied": Meaning(
        DENIED,
        "S3 denied access",
        "allow s3:GetObject, s3:GetObjectVersion and s3:ListBucket (without the last, a missing object looks denied); "
        "a requester-pays bucket is not read",
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
    "NotImplemented": Meaning(
        DENIED,
        "the store does not know a header of the request",
        "set AWS_RESPONSE_CHECKSUM_VALIDATION=when_required",
    ),
    "SlowDown": THROTTLED,
    "Throttling": THROTTLED,
    "ThrottlingException": THROTTLED,
    "RequestLimitExceeded": THROTTLED,
    "BandwidthLimitExceeded": THROTTLED,
    "ServiceUnavailable": THROTTLED,
    "InternalError": Meaning(INFRA, "S3 failed inside", AGAIN),
    "RequestTimeout": Meaning(INFRA, "S3 gave up waiting", AGAIN),
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
    412: OVERWRITTEN,
    416: OVERWRITTEN,
    429: THROTTLED,
}

#: What never comes as a code: by the kind of trouble, as the page names it.
WITHOUT_CODE: dict[str, Meaning] = {
    "any other 4xx": REFUSED,
    "any other 5xx": THROTTLED,
    "no, partial or irretrievable credentials": CREDENTIALS,
    "a stored checksum that differs": CHECKSUM,
    "no connection, a timeout, a reset, a body that is too short, TLS that fails": NETWORK,
    "a name, region or endpoint that makes no request": UNASKABLE,
    "a full disk here": NO_ROOM,
}


def reference_table() -> str:
    """The table as a page shows it: by meaning, in the order of the code."""
    keys = [*BY_CODE.items(), *((f"status {status}", meaning) for status, meaning in BY_STATUS.items())]
    named: dict[Meaning, list[str]] = {}
    for name, meaning in keys:
        named.setdefault(meaning, []).append(f"`{name}`")
    for name, meaning in WITHOUT_CODE.items():
        named.setdefault(meaning, []).append(name)
    rows = [f"| {', '.join(names)} | {one.job_class} | {one.what} | {one.fix} |" for one, names in named.items()]
    return "\n".join(["| code | class | what happened | what to do |", "|---|---|---|---|", *rows])
