"""Refusals as a store with users and policies gives them (moto with its checks switched on)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from fileproc.aws.s3 import S3Store
from fileproc.domain.jobs import FetchError, JobClass
from fileproc.domain.objects import ObjectRef
from tests.system.moto import MotoServer

REF = ObjectRef("drop", "orders/monday.csv")
MAY_READ = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}


@dataclass(frozen=True)
class Guarded:
    """A moto that checks rights, with two users: one may read, the other may nothing."""

    server: MotoServer
    allowed: tuple[str, str]
    forbidden: tuple[str, str]

    def fetch(self, key_id: str, secret: str, folder: Path) -> bytes:
        s3 = self.server.client("s3", key_id, secret)
        store = S3Store(max_bytes=100, make_client=lambda _service, _region: s3)
        return store.fetch(REF, folder).path.read_bytes()


@pytest.fixture(scope="module")
def guarded() -> Iterator[Guarded]:
    with MotoServer() as server:
        s3, iam = server.client("s3"), server.client("iam")
        s3.create_bucket(Bucket=REF.bucket)
        s3.put_object(Bucket=REF.bucket, Key=REF.key, Body=b"id\n1\n")
        keys = []
        for user in ("reader", "stranger"):
            iam.create_user(UserName=user)
            key = iam.create_access_key(UserName=user)["AccessKey"]
            keys.append((key["AccessKeyId"], key["SecretAccessKey"]))
        iam.put_user_policy(UserName="reader", PolicyName="read", PolicyDocument=json.dumps(MAY_READ))
        server.check_rights()
        yield Guarded(server, *keys)


def test_who_may_read_reads(guarded: Guarded, tmp_path: Path) -> None:
    """The refusals below come from rights and nothing else."""
    assert b"id\n1\n" == guarded.fetch(*guarded.allowed, tmp_path)


def test_who_may_not_is_denied_and_told_what_to_allow(guarded: Guarded, tmp_path: Path) -> None:
    """A missing permission names the three that are needed, and no key id."""
    with pytest.raises(FetchError) as caught:
        guarded.fetch(*guarded.forbidden, tmp_path)

    assert JobClass.DENIED is caught.value.job_class
    assert (
        "s3://drop/orders/monday.csv: S3 denied access (AccessDenied); allow s3:GetObject, s3:GetObjectVersion and "
        "s3:ListBucket (without the last, a missing object looks denied); a requester-pays bucket is not read"
        == caught.value.reason
    )


@pytest.mark.parametrize(
    ("unknown", "wrong", "code"), [(True, True, "InvalidAccessKeyId"), (False, True, "SignatureDoesNotMatch")]
)
def test_wrong_credentials_are_infra(guarded: Guarded, tmp_path: Path, unknown: bool, wrong: bool, code: str) -> None:
    """Credentials that AWS does not know concern every file, so the breaker must learn of them."""
    key_id = "AKIAUNKNOWN" if unknown else guarded.allowed[0]
    with pytest.raises(FetchError) as caught:
        guarded.fetch(key_id, "wrong" if wrong else guarded.allowed[1], tmp_path)

    assert JobClass.INFRA is caught.value.job_class
    assert (
        f"s3://drop/orders/monday.csv: the service's credentials are missing, wrong or expired ({code}); "
        "renew the AWS credentials" == caught.value.reason
    )
