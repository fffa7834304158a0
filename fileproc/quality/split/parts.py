"""Parts: what a split has made, before anybody is given it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fileproc.quality.split.fault import Fault
from fileproc.quality.split.packing import digest_of

#: Reasons that a manifest lists one by one; the others are counted together.
MOST_REASONS = 200


@dataclass(slots=True)
class Reasons:
    """How many faults of each kind there were; more kinds than anybody reads are one."""

    counts: Counter[tuple[str, str, str | None, str]] = field(default_factory=Counter)

    def add(self, faults: Iterable[Fault]) -> None:
        for fault in faults:
            key = (fault.code, fault.check, fault.column, fault.fix)
            if key not in self.counts and len(self.counts) >= MOST_REASONS:
                key = ("other", "", None, "look at the rejected rows")
            self.counts[key] += 1

    def to_document(self) -> list[dict[str, Any]]:
        """The most frequent first."""
        ordered = sorted(self.counts.items(), key=lambda item: (-item[1], item[0][1], item[0][0]))
        return [
            {"code": code, "check": check, "column": column, "fix": fix, "count": count}
            for (code, check, column, fix), count in ordered
        ]


@dataclass(frozen=True, slots=True)
class Part:
    """One file of a split: where it is now, and how many rows are in it."""

    path: Path
    rows: int
    extra_columns: tuple[str, ...] = ()

    def to_document(self, name: str) -> dict[str, Any]:
        """What a manifest says of it, under the name that it will have."""
        return {
            "file": name,
            "rows": self.rows,
            "bytes": self.path.stat().st_size,
            "sha256": digest_of(self.path),
            **({"extra_columns": list(self.extra_columns)} if self.extra_columns else {}),
        }


@dataclass(frozen=True, slots=True)
class Parts:
    """Both parts, or the reason why there are none because no row can be trusted."""

    accepted: Part | None
    rejected: Part | None
    source_sha256: str
    extension: str = ""  # of the parts, where it is not that of the source
    reasons: tuple[dict[str, Any], ...] = ()
    notes: tuple[str, ...] = ()
    untrusted: str | None = None
