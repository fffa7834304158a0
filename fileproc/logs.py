"""Structured logs: one event a line, with a name and the context that is bound while a job or request lives.

`log.info("job_settled", verdict="fail")`, never a sentence built from raw input: keys, bodies and cells are hostile,
so they are values (escaped by the renderer) and never format strings. Values under a name that sounds like a secret
are masked before any renderer sees them.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Callable, MutableMapping
from contextlib import suppress
from functools import partial
from typing import Any, TextIO, cast

SECRET_NAME = re.compile(
    r"(?i)(token|secret|password|authorization|signature|unsubscribeurl|subscribeurl|database_url)"
)
MASK = "********"

#: A key in S3 has at most 1,024 bytes; anything longer in a log line is noise or an attack.
LONGEST_VALUE = 2_048


def configure(*, program: str, log_format: str = "json", level: str = "info", when_needed: bool = False) -> None:
    """Set up logging for this process, to stderr: stdout belongs to data.

    `when_needed` waits for the first line: a command that says nothing does not pay for what would say it.
    """
    global _waiting
    _waiting = None
    if when_needed:
        _waiting = partial(configure, program=program, log_format=log_format, level=level)
        return
    _set_up(program, log_format, level)
    # Libraries (botocore, urllib3) log through the standard library; only their warnings are of interest.
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s")


_waiting: Callable[[], None] | None = None


def _set_up(program: str, log_format: str, level: str) -> None:
    import structlog  # a third of the start-up of a small command

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
        logger_factory=structlog.WriteLoggerFactory(file=cast(TextIO, _Unbreakable(sys.stderr))),
        cache_logger_on_first_use=True,
    )


class _Unbreakable:
    """A stream whose disk may be full: a line that cannot be written is no reason to leave a request unanswered."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        with suppress(OSError):
            self._stream.write(text)

    def flush(self) -> None:
        with suppress(OSError):
            self._stream.flush()


def _stamp(program: str) -> Callable[[Any, str, MutableMapping[str, Any]], MutableMapping[str, Any]]:
    """Adds `program`. Not by a context variable: each greenlet begins with an empty context."""

    def stamp(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        event["program"] = program
        return event

    return stamp


class _Logger:
    """Becomes a real logger with its first line."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._real: Any = None

    def __getattr__(self, method: str) -> Any:
        if self._real is None:
            import structlog

            if _waiting is not None:
                _waiting()
            self._real = structlog.get_logger(room=self._name)
        return getattr(self._real, method)


def get(name: str) -> Any:
    """A logger whose lines carry `room=name`."""
    return _Logger(name)


def mask_secrets(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Mask values whose name sounds like a secret and cut over-long ones."""
    for name, value in event.items():
        if SECRET_NAME.search(name):
            event[name] = MASK
        elif isinstance(value, str) and len(value) > LONGEST_VALUE and name != "exception":
            event[name] = value[:LONGEST_VALUE] + "…"
    return event
