"""LocalStack on the host, without Docker: a process of its own in a virtual environment of its own.

It needs pins that the service must not have, so it is never installed beside it. The environment is made once in
`.venv-localstack` and kept.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import boto3

from fileproc.demo.stage import free_port
from tests.system.programs import until

ROOT = Path(__file__).parents[2]
ENVIRONMENT = ROOT / ".venv-localstack"

#: Newer ones of these break the versions below.
PINS = ["cryptography<46", "pyopenssl<25.2", "cbor2<5.9", "service-identity<25", "setuptools<81"]
#: 4.14.0, the last one without a licence, needs Python 3.13; this one runs on 3.11 to 3.13.
RECIPE = ["localstack-core[base-runtime]==4.12.0", "moto-ext>=5.1.12,<5.1.25", "crontab>=1.0"]


def install() -> Path:
    """The environment's Python; installs on first use, and again when the recipe has changed."""
    stamp = ENVIRONMENT / "recipe"
    wanted = "\n".join([sys.version, *RECIPE, *PINS])
    if not stamp.exists() or stamp.read_text() != wanted:
        shutil.rmtree(ENVIRONMENT, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", ENVIRONMENT], check=True)
        pip = [ENVIRONMENT / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, *RECIPE, *PINS], check=True, timeout=600)
        stamp.write_text(wanted)
    return ENVIRONMENT / "bin" / "python"


class LocalStack:
    """S3, SNS, SQS and EventBridge on loopback. A context manager."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"http://localhost:{self.port}"
        self.certificates = f"{self.url}/_aws/sns/"

    def __enter__(self) -> LocalStack:
        python = install()
        self._folder = tempfile.TemporaryDirectory(prefix="localstack-")
        home = Path(self._folder.name)
        (home / "empty").mkdir()
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "LOCALSTACK_"))
        }
        environment |= {
            "SERVICES": "s3,sns,sqs,events",
            "DISABLE_EVENTS": "1",
            "SKIP_SSL_CERT_DOWNLOAD": "1",
            "DNS_ADDRESS": "0",
            "GATEWAY_SERVER": "hypercorn",  # the default server does not keep to 127.0.0.1
            "GATEWAY_LISTEN": f"127.0.0.1:{self.port}",
            "LOCALSTACK_HOST": f"localhost:{self.port}",
            "SQS_ENDPOINT_STRATEGY": "path",
            "LOCALSTACK_VOLUME_DIR": str(home / "volume"),
            "FILESYSTEM_ROOT": str(home / "root"),
        }
        self._log = (home / "log").open("wb")
        command = [python, "-m", "localstack.runtime.main"]
        self._process = subprocess.Popen(
            command, env=environment, cwd=home / "empty", stdout=self._log, stderr=self._log
        )
        try:
            until(self._ready, "LocalStack to answer", 90)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_exc: object) -> None:
        self._process.terminate()
        try:
            self._process.wait(timeout=4)
        except subprocess.TimeoutExpired:  # under hypercorn TERM does not end it
            self._process.kill()
            self._process.wait()
        self._log.close()
        self._folder.cleanup()

    def client(self, service: str) -> Any:
        session = boto3.Session("test", "test", region_name="us-east-1")
        return session.client(service, endpoint_url=self.url)

    def _ready(self) -> bool:
        if self._process.poll() is not None:
            raise AssertionError(f"LocalStack ended: {Path(self._log.name).read_text()[-2000:]}")
        try:
            with urllib.request.urlopen(f"{self.url}/_localstack/health", timeout=2):
                return True
        except (urllib.error.URLError, OSError):
            return False
