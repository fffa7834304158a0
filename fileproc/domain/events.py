"""Events: what S3, EventBridge and SNS say, as values. Pure; the bytes are hostile.

`strict_json` refuses what two parsers could read differently. `parse_event` gives each record its own outcome, so one
bad record never spoils its neighbours. Keys are decoded once, by the kind of envelope and never by guessing: S3 writes
them form-encoded (`+`, `%2F` and `%20` all occur), EventBridge writes them as they are.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote_plus

from fileproc.domain.objects import ObjectRef
from fileproc.errors import BadRequest

#: S3 puts one record into a message today; a thousand is what anybody could have reason to send.
MOST_RECORDS = 1_000

#: S3's own limits.
LONGEST_KEY_BYTES = 1_024
LONGEST_VERSION_ID = 1_024
BUCKET_LENGTH = range(1, 256)

#: What EventBridge calls events, by the names of S3's own.
BRIDGE_NAMES = {
    "Object Created": "ObjectCreated",
    "Object Deleted": "ObjectRemoved",
    "Object Restore Completed": "ObjectRestore:Completed",
}

#: An event is a handful of levels deep; what is deeper wants to break a parser.
DEEPEST = 64
LONGEST_NUMBER = 40


@dataclass(frozen=True, slots=True)
class Notification:
    """A *verified* SNS message of that type."""

    message_id: str
    topic_arn: str
    message: str
    timestamp: datetime
    subject: str | None = None


@dataclass(frozen=True, slots=True)
class SubscriptionConfirmation:
    """A verified request to confirm a subscription. The token is a secret; SubscribeURL is never even read."""

    message_id: str
    topic_arn: str
    token: str
    timestamp: datetime


@dataclass(frozen=True, slots=True)
class UnsubscribeConfirmation:
    """A verified notice that a subscription was removed; visiting its URL would undo that, so nobody does."""

    message_id: str
    topic_arn: str
    timestamp: datetime


@dataclass(frozen=True, slots=True)
class ObjectCreated:
    """One object landed."""

    ref: ObjectRef
    event_name: str
    region: str | None = None
    event_time: datetime | None = None


@dataclass(frozen=True, slots=True)
class ObjectRemoved:
    """One object, or one version of it, is gone; what still waits for it need not run."""

    ref: ObjectRef
    event_name: str


@dataclass(frozen=True, slots=True)
class ObjectRestored:
    """One archived object, or one version of it, can be read for a while; what waits for that may run."""

    ref: ObjectRef
    event_name: str


@dataclass(frozen=True, slots=True)
class Ignored:
    """Well-formed, and nothing to do."""

    reason: str
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Malformed:
    """A record that cannot be read."""

    reason: str


Event = ObjectCreated | ObjectRemoved | ObjectRestored | Ignored | Malformed


def strict_json(data: bytes | str) -> Any:
    """Parse JSON that has exactly one reading.

    Raises:
        BadRequest: not UTF-8, not JSON, duplicate keys, NaN or Infinity, lone surrogates, too deep, a number bomb.
    """
    try:
        text = data.decode("utf-8") if isinstance(data, bytes) else data
        document = json.loads(
            text, object_pairs_hook=_unique, parse_constant=_no_constant, parse_int=_short_int, parse_float=_short_float
        )
        _refuse_surrogates_and_depth(document)
    except RecursionError:
        raise BadRequest("the JSON is nested too deeply") from None
    except UnicodeDecodeError:
        raise BadRequest("the body is not UTF-8") from None
    except json.JSONDecodeError as error:
        raise BadRequest(f"not JSON: {error.msg} at line {error.lineno} column {error.colno}") from None
    except ValueError as error:
        raise BadRequest(f"not JSON that has one reading: {error}") from None
    return document


def parse_event(document: Any) -> list[Event]:
    """The outcomes of one event document: S3 records, an EventBridge event, or S3's test event.

    Raises:
        BadRequest: it is none of these.
    """
    if not isinstance(document, dict):
        raise BadRequest("an event is a JSON object")
    if "Records" in document:
        return _s3_records(document["Records"])
    if document.get("Event") == "s3:TestEvent":
        return [Ignored("s3:TestEvent")]
    if document.get("source") == "aws.s3" and isinstance(document.get("detail-type"), str):
        return [_guarded(_eventbridge, document)]
    raise BadRequest("neither S3 records nor an EventBridge event of S3")


def parse_queued(text: str) -> list[Event]:
    """The outcomes of a message of a queue: an event document, or one inside an SNS envelope.

    Nothing is verified here: who may send is said by the queue's policy.

    Raises:
        BadRequest: it is none of these.
    """
    document = strict_json(text)
    kind = document.get("Type") if isinstance(document, dict) else None
    if kind in ("SubscriptionConfirmation", "UnsubscribeConfirmation"):
        return [Ignored(str(kind))]
    if kind == "Notification":
        inner = document.get("Message")
        if not isinstance(inner, str):
            raise BadRequest("an SNS notification has a text as its Message")
        document = strict_json(inner)
    return parse_event(document)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    mapping = dict(pairs)
    if len(mapping) != len(pairs):
        raise ValueError("a key stands twice")
    return mapping


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")


def _short_int(text: str) -> int:
    if len(text) > LONGEST_NUMBER:
        raise ValueError("a number is too long")
    return int(text)


def _short_float(text: str) -> float:
    if len(text) > LONGEST_NUMBER:
        raise ValueError("a number is too long")
    return float(text)


def _refuse_surrogates_and_depth(document: Any) -> None:
    """Walk without recursion: depth is counted, and every text must be encodable."""
    level: list[Any] = [document]
    for _ in range(DEEPEST):
        below: list[Any] = []
        for value in level:
            if isinstance(value, str):
                _encodable(value)
            elif isinstance(value, dict):
                for key in value:
                    _encodable(key)
                below.extend(value.values())
            elif isinstance(value, list):
                below.extend(value)
        if not below:
            return
        level = below
    raise ValueError("it is nested too deeply")


def _encodable(text: str) -> None:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise ValueError("a text holds half a character") from None


def _s3_records(records: Any) -> list[Event]:
    if not isinstance(records, list) or not records:
        raise BadRequest("Records is a list of at least one record")
    if len(records) > MOST_RECORDS:
        raise BadRequest(f"more than {MOST_RECORDS:,} records")
    return [_guarded(_s3_record, record) for record in records]


def _guarded(parse: Any, record: Any) -> Event:
    """One record's outcome; a wrong shape is that record's own trouble."""
    try:
        event: Event = parse(record)
    except (KeyError, TypeError, AttributeError) as error:
        return Malformed(f"a field is missing or of the wrong kind ({error})")
    except ValueError as error:
        return Malformed(str(error))
    return event


def _s3_record(record: Mapping[str, Any]) -> Event:
    if record["eventSource"] not in ("aws:s3", "minio:s3"):
        return Ignored("not an event of S3", str(record["eventSource"])[:80])
    version = str(record.get("eventVersion", "2.0"))
    if version.partition(".")[0] != "2":
        return Malformed(f"event version {version[:20]} is unknown; 2.x is read")
    s3 = record["s3"]
    object_ = s3["object"]
    ref = ObjectRef(
        bucket=_bucket(s3["bucket"]["name"]),
        key=_key(unquote_plus(_text(object_["key"]), errors="strict")),
        version_id=_version(object_.get("versionId")),
        etag=_etag(object_.get("eTag")),
        sequencer=_optional_text(object_.get("sequencer"), 64),
        size=_size(object_.get("size")),
    )
    name = _text(record["eventName"]).removeprefix("s3:")
    return _by_name(name, ref, _optional_text(record.get("awsRegion"), 64), _time(record.get("eventTime")))


def _eventbridge(document: Mapping[str, Any]) -> Event:
    detail = document["detail"]
    object_ = detail["object"]
    ref = ObjectRef(
        bucket=_bucket(detail["bucket"]["name"]),
        key=_key(_text(object_["key"])),
        version_id=_version(object_.get("version-id")),
        etag=_etag(object_.get("etag")),
        sequencer=_optional_text(object_.get("sequencer"), 64),
        size=_size(object_.get("size")),
    )
    kind = _text(document["detail-type"])
    name = f"{BRIDGE_NAMES.get(kind, kind)}:{_optional_text(detail.get('reason'), 80) or ''}"
    return _by_name(name, ref, _optional_text(document.get("region"), 64), _time(document.get("time")))


def _by_name(name: str, ref: ObjectRef, region: str | None, event_time: datetime | None) -> Event:
    """What an event of this name means; unknown ones are ignored, never an error."""
    if name.startswith("ObjectCreated:"):
        if ref.key.endswith("/") and not ref.size:
            return Ignored("folder marker", ref.address)
        return ObjectCreated(ref, name, region, event_time)
    if name.startswith(("ObjectRemoved:", "LifecycleExpiration:")):
        return ObjectRemoved(ref, name)
    if name.startswith("ObjectRestore:Completed"):
        return ObjectRestored(ref, name)
    return Ignored("event of another kind", name[:80])


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("a text is expected")
    return value


def _optional_text(value: Any, longest: int) -> str | None:
    if value is None or value == "":
        return None
    if len(_text(value)) > longest or "\x00" in value:
        raise ValueError("a field is too long or holds NUL")
    return str(value)


def _bucket(value: Any) -> str:
    if len(_text(value)) not in BUCKET_LENGTH or "/" in value or "\x00" in value:
        raise ValueError("the bucket's name is none")
    return str(value)


def _key(key: str) -> str:
    if not key or "\x00" in key or len(key.encode("utf-8")) > LONGEST_KEY_BYTES:
        raise ValueError("the key is empty, too long or holds NUL")
    return key


def _version(value: Any) -> str | None:
    """ "null" is S3's name for an object that is older than versioning."""
    version = _optional_text(value, LONGEST_VERSION_ID)
    return None if version == "null" else version


def _etag(value: Any) -> str | None:
    etag = _optional_text(value, 256)
    return None if etag is None else etag.strip('"')


def _size(value: Any) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 1 << 63:
        raise ValueError("the size is no count of bytes")
    return value


def _time(value: Any) -> datetime | None:
    """The event's instant for display; one that cannot be read is no reason to refuse a file."""
    try:
        moment = datetime.fromisoformat(str(value))
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
