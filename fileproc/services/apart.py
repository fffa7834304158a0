"""Apart: the rows of a file that failed, as its contract asks with `onFail: split`, into objects below one prefix.

The prefix is the operator's (`FILEPROC_SPLIT_TO`), never a contract's, and no key leads out of it. Keys are the same
for the same version of an object, and so are the bytes: an attempt that is repeated writes what is there already. The
manifest is written last. What is a part itself is never split again, or a watched prefix would feed itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from fileproc.domain.jobs import Job
from fileproc.domain.ports import PartStore
from fileproc.domain.reports import Report, Verdict
from fileproc.quality.contracts.contract import Match, NoMatch
from fileproc.quality.split.manifest import manifest, to_bytes
from fileproc.quality.split.names import Names, key_names
from fileproc.quality.split.outcome import not_split, parts_of
from fileproc.quality.split.parts import Parts
from fileproc.quality.split.publish import split_of
from fileproc.quality.split.splitting import Splitting

#: The name of a part, of whatever service: see `names.key_names`.
PART = re.compile(r"\.[0-9a-f]{12}\.(?:accepted|rejected)(?:\.[^/]*)?$|\.[0-9a-f]{12}\.manifest\.json$")


@dataclass(frozen=True, slots=True)
class Outlet:
    """Where parts go: `address` is `s3://bucket/prefix/`; without a store nowhere, and `reason` says why."""

    store: PartStore | None
    address: str = ""
    reason: str = ""

    @property
    def bucket(self) -> str:
        return self.address.removeprefix("s3://").partition("/")[0]

    @property
    def prefix(self) -> str:
        return self.address.removeprefix("s3://").partition("/")[2]

    def refusal(self, job: Job) -> str | None:
        """Why the object of this job is not split, if it is not."""
        if self.store is None:
            return self.reason
        below = job.ref.bucket == self.bucket and job.ref.key.startswith(self.prefix)
        if below or PART.search(job.ref.key):
            return f"{job.ref.address} is a part itself, or lies where parts go; it is not split again"
        return None


def wanted(match: Match | NoMatch, job: Job, folder: Path, outlet: Outlet) -> Splitting | None:
    """The split that the contract asks for, ready for the check; None where nobody asks or it cannot be."""
    if isinstance(match, NoMatch) or match.policies.on_fail != "split":
        return None
    private = folder / "parts"
    private.mkdir(mode=0o700)
    return Splitting(private, only_failed=True, refusal=outlet.refusal(job))


def written(report: Report, splitting: Splitting | None, job: Job, path: Path, outlet: Outlet) -> Report:
    """The report with its parts stored, or with the reason why there are none.

    Raises:
        StoreError: a part cannot be written now.
    """
    if splitting is None or report.verdict is not Verdict.FAIL:
        return report
    parts = parts_of(splitting, report, path)
    if parts is None or outlet.store is None:
        return not_split(report, splitting.refusal or "there are no rows to split")
    names = key_names(outlet.prefix, job.ref.key, job.ref.identity, extension=parts.extension)
    _store(parts, report, names, splitting.folder, outlet, outlet.store)
    return report.replaced(split=split_of(parts, names, prefix=f"s3://{outlet.bucket}/"))


def _store(parts: Parts, report: Report, names: Names, folder: Path, outlet: Outlet, store: PartStore) -> None:
    document = folder / "manifest"
    document.write_bytes(to_bytes(manifest(parts, report, names)))
    for part, name in ((parts.accepted, names.accepted), (parts.rejected, names.rejected)):
        if part is not None:
            store.put(part.path, outlet.bucket, name)
    store.put(document, outlet.bucket, names.manifest)
