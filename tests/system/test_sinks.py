"""Verdicts leave the service: every kind of sink at once, on a receiver that fails, through a front that dies."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from standardwebhooks import Webhook

from fileproc.demo.partners import decimal_commas, orders
from tests.fakes.hook import Hook
from tests.system.programs import until
from tests.system.whole import BUCKET, Whole, running

pytestmark = pytest.mark.system

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OUT = "acme-out"

SINKS = """
sinks:
  - {to: sns, topic: "arn:aws:sns:us-east-1:123456789012:verdicts"}
  - {to: eventbridge, bus: verdicts}
  - {to: webhook, url: "RECEIVER/event", secret: "${HOOK_SECRET}", private: true}
  - {name: lineage, to: webhook, url: "RECEIVER/lineage", send: openlineage, private: true}
  - {to: slack, url: "RECEIVER/chat", private: true}
  - {to: s3, prefix: "s3://acme-out/reports/"}
  - {to: tags}
  - {to: quarantine, prefix: "s3://acme-out/quarantine/"}
"""


@dataclass
class World:
    whole: Whole
    hook: Hook
    queues: dict[str, str]

    def heard(self, queue: str) -> list[dict[str, Any]]:
        """Everything that a queue behind a sink has got by now; it stays there."""
        sqs = self.whole.aws.client("sqs")
        found: dict[str, dict[str, Any]] = {}
        while answer := sqs.receive_message(
            QueueUrl=self.queues[queue], MaxNumberOfMessages=10, VisibilityTimeout=30
        ).get("Messages"):
            found |= {one["MessageId"]: json.loads(one["Body"]) for one in answer}
        return list(found.values())


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder: Path = tmp_path_factory.mktemp("sinks")
    with Hook() as hook:
        sinks = folder / "sinks.yaml"
        sinks.write_text(SINKS.replace("RECEIVER", hook.url))
        settings = {"FILEPROC_SINKS": str(sinks), "HOOK_SECRET": SECRET, "FILEPROC_PUBLIC_URL": "https://gate.example"}
        with running(folder, "front", "pool", **settings) as whole:
            yield World(whole, hook, _receivers(whole))


def _receivers(whole: Whole) -> dict[str, str]:
    """A topic and a bus with a queue behind each, and a bucket for what is written."""
    sqs, sns, events = (whole.aws.client(name) for name in ("sqs", "sns", "events"))
    whole.aws.client("s3").create_bucket(Bucket=OUT)
    urls = {name: sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("topic", "bus")}
    arns = {
        name: sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        for name, url in urls.items()
    }
    topic = sns.create_topic(Name="verdicts")["TopicArn"]
    bad_only = json.dumps({"verdict": ["fail"]})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arns["topic"], Attributes={"FilterPolicy": bad_only})
    events.create_event_bus(Name="verdicts")
    events.put_rule(Name="all", EventBusName="verdicts", EventPattern=json.dumps({"source": ["fileproc"]}))
    events.put_targets(Rule="all", EventBusName="verdicts", Targets=[{"Id": "1", "Arn": arns["bus"]}])
    return urls


def checked(world: World, key: str, body: bytes) -> dict[str, Any]:
    """Put a file and wait until all of its deliveries are out; the job with them."""
    world.whole.programs.post(world.whole.put(key, body))
    return until(lambda: _delivered(world, key), f"every sink to be told of {key}\n{world.whole.programs.logs()}")


def _delivered(world: World, key: str) -> dict[str, Any] | None:
    for file in world.whole.files(quote(key)):
        job = (world.whole.programs.get(f"/api/v1/files/{file['id']}") or {}).get("job", {})
        told = job.get("deliveries") or []
        if told and all(one["state"] != "waiting" for one in told):
            return dict(job)
    return None


def test_every_kind_of_sink_is_told(world: World) -> None:
    """One bad file: the message is filtered by its attributes, the event is on the bus, the webhook's signature is
    proved by the standard's own library, the chat is told once, report and copy and tags lie where they should."""
    job = checked(world, "orders/bad 1+é.csv", decimal_commas())

    states = {one["sink"]: one["state"] for one in job["deliveries"]}
    assert {"sns", "eventbridge", "webhook", "lineage", "slack", "s3", "tags", "quarantine"} == set(states)
    assert [] == [one for one in job["deliveries"] if one["state"] != "delivered"]

    (message,) = world.heard("topic")
    event = json.loads(message["Message"])
    assert ("fail", "orders/bad 1+é.csv") == (message["MessageAttributes"]["verdict"]["Value"], event["subject"])
    assert f"https://gate.example/api/v1/files/{job['id']}" == event["data"]["link"]
    assert "12,5" not in message["Message"]  # no data of the partner
    (told,) = world.heard("bus")
    assert ("fileproc", "fileproc.verdict.v1", event) == (told["source"], told["detail-type"], told["detail"])

    posted = world.hook.at("/event")[-1]
    assert event == Webhook(SECRET).verify(posted.body, posted.headers)
    assert ["START", "COMPLETE"] == [one.document["eventType"] for one in world.hook.at("/lineage")]
    (chat,) = world.hook.at("/chat")
    assert "files are not as agreed" in chat.document["text"]

    s3 = world.whole.aws.client("s3")
    stored = {one["Key"] for one in s3.list_objects_v2(Bucket=OUT)["Contents"]}
    (report,) = [key for key in stored if key.startswith("reports/")]
    (copy,) = [key for key in stored if key.startswith("quarantine/")]
    assert "fail" == json.loads(s3.get_object(Bucket=OUT, Key=report)["Body"].read())["verdict"]
    assert decimal_commas() == s3.get_object(Bucket=OUT, Key=copy)["Body"].read()
    tags = s3.get_object_tagging(Bucket=BUCKET, Key="orders/bad 1+é.csv")["TagSet"]
    assert {"fileproc:verdict": "fail", "fileproc:contract": "Acme orders", "fileproc:id": job["id"]} == {
        tag["Key"]: tag["Value"] for tag in tags
    }


def test_an_incident_is_told_when_it_begins_and_when_it_is_over(world: World) -> None:
    """Five files with the same fault and one without: two chat messages, not six."""
    before = len(world.hook.at("/chat"))
    opened = before == 0  # alone, or after the test above
    for number in range(5):
        checked(world, f"orders/incident-{number}.csv", decimal_commas())
    checked(world, "orders/incident-good.csv", orders(first=70_000))
    texts = [one.document["text"] for one in world.hook.at("/chat")][before:]

    assert 1 + opened == len(texts), texts
    assert "files are as agreed again" in texts[-1]


def test_a_receiver_that_fails_is_told_later_and_nobody_else_waits(world: World) -> None:
    """The webhook answers 503: the delivery is put off with its reason, the other sinks are told at once."""
    world.hook.answers = [503]
    world.whole.programs.post(world.whole.put("orders/later.csv", orders(first=80_000)))

    def put_off() -> Any:
        for file in world.whole.files("orders/later.csv"):
            job = (world.whole.programs.get(f"/api/v1/files/{file['id']}") or {})["job"]
            late = [one for one in job["deliveries"] if one["reason"] and "503" in one["reason"]]
            others = [one for one in job["deliveries"] if one["state"] == "delivered"]
            if late and len(others) >= len(job["deliveries"]) - 1:
                return late[0]
        return None

    late = until(put_off, "one delivery that waits")
    assert ("waiting", 1) == (late["state"], late["tries"])
    done = until(lambda: _delivered(world, "orders/later.csv"), "the second try", 30)
    assert {"delivered"} == {one["state"] for one in done["deliveries"]}
    assert 'fileproc_sink_deliveries_total{outcome="put_off",sink=' in (world.whole.programs.text("/metrics") or "")


def test_a_front_that_is_killed_owes_nothing(world: World) -> None:
    """The front dies before the verdicts: they wait in the journal, and when it is back every sink hears of them."""
    programs = world.whole.programs
    posts = [world.whole.put(f"orders/killed-{number}.csv", orders(first=number * 1000)) for number in range(8)]
    programs.running["pool"].send_signal(signal.SIGSTOP)
    for post in posts:
        programs.post(post)
    programs.signal("front", signal.SIGKILL)
    programs.running["pool"].send_signal(signal.SIGCONT)
    until(
        lambda: programs.run("jobs", "--prefix", "orders/killed", "--state", "completed").stdout.count("csv") == 8,
        "eight verdicts",
    )
    programs.start("front")
    programs.ready()
    for number in range(8):
        key = f"orders/killed-{number}.csv"
        job = until(lambda key=key: _delivered(world, key), f"the deliveries of {key}\n{programs.logs()}")
        assert {"delivered"} == {one["state"] for one in job["deliveries"]}
    heard = {one.document["subject"] for one in world.hook.at("/event")}
    assert {f"orders/killed-{number}.csv" for number in range(8)} <= heard


def test_what_a_sink_wrote_is_no_input(world: World) -> None:
    """A watched prefix that holds reports would feed itself for ever: such events are ignored, and say why."""
    key = "reports/acme-drop/x.csv._fileproc.json"
    record = {"s3": {"bucket": {"name": OUT}, "object": {"key": key, "size": 1, "eTag": "0" * 32}}}
    status, answer = world.whole.programs.post(world.whole.notification(key, **record))

    assert (200, "ignored") == (status, answer["status"])
    assert "FILEPROC_SINKS" in answer["reason"]


def test_no_secret_of_a_sink_is_told(world: World) -> None:
    """Not in logs, not in a worker's environment, not on the page of settings."""
    programs = world.whole.programs
    for log in programs.folder.glob("*.log"):
        assert SECRET not in log.read_text(errors="replace")
    assert SECRET not in programs.run("config", "show").stdout
    for process in Path("/proc").glob("[0-9]*"):
        try:
            environment, line = (process / "environ").read_bytes(), (process / "cmdline").read_bytes()
        except OSError:
            continue
        if programs.mark.encode() in environment and b"multiprocessing" in line:
            assert SECRET.encode() not in environment


def test_what_was_given_up_is_listed_and_begins_anew(world: World) -> None:
    """The receiver says that it will never take it: dead at once, with the reason; after a word it is told again."""
    programs = world.whole.programs
    world.hook.answers = [410]
    job = checked(world, "orders/never.csv", orders(first=90_000))
    (dead,) = [one for one in job["deliveries"] if one["state"] == "dead"]
    shown = programs.run("jobs", "show", job["id"]).stdout
    listed = programs.run("deliveries", "list", "--state", "dead").stdout

    assert ("127.0.0.1 answered 410", 1) == (dead["reason"], dead["tries"])
    assert f"✕ {dead['sink']} dead at" in shown
    assert f"✕ {dead['sink']} dead at" in listed
    assert "1 delivery begins anew" in programs.run("deliveries", "retry", "--sink", dead["sink"]).stderr
    done = until(lambda: _delivered(world, "orders/never.csv"), "the delivery that was dead")
    assert {"delivered"} == {one["state"] for one in done["deliveries"]}
    assert 4 == programs.run("deliveries", "retry").returncode


def test_a_mistake_in_the_sinks_file_stops_the_start(world: World, tmp_path: Path) -> None:
    """Front, pool and `config check` say the same: which line, what, and how to mend it; exit code 2."""
    (tmp_path / "sinks.yaml").write_text("sinks:\n  - {to: sns, topik: x}\n")
    programs = world.whole.programs
    environment = programs.environment | {"FILEPROC_SINKS": str(tmp_path / "sinks.yaml"), "FILEPROC_PORT": "0"}
    for verb in (("config", "check"), ("front",), ("pool",)):
        command = [sys.executable, "-m", "fileproc", *verb]
        ended = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=60)
        assert 2 == ended.returncode, ended.stderr
        assert "sinks.yaml:2:15: sns has no 'topik'; did you mean `topic`?" in ended.stderr
        assert "Traceback" not in ended.stderr
