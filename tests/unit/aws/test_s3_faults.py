"""Fetching from an S3 that breaks off, lies, throttles or keeps silent: real sockets, real boto3."""

from __future__ import annotations

import base64
import hashlib
import re
import zlib
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from fileproc.aws.s3 import S3Store
from fileproc.domain.jobs import FetchError, JobClass
from fileproc.domain.objects import ObjectRef
from tests.fakes.faulty_s3 import Answer, answer, faulty_s3, refusal

REF = ObjectRef("drop", "orders/monday.csv", etag="abc")
BODY = b"id,amount\n1,2.50\n"
KEY_ARN = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"

SESSION = boto3.session.Session("AKIAEXAMPLE", SECRET, region_name="us-east-1")


def crc32(body: bytes) -> str:
    return base64.b64encode(zlib.crc32(body).to_bytes(4, "big")).decode()


def store_at(url: str, **limits: Any) -> S3Store:
    """A store without the patience of production, and with one attempt."""
    config = Config(connect_timeout=1, read_timeout=0.3, retries={"total_max_attempts": 1})
    client = SESSION.client("s3", endpoint_url=url, config=config)
    return S3Store(**{"max_bytes": 1 << 20, **limits}, make_client=lambda _service, _region: client)


def failure(line: Answer, folder: Path, ref: ObjectRef = REF, **limits: Any) -> FetchError:
    """The error of one fetch; it leaves no file, names the object and tells no secret."""
    with faulty_s3(line) as server, pytest.raises(FetchError) as caught:
        store_at(server.url, **limits).fetch(ref, folder)
    assert [] == list(folder.iterdir())
    assert caught.value.reason.startswith(f"{ref.address}: ")
    assert not any(word in caught.value.reason for word in (SECRET, "AKIA", "SENTINEL"))
    return caught.value


@pytest.mark.parametrize(
    ("line", "said"),
    [
        pytest.param(answer(200, BODY[:7], content_length="17"), "IncompleteReadError", id="short"),
        pytest.param(answer(200, BODY[:7], "reset", content_length="17"), "broke off", id="reset in the body"),
        pytest.param(answer(200, BODY[:7], "silence", content_length="17"), "ReadTimeoutError", id="stalls"),
        pytest.param(Answer(b"", "silence"), "ReadTimeoutError", id="no answer"),
        pytest.param(Answer(b"", "reset"), "ConnectionClosedError", id="reset at once"),
        pytest.param(Answer(b"HTTP/1.1 200 OK\r\n"), "broke off", id="half a head"),
        pytest.param(Answer(CHUNKED + b"8\r\n12345678\r\n"), "broke off", id="half the chunks"),
        pytest.param(Answer(b"220 smtp.example.org ESMTP\r\n"), "broke off", id="another protocol"),
        pytest.param(answer(500, b"<html>proxy</html>"), "overloaded (500)", id="a proxy's page"),
        pytest.param(refusal(500, "InternalError"), "S3 failed inside (InternalError)", id="InternalError"),
        pytest.param(refusal(503, "SlowDown"), "throttling or overloaded (SlowDown)", id="SlowDown"),
        pytest.param(refusal(503, "Strange"), "throttling or overloaded (Strange)", id="any 5xx"),
        pytest.param(refusal(429, "TooManyRequests"), "throttling", id="429"),
        pytest.param(refusal(400, "RequestTimeout"), "gave up waiting", id="RequestTimeout"),
        pytest.param(refusal(400, "ThrottlingException"), "throttling", id="KMS throttling"),
        pytest.param(refusal(400, "ExpiredToken", "SENTINEL"), "renew the AWS credentials", id="ExpiredToken"),
        pytest.param(refusal(403, "InvalidAccessKeyId", "AKIAEXAMPLE"), "renew the AWS credentials", id="key id"),
        pytest.param(refusal(403, "SignatureDoesNotMatch", "SENTINEL"), "renew the AWS credentials", id="secret"),
        pytest.param(refusal(403, "RequestTimeTooSkewed"), "clock is wrong", id="clock"),
    ],
)
def test_what_passes_by_itself_is_infra(line: Answer, said: str, tmp_path: Path) -> None:
    """Networks, load and credentials: tried again later, counted by the breaker, blamed on no file."""
    error = failure(line, tmp_path)

    assert (JobClass.INFRA, True) == (error.job_class, said in error.reason), error.reason


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (refusal(403, "AccessDenied", "SENTINEL"), "s3:ListBucket"),
        (refusal(403, "Whatever-a-store-says"), "s3:GetObject"),
        (refusal(404, "NoSuchBucket"), "the bucket does not exist"),
        (refusal(400, "InvalidBucketName"), "the bucket cannot exist"),
        (refusal(403, "AllAccessDisabled"), "health dashboard"),
        (refusal(400, "KMS.DisabledException", f"{KEY_ARN} is disabled."), KEY_ARN),
        (refusal(403, "AccessDenied", f"not authorized to perform: kms:Decrypt on {KEY_ARN} SENTINEL"), KEY_ARN),
        (refusal(403, "AccessDenied", "not authorized to perform: kms:Decrypt"), "allow kms:Decrypt"),
        (refusal(400, "InvalidRequest", "The object was stored using SSE"), "SSE-C"),
        (refusal(400, "AuthorizationHeaderMalformed"), "another region"),
        (refusal(400, "KeyTooLongError"), "KeyTooLongError"),
        (refusal(400, "&lt;script&gt;SENTINEL"), "(status 400)"),
    ],
)
def test_what_needs_a_person_is_denied(line: Answer, said: str, tmp_path: Path) -> None:
    """Rights, keys, names and archives: few retries, and the reason says whom to ask for what."""
    error = failure(line, tmp_path)

    assert (JobClass.DENIED, True) == (error.job_class, said in error.reason), error.reason


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        ("<StorageClass>GLACIER</StorageClass>", "the object is archived in GLACIER (InvalidObjectState); restore it"),
        ("<StorageClass>DEEP_ARCHIVE</StorageClass>", "in DEEP_ARCHIVE"),
        (
            "<StorageClass>INTELLIGENT_TIERING</StorageClass><AccessTier>DEEP_ARCHIVE_ACCESS</AccessTier>",
            "in DEEP_ARCHIVE_ACCESS",
        ),
        ("<StorageClass>&lt;SENTINEL&gt;</StorageClass>", "the object is archived (InvalidObjectState)"),
    ],
)
def test_an_archived_object_is_a_class_of_its_own(extra: str, said: str, tmp_path: Path) -> None:
    """Which archive it lies in is told; the job waits for a restore instead of using up its attempts."""
    error = failure(refusal(403, "InvalidObjectState", extra=extra), tmp_path)

    assert (JobClass.ARCHIVED, True) == (error.job_class, said in error.reason), error.reason


@pytest.mark.parametrize(
    "line",
    [
        refusal(404, "NoSuchKey"),
        refusal(404, "NoSuchVersion"),
        refusal(404, "NotFound"),
        refusal(405, "MethodNotAllowed", x_amz_delete_marker="true"),
        refusal(412, "PreconditionFailed"),
    ],
)
def test_what_is_not_there_any_more_is_gone(line: Answer, tmp_path: Path) -> None:
    """Deleted or overwritten: nothing to check, nobody's failure, no retry."""
    assert JobClass.GONE is failure(line, tmp_path).job_class


@pytest.mark.parametrize(
    ("header", "seconds"), [("7", 7.0), ("Wed, 21 Oct 2026 07:28:00 GMT", None), ("9" * 20, None), ("-1", None)]
)
def test_a_store_that_says_when_to_come_again_is_heard(header: str, seconds: float | None, tmp_path: Path) -> None:
    """Retry-After in seconds reaches the job's back-off; anything else is left to the back-off itself."""
    error = failure(refusal(503, "SlowDown", retry_after=header), tmp_path)

    assert seconds == error.retry_after


def test_bytes_that_differ_from_the_checksum_are_not_checked(tmp_path: Path) -> None:
    """A flipped bit on the way is found out before any verdict about the file."""
    error = failure(answer(200, BODY, x_amz_checksum_crc32=crc32(b"other")), tmp_path)

    assert (JobClass.INFRA, True) == (error.job_class, "checksum" in error.reason)


def test_bytes_that_agree_with_the_checksum_are(tmp_path: Path) -> None:
    """The check is on, and says yes to what is right."""
    with faulty_s3(answer(200, BODY, x_amz_checksum_crc32=crc32(BODY))) as server:
        fetched = store_at(server.url).fetch(REF, tmp_path)

    assert BODY == fetched.path.read_bytes()
    assert "x-amz-checksum-mode: enabled" in server.requests[0].lower()


#: Reflected polynomials and widths, as AWS documents them: no library is held against itself.
POLYNOMIALS = {"crc32": (0xEDB88320, 32), "crc32c": (0x82F63B78, 32), "crc64nvme": (0x9A6C9329AC4BC9B5, 64)}


def crc_by_definition(body: bytes, polynomial: int, bits: int) -> str:
    """A reflected CRC, bit by bit, as its standard defines it."""
    value = mask = (1 << bits) - 1
    for byte in body:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (polynomial if value & 1 else 0)
    return base64.b64encode((value ^ mask).to_bytes(bits // 8, "big")).decode()


def stored_checksum(algorithm: str, body: bytes) -> str:
    """What S3 stores of a body."""
    if algorithm.startswith("sha"):
        return base64.b64encode(hashlib.new(algorithm, body).digest()).decode()
    return crc_by_definition(body, *POLYNOMIALS[algorithm])


@pytest.mark.parametrize("algorithm", ["crc32", "crc32c", "crc64nvme", "sha1", "sha256"])
def test_every_kind_of_stored_checksum_is_compared(algorithm: str, tmp_path: Path) -> None:
    """S3 stores CRC64NVME unless an uploader chose another: each is computed, and one flipped bit is found by each."""
    header = f"x_amz_checksum_{algorithm}"
    with faulty_s3(answer(200, BODY, **{header: stored_checksum(algorithm, BODY)})) as server:
        assert BODY == store_at(server.url).fetch(REF, tmp_path).path.read_bytes()
    for left in tmp_path.iterdir():
        left.unlink()

    flipped = bytes([BODY[0] ^ 1]) + BODY[1:]
    error = failure(answer(200, flipped, **{header: stored_checksum(algorithm, BODY)}), tmp_path)

    assert (JobClass.INFRA, True) == (error.job_class, "differ from the checksum" in error.reason)


def test_the_checksum_of_an_upload_in_parts_is_none_of_the_bytes(tmp_path: Path) -> None:
    """A checksum of checksums (`…-3`) says nothing of the whole body; the object is read, and its length compared."""
    with faulty_s3(answer(200, BODY, x_amz_checksum_crc32=f"{crc32(b'parts')}-3")) as server:
        assert len(BODY) == store_at(server.url).fetch(REF, tmp_path).size


REGION_HEADER = {"x_amz_bucket_region": "eu-west-1"}


@pytest.mark.parametrize(
    "line",
    [
        refusal(301, "PermanentRedirect", **REGION_HEADER),
        refusal(400, "AuthorizationHeaderMalformed", extra="<Region>eu-west-1</Region>"),
        refusal(400, "IllegalLocationConstraintException", **REGION_HEADER),
    ],
)
def test_a_bucket_in_another_region_is_found_once(line: Answer, tmp_path: Path) -> None:
    """S3 names the region, we ask there once more, and the next object of that bucket is asked for there at once."""
    with faulty_s3(line, answer(200, BODY)) as server:
        store = store_at(server.url)
        sizes = [store.fetch(REF, tmp_path).size for _ in range(2)]
        regions = [re.findall(r"/([a-z0-9-]+)/s3/aws4", head)[0] for head in server.requests]

    assert ([len(BODY)] * 2, ["us-east-1", "eu-west-1", "eu-west-1"]) == (sizes, regions)


def test_a_region_that_does_not_know_the_bucket_either_is_denied(tmp_path: Path) -> None:
    """Two stores that point at each other cost two requests and no more."""
    with faulty_s3(refusal(301, "PermanentRedirect", **REGION_HEADER)) as server, pytest.raises(FetchError) as caught:
        store_at(server.url).fetch(REF, tmp_path)

    assert (2, JobClass.DENIED) == (len(server.requests), caught.value.job_class)


def test_an_object_costs_one_request(tmp_path: Path) -> None:
    """No HEAD before, no region looked up: one GET, whatever the object is."""
    with faulty_s3(answer(200, BODY)) as server:
        store_at(server.url).fetch(REF, tmp_path)

    assert ["GET /drop/orders/monday.csv HTTP/1.1"] == [head.split("\r\n")[0] for head in server.requests]


def test_a_large_object_is_refused_by_its_head(tmp_path: Path) -> None:
    """Not one byte of it is read: the server here never sends any."""
    error = failure(answer(200, b"", "silence", content_length="11"), tmp_path, max_bytes=10)

    assert (JobClass.MEMORY, True) == (error.job_class, "FILEPROC_MAX_OBJECT_BYTES" in error.reason)


def test_a_large_object_without_a_length_is_refused_on_the_way(tmp_path: Path) -> None:
    """A store that does not say how much comes cannot fill the disk."""
    endless = Answer(CHUNKED + b"8\r\n12345678\r\n" * 200_000)

    assert JobClass.MEMORY is failure(endless, tmp_path, max_bytes=1_000_000).job_class


@pytest.mark.parametrize(
    ("ref", "line"),
    [
        (REF, 'GET /drop/orders/monday.csv HTTP/1.1|if-match: "abc"'),
        (ObjectRef("drop", "k", version_id="v&x=1", etag="abc"), "GET /drop/k?versionId=v%26x%3D1 HTTP/1.1"),
        (ObjectRef("drop", "../new\nline?#"), "GET /drop/../new%0Aline%3F%23 HTTP/1.1"),
    ],
)
def test_what_is_asked_is_one_pinned_object(ref: ObjectRef, line: str, tmp_path: Path) -> None:
    """Version id first, else the quoted eTag; nothing in a name can add to the request."""
    with faulty_s3(answer(200, BODY)) as server:
        store_at(server.url).fetch(ref, tmp_path)

    head = [part.lower() for part in server.requests[0].split("\r\n")]
    assert [] == [part for part in line.lower().split("|") if part not in head], head


def test_only_the_owner_that_is_expected_is_read(tmp_path: Path) -> None:
    """A bucket that was deleted and made anew by another account is not read in its place."""
    with faulty_s3(answer(200, BODY)) as server:
        store_at(server.url, expected_bucket_owner="123456789012").fetch(REF, tmp_path)

    assert "x-amz-expected-bucket-owner: 123456789012" in server.requests[0].lower()


@pytest.mark.parametrize(
    "ref",
    [
        ObjectRef("drop", ""),
        ObjectRef("a bucket!", "k"),
        ObjectRef("drop", "\ud800"),
        ObjectRef("drop", "k", etag="a\r\nx-evil: 1"),
        ObjectRef("drop", "k", version_id="\ud800"),
    ],
    ids=["no key", "no bucket name", "no text", "two headers", "no version"],
)
def test_a_name_that_cannot_be_asked_for_is_denied_unasked(ref: ObjectRef, tmp_path: Path) -> None:
    """Hostile names end in one clear refusal: no traceback, no request."""
    with faulty_s3(answer(200, BODY)) as server, pytest.raises(FetchError) as caught:
        store_at(server.url).fetch(ref, tmp_path)

    assert (JobClass.DENIED, []) == (caught.value.job_class, server.requests)


def test_a_folder_that_cannot_be_written_is_infra(tmp_path: Path) -> None:
    """A full or missing disk is ours, and says which setting to look at."""
    with faulty_s3(answer(200, BODY)) as server, pytest.raises(FetchError) as caught:
        store_at(server.url).fetch(REF, tmp_path / "missing")

    assert (JobClass.INFRA, True) == (caught.value.job_class, "FILEPROC_RUNTIME_DIR" in caught.value.reason)


def test_nobody_listens(tmp_path: Path) -> None:
    """An endpoint that is down is infra, like any other silence."""
    with faulty_s3(answer(200)) as server:
        pass
    with pytest.raises(FetchError) as caught:
        store_at(server.url).fetch(REF, tmp_path)

    assert (JobClass.INFRA, True) == (caught.value.job_class, "EndpointConnectionError" in caught.value.reason)
