"""What the pool has learned about the costs of jobs; it is written down now and then, and read at the beginning."""

from __future__ import annotations

from typing import Protocol

from fileproc.domain.costs import Cost, format_of

#: Kinds that are remembered: buckets and formats are chosen by others.
MOST_KINDS = 1_000


class Sized(Protocol):
    """What a prediction is made of: an object, or a job that waits for one."""

    @property
    def bucket(self) -> str: ...

    @property
    def key(self) -> str: ...

    @property
    def size(self) -> int | None: ...


class CostBook:
    """Costs by bucket and format."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], Cost] = {}
        self._changed: set[tuple[str, str]] = set()

    def seconds(self, one: Sized) -> float:
        """Predicted seconds of a job."""
        return self._known.get(_kind(one), Cost()).seconds(one.size)

    def learn(self, one: Sized, size: int, seconds: float) -> None:
        """A job of `size` bytes has taken so many seconds."""
        kind = _kind(one)
        cost = self._known.pop(kind, Cost()).learned(size, seconds)
        while len(self._known) >= MOST_KINDS:
            self._changed.discard(oldest := next(iter(self._known)))
            del self._known[oldest]
        self._known[kind] = cost
        self._changed.add(kind)

    def read(self, known: dict[tuple[str, str], Cost]) -> None:
        """What is known from before; what was learned meanwhile stands."""
        self._known = known | {kind: self._known[kind] for kind in self._changed}

    def changed(self) -> dict[tuple[str, str], Cost]:
        """What is to be written down."""
        return {kind: self._known[kind] for kind in self._changed}

    def written(self) -> None:
        self._changed.clear()


def _kind(one: Sized) -> tuple[str, str]:
    return one.bucket, format_of(one.key)
