"""What a job will probably cost, learned from those of the same bucket and format that have ended."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

#: What is assumed before anything is known: seconds for any file, and seconds a byte.
FIRST_SECONDS = 0.1
FIRST_RATE = 0.1 / (1 << 20)

#: From so many predicted seconds on a job is large.
LARGE_SECONDS = 10.0

#: A file below this tells what any file costs, one above it what a byte does.
TELLING_BYTES = 1 << 20

#: The share of the newest job in what is expected.
NEWEST = 0.2

#: Keys are hostile: what does not look like a suffix is none.
SUFFIXES = re.compile(r"(?:\.([a-z0-9]{1,8}))?\.([a-z0-9]{1,8})\Z")
OTHER = "other"


@dataclass(frozen=True, slots=True)
class Cost:
    """`fixed` seconds for any file and `rate` seconds a byte, as `jobs` jobs have taught."""

    fixed: float = FIRST_SECONDS
    rate: float = FIRST_RATE
    jobs: int = 0

    def seconds(self, size: int | None) -> float:
        """Predicted for a file of so many bytes; one of unknown size is taken for a small one."""
        return self.fixed + self.rate * (size or 0)

    def learned(self, size: int, seconds: float) -> Cost:
        """What is expected after one more job has ended."""
        share = max(NEWEST, 1 / (self.jobs + 1))
        known = replace(self, jobs=self.jobs + 1)
        if size < TELLING_BYTES:
            return replace(known, fixed=_mixed(self.fixed, seconds, share))
        rate = max(0.0, seconds - self.fixed) / size
        return replace(known, rate=_mixed(self.rate, rate, share))


def format_of(key: str) -> str:
    """The kind of file by its key's last suffixes, such as `csv` or `csv.gz`."""
    found = SUFFIXES.search(key.lower())
    return ".".join(part for part in found.groups() if part) if found else OTHER


def _mixed(before: float, now: float, share: float) -> float:
    return before + share * (now - before)
