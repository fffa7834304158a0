"""A delivery to a sink, in one line for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fileproc.domain.deliveries import DeliveryState

MARKS = {DeliveryState.WAITING: "…", DeliveryState.DELIVERED: "✓", DeliveryState.DEAD: "✕"}


def line(row: Mapping[str, Any]) -> str:
    """Where to, what has become of it, when, after how many tries, and why. Not safe to show as it is."""
    state = DeliveryState(row["state"])
    when = f", again at {row['next_try']}" if row["next_try"] else f" at {row['finished_at']}"
    tries = f", {row['tries']} {'try' if row['tries'] == 1 else 'tries'}"
    return f"{MARKS[state]} {row['sink']} {state.value}{when}{tries}" + (f": {row['reason']}" if row["reason"] else "")
