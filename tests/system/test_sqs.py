"""Files that come through SQS: pods that have nothing but a queue, and what happens when they go."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fileproc.demo.partners import decimal_commas, orders
from tests.postgres import Cluster
from tests.system.programs import Programs, until
from tests.system.queues import SHAPES, Cloud, cloud

pytestmark = pytest.mark.system

FILES = 60


@pytest.fixture(scope="module")
def the_cloud() -> Iterator[Cloud]:
    with cloud() as made:
        yield made


@pytest.fixture
def pod(the_cloud: Cloud, tmp_path: Path) -> Iterator[Programs]:
    """One pod on SQLite."""
    programs = the_cloud.pod(tmp_path / "pod")
    programs.start("serve")
    programs.ready()
    yield programs
    programs.stop()


def files(programs: Programs, prefix: str) -> list[dict[str, Any]]:
    return (programs.get(f"/api/v1/files?limit=500&prefix={prefix}") or {}).get("files", [])


def test_a_queue_is_all_that_a_pod_needs(the_cloud: Cloud, pod: Programs) -> None:
    """`fileproc serve` with only SQS_QUEUE_URL: every shape of message ends in its verdict and leaves the queue; what
    cannot be read stays there for the redrive policy, and the page of metrics counts all of it."""
    for number, shape in enumerate(SHAPES):
        the_cloud.put(f"orders/shape {number}+é.csv", orders(first=number * 1000), shape)
    the_cloud.put("orders/bad.csv", decimal_commas())
    the_cloud.send('{"Event": "s3:TestEvent"}')
    the_cloud.send("not json")
    until(lambda: the_cloud.messages() == 1, f"all but one message to be gone\n{pod.logs()}", 60)

    assert ["fail", "pass", "pass", "pass"] == sorted(file["verdict"] for file in files(pod, "orders/"))
    page = pod.text("/metrics")
    for outcome, count in (("accepted", 4), ("ignored", 1), ("refused", 1)):
        assert f'fileproc_queue_messages_total{{outcome="{outcome}"}} {count}.0' in page
    assert "receiving" == (pod.get("/readyz?verbose=1") or {})["queue"]


def test_a_restart_in_the_middle_loses_and_doubles_nothing(the_cloud: Cloud, pod: Programs) -> None:
    """SIGTERM while files are checked: what had not begun is received again at once, and all of it ends once."""
    for number in range(FILES):
        the_cloud.put(f"restart/{number:03d}.csv", orders(first=number * 1000))
    until(lambda: any(file["state"] == "completed" for file in files(pod, "restart/")), f"a verdict\n{pod.logs()}")
    pod.signal("serve", signal.SIGTERM)
    pod.start("serve")
    pod.ready()
    done = until(lambda: ended(pod, "restart/"), f"{FILES} verdicts\n{pod.logs()}", 60)

    assert FILES == len({file["key"] for file in done})
    until(lambda: the_cloud.messages() <= 1, f"the queue to be empty\n{pod.logs()}", 30)


@pytest.mark.postgres
def test_a_pod_that_is_killed_loses_nothing(the_cloud: Cloud, postgres_cluster: Cluster, tmp_path: Path) -> None:
    """Two pods, one queue, one PostgreSQL: one dies with messages in its hands, the other ends every file once."""
    url = postgres_cluster.database()
    pods = [the_cloud.pod(tmp_path / f"pod-{number}", DATABASE_URL=url) for number in range(2)]
    try:
        for one in pods:
            one.start("serve")
            one.ready()
        for number in range(FILES):
            the_cloud.put(f"killed/{number:03d}.csv", orders(first=number * 1000))
        until(lambda: any(file["state"] == "completed" for file in files(pods[0], "killed/")), "a verdict")
        pods[1].signal("serve", signal.SIGKILL)
        done = until(lambda: ended(pods[0], "killed/"), f"{FILES} verdicts\n{pods[0].logs()}", 60)
        until(lambda: the_cloud.messages() <= 1, f"the queue to be empty\n{pods[0].logs()}", 60)
    finally:
        for one in pods:
            one.stop()

    assert {"completed"} == {file["state"] for file in done}
    assert FILES == len({file["key"] for file in done}) == len(done)


def ended(programs: Programs, prefix: str) -> list[dict[str, Any]] | None:
    """All files, when all of them have ended."""
    found = files(programs, prefix)
    return found if len(found) == FILES and all(file["state"] in ("completed", "dead") for file in found) else None
