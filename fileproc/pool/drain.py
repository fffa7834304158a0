"""The end of a pool: how long there is, what became of which job, and the last words about it."""

from __future__ import annotations

from collections.abc import Sequence

from fileproc import logs

log = logs.get("pool")

#: How long the journal is waited for at the very end, in seconds; and when somebody asked twice.
FAREWELL = 5.0
SHORT_FAREWELL = 0.5


class Drain:
    """Instants are monotonic seconds."""

    def __init__(self, budget: float) -> None:
        self._budget = budget
        self._until: float | None = None
        self._farewell = FAREWELL
        self._finished: list[int] = []
        self._released: list[int] = []
        self.last_words = ""

    @property
    def has_begun(self) -> bool:
        return self._until is not None

    def ask(self, now: float) -> bool:
        """Finish what fits the budget; asked again: now. True for the first time."""
        first = self._until is None
        self._until = now + self._budget if first else min(now, self._until or now)
        self._farewell = FAREWELL if first else SHORT_FAREWELL
        return first

    def is_over(self, now: float) -> bool:
        """Whoever still works is ended now."""
        return self._until is not None and now >= self._until

    def is_out_of_patience(self, now: float) -> bool:
        """The journal need not be waited for any longer."""
        return self._until is not None and now >= self._until + self._farewell

    def finished(self, job_id: int) -> None:
        if self.has_begun:
            self._finished.append(job_id)

    def released(self, job_id: int) -> None:
        if self.has_begun:
            self._released.append(job_id)

    def tell(self, lost: Sequence[int]) -> None:
        """Each job is in one list: `lost` are those whose end could not be written; they will run again."""
        gone = set(lost)
        lists = {
            "finished": [job_id for job_id in self._finished if job_id not in gone],
            "released": [job_id for job_id in self._released if job_id not in gone],
            "lost": list(lost),
        }
        log.info("drained", **lists)
        self.last_words = "; ".join(f"{word}: {_listed(ids)}" for word, ids in lists.items())


def _listed(ids: Sequence[int]) -> str:
    return f"{len(ids)} ({', '.join(map(str, ids))})" if ids else "none"
