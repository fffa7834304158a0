"""The documents of the HTTP interface as JSON Schemas. Additive: what is listed is promised, more may be there."""

from __future__ import annotations

from typing import Any

from fileproc.domain.deliveries import DeliveryState
from fileproc.domain.jobs import JobState
from fileproc.domain.reports import Verdict

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
MAYBE_TEXT: Schema = {"type": ["string", "null"]}
FLAG: Schema = {"type": "boolean"}
NUMBER: Schema = {"type": "number"}
COUNT: Schema = {"type": "integer", "minimum": 0}
ID: Schema = {"type": "string", "pattern": "^[0-9]{1,19}$"}
INSTANT: Schema = {"type": ["string", "null"], "description": "ISO 8601 in UTC"}
STATE: Schema = {"enum": [state.value for state in JobState]}
VERDICT: Schema = {"enum": [*(verdict.value for verdict in Verdict), None]}
CIRCUIT: Schema = {"enum": ["closed", "open", "half_open"]}


def document(properties: Schema, *more: str) -> Schema:
    """An object that has all of these, but for the names in `more`, which it may have."""
    return {"type": "object", "properties": properties, "required": [name for name in properties if name not in more]}


def listed(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def named(name: str) -> Schema:
    """A reference to one of `SCHEMAS`."""
    return {"$ref": f"#/components/schemas/{name}"}


SCHEMAS: dict[str, Schema] = {
    "Problem": document(
        {"type": TEXT, "title": TEXT, "status": {"type": "integer"}, "request_id": TEXT, "detail": TEXT}, "detail"
    ),
    "Alive": document({"status": {"const": "alive"}}),
    "Ready": document({"status": {"enum": ["ready", "not ready"]}}),
    "SnsMessage": document(
        {
            "Type": {"enum": ["Notification", "SubscriptionConfirmation", "UnsubscribeConfirmation"]},
            "MessageId": TEXT,
            "TopicArn": TEXT,
            "Message": TEXT,
            "Timestamp": TEXT,
            "SignatureVersion": TEXT,
            "Signature": TEXT,
            "SigningCertURL": TEXT,
        },
        *("SignatureVersion", "Signature", "SigningCertURL"),
    ),
    "Accepted": document(
        {
            "status": {"enum": ["accepted", "duplicate", "skipped", "ignored", "confirmed", "pending"]},
            "held": FLAG,
            "reason": TEXT,
            "jobs": listed(document({"id": ID, "bucket": TEXT, "key": TEXT, "state": STATE}, "bucket", "key", "state")),
        },
        "held",
        "reason",
        "jobs",
    ),
    "Failure": document({"job_id": ID, "class": TEXT, "reason": TEXT, "at": TEXT}),
    "Scope": document(
        {
            "bucket": TEXT,
            "active": FLAG,
            "state": CIRCUIT,
            "consecutive_failures": COUNT,
            "cooldown_remaining": NUMBER,
            "last_failure": {"oneOf": [named("Failure"), {"type": "null"}]},
        }
    ),
    "Breaker": document(
        {
            "active": FLAG,
            "consecutive_failures": COUNT,
            "last_failure_time": {"type": ["number", "null"], "description": "epoch seconds"},
            "cooldown_remaining": {**NUMBER, "description": "seconds"},
            "state": CIRCUIT,
            "scope": {**MAYBE_TEXT, "description": "the bucket whose circuit this is; null for the whole's"},
            "last_failure_at": INSTANT,
            "last_failures": listed(named("Failure")),
            "max_failures": COUNT,
            "cooldown_seconds": NUMBER,
            "held": COUNT,
            "generation": COUNT,
            "stale": FLAG,
            "reset_pending": FLAG,
            "whole": document(
                {"active": FLAG, "state": CIRCUIT, "consecutive_failures": COUNT, "cooldown_remaining": NUMBER}
            ),
            "scopes": listed(named("Scope")),
            "problem": TEXT,
        },
        "problem",
    ),
    "File": document(
        {
            "id": ID,
            "bucket": TEXT,
            "key": TEXT,
            "version_id": MAYBE_TEXT,
            "etag": MAYBE_TEXT,
            "size": {"type": ["integer", "null"]},
            "state": STATE,
            "verdict": VERDICT,
            "summary": MAYBE_TEXT,
            "contract": MAYBE_TEXT,
            "job_class": MAYBE_TEXT,
            "reason": MAYBE_TEXT,
            "attempts": COUNT,
            "crashes": COUNT,
            "interruptions": COUNT,
            "event_time": INSTANT,
            "accepted_at": INSTANT,
            "started_at": INSTANT,
            "finished_at": INSTANT,
            "not_before": INSTANT,
        }
    ),
    "Files": document({"files": listed(named("File")), "next": {"oneOf": [ID, {"type": "null"}]}}),
    "Delivery": document(
        {
            "job_id": ID,
            "sink": TEXT,
            "state": {"enum": [state.value for state in DeliveryState]},
            "tries": COUNT,
            "next_try": INSTANT,
            "finished_at": INSTANT,
            "reason": MAYBE_TEXT,
        }
    ),
    "Job": {"allOf": [named("File"), document({"deliveries": listed(named("Delivery"))})]},
    "Report": document({"id": ID, "verdict": VERDICT, "job": named("Job")}),
    "Asked": document({"status": {"enum": ["accepted", "skipped", "again", "waiting"]}, "id": ID}),
    "Address": {
        "type": "object",
        "properties": {
            "address": {"type": "string", "pattern": "^s3://[A-Za-z0-9._-]{3,255}/[!-~]{1,1024}$"},
            "version_id": {"type": "string", "pattern": "^[!-~]{1,1024}$"},
        },
        "required": ["address"],
        "additionalProperties": False,
    },
    "Slot": document(
        {
            "slot": COUNT,
            "state": TEXT,
            "pid": {"type": ["integer", "null"]},
            "job_id": MAYBE_TEXT,
            "bucket": MAYBE_TEXT,
            "key": MAYBE_TEXT,
            "started_at": INSTANT,
            "seconds": NUMBER,
        }
    ),
    "Pool": document({"slots": listed(named("Slot")), "workers_max": COUNT}),
    "Contract": document(
        {
            "name": TEXT,
            "id": TEXT,
            "version": TEXT,
            "status": MAYBE_TEXT,
            "digest": TEXT,
            "file": TEXT,
            "schemas": listed(document({"name": TEXT, "properties": listed({"type": "object"})}, "properties")),
        }
    ),
    "Contracts": document({"contracts": listed(named("Contract")), "problems": listed({"type": "object"})}),
    "ContractVersions": document({"name": TEXT, "versions": listed(named("Contract"))}),
    "Action": document(
        {
            "id": ID,
            "at": TEXT,
            "who": TEXT,
            "peer": TEXT,
            "action": TEXT,
            "target": MAYBE_TEXT,
            "outcome": TEXT,
            "request_id": TEXT,
        }
    ),
    "Actions": document({"actions": listed(named("Action")), "next": {"oneOf": [ID, {"type": "null"}]}}),
    "OpenApi": document({"openapi": {"const": "3.1.0"}, "info": {"type": "object"}, "paths": {"type": "object"}}),
}
