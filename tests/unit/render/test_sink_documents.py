"""What sinks send, held against the standards: by CloudEvents' and OpenLineage's own libraries, and by the fields that
OORS's pages list."""

from __future__ import annotations

import copy
import json
import uuid
from datetime import datetime
from typing import Any

import attr
import jsonschema
import pytest
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from openlineage.client.event_v2 import InputDataset, Job, Run, RunEvent, RunState
from openlineage.client.generated import (
    data_quality_assertions_dataset,
    data_quality_metrics_dataset,
    error_message_run,
)

from fileproc.clock import SystemClock
from fileproc.domain.jobs import Job as OurJob
from fileproc.domain.jobs import JobClass, JobOutcome, JobState
from fileproc.domain.objects import ObjectRef
from fileproc.render import cloudevent, incident, oors, openlineage
from fileproc.services.settle import error_report
from tests.unit.render.reports import bad, documents, good, hostile, skipped

FILE = {"bucket": "acme-drop", "key": "in/día 1/a+b.csv", "version_id": "v1", "etag": "e" * 32, "size": 9}


def of(*reports: Any) -> list[dict[str, Any]]:
    """Reports as the service has them: about objects in S3, with the moments of their check."""
    moment = "2026-11-25T10:00:00.000Z"
    times = {"started": moment, "finished": moment}
    return [{**document, "file": FILE, "times": times} for document in documents(*reports)]


def failed() -> dict[str, Any]:
    job = OurJob(7, ObjectRef("acme-drop", "a.csv", None, "e", None, 1), JobState.RUNNING)
    return error_report(job, JobOutcome(JobClass.DENIED, "S3 denied access"), SystemClock().utcnow())


ALL = [*of(good(), bad(), hostile(), skipped()), failed()]
IDS = ["good", "bad", "hostile", "skipped", "error"]


@pytest.mark.parametrize("report", ALL, ids=IDS)
def test_events_are_cloudevents_without_anybodys_data(report: dict[str, Any]) -> None:
    """CloudEvents' own library reads it; no sample and no cell is in it."""
    made = cloudevent.event(report, "7-2", link="https://gate.example/7", source="https://gate.example")
    read = JSONFormat().read(lambda attributes, data: CloudEvent(attributes, data), json.dumps(made).encode())
    samples = [sample for cause in report["causes"] for sample in cause["samples"]]

    assert ("7-2", "fileproc.verdict.v1", "1.0") == (read.get_id(), read.get_type(), read.get_specversion())
    assert isinstance(read.get_time(), datetime)
    assert report["verdict"] == read.get_data()["verdict"]  # type: ignore[index, call-overload]
    for sample in samples:
        assert json.dumps(sample["cell"])[1:-1] not in json.dumps(made) or len(sample["cell"] or "") < 8


def built(kind: Any, values: dict[str, Any]) -> Any:
    """A class of the standard's library from plain values; a field that it does not know raises."""
    values = dict(values)
    producer, schema = values.pop("_producer"), values.pop("_schemaURL")
    made = kind(**values)
    assert producer == openlineage.PRODUCER
    assert schema.startswith("https://openlineage.io/spec/facets/")
    return made


@pytest.mark.parametrize("report", ALL, ids=IDS)
def test_runs_are_openlineage(report: dict[str, Any]) -> None:
    """The standard's own classes take every event and facet; START and its end are one run, the same at every try."""
    start, end = openlineage.events(report, "7-2")
    for event in (start, end):
        known = {field.name for field in attr.fields(RunEvent)}
        assert set(event) - {"schemaURL"} <= known
        job, run = event["job"], event["run"]
        RunEvent(
            eventType=RunState[event["eventType"]],
            eventTime=event["eventTime"],
            run=Run(run["runId"]),
            job=Job(job["namespace"], job["name"]),
            inputs=[InputDataset(one["namespace"], one["name"]) for one in event["inputs"]],
            outputs=[],
            producer=event["producer"],
        )
    (dataset,) = end["inputs"]
    for assertion in dataset["inputFacets"]["dataQualityAssertions"]["assertions"]:
        data_quality_assertions_dataset.Assertion(**assertion)
    built(data_quality_metrics_dataset.DataQualityMetricsDatasetFacet, dataset["facets"]["dataQualityMetrics"])
    if report["verdict"] == "error":
        built(error_message_run.ErrorMessageRunFacet, end["run"]["facets"]["errorMessage"])

    assert start["run"]["runId"] == end["run"]["runId"] == openlineage.events(report, "7-2")[0]["run"]["runId"]
    assert start["run"]["runId"] != openlineage.events(report, "7-3")[0]["run"]["runId"]
    assert ("START", "FAIL" if report["verdict"] == "error" else "COMPLETE") == (start["eventType"], end["eventType"])


def closed(required: list[str], **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": required, "properties": properties, "additionalProperties": False}


TEXT = {"type": "string", "minLength": 1}
COUNT = {"type": "integer", "minimum": 0}
STATUS = {"enum": ["pass", "fail", "warn", "error", "skip", "unknown"]}

#: The fields of the draft v0.8.1 that its pages Fundamentals and Results list.
OORS = closed(
    ["apiVersion", "kind", "id", "observedAt", "source", "results"],
    apiVersion={"const": "v0.8.1"},
    kind={"const": "ObservabilityResults"},
    id=TEXT,
    observedAt=TEXT,
    status=STATUS,
    source=closed(["process"], process=TEXT, runId=TEXT, vendor=TEXT),
    customProperties={"type": "array", "items": closed(["property", "value"], property=TEXT, value={})},
    results={
        "type": "array",
        "minItems": 1,
        "items": closed(
            ["id", "type", "name", "status"],
            id=TEXT,
            type={"enum": ["check", "metric"]},
            name=TEXT,
            status=STATUS,
            severity=TEXT,
            dimension=TEXT,
            target=closed(["resourceType", "resourceIdentifier"], resourceType=TEXT, resourceIdentifier=TEXT),
            measure=closed(["metric", "value"], metric=TEXT, value={}, unit=TEXT, rowCount=COUNT, failedRowCount=COUNT),
            message=TEXT,
        ),
    },
)


@pytest.mark.parametrize("report", ALL, ids=IDS)
def test_results_are_oors(report: dict[str, Any]) -> None:
    """Every field is one of the draft's, and the whole has the status that the draft derives from its results."""
    made = oors.document(report, "7-2")
    jsonschema.validate(made, OORS)
    statuses = {one["status"] for one in made["results"]}
    derived = next((one for one in ("error", "fail", "warn", "pass", "skip") if one in statuses), "unknown")

    assert uuid.UUID(made["id"])
    assert made["status"] == derived


CHANGES = {"contract": "orders", "opened": [], "recovered": []}


def test_a_chat_is_told_only_of_what_changed() -> None:
    """Nothing new: nothing to say. Otherwise what, in which contract, and where to look."""
    (report,) = of(bad())
    opened = {**CHANGES, "opened": ["decimal commas in `amount`"]}
    over = {**CHANGES, "recovered": [{"title": "cut", "files": 3, "since": "2026-11-25T10:00:00.000Z"}]}

    assert None is incident.message(CHANGES, report, None)
    text = incident.message(opened, report, "https://gate.example/7") or ""
    assert text.startswith("*orders*: files are not as agreed\n✕ decimal commas")
    assert "https://gate.example/7" in text
    assert "✓ over: cut (3 files since 2026" in (incident.message(over, report, None) or "")


def test_nothing_in_a_file_can_shout_in_a_chat() -> None:
    """Names of columns and keys are partners' words: no mention, no link, no new line, and an end to it."""
    report = copy.deepcopy(of(bad())[0])
    report["file"]["key"] = "<!channel>\n*bold* <https://evil.example|x>"
    titles = ["@everyone <!here> & `code`\x1b[31m"] * 40
    text = incident.message({**CHANGES, "opened": titles}, report, None) or ""

    for word in ("<!", "@everyone", "\x1b", "<https"):
        assert word not in text
    assert "… and 28 more" in text
    assert 15 == len(text.splitlines())
