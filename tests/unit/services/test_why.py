"""What people are told when they ask why there is no verdict yet."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from fileproc.breaker.view import BreakerView, ScopeView
from fileproc.services.why import Facts, why

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
AVAILABLE = {"id": "7", "bucket": "b", "state": "available", "suspect": 0, "not_before": None, "verdict": None}
RETRY = AVAILABLE | {"state": "retryable", "attempts": 2, "crashes": 0, "job_class": "infra", "reason": "S3 is down"}
DEAD = AVAILABLE | {"state": "dead", "job_class": "crash", "reason": "the worker died"}


@pytest.mark.parametrize(
    ("job", "facts", "told"),
    [
        ({}, {"ahead": 3, "ahead_here": 1}, "a free worker: 3 jobs came before it, 1 of them of its bucket."),
        ({}, {"ahead": 10_001}, "more than 10,000 jobs came before it"),
        ({}, {"seconds": 0.04}, "it will take about 0.0 s, so it runs among the small ones"),
        ({}, {"seconds": 61.0}, "it will take about 61.0 s, so it runs among the large ones"),
        ({}, {"pools": 0}, "a pool: none has beaten in the last 30 s"),
        ({}, {"suspects": 2}, "until 2 jobs have run that must run alone"),
        ({"suspect": 1}, {"suspects": 2}, "to run alone: its pool died"),
        ({}, {"breaker": BreakerView("open", cooldown_remaining=12.4)}, "the breaker, which is open (12 s"),
        ({"state": "held"}, {}, "the breaker, which was open when it came"),
        (RETRY | {"not_before": "2026-01-01T12:00:08Z"}, {}, "in 8 s, after attempt 2 of 9 ended with infra"),
        (
            RETRY | {"not_before": "2026-01-01T13:00:00Z", "job_class": "archived", "reason": "archived in GLACIER"},
            {},
            "its object to be restored (archived in GLACIER). The event ObjectRestore:Completed runs it at once; "
            "without one we look again in 60 min. Waiting costs it no attempt.",
        ),
        (RETRY | {"not_before": "2026-01-01T11:59:08Z"}, {}, "a free worker"),
        ({"state": "running", "started_at": "2026-01-01T11:00:00Z"}, {}, "nothing: a worker has had it since 2026"),
        ({"state": "completed", "verdict": "fail"}, {}, "nothing: it is completed with the verdict fail"),
        (DEAD, {}, "it is dead (crash: the worker died). `fileproc replay 7`"),
    ],
)  # fmt: skip
def test_one_sentence_says_what_a_job_waits_for(job: dict[str, Any], facts: dict[str, Any], told: str) -> None:
    """Each reason that keeps a job has its own words, with the numbers that matter."""
    sentence = why(AVAILABLE | job, Facts(NOW, **({"pools": 1} | facts)))

    assert told in sentence
    assert (True, True) == (sentence.startswith("It waits "), sentence.endswith("."))


def test_the_circuit_of_another_bucket_keeps_nothing() -> None:
    """Only who is in the bucket that failed waits for it."""
    view = BreakerView(scopes=(ScopeView("b", "open", 5, 30.0),))

    sentences = [why(AVAILABLE | {"bucket": name}, Facts(NOW, pools=1, breaker=view)) for name in ("b", "c")]

    assert ["bucket b," in sentences[0], "free worker" in sentences[1]] == [True, True]
