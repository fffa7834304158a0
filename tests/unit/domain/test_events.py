"""Events: hostile bytes become values or one clear refusal."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fileproc.domain.events import (
    MOST_RECORDS,
    Ignored,
    Malformed,
    ObjectCreated,
    ObjectRemoved,
    ObjectRestored,
    parse_event,
    strict_json,
)
from fileproc.domain.objects import ObjectRef
from fileproc.errors import BadRequest


def record(name: str = "ObjectCreated:Put", **object_: Any) -> dict[str, Any]:
    """One S3 record; keyword arguments are fields of its object, None leaves one out."""
    fields = {"key": "in/a.csv", "size": 9, "eTag": "93e3", "sequencer": "0055AED6DCD9"} | object_
    return {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": "eu-west-1",
        "eventTime": "2026-11-24T06:00:00.000Z",
        "eventName": name,
        "s3": {
            "bucket": {"name": "acme"},
            "object": {field: value for field, value in fields.items() if value is not None},
        },
    }


def outcome(one: Any) -> Any:
    """What becomes of one record."""
    (event,) = parse_event({"Records": [one]})
    return event


def key_of(encoded: str) -> str:
    event = outcome(record(key=encoded))
    assert isinstance(event, ObjectCreated), event
    return event.ref.key


def test_a_put_names_exactly_one_version() -> None:
    """Everything that pins the object is kept: bucket, key, version, eTag, sequencer, size, region and instant."""
    event = outcome(record(versionId="v1"))

    ref = ObjectRef("acme", "in/a.csv", version_id="v1", etag="93e3", sequencer="0055AED6DCD9", size=9)
    assert ObjectCreated(ref, "ObjectCreated:Put", "eu-west-1", datetime(2026, 11, 24, 6, tzinfo=UTC)) == event


@pytest.mark.parametrize(
    ("encoded", "key"),
    [
        pytest.param("a+b.csv", "a b.csv", id="plus is a space"),
        pytest.param("a%2Bb.csv", "a+b.csv", id="plus itself"),
        pytest.param("in%2Fa.csv", "in/a.csv", id="slash as moto writes it"),
        pytest.param("a%20b.csv", "a b.csv", id="space as LocalStack writes it"),
        pytest.param("100%2525.csv", "100%25.csv", id="decoded once, not twice"),
        pytest.param("%C3%BCber.csv", "über.csv", id="UTF-8"),
        pytest.param("..%2F..%2Fetc%2Fpasswd", "../../etc/passwd", id="a hostile key stays what it is"),
        pytest.param("a%0D%0AX%3A+y", "a\r\nX: y", id="newlines are data"),
        pytest.param("%F0%9F%98%80%22%27", "😀\"'", id="emoji and quotes"),
        pytest.param("k" * 1024, "k" * 1024, id="as long as S3 allows"),
    ],
)
def test_a_key_is_decoded_once(encoded: str, key: str) -> None:
    """The key that is fetched is the one that was uploaded."""
    assert key == key_of(encoded)


@given(st.text(min_size=1, max_size=80).filter(lambda key: "\x00" not in key and not key.endswith("/")))
def test_any_key_comes_back(key: str) -> None:
    """Whatever people call their files, form-encoding it as S3 does and parsing it changes nothing."""
    assert key == key_of(quote_plus(key))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        pytest.param({"key": "%FF"}, "utf-8", id="key is no UTF-8"),
        pytest.param({"key": "k" * 1025}, "too long", id="key over 1,024 bytes"),
        pytest.param({"key": "ü" * 513}, "too long", id="key over 1,024 bytes, not characters"),
        pytest.param({"key": ""}, "empty", id="no key"),
        pytest.param({"key": "a%00b"}, "NUL", id="NUL in the key"),
        pytest.param({"key": 7}, "kind", id="key is a number"),
        pytest.param({"key": None}, "missing", id="key is missing"),
        pytest.param({"size": -1}, "size", id="negative size"),
        pytest.param({"size": True}, "size", id="size is a truth value"),
        pytest.param({"size": 1 << 63}, "size", id="size no database can hold"),
        pytest.param({"versionId": "v" * 1025}, "too long", id="version of a kilobyte"),
        pytest.param({"sequencer": "\x00"}, "NUL", id="NUL in the sequencer"),
        pytest.param({"eTag": ["e"]}, "kind", id="eTag is a list"),
    ],
)
def test_a_record_that_cannot_be_right_is_malformed(changes: dict[str, Any], reason: str) -> None:
    """It says what is wrong, and nothing is fetched."""
    event = outcome(record(**changes))

    assert isinstance(event, Malformed)
    assert reason in event.reason


@pytest.mark.parametrize("one", [None, 1, "x", [], {}, {"eventSource": "aws:s3"}, {"eventSource": "aws:s3", "s3": []}])
def test_a_record_of_another_shape_is_malformed(one: Any) -> None:
    """No shape raises anything but the record's own outcome."""
    assert isinstance(outcome(one), Malformed)


def test_one_bad_record_does_not_spoil_its_neighbours() -> None:
    """Each record has its own outcome, in order."""
    events = parse_event({"Records": [record(), record(key="%FF"), record("ObjectTagging:Put"), record(key="b.csv")]})

    assert [ObjectCreated, Malformed, Ignored, ObjectCreated] == [type(event) for event in events]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("ObjectCreated:Put", ObjectCreated),
        ("ObjectCreated:Post", ObjectCreated),
        ("ObjectCreated:Copy", ObjectCreated),
        ("ObjectCreated:CompleteMultipartUpload", ObjectCreated),
        ("s3:ObjectCreated:Put", ObjectCreated),
        ("ObjectCreated:SomethingNew", ObjectCreated),
        ("ObjectRemoved:Delete", ObjectRemoved),
        ("ObjectRemoved:DeleteMarkerCreated", ObjectRemoved),
        ("LifecycleExpiration:Delete", ObjectRemoved),
        ("ObjectTagging:Put", Ignored),
        ("ObjectAcl:Put", Ignored),
        ("ObjectRestore:Completed", ObjectRestored),
        ("ObjectRestore:Post", Ignored),
        ("Replication:OperationFailedReplication", Ignored),
        ("WhatEver:AWS:ThinksOfNext", Ignored),
    ],
)
def test_what_an_event_of_each_name_means(name: str, kind: type) -> None:
    """Creations run, removals cancel, restores run what waits, everything else is ignored and never an error."""
    assert kind is type(outcome(record(name)))


def test_folder_markers_are_ignored() -> None:
    """What the console makes for "create folder" is no file; an empty file is one."""
    assert Ignored("folder marker", "s3://acme/dir/") == outcome(record(key="dir/", size=0))
    assert isinstance(outcome(record(key="empty.csv", size=0)), ObjectCreated)
    assert isinstance(outcome(record(key="odd/", size=5)), ObjectCreated)


def test_null_is_no_version() -> None:
    """S3 writes "null" for objects that are older than versioning; the journal must not take it for a version."""
    assert None is outcome(record(versionId="null")).ref.version_id


@pytest.mark.parametrize("version", ["2.0", "2.6", "2.99", "2"])
def test_every_minor_version_is_read(version: str) -> None:
    """AWS adds fields under new minor versions; none of them stops the gate."""
    assert isinstance(outcome({**record(), "eventVersion": version, "novelty": {"a": 1}}), ObjectCreated)


@pytest.mark.parametrize("version", ["3.0", "1.0", "20.1", "", "x"])
def test_another_major_version_is_malformed(version: str) -> None:
    """A shape that nobody here knows is not guessed at."""
    assert isinstance(outcome({**record(), "eventVersion": version}), Malformed)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-11-24T06:00:00.000Z", datetime(2026, 11, 24, 6, tzinfo=UTC)),
        ("2026-11-24T06:00:00+05:00", datetime(2026, 11, 24, 1, tzinfo=UTC)),
        ("2026-11-24T06:00:00", datetime(2026, 11, 24, 6, tzinfo=UTC)),
        ("0001-01-01T00:00:00+14:00", None),
        ("yesterday", None),
        (None, None),
    ],
)
def test_the_instant_is_utc_or_unknown(text: str | None, instant: datetime | None) -> None:
    """An instant that cannot be read is no reason to refuse a file."""
    assert instant == outcome({**record(), "eventTime": text}).event_time


def eventbridge(**changes: Any) -> dict[str, Any]:
    """An EventBridge event as AWS documents it."""
    return {
        "version": "0",
        "id": "17793124-05d4-b198-2fde-7ededc63b103",
        "detail-type": "Object Created",
        "source": "aws.s3",
        "account": "111122223333",
        "time": "2026-11-24T06:00:00Z",
        "region": "ca-central-1",
        "detail": {
            "version": "0",
            "bucket": {"name": "acme"},
            "object": {"key": "a+b%2F.csv", "size": 5, "etag": "b1946", "version-id": "IYV3", "sequencer": "00617F"},
            "reason": "PutObject",
        },
    } | changes


def test_eventbridge_keys_are_taken_as_they_are() -> None:
    """EventBridge does not encode keys, so a plus and a percent sign stay."""
    (event,) = parse_event(eventbridge())

    ref = ObjectRef("acme", "a+b%2F.csv", version_id="IYV3", etag="b1946", sequencer="00617F", size=5)
    created = ObjectCreated(ref, "ObjectCreated:PutObject", "ca-central-1", datetime(2026, 11, 24, 6, tzinfo=UTC))
    assert created == event


def test_other_eventbridge_events() -> None:
    """Deletions cancel, restores wake; what is about something else is ignored; one without its detail is malformed."""
    (deleted,) = parse_event(eventbridge(**{"detail-type": "Object Deleted"}))
    (restored,) = parse_event(eventbridge(**{"detail-type": "Object Restore Completed"}))
    (tagged,) = parse_event(eventbridge(**{"detail-type": "Object Tags Added"}))
    (broken,) = parse_event(eventbridge(detail="x"))

    kinds = [ObjectRemoved, ObjectRestored, Ignored, Malformed]
    assert kinds == [type(event) for event in (deleted, restored, tagged, broken)]


def test_the_test_event_is_ignored() -> None:
    """S3 sends it whenever notifications change; it must be acknowledged, never refused."""
    document = {"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "acme"}

    assert [Ignored("s3:TestEvent")] == parse_event(document)


@pytest.mark.parametrize(
    "document",
    [
        None, 1, "x", [], {}, {"Records": {}}, {"Records": []}, {"Records": None}, {"Event": "x"},
        {"source": "aws.s3"}, {"source": "aws.ec2", "detail-type": "x"}, {"Records": [1] * (MOST_RECORDS + 1)},
    ],
)  # fmt: skip
def test_what_is_no_event_is_refused(document: Any) -> None:
    """One error, and never another kind of exception."""
    with pytest.raises(BadRequest):
        parse_event(document)


@pytest.mark.parametrize(
    ("data", "word"),
    [
        pytest.param(b'{"a": 1, "a": 2}', "twice", id="duplicate key"),
        pytest.param(b'{"x": {"a": 1, "\\u0061": 2}}', "twice", id="duplicate key, spelt differently"),
        pytest.param(b"NaN", "NaN", id="NaN"),
        pytest.param(b"[-Infinity]", "Infinity", id="infinity"),
        pytest.param(b'"\\ud800"', "half", id="lone surrogate"),
        pytest.param(b'{"\\udc00": 1}', "half", id="lone surrogate in a key"),
        pytest.param(b"[" * 65 + b"]" * 65, "deep", id="65 deep"),
        pytest.param(b"[" * 200_000, "deep", id="200,000 brackets"),
        pytest.param(b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "deep", id="100,000 braces"),
        pytest.param(b"1" * 250_000, "long", id="a number of 250,000 digits"),
        pytest.param(b"1e" + b"9" * 250_000, "long", id="an exponent of 250,000 digits"),
        pytest.param(b"\xff", "UTF-8", id="no UTF-8"),
        pytest.param(b"\xef\xbb\xbf{}", "not JSON", id="a byte order mark"),
        pytest.param('{"a": 1}'.encode("utf-16"), "UTF-8", id="UTF-16"),
        pytest.param(b"", "not JSON", id="nothing"),
        pytest.param(b"{} {}", "not JSON", id="two documents"),
        pytest.param(b"{'a': 1}", "not JSON", id="Python's quotes"),
    ],
)
def test_json_with_two_readings_is_refused(data: bytes, word: str) -> None:
    """What two parsers could read differently, or what only wants to break one, is a bad request."""
    with pytest.raises(BadRequest, match=word):
        strict_json(data)


def test_json_with_one_reading_is_read() -> None:
    """Escapes, pairs of surrogates and depth below the bound are plain JSON."""
    assert {"a": ["😀", 1.5, None, -1]} == strict_json(b'{"a": ["\\ud83d\\ude00", 1.5, null, -1]}')
    assert json.loads("[" * 60 + "]" * 60) == strict_json("[" * 60 + "]" * 60)


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader(data: bytes) -> None:
    """Rubbish is a bad request and nothing else."""
    with contextlib.suppress(BadRequest):
        strict_json(data)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=5), children, max_size=3),
    max_leaves=8,
)


@given(
    st.dictionaries(st.sampled_from(["eventSource", "eventVersion", "eventName", "s3"]), json_values)
    | st.builds(lambda s3: {**record(), "s3": s3}, json_values)
    | st.builds(
        lambda bucket, object_: {**record(), "s3": {"bucket": bucket, "object": object_}}, json_values, json_values
    )
)
def test_no_record_breaks_the_parser(one: Any) -> None:
    """Whatever stands in a record, it has an outcome."""
    assert isinstance(outcome(one), ObjectCreated | ObjectRemoved | Ignored | Malformed)
