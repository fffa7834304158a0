"""One finding about a contract, and the error that carries one when the contract cannot be read at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fileproc.errors import ContractError
from fileproc.quality.contracts.contract import Mark
from fileproc.quality.contracts.lint_codes import CODES, Level

#: How much of a contract's own text a message repeats.
MOST_SHOWN = 60


@dataclass(frozen=True, slots=True)
class LintFinding:
    """What is wrong with a contract, where, and how to mend it."""

    mark: Mark
    code: str
    severity: Level
    message: str
    fix: str

    def __str__(self) -> str:
        """`file:line:col: severity CODE message → fix`, one line whatever the contract holds."""
        text = f"{self.mark}: {self.severity} {self.code} {self.message}"
        return f"{text} → {self.fix}" if self.fix else text

    def to_document(self) -> dict[str, Any]:
        """JSON values for `--format json`."""
        place = {"file": self.mark.file, "line": self.mark.line, "column": self.mark.column}
        return place | {"code": self.code, "severity": self.severity, "message": self.message, "fix": self.fix}


class UnreadableContract(ContractError):
    """A contract without a usable meaning; `finding` says it with its place."""

    def __init__(self, finding: LintFinding) -> None:
        super().__init__(f"{finding.mark}: {finding.message}", fix=finding.fix or None)
        self.finding = finding


def finding(code: str, mark: Mark, message: str, fix: str = "") -> LintFinding:
    """A finding with the severity that its code has."""
    return LintFinding(mark, code, CODES[code].level, message, fix)


def refused(code: str, mark: Mark, message: str, fix: str = "") -> UnreadableContract:
    """The error to raise where reading ends."""
    return UnreadableContract(finding(code, mark, message, fix))


def shown(value: object) -> str:
    """A value of the contract for a message: on one line, without control characters, not too long."""
    text = value if isinstance(value, str) else repr(value)
    clean = "".join(sign if sign.isprintable() else "·" for sign in text[: MOST_SHOWN + 1])
    return f"`{clean[:MOST_SHOWN]}…`" if len(text) > MOST_SHOWN else f"`{clean}`"
