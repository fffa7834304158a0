"""moto as S3 and SNS in a process of its own; on request one that checks credentials and rights."""

from __future__ import annotations

import os
from typing import Any

import boto3
from botocore.config import Config

from tests.system.moto_process import SPARE, MotoProcess


class MotoServer:
    """A context manager; `url` is its endpoint, `client` makes boto3 clients for it."""

    def __enter__(self) -> MotoServer:
        self._process = SPARE.pop() if SPARE else MotoProcess()
        self._changed = False
        self.port, self.url = self._process.port, self._process.url
        return self

    def __exit__(self, *_exc: object) -> None:
        if self._changed or not self._process.emptied():
            self._process.end()
        else:
            SPARE.append(self._process)

    def check_rights(self) -> None:
        """From now on credentials and policies are looked at, as AWS does."""
        self._changed = True
        self._process.post("reset-auth", b"0")

    def step_back(self) -> None:
        """Lowest priority, for measurements: in earnest S3 is another machine. Threads that come later inherit it."""
        self._changed = True
        os.setpriority(os.PRIO_PROCESS, self._process.pid, 19)

    def client(self, service: str, key_id: str = "a", secret: str = "a") -> Any:
        config = Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1})
        session = boto3.Session(key_id, secret, region_name="us-east-1")
        return session.client(service, endpoint_url=self.url, config=config)
