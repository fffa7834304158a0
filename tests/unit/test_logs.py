"""Logs: one JSON line per event, on stderr, with secrets masked."""

from __future__ import annotations

import json
import subprocess
import sys

PROGRAM = """
from fileproc import logs
logs.configure(program="front")
log = logs.get("sns")
log.info("refused", key="a\\nb\\x1b[31m\\u2028", Token="hush", signature="hush", database_url="hush", note="x" * 5000)
"""


def logged() -> tuple[str, dict[str, str]]:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert done.stdout == ""
    return done.stderr, json.loads(done.stderr)


def test_a_hostile_key_stays_inside_its_line() -> None:
    """A key with newlines and escape codes can neither forge a second line nor colour a terminal."""
    text, event = logged()

    assert 1 == len(text.splitlines())
    assert "\x1b" not in text
    assert "a\nb\x1b[31m\u2028" == event["key"]


def test_secrets_are_masked_by_name() -> None:
    """Tokens, signatures and database addresses never reach a log line."""
    text, _ = logged()

    assert "hush" not in text


def test_over_long_values_are_cut() -> None:
    """A line stays readable whatever a partner sends."""
    _, event = logged()

    assert 2049 == len(event["note"])
