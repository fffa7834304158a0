"""A finding about a file's container or structure: what, how often, where. Becomes a check and a cause."""

from __future__ import annotations

from dataclasses import dataclass, field

from fileproc.domain.reports import Sample, Severity

#: Lines that a cause names; the count is never capped.
FIRST_LINES = 10


@dataclass(frozen=True, slots=True)
class Finding:
    """One kind of thing wrong. `type` is the check's type in the report; `lines` are the first ones, sorted."""

    code: str
    type: str
    title: str
    fix: str
    severity: Severity = Severity.FAIL
    count: int = 1
    found: str = ""
    agreed: str = ""
    column: str | None = None
    lines: tuple[int, ...] = ()
    last_line: int | None = None
    samples: tuple[Sample, ...] = field(default=())

    @classmethod
    def container(cls, code: str, title: str, fix: str) -> Finding:
        """The wrapping is wrong; the file fails."""
        return cls(code, "container", title, fix, found=title, agreed="a whole file of the agreed format")

    @classmethod
    def structure(
        cls,
        code: str,
        title: str,
        fix: str,
        *,
        agreed: str,
        severity: Severity = Severity.FAIL,
        count: int = 1,
        lines: list[int] | None = None,
        samples: tuple[Sample, ...] = (),
        last_line: int | None = None,
    ) -> Finding:
        """Something in how rows and cells are written."""
        ordered = sorted(lines or [])
        return cls(
            code,
            "structure",
            title,
            fix,
            severity=severity,
            count=count,
            found=title,
            agreed=agreed,
            lines=tuple(ordered[:FIRST_LINES]),
            last_line=last_line if last_line is not None else (ordered[-1] if ordered else None),
            samples=samples,
        )


def plural(count: int, noun: str) -> str:
    """`1 row`, `2 rows`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
