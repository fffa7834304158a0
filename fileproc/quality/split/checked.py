"""What a split must know of a check that is done."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fileproc.domain.reports import CheckResult
from fileproc.quality.checks.kinds import Measures, Plan
from fileproc.quality.contracts.contract import Dialect, Match
from fileproc.quality.reading.container import Container
from fileproc.quality.reading.source import Source
from fileproc.quality.split.json_parts import LENIENT

#: Structural findings about single rows: what they are about is rejected, and the rest can be trusted.
OF_ROWS = frozenset({
    "short_row", "long_row", "broken_quote", "bad_encoding", "over_long_line", "unreadable_row", "nul_bytes",
    "short_line", "long_line", "cut_character", "not_json", "footer", "repeated_header", "impossible_value",
    "bad_text", *LENIENT,
})  # fmt: skip

#: Structural findings about the form of the whole, which leave the rows in no doubt.
OF_FORM = frozenset({
    "no_array", "not_lines", "stray_comma", "missing_comma", "text_between", "several_arrays", "text_behind",
    "preamble", "other_encoding",
})  # fmt: skip

#: Findings about the packing of a file that was unpacked to its last byte.
OF_WRAPPING = frozenset({"compression", "not_compressed"})


@dataclass(frozen=True, slots=True)
class Checked:
    """A file whose check is done, as far as a split must know it."""

    path: Path  # as it came
    name: str
    source: Source
    container: Container
    match: Match
    plan: Plan
    measures: Measures
    results: dict[str, CheckResult]

    @property
    def dialect(self) -> Dialect:
        return self.match.dialect

    @property
    def whole(self) -> bool:
        """Whether every record could be read, and nothing is wrong with how one is written."""
        return not self.source.rejected and not any(one.code in OF_ROWS for one in self.source.findings)
