"""Structured logs: one event a line, with a name and the context that is bound while a job or request lives.

`log.info("job_settled", verdict="fail")`, never a sentence built from raw input: keys, bodies and cells are hostile,
so they are values (escaped by the renderer) and never format strings. Values under a name that sounds like a secret
are masked before any renderer sees them.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

SECRET_NAME = re.compile(
    r"(?i)(token|secret|password|authorization|signature|unsubscribeurl|subscribeurl|database_url)"
)
MASK = "********"

#: A key in S3 has at most 1,024 bytes; anything longer in a log line is noise or an attack.
LONGEST_VALUE = 2_048


def configure(*, program: str, log_format: str = "json", level: str = "info") -> None:
    """Set up logging for this process, to stderr: stdout belongs to data."""
    renderer: Any = structlog.processors.JSONRenderer()
    if log_format == "console":
        renderer = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            _stamp(program),
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            mask_secrets,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
        # One write a line, its end included: several programs share a stream, and lines must not mix.
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    # Libraries (botocore, urllib3) log through the standard library; only their warnings are of interest.
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s")


def _stamp(program: str) -> structlog.typing.Processor:
    """Adds `program`. Not by a context variable: each greenlet begins with an empty context."""

    def stamp(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        event["program"] = program
        return event

    return stamp


def get(name: str) -> Any:
    """A logger whose lines carry `room=name`."""
    return structlog.get_logger(room=name)


def mask_secrets(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Mask values whose name sounds like a secret and cut over-long ones."""
    for name, value in event.items():
        if SECRET_NAME.search(name):
            event[name] = MASK
        elif isinstance(value, str) and len(value) > LONGEST_VALUE and name != "exception":
            event[name] = value[:LONGEST_VALUE] + "…"
    return event
