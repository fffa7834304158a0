"""The table: each row says name, type, default, unit and why that default."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from fileproc.settings import parsers


@dataclass(frozen=True, slots=True)
class Knob:
    """One setting: how it is spelt in the environment, what it means and why its default is what it is."""

    name: str
    parse: Callable[[str], Any]
    default: str | None
    unit: str
    what: str
    why: str
    secret: bool = False

    @property
    def attribute(self) -> str:
        return self.name.lower()


_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")


def _variables(text: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    secrets = {knob.name for knob in TABLE if knob.secret}
    for name in names:
        if not _VARIABLE.fullmatch(name):
            raise ValueError(f"holds {name[:80]!r}, which is no name of a variable; write NAME,OTHER_NAME")
        if name.removesuffix("_FILE") in secrets:
            raise ValueError(f"names {name}, a secret, which no contract may read")
    return names


DEFAULT_RUNTIME_DIR = "./.fileproc"

TABLE: tuple[Knob, ...] = (
    Knob(
        "SNS_WORKER_MAX",
        parsers.integer(1, 1000),
        "10",
        "workers",
        "Upper bound of the pool.",
        "It starts with one per core.",
    ),
    Knob(
        "CIRCUIT_BREAKER_MAX_FAILURES",
        parsers.integer(1, 1000),
        "5",
        "jobs",
        "Consecutive failing jobs that open the breaker.",
        "pybreaker and circuitbreaker use 5 too.",
    ),
    Knob(
        "CIRCUIT_BREAKER_COOLDOWN_SECONDS",
        parsers.seconds(0, 86_400),
        "60",
        "seconds",
        "How long the breaker stays open.",
        "As pybreaker; S3 throttling and IAM changes settle within a minute.",
    ),
    Knob(
        "CIRCUIT_BREAKER_ON_OPEN",
        parsers.choice("hold", "skip", "reject"),
        "hold",
        "",
        "What POST / does while it is open: hold, skip or reject.",
        "SNS gives up after about a minute, so only hold loses nothing without a dead-letter queue.",
    ),
    Knob(
        "CIRCUIT_BREAKER_PROBES",
        parsers.integer(0, 100),
        "1",
        "jobs",
        "Jobs let through while half open; 0 closes without a probe.",
        "One failing job more is the least that can tell.",
    ),
    Knob(
        "SNS_TOPIC_ARNS",
        parsers.arns,
        "",
        "ARNs",
        "Topics that may call, comma-separated; * is allowed inside an ARN. Required while SNS_VERIFY is on.",
        "A valid signature proves only that *some* SNS topic sent it.",
    ),
    Knob(
        "SNS_VERIFY",
        parsers.choice("on", "off", "off-i-know"),
        "on",
        "",
        "Verify SNS signatures; off works on loopback only, off-i-know everywhere.",
        "Without it anybody who reaches the port can make work.",
    ),
    Knob(
        "SNS_CERT_URL_PREFIX",
        parsers.url,
        None,
        "URL",
        "One more origin for signing certificates: LocalStack's or moto's.",
        "Signatures stay fully verified; only whose certificates count is widened.",
    ),
    Knob(
        "SNS_CONFIRM",
        parsers.choice("auto", "manual"),
        "auto",
        "",
        "Confirm subscriptions of allowed topics by API call, or only log that one is pending.",
        "A pending subscription is the set-up mistake that people make most.",
    ),
    Knob(
        "SQS_QUEUE_URL",
        parsers.url,
        None,
        "URL",
        "Queue to consume, where one machine is not enough; with it `SNS_TOPIC_ARNS` may be empty.",
        "Who may send is said by the queue's policy, so its messages are not verified again.",
    ),
    Knob(
        "SQS_VISIBILITY_SECONDS",
        parsers.integer(6, 43_200),
        "120",
        "seconds",
        "How long a received message is hidden from other pods; heartbeats extend it while its files are checked.",
        "A pod that vanishes costs this long, and no file.",
    ),
    Knob(
        "DATABASE_URL",
        parsers.database_url,
        "sqlite:///fileproc.db",
        "URL",
        "Journal and reports: sqlite:///FILE or postgresql+psycopg2://USER:PASSWORD@HOST/DATABASE.",
        "SQLite needs no server; several pods need PostgreSQL.",
        secret=True,
    ),
    Knob(
        "FILEPROC_HOST",
        parsers.text,
        "127.0.0.1",
        "address",
        "Address to listen on.",
        "Loopback until somebody decides otherwise.",
    ),
    Knob(
        "FILEPROC_PORT",
        parsers.integer(0, 65_535),
        "8080",
        "port",
        "Public port; 0 takes a free one.",
        "Needs no root.",
    ),
    Knob(
        "FILEPROC_ADMIN_PORT",
        parsers.integer(0, 65_535),
        None,
        "port",
        "With it the public port serves only POST /, /livez and /readyz.",
        "One port is simpler to begin with.",
    ),
    Knob(
        "FILEPROC_ADMIN_TOKEN",
        parsers.text,
        None,
        "",
        "Bearer token for state changes; without one only loopback may change state.",
        "No default password is the only safe one.",
        secret=True,
    ),
    Knob(
        "FILEPROC_OPERATOR_TOKEN",
        parsers.text,
        None,
        "",
        "Bearer token of an operator: changes state and sees samples, but not the action log.",
        "Whoever resets the breaker at night need not be able to see what others did.",
        secret=True,
    ),
    Knob(
        "FILEPROC_VIEWER_TOKEN",
        parsers.text,
        None,
        "",
        "Bearer token of a viewer: sees samples, changes nothing.",
        "Samples are partners' data; dashboards and readers need no more than this.",
        secret=True,
    ),
    Knob(
        "FILEPROC_TRUSTED_PROXIES",
        parsers.networks,
        "",
        "networks",
        "Proxies whose X-Forwarded-For names the caller, as addresses or networks, comma-separated.",
        "Anybody can write that header, so nobody is believed unnamed; it decides whom to lock out, never who may.",
    ),
    Knob(
        "FILEPROC_CONTRACTS",
        parsers.text,
        "./contracts",
        "folder",
        "Folder of ODCS contracts.",
        "Read when a worker starts; SIGHUP to the pool reads it again.",
    ),
    Knob(
        "FILEPROC_CONTRACT_VARIABLES",
        _variables,
        "",
        "names",
        "Variables that contracts may read as ${NAME} or ${NAME:-default}, comma-separated.",
        "A contract is written by others; what it may learn of this machine is somebody's decision.",
    ),
    Knob(
        "FILEPROC_KEY_SETS",
        parsers.path,
        None,
        "folder",
        "Where keys of accepted files are remembered, for files that refer to them; without one they are not.",
        "Keys are data: where they are kept is somebody's decision. Pods share it as a volume.",
    ),
    Knob(
        "FILEPROC_JOB_TIMEOUT_SECONDS",
        parsers.seconds(0.1, 43_200),
        "900",
        "seconds",
        "One attempt, fetch and check.",
        "Lambda's limit, which people size their files by; SQS allows 12 hours at most.",
    ),
    Knob(
        "FILEPROC_WORKER_MEMORY_MB",
        parsers.integer(128, 1_048_576),
        "1024",
        "MiB",
        "Memory of one worker: with more it is ended; half of it is the engine's before it spills to disk.",
        "Ten workers on 16 GiB leave room for everything else.",
    ),
    Knob(
        "FILEPROC_WORKER_MAX_JOBS",
        parsers.integer(0, 1_000_000_000),
        "1000",
        "jobs",
        "After about so many jobs a worker is replaced by a new one; 0 never does.",
        "Whatever native code has leaked goes with the process; a new worker starts in a twentieth of a second.",
    ),
    Knob(
        "FILEPROC_MAX_OBJECT_BYTES",
        parsers.integer(1, 1 << 50),
        str(100 << 30),
        "bytes",
        "Larger objects are refused.",
        "They are spooled to disk, which is finite.",
    ),
    Knob(
        "FILEPROC_BUCKETS",
        parsers.buckets,
        "",
        "names",
        "Buckets whose files are checked, such as `acme-drop,globex-*`; empty is all of them.",
        "Whoever may publish to the topic could otherwise have any bucket read that our role may read.",
    ),
    Knob(
        "FILEPROC_BUCKET_OWNER",
        parsers.account,
        None,
        "account",
        "The AWS account that must own the buckets; S3 refuses others.",
        "A bucket that was deleted can be made again by somebody else under the same name.",
    ),
    Knob(
        "FILEPROC_BACKLOG_MAX",
        parsers.integer(1, 1_000_000_000),
        "100000",
        "jobs",
        "Waiting jobs above which POST / answers 503.",
        "About a day of work for a small pod; SNS and its dead-letter queue keep the rest.",
    ),
    Knob(
        "FILEPROC_RUNTIME_DIR",
        parsers.path,
        DEFAULT_RUNTIME_DIR,
        "folder",
        "Sockets, the breaker's page and the jobs' folders.",
        "A tmpfs in a container; its path must be short, Unix sockets allow 107 bytes.",
    ),
    Knob(
        "FILEPROC_RETENTION_DAYS",
        parsers.integer(1, 36_500),
        "30",
        "days",
        "How long finished jobs and their reports are kept.",
        "A month-end can be looked at until the next one.",
    ),
    Knob(
        "FILEPROC_SAMPLES",
        parsers.integer(0, 1000),
        "5",
        "rows",
        "Samples kept per cause; totals are never capped.",
        "Enough to see the pattern, little enough to store.",
    ),
    Knob(
        "FILEPROC_SPLIT_TO",
        parsers.s3_prefix,
        None,
        "S3 prefix",
        "Where accepted and rejected rows go when a contract says onFail: split, such as s3://bucket/parts/.",
        "One place that the operator names: contracts and keys never choose where data is written.",
    ),
    Knob(
        "FILEPROC_SINKS",
        parsers.path,
        None,
        "file",
        "YAML file that says who is told of verdicts: topics, buses, webhooks, chats, S3, packages of one's own.",
        "Nobody is told before somebody asks for it.",
    ),
    Knob(
        "FILEPROC_PUBLIC_URL",
        parsers.url,
        None,
        "URL",
        "Where people reach this service; links in messages begin with it.",
        "Behind a proxy the service does not know what it is called.",
    ),
    Knob(
        "FILEPROC_DRAIN_SECONDS",
        parsers.seconds(0, 3600),
        "20",
        "seconds",
        "How long SIGTERM lets running jobs finish before they are given back.",
        "Kubernetes kills after 30.",
    ),
    Knob(
        "FILEPROC_SANDBOX",
        parsers.choice("on", "off"),
        "on",
        "",
        "Whether the kernel confines workers (Landlock): their own folder, the contracts, the ports that S3 is behind.",
        "Files are hostile. off only where credentials come from a place that it does not know.",
    ),
    Knob(
        "DRY_RUN",
        parsers.flag,
        "false",
        "",
        "Reports go to DRY_RUN_RESULTS only; none is stored, nothing is tagged, moved or published.",
        "For trying contracts on live traffic.",
    ),
    Knob(
        "DRY_RUN_RESULTS",
        parsers.path,
        "dry_run_results.jsonl",
        "file",
        "Where dry-run reports go, one JSON document a line.",
        "Appended, so nothing is overwritten.",
    ),
    Knob(
        "FILEPROC_LOG_FORMAT",
        parsers.choice("json", "console"),
        "json",
        "",
        "Log lines as json or for a console.",
        "Pods are read by machines.",
    ),
    Knob(
        "FILEPROC_LOG_LEVEL",
        parsers.choice("debug", "info", "warning", "error"),
        "info",
        "",
        "Least level that is logged.",
        "One line per finished job is worth having.",
    ),
)

BY_NAME: Mapping[str, Knob] = MappingProxyType({knob.name: knob for knob in TABLE})
