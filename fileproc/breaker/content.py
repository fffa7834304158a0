"""What the page holds, as a JSON document, and how it becomes circuits again.

Probes are not in it: their workers die with the pool that knew them.
"""

from __future__ import annotations

from typing import Any

from fileproc.breaker.scopes import Circuits, Scope
from fileproc.breaker.states import Breaker, JobFailure, Policy, State

#: Bytes; all failures and scopes must fit into a slot, however hostile the key in a reason is.
LONGEST_REASON = 160

#: Failures that are told of one bucket; the whole tells more.
TOLD_OF_A_BUCKET = 1


def content_of(circuits: Circuits, held: int) -> dict[str, Any]:
    """The document of one moment."""
    policy = circuits.policy
    return {
        "policy": {"max_failures": policy.max_failures, "cooldown": policy.cooldown, "probes": policy.probes},
        **_told(circuits.whole, len(circuits.whole.failures)),
        "scopes": {
            bucket: {**_told(scope.breaker, TOLD_OF_A_BUCKET), "share": scope.share}
            for bucket, scope in circuits.scopes.items()
        },
        "moves": circuits.moves,
        "floor": circuits.floor,
        "held": held,
    }


def circuits_of(content: dict[str, Any], policy: Policy | None = None) -> Circuits:
    """The circuits as a document has them, under its own policy or another. The version before knew no scopes."""
    policy = policy or Policy(**content["policy"])
    scopes = {
        bucket: Scope(_breaker(told, policy), told["share"]) for bucket, told in content.get("scopes", {}).items()
    }
    return Circuits(policy, _breaker(content, policy), scopes, content.get("moves", 0), content.get("floor", 0))


def _told(breaker: Breaker, failures: int) -> dict[str, Any]:
    return {
        "state": breaker.state.value,
        "consecutive": breaker.consecutive,
        "generation": breaker.generation,
        "open_until": breaker.open_until,
        "cooldown": breaker.cooldown,
        "failures": [
            [one.job_id, one.job_class, _short(one.reason), one.at]
            for one in breaker.failures[len(breaker.failures) - failures :]
        ],
        "counted": list(breaker.counted),
    }


def _breaker(told: dict[str, Any], policy: Policy) -> Breaker:
    return Breaker(
        policy=policy,
        state=State(told["state"]),
        consecutive=told["consecutive"],
        generation=told["generation"],
        open_until=told["open_until"],
        cooldown=told["cooldown"],
        failures=tuple(JobFailure(*failure) for failure in told["failures"]),
        counted=tuple(told["counted"]),
    )


def _short(reason: str) -> str:
    printable = "".join(character if character.isprintable() else "?" for character in reason)
    return printable.encode("utf-8", "replace")[:LONGEST_REASON].decode("utf-8", "ignore")
