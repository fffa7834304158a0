"""Compare: a checked file beside the accepted files before it. The worker measured it; here the past is known.

The past is what had been accepted before the object came, also when its job runs again much later: a replay gives the
answer that the file deserved on its day.
"""

from __future__ import annotations

from dataclasses import replace

from fileproc.clock import Clock
from fileproc.domain.jobs import Job
from fileproc.domain.ports import Accepted, Settlement
from fileproc.domain.profiles import pending_of
from fileproc.quality.history.compare import settled_document


def compared(job: Job, settlement: Settlement, accepted: Accepted, clock: Clock) -> Settlement:
    """The settlement with the history rules of its report settled; the same one where there are none left to settle.

    Raises:
        JournalUnavailable: the past cannot be read now.
    """
    pending = pending_of(settlement.report)
    if pending is None or settlement.report is None:
        return settlement
    history = pending.history
    past = accepted.accepted_before(
        history.contract,
        history.schema,
        before=job.came_at or clock.utcnow(),
        but=job.ref,
        most=history.longest,
    )
    report = settled_document(settlement.report, pending, past)
    return replace(settlement, report=report, verdict=report["verdict"])
