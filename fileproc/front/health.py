"""Health and metrics: what probes and Prometheus ask for."""

from __future__ import annotations

from typing import Any

import bottle

from fileproc.doorbell import ask
from fileproc.errors import FileprocError
from fileproc.front.parts import Parts
from fileproc.front.problems import HEADERS, answer, header
from fileproc.front.route import Parameter, Route
from fileproc.metrics.prometheus import OPENMETRICS, TEXT, join

#: Probes come from several sides at once; the journal need not be touched for each of them.
READY_SECONDS = 1.0


class Health:
    """`/livez`, `/readyz`, `/healthz` and `/metrics`."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._checked_at = float("-inf")
        self._journal_trouble: str | None = None
        self._pool_pages: dict[bool, bytes] = {}

    def routes(self) -> list[Route]:
        """The probes, which a load balancer may see, and the rest."""
        ready: dict[int, str] = {200: "Ready", 503: "Ready"}
        verbose = (Parameter("verbose", {"type": "string"}, "say which part, and what else is worth knowing"),)
        alive = lambda: answer({"status": "alive"})  # noqa: E731
        pages = "text/plain, application/openmetrics-text"
        return [
            Route("GET", "/livez", alive, "Whether it answers at all.", {200: "Alive"}, public=True),
            Route("GET", "/readyz", self._ready, "Whether work may come.", ready, parameters=verbose, public=True),
            Route("GET", "/healthz", self._ready, "The same as /readyz.", ready, parameters=verbose),
            Route("GET", "/metrics", self._metrics, "Metrics of front and pool.", {200: pages}),
        ]

    def _ready(self) -> bottle.HTTPResponse:
        troubles = self._troubles()
        document: dict[str, Any] = {"status": "ready" if not troubles else "not ready"}
        if "verbose" in bottle.request.query:
            document |= self._verbose(troubles)
        return answer(document, 503 if troubles else 200)

    def _troubles(self) -> dict[str, str]:
        """Why work should not be sent here. An open breaker is no reason: it holds what comes."""
        troubles = {}
        if self._parts.draining:
            troubles["front"] = "shutting down"
        if trouble := self._journal():
            troubles["journal"] = trouble
        if self._parts.intake is not None and self._parts.intake.trouble:
            troubles["queue"] = self._parts.intake.trouble
        page = self._parts.page.read()
        if page.stale:
            troubles["pool"] = page.problem or "not beating"
        return troubles

    def _journal(self) -> str | None:
        now = self._parts.clock.monotonic()
        if now - self._checked_at > READY_SECONDS:
            self._checked_at = now
            try:
                self._parts.read(self._parts.journal.ping)
                self._journal_trouble = None
            except FileprocError as error:
                self._journal_trouble = error.message
        return self._journal_trouble

    def _verbose(self, troubles: dict[str, str]) -> dict[str, Any]:
        settings = self._parts.settings
        return {
            "journal": troubles.get("journal", "writable"),
            "pool": troubles.get("pool", "beating"),
            "front": troubles.get("front", "serving"),
            "queue": troubles.get("queue", "receiving" if self._parts.intake is not None else None),
            "breaker": self._parts.page.read().to_document()["state"],
            "signatures": "verified" if settings.sns_verify == "on" else "NOT VERIFIED",
            "extra_certificate_origin": settings.sns_cert_url_prefix,
            "dry_run": settings.dry_run,
        }

    def _metrics(self) -> bottle.HTTPResponse:
        openmetrics = "application/openmetrics-text" in header("Accept")
        figures = ask(self._parts.runtime_dir, {"ask": "figures"})
        if figures is not None:
            for kind, name in ((False, "metrics"), (True, "metrics_openmetrics")):
                self._pool_pages[kind] = str(figures.get(name, "")).encode()
        self._parts.recorder.pool_up(figures is not None)
        front = self._parts.recorder.expose(openmetrics=openmetrics)
        page = join(front, self._pool_pages.get(openmetrics), openmetrics=openmetrics)
        return bottle.HTTPResponse(page, headers={"Content-Type": OPENMETRICS if openmetrics else TEXT, **HEADERS})
