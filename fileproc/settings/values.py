"""What everybody else receives: all settings, parsed and frozen."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings, parsed. Attribute names are the variables' names in lower case; units are in `TABLE`."""

    sns_worker_max: int
    circuit_breaker_max_failures: int
    circuit_breaker_cooldown_seconds: float
    circuit_breaker_on_open: str
    circuit_breaker_probes: int
    sns_topic_arns: tuple[str, ...]
    sns_verify: str
    sns_cert_url_prefix: str | None
    sns_confirm: str
    sqs_queue_url: str | None
    sqs_visibility_seconds: int
    database_url: str
    fileproc_host: str
    fileproc_port: int
    fileproc_admin_port: int | None
    fileproc_admin_token: str | None
    fileproc_operator_token: str | None
    fileproc_viewer_token: str | None
    fileproc_trusted_proxies: tuple[IPv4Network | IPv6Network, ...]
    fileproc_contracts: str
    fileproc_contract_variables: tuple[str, ...]
    fileproc_key_sets: Path | None
    fileproc_job_timeout_seconds: float
    fileproc_worker_memory_mb: int
    fileproc_worker_max_jobs: int
    fileproc_max_object_bytes: int
    fileproc_buckets: tuple[str, ...]
    fileproc_bucket_owner: str | None
    fileproc_backlog_max: int
    fileproc_runtime_dir: Path
    fileproc_retention_days: int
    fileproc_samples: int
    fileproc_split_to: str | None
    fileproc_sinks: Path | None
    fileproc_public_url: str | None
    fileproc_drain_seconds: float
    fileproc_sandbox: str
    dry_run: bool
    dry_run_results: Path
    fileproc_log_format: str
    fileproc_log_level: str

    @property
    def has_tokens(self) -> bool:
        """Whether somebody may prove who he is."""
        return any((self.fileproc_admin_token, self.fileproc_operator_token, self.fileproc_viewer_token))

    def takes(self, bucket: str) -> bool:
        """Whether files of this bucket are checked."""
        return not self.fileproc_buckets or any(fnmatchcase(bucket, one) for one in self.fileproc_buckets)

    @property
    def on_loopback(self) -> bool:
        """Whether the HTTP ports can be reached from this machine only."""
        return self.fileproc_host in {"127.0.0.1", "::1", "localhost"}
