"""The error tree. Each error answers three questions: whose fault is it, is a retry worth it, which HTTP status.

`FileprocError.fix` is the sentence that tells the reader how to mend it; every message a user sees says what,
where, and how.
"""

from __future__ import annotations

from enum import IntEnum, StrEnum


class Fault(StrEnum):
    """Whose fault an error is."""

    CALLER = "caller"  # whoever sent the request, flag, contract or setting
    FILE = "file"  # the file that is being checked
    OURS = "ours"  # this service or the machine it runs on
    UPSTREAM = "upstream"  # S3, SNS, the database


class ExitCode(IntEnum):
    """Exit codes of the command line; a promise to scripts."""

    PASS = 0  # every file passed (or only warned)
    FAIL = 1  # some file failed its contract
    USAGE = 2  # wrong usage, settings or contract
    ERROR = 3  # could not check
    NOTHING = 4  # nothing was checked
    INTERRUPTED = 130


class FileprocError(Exception):
    """Base of all errors that the program raises on purpose."""

    fault: Fault = Fault.OURS
    retry: bool = False
    http_status: int = 500
    exit_code: ExitCode = ExitCode.ERROR

    def __init__(self, message: str, *, fix: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix

    def __str__(self) -> str:
        return f"{self.message} → {self.fix}" if self.fix else self.message


class UsageError(FileprocError):
    """A flag, argument or target that cannot be right."""

    fault = Fault.CALLER
    http_status = 400
    exit_code = ExitCode.USAGE


class SettingsError(UsageError):
    """One or more settings are wrong; `problems` names each of them."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        lines = "\n".join(f"  - {problem}" for problem in problems)
        noun = "setting is" if len(problems) == 1 else "settings are"
        super().__init__(f"{len(problems)} {noun} wrong:\n{lines}")


class ContractError(UsageError):
    """A contract that cannot be read; says file, line and column."""


class BadRequest(FileprocError):
    """An HTTP body or event that can never be good: SNS must not retry it."""

    fault = Fault.CALLER
    http_status = 400


class TooLarge(BadRequest):
    """A body over the limit."""

    http_status = 413


class Forbidden(FileprocError):
    """Forged, foreign or stale; the reason goes to the log, never to the caller."""

    fault = Fault.CALLER
    http_status = 403


class Unauthorized(Forbidden):
    """Admin rights are missing."""

    http_status = 401


class NotFound(FileprocError):
    """There is no such thing."""

    fault = Fault.CALLER
    http_status = 404
    exit_code = ExitCode.USAGE


class Unavailable(FileprocError):
    """Ours or upstream, and likely to pass: 503 with Retry-After, so that SNS comes again."""

    fault = Fault.UPSTREAM
    retry = True
    http_status = 503

    def __init__(self, message: str, *, fix: str | None = None, retry_after: int = 20) -> None:
        super().__init__(message, fix=fix)
        self.retry_after = retry_after


class BacklogFull(Unavailable):
    """The journal holds as many waiting jobs as it may."""


class JournalUnavailable(Unavailable):
    """The journal cannot be written or read now."""


class QueueUnavailable(Unavailable):
    """The queue cannot be used now; `reason` is denied, gone, credentials, throttled or unreachable."""

    def __init__(self, message: str, *, fix: str | None = None, reason: str = "unreachable") -> None:
        super().__init__(message, fix=fix)
        self.reason = reason


class IllegalTransition(FileprocError):
    """A state change that the table does not know; nothing was changed."""
