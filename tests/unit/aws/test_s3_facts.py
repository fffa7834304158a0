"""What S3 says of an object, by the names that contracts have for it."""

from __future__ import annotations

from datetime import UTC, datetime

from fileproc.aws.s3 import facts_of


def test_an_answers_head_is_facts() -> None:
    """Type, encoding, time, eTag, storage class and the user's metadata; nothing that was not said."""
    answer = {
        "ContentType": "text/csv", "ContentEncoding": "gzip", "LastModified": datetime(2026, 11, 24, 6, tzinfo=UTC),
        "ETag": '"abc"', "Metadata": {"sender": "acme"}, "ContentLength": 5,
    }  # fmt: skip

    assert {
        "contentType": "text/csv", "contentEncoding": "gzip", "lastModified": "2026-11-24T06:00:00+00:00",
        "etag": "abc", "tier": "STANDARD", "metadata": '{"sender": "acme"}',
    } == facts_of(answer)  # fmt: skip
    assert {"tier": "GLACIER", "metadata": "{}"} == facts_of({"StorageClass": "GLACIER"})
