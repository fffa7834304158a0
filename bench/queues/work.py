"""What every contestant does for one file: fetch it, check it, write the verdict. The tools are made once a process."""

from __future__ import annotations

import os
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import psycopg2

from fileproc.aws.s3 import S3Store
from fileproc.clock import SystemClock
from fileproc.domain.objects import ObjectRef
from fileproc.domain.reports import FileInfo
from fileproc.quality.check import Limits, check_file
from fileproc.quality.contracts.catalogue import Catalogue
from fileproc.quality.contracts.contract import Match
from fileproc.quality.database import Instance

#: What `tests.system.whole` and the pool's workers have, too.
ENGINE_MB = 512
LARGEST = 1 << 30


class Tools:
    """Store, contract, engine and database of this process."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="work-"))
        self.store = S3Store(max_bytes=LARGEST)
        self.catalogue = Catalogue.load(Path(os.environ["BENCH_CONTRACTS"]))
        self.instance = Instance([self.folder], memory_mb=ENGINE_MB, spill=self.folder / "spill")
        self.database: Any = None

    def write(self, key: str, verdict: str) -> None:
        """One row a verdict; a connection that broke is made anew, once."""
        for _ in range(2):
            try:
                if self.database is None:
                    self.database = psycopg2.connect(os.environ["BENCH_DATABASE"])
                    self.database.autocommit = True
                with self.database.cursor() as cursor:
                    cursor.execute("INSERT INTO verdicts (key, verdict) VALUES (%s, %s)", (key, verdict))
                return
            except psycopg2.Error:
                self.database = None
        raise RuntimeError("the database is away")


@cache
def tools() -> Tools:
    return Tools()


def check(event: dict[str, Any]) -> None:
    """`event` has bucket, key and etag."""
    mine = tools()
    ref = ObjectRef(event["bucket"], event["key"], etag=event["etag"])
    match = mine.catalogue.match(ref.address)
    assert isinstance(match, Match)
    with tempfile.TemporaryDirectory(dir=mine.folder) as name:
        folder = Path(name)
        fetched = mine.store.fetch(ref, folder)
        limits = Limits(memory_mb=ENGINE_MB, temp_folder=folder, private=True, instance=mine.instance)
        info = FileInfo(bucket=ref.bucket, key=ref.key, etag=ref.etag)
        report = check_file(fetched.path, match, file=info, report_id="1", limits=limits, clock=SystemClock())
    mine.write(ref.key, report.verdict.value)
