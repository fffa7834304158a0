"""The kinds of sinks: what each needs, may have, and hears of when nothing else is said. Read by people's files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from fileproc.domain.reports import Verdict

#: What may be sent where a kind leaves the choice.
DOCUMENTS = ("event", "report", "openlineage", "oors")

#: All verdicts but `skipped`: nothing was checked, so there is nothing to tell unless somebody asks for it.
CHECKED = tuple(verdict.value for verdict in Verdict if verdict is not Verdict.SKIPPED)


@dataclass(frozen=True, slots=True)
class Kind:
    """`needs` and `may` are the names of fields besides those that every sink has."""

    what: str
    needs: tuple[str, ...] = ()
    may: tuple[str, ...] = ()
    sends: str | None = None  # the document that is sent when the file does not say; None leaves no choice
    on: tuple[str, ...] = CHECKED


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "sns": Kind("a message to a topic, with attributes for filter policies", ("topic",), ("send",), "event"),
        "eventbridge": Kind("an event on a bus", (), ("bus", "region"), None),
        "webhook": Kind(
            "an HTTP POST, signed as Standard Webhooks say",
            ("url",),
            ("secret", "token", "send", "private"),
            "event",
        ),
        "slack": Kind(
            "one chat message for each incident, when it begins and when it is over", ("url",), ("private",), None
        ),
        "s3": Kind("a document beside the others below a prefix", ("prefix",), ("send", "samples"), "report"),
        "tags": Kind("tags on the very version of the object"),
        "quarantine": Kind("a copy of the object below a prefix", ("prefix",), (), None, (Verdict.FAIL.value,)),
        "plugin": Kind("code of an installed package", ("plugin",), ("options", "samples"), None),
    }
)

#: Fields of every sink.
COMMON = ("name", "to", "on", "buckets", "contracts")
