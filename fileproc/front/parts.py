"""What the front's rooms share: values from settings, and the services that `program` wires together once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fileproc.aws.sns import MessageVerifier
from fileproc.breaker.page import PageReader
from fileproc.clock import Clock
from fileproc.domain.events import SubscriptionConfirmation
from fileproc.front.deliverer import Deliverer
from fileproc.front.group_commit import GroupCommit
from fileproc.front.lockout import Lockout
from fileproc.front.sqs_intake import SqsIntake
from fileproc.front.threads import Native
from fileproc.metrics.prometheus import PrometheusRecorder
from fileproc.quality.contracts.catalogue import Catalogue
from fileproc.settings import Settings
from fileproc.store.actions import ActionLog
from fileproc.store.journal import SqlJournal
from fileproc.store.views import Views


@dataclass(slots=True)
class Parts:
    """Everything a route may need. `journal` and `views` are touched through `write` and `read` only."""

    settings: Settings
    verifier: MessageVerifier
    confirm: Callable[[SubscriptionConfirmation], str]
    commits: GroupCommit
    journal: SqlJournal
    views: Views
    write: Native
    read: Native
    page: PageReader
    actions: ActionLog
    lockout: Lockout
    load_contracts: Callable[[], Catalogue]
    recorder: PrometheusRecorder
    clock: Clock
    intake: SqsIntake | None = None
    deliverer: Deliverer | None = None
    outputs: tuple[str, ...] = ()  # where sinks write; what lies there is no input
    draining: bool = False

    @property
    def runtime_dir(self) -> Path:
        return self.settings.fileproc_runtime_dir

    @property
    def is_open_to_the_world(self) -> bool:
        """Bound wider than loopback with no token: read-only, and samples masked."""
        return not self.settings.on_loopback and not self.settings.has_tokens


Document = dict[str, Any]
