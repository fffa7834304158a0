"""Events that somebody hands to `fileproc process`: what is no new object is told, never passed over in silence."""

from __future__ import annotations

import json

import pytest

from fileproc.cli.process import read_event


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("ObjectRemoved:Delete", "ignored: removal of s3://drop/a.csv"),
        ("ObjectRestore:Completed", "ignored: restore of s3://drop/a.csv; a service runs what waits for it"),
        ("ObjectTagging:Put", "ignored: event of another kind"),
    ],
)
def test_an_event_that_runs_nothing_says_so(name: str, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever pipes a restore's event into the command learns why no report comes."""
    s3 = {"bucket": {"name": "drop"}, "object": {"key": "a.csv", "size": 4}}
    record = {"eventSource": "aws:s3", "eventVersion": "2.1", "eventName": name, "s3": s3}

    assert [] == list(read_event(json.dumps({"Records": [record]}).encode()))
    assert told == capsys.readouterr().err.strip()
