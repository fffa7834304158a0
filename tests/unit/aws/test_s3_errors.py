"""Every error that S3 is known for, by its documented status and code: its class, and what people are told to do."""

from __future__ import annotations

from pathlib import Path

import pytest
from botocore import exceptions as boto
from botocore.exceptions import ClientError
from urllib3.exceptions import ProtocolError

from fileproc.aws.classify import classify
from fileproc.aws.meanings import BY_CODE, BY_STATUS, WITHOUT_CODE, reference_table
from fileproc.domain.jobs import CLASSES, JobClass, Outcome

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "s3-errors.md"
GONE, DENIED, INFRA, ARCHIVED = JobClass.GONE, JobClass.DENIED, JobClass.INFRA, JobClass.ARCHIVED
ADDRESS = "s3://drop/a.csv"


def refused(status: int, code: str, message: str = "") -> Exception:
    metadata = {"HTTPStatusCode": status, "HTTPHeaders": {}}
    return ClientError({"Error": {"Code": code, "Message": message}, "ResponseMetadata": metadata}, "GetObject")  # type: ignore[typeddict-item]


@pytest.mark.parametrize(
    ("status", "code", "job_class", "advice"),
    [
        (404, "NoSuchKey", GONE, "send it again"),
        (404, "NoSuchVersion", GONE, "send it again"),
        (405, "MethodNotAllowed", GONE, "delete marker"),
        (404, "NoSuchBucket", DENIED, "check the bucket's name and account"),
        (403, "AccessDenied", DENIED, "s3:ListBucket"),
        (403, "403", DENIED, "s3:GetObject"),
        (404, "404", GONE, "not there"),
        (412, "412", GONE, "newer event"),
        (403, "InvalidObjectState", ARCHIVED, "restore it"),
        (412, "PreconditionFailed", GONE, "newer event"),
        (416, "InvalidRange", GONE, "newer event"),
        (503, "SlowDown", INFRA, "by itself"),
        (503, "ServiceUnavailable", INFRA, "by itself"),
        (500, "InternalError", INFRA, "by itself"),
        (400, "RequestTimeout", INFRA, "by itself"),
        (403, "RequestTimeTooSkewed", INFRA, "synchronise"),
        (400, "ExpiredToken", INFRA, "renew"),
        (400, "InvalidToken", INFRA, "renew"),
        (403, "InvalidAccessKeyId", INFRA, "renew"),
        (403, "SignatureDoesNotMatch", INFRA, "renew"),
        (400, "KMS.DisabledException", DENIED, "kms:Decrypt"),
        (400, "KMS.KMSInvalidStateException", DENIED, "kms:Decrypt"),
        (400, "KMS.NotFoundException", DENIED, "kms:Decrypt"),
        (400, "ThrottlingException", INFRA, "by itself"),
        (503, "ThrottlingException", INFRA, "by itself"),
        (400, "InvalidRequest", DENIED, "SSE-KMS or SSE-S3"),
        (301, "PermanentRedirect", DENIED, "AWS_DEFAULT_REGION"),
        (400, "AuthorizationHeaderMalformed", DENIED, "AWS_DEFAULT_REGION"),
        (400, "IllegalLocationConstraintException", DENIED, "AWS_DEFAULT_REGION"),
        (501, "NotImplemented", DENIED, "AWS_RESPONSE_CHECKSUM_VALIDATION"),
    ],
)
def test_each_code_has_its_class_and_its_advice(status: int, code: str, job_class: JobClass, advice: str) -> None:
    """A code decides what becomes of the job, and its reason says whom to ask for what."""
    found = classify(refused(status, code), ADDRESS)

    assert (job_class, True) == (found.job_class, advice in found.reason), found.reason


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (boto.NoCredentialsError(), "renew"),
        (boto.CredentialRetrievalError(provider="x", error_msg="y"), "renew"),
        (boto.FlexibleChecksumError(error_msg="x"), "fetched again"),
        (boto.IncompleteReadError(actual_bytes=1, expected_bytes=2), "by itself"),
        (boto.ResponseStreamingError(error=ProtocolError("x")), "by itself"),
        (boto.ReadTimeoutError(endpoint_url="x"), "by itself"),
        (boto.ConnectTimeoutError(endpoint_url="x"), "by itself"),
        (boto.EndpointConnectionError(endpoint_url="x"), "by itself"),
        (boto.SSLError(endpoint_url="x", error="y"), "by itself"),
        (ConnectionResetError(), "by itself"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_comes_without_a_code_is_infra(error: Exception, said: str) -> None:
    """Networks, credentials and bytes that differ: no verdict about a file comes of them, only another attempt."""
    found = classify(error, ADDRESS)

    assert (INFRA, True) == (found.job_class, said in found.reason), found.reason


def test_every_meaning_says_what_to_do() -> None:
    """No row of the table leaves anybody alone with a code."""
    meanings = [*BY_CODE.values(), *BY_STATUS.values(), *WITHOUT_CODE.values()]

    assert [] == [meaning.what for meaning in meanings if not meaning.fix]


def test_what_waits_for_a_restore_moves_no_breaker() -> None:
    """An archive full of files is no trouble of the service, and uses up nobody's attempts."""
    assert Outcome.NEUTRAL is CLASSES[ARCHIVED].outcome


def test_the_page_is_the_table() -> None:
    """What people look a code up in is what the code does."""
    assert reference_table() in PAGE.read_text()
