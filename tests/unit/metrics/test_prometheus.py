"""Metrics: the page is valid, complete and does not grow with what happens."""

from __future__ import annotations

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from fileproc.metrics.catalogue import CATALOGUE
from fileproc.metrics.prometheus import PrometheusRecorder, join
from fileproc.metrics.recorder import PoolFigures

REQUIRED = {
    "fileproc_jobs_in_progress",
    "fileproc_workers",
    "fileproc_workers_max",
    "fileproc_breaker_state",
    "fileproc_breaker_consecutive_failures",
    "fileproc_breaker_transitions_total",
    "fileproc_notifications_total",
    "fileproc_jobs_total",
    "fileproc_job_seconds",
    "fileproc_queue_wait_seconds",
    "fileproc_backlog",
    "fileproc_oldest_waiting_seconds",
    "fileproc_worker_exits_total",
    "fileproc_rows_checked_total",
    "fileproc_read_bytes_total",
    "fileproc_journal_commit_seconds",
    "fileproc_build_info",
}


def busy_pair() -> tuple[PrometheusRecorder, PrometheusRecorder]:
    front, pool = PrometheusRecorder("front"), PrometheusRecorder("pool")
    front.notification("Notification", "accepted")
    front.journal_commit(0.002, 7)
    front.pool_up(True)
    front.signature("2")
    pool.job_settled("fail", "verdict", seconds=0.5, queue_wait=0.1, rows=100, bytes_read=5000)
    pool.worker_exited("killed")
    pool.breaker_moved("closed", "open")
    return front, pool


def test_required_names_are_in_the_catalogue() -> None:
    """Dashboards written against the promised names keep working."""
    assert set() == REQUIRED - {metric.exposed_name for metric in CATALOGUE}


@pytest.mark.parametrize(("openmetrics", "parse"), [(False, parse_text), (True, parse_openmetrics)])
def test_the_joined_page_parses_and_holds_every_metric(openmetrics: bool, parse) -> None:  # type: ignore[no-untyped-def]
    """Prometheus can scrape front and pool as one page, in both formats, and finds all of the catalogue."""
    front, pool = busy_pair()
    figures = PoolFigures(workers={"idle": 2}, workers_max=3, backlog={"available": 4})

    page = join(
        front.expose(openmetrics=openmetrics), pool.expose(figures, openmetrics=openmetrics), openmetrics=openmetrics
    )

    families = {family.name for family in parse(page.decode())}
    assert set() == {m.name for m in CATALOGUE} - families - {f"{name}_total" for name in families}


def test_a_state_nobody_is_in_any_more_disappears() -> None:
    """Gauges show now, not the last time somebody was there."""
    pool = PrometheusRecorder("pool")
    pool.expose(PoolFigures(workers={"starting": 2}))

    page = pool.expose(PoolFigures(workers={"idle": 2})).decode()

    assert 'fileproc_workers{state="idle"} 2.0' in page
    assert 'state="starting"' not in page


def test_the_breaker_state_is_one_hot() -> None:
    """Exactly one of the states is 1, so alerts need no arithmetic."""
    page = PrometheusRecorder("pool").expose(PoolFigures(breaker_state="half_open")).decode()

    lines = sorted(line for line in page.splitlines() if line.startswith("fileproc_breaker_state{"))
    assert ["0.0", "1.0", "0.0"] == [line.split()[-1] for line in lines]


def test_the_page_does_not_grow_with_use() -> None:
    """A thousand workers and jobs later the page has the same number of lines."""
    _, pool = busy_pair()
    before = len(pool.expose().splitlines())

    for _ in range(1000):
        pool.worker_exited("killed")
        pool.job_settled("fail", "verdict", seconds=0.5, queue_wait=0.1, rows=100, bytes_read=5000)

    assert before == len(pool.expose().splitlines())
