"""Sinks, put together: what is said (`render`), and who carries it (`aws`, `sinks`), for each line of people's file."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fileproc.aws.publish import Bus, Topic
from fileproc.aws.s3_sinks import Folder, Quarantine, Tags, Target
from fileproc.clock import Clock
from fileproc.domain.deliveries import Delivery, Message
from fileproc.domain.ports import Outbox
from fileproc.domain.reports import without_samples
from fileproc.render import cloudevent, incident, oors, openlineage
from fileproc.services.deliver import ReadySink
from fileproc.sinks import plugins
from fileproc.sinks.config import SinkConfig
from fileproc.sinks.webhook import Webhook

#: Ending and media type by document, where they are stored or posted.
ENDINGS = {
    "event": "_event.json",
    "report": "_fileproc.json",
    "openlineage": "_openlineage.json",
    "oors": "_oors.json",
}
CLOUDEVENT = "application/cloudevents+json; charset=utf-8"

#: What an attribute of SNS may hold at most, in characters; keys of S3 stay in the content.
LONGEST_ATTRIBUTE = 256


@dataclass(frozen=True, slots=True)
class Context:
    """What all sinks share: `public_url` is where people reach the pages, None where nobody said it."""

    outbox: Outbox
    clock: Clock
    public_url: str | None = None

    def link(self, delivery: Delivery) -> str | None:
        """Where the report is shown."""
        return None if self.public_url is None else f"{self.public_url.rstrip('/')}/api/v1/files/{delivery.job_id}"

    @property
    def source(self) -> str:
        """Who tells it, as a URI."""
        return self.public_url or "urn:fileproc"


Say = Callable[[Delivery], str | None]


def ready(configs: Sequence[SinkConfig], context: Context) -> list[ReadySink]:
    """The sinks, ready to deliver.

    Raises:
        SettingsError: a plugin is not installed or cannot be made.
    """
    return [_ready(config, context) for config in configs]


def _ready(config: SinkConfig, context: Context) -> ReadySink:
    if config.to == "plugin":  # its code may do anything: it has a thread of its own
        return ReadySink(config.name, _plugin(config), at_once=1, blocking=True)
    say = MAKERS[config.to](config, context)
    if config.to == "slack":  # it asks the journal, and tells incidents in the order in which files were checked
        return ReadySink(config.name, say, at_once=1, blocking=True)
    return ReadySink(config.name, say)


def documents(delivery: Delivery, what: str, context: Context, *, samples: bool = False) -> list[dict[str, Any]]:
    """What is said of a report, in one of `kinds.DOCUMENTS`; OpenLineage says it in two events."""
    if what == "event":
        return [cloudevent.event(delivery.report, delivery.key, link=context.link(delivery), source=context.source)]
    if what == "openlineage":
        return openlineage.events(delivery.report, delivery.key)
    if what == "oors":
        return [oors.document(delivery.report, delivery.key)]
    report = dict(delivery.report)
    return [report if samples else without_samples(report)]


def _messages(delivery: Delivery, config: SinkConfig, context: Context) -> list[Message]:
    what = config.values.get("send", "event")
    told = documents(delivery, what, context, samples=bool(config.values.get("samples")))
    kind = CLOUDEVENT if what == "event" else "application/json"
    many = len(told) > 1
    return [
        Message(f"{delivery.key}-{place}" if many else delivery.key, _json(one), kind, _attributes(delivery))
        for place, one in enumerate(told)
    ]


def _attributes(delivery: Delivery) -> dict[str, str]:
    report = delivery.report
    contract = (report.get("contract") or {}).get("name")
    told = {
        "type": cloudevent.TYPE,
        "verdict": report.get("verdict"),
        "contract": contract,
        "bucket": (report.get("file") or {}).get("bucket"),
    }
    return {name: str(value)[:LONGEST_ATTRIBUTE] for name, value in told.items() if value}


def _sns(config: SinkConfig, context: Context) -> Say:
    return _sending(Topic(config.values["topic"]).send, config, context)


def _eventbridge(config: SinkConfig, context: Context) -> Say:
    return _sending(Bus(config.values.get("bus", "default"), config.values.get("region")).send, config, context)


def _webhook(config: SinkConfig, context: Context) -> Say:
    values = config.values
    hook = Webhook(
        values["url"],
        context.clock,
        secret=values.get("secret"),
        token=values.get("token"),
        private=values.get("private", False),
    )
    return _sending(hook.send, config, context)


def _sending(send: Callable[[Message], None], config: SinkConfig, context: Context) -> Say:
    def say(delivery: Delivery) -> None:
        for message in _messages(delivery, config, context):
            send(message)

    return say


def _slack(config: SinkConfig, context: Context) -> Say:
    hook = Webhook(config.values["url"], context.clock, private=config.values.get("private", False))

    def say(delivery: Delivery) -> str | None:
        text = incident.message(context.outbox.changes(delivery), delivery.report, context.link(delivery))
        if text is None:
            return "nothing has changed"
        hook.send(Message(delivery.key, _json({"text": text})))
        return None

    return say


def _s3(config: SinkConfig, context: Context) -> Say:
    folder, what = Folder(config.values["prefix"]), config.values["send"]

    def say(delivery: Delivery) -> None:
        target = Target.of(delivery.report, delivery.region)
        for place, message in enumerate(_messages(delivery, config, context)):
            folder.send(message, target, f"{'.' if place == 0 else f'.{place}.'}{ENDINGS[what]}")

    return say


def _tags(_config: SinkConfig, _context: Context) -> Say:
    def say(delivery: Delivery) -> None:
        report = delivery.report
        contract = (report.get("contract") or {}).get("name")
        values = {"verdict": report.get("verdict"), "contract": contract, "id": str(delivery.job_id)}
        Tags().send(values, Target.of(report, delivery.region))

    return say


def _quarantine(config: SinkConfig, _context: Context) -> Say:
    place = Quarantine(config.values["prefix"])

    def say(delivery: Delivery) -> None:
        place.send(Target.of(delivery.report, delivery.region))

    return say


def _plugin(config: SinkConfig) -> Say:
    sink = plugins.make_plugin(config.values["plugin"], config.values.get("options", {}))

    def say(delivery: Delivery) -> None:
        report = dict(delivery.report)
        shown = report if config.values.get("samples") else without_samples(report)
        plugins.deliver(sink, shown, delivery.key)

    return say


def _json(document: Any) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


MAKERS: Mapping[str, Callable[[SinkConfig, Context], Say]] = {
    "sns": _sns,
    "eventbridge": _eventbridge,
    "webhook": _webhook,
    "slack": _slack,
    "s3": _s3,
    "tags": _tags,
    "quarantine": _quarantine,
}
