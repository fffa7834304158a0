"""boto3 clients: made once a process and region, with bounded patience; importing this module makes none.

Retries are few here: the job's own back-off does the waiting, and waits in two places would multiply.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from typing import Any

import boto3
from botocore.config import Config

CONNECT_SECONDS = 5
READ_SECONDS = 30
ATTEMPTS = 3

#: Regions come from events, so their number is not ours to trust; a client weighs about a megabyte.
MOST_CLIENTS = 32

_clients: OrderedDict[tuple[str, str | None, str | None], Any] = OrderedDict()
_sessions: list[boto3.session.Session] = []
_lock = threading.Lock()


def client(service: str, region: str | None = None, endpoint: str | None = None) -> Any:
    """The client of a service in a region (None: boto3's own idea of it). `AWS_ENDPOINT_URL` is boto3's to honour.

    An `endpoint` goes before that.

    Raises:
        BotoCoreError, ValueError: settings that no client can be made of, such as an endpoint that is no address.
    """
    with _lock:
        key = (service, region, endpoint)
        if key not in _clients:
            _clients[key] = _session().client(service, region_name=region, endpoint_url=endpoint, config=_config())
            if len(_clients) > MOST_CLIENTS:
                _clients.popitem(last=False)
        _clients.move_to_end(key)
        return _clients[key]


def _session() -> boto3.session.Session:
    """One for all: it holds the parsed service models, which cost 130 ms of CPU; a second region then costs 6."""
    if not _sessions:
        _sessions.append(boto3.session.Session())
    return _sessions[0]


def _checksums(own_endpoint: bool) -> str:
    """When uploads carry a checksum after their body, which many S3-compatible stores refuse; AWS's variable rules."""
    return os.environ.get("AWS_REQUEST_CHECKSUM_CALCULATION") or ("when_required" if own_endpoint else "when_supported")


def _config() -> Config:
    # Emulators and S3-compatible stores rarely resolve a bucket's own host name.
    own_endpoint = os.environ.get("AWS_ENDPOINT_URL") or os.environ.get("AWS_ENDPOINT_URL_S3")
    return Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"total_max_attempts": ATTEMPTS, "mode": "standard"},
        s3={"addressing_style": "path" if own_endpoint else "auto"},
        request_checksum_calculation=_checksums(bool(own_endpoint)),
        user_agent_extra="fileproc",
    )
