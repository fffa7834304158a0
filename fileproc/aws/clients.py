"""boto3 clients: made once a process and region, with bounded patience; importing this module makes none.

Retries are few here: the job's own back-off does the waiting, and waits in two places would multiply.
"""

from __future__ import annotations

import os
import threading
from typing import Any

import boto3
from botocore.config import Config

CONNECT_SECONDS = 5
READ_SECONDS = 30
ATTEMPTS = 3

_clients: dict[tuple[str, str | None], Any] = {}
_lock = threading.Lock()


def client(service: str, region: str | None = None) -> Any:
    """The client of a service in a region (None: boto3's own idea of it). `AWS_ENDPOINT_URL` is boto3's to honour."""
    with _lock:
        key = (service, region)
        if key not in _clients:
            _clients[key] = boto3.session.Session(region_name=region).client(service, config=_config())
        return _clients[key]


def _config() -> Config:
    # Emulators and S3-compatible stores rarely resolve a bucket's own host name.
    own_endpoint = os.environ.get("AWS_ENDPOINT_URL") or os.environ.get("AWS_ENDPOINT_URL_S3")
    return Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"total_max_attempts": ATTEMPTS, "mode": "standard"},
        s3={"addressing_style": "path" if own_endpoint else "auto"},
        user_agent_extra="fileproc",
    )
