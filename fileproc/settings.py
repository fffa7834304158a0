"""Every knob of the program, in one table; the environment is read once and frozen.

Each row says name, type, default, unit and why that default. The names are promises to scripts: rows are added, never
renamed. `.env.example` and docs/reference/settings.md are written from this table (`fileproc config docs`), and a
test keeps them in step. Only `cli`, the two `__main__` modules and `bootstrap` read settings; everyone else receives
values.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from fileproc.errors import SettingsError

#: Prefixes under which an unknown variable is most likely a typing mistake and not somebody else's.
OURS = ("FILEPROC_", "SNS_", "CIRCUIT_BREAKER_", "DRY_RUN")

MASK = "********"


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


def _integer(low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not re.fullmatch(r"[+-]?\d{1,18}", text.strip()):
            raise ValueError(f"must be a whole number from {low:,} to {high:,}")
        value = int(text)
        if not low <= value <= high:
            raise ValueError(f"must be a whole number from {low:,} to {high:,}")
        return value

    return parse


def _seconds(low: float, high: float) -> Callable[[str], float]:
    def parse(text: str) -> float:
        if not re.fullmatch(r"\d{1,12}(\.\d{1,6})?", text.strip()):
            raise ValueError(f"must be a number of seconds from {low:g} to {high:g}")
        value = float(text)
        if not low <= value <= high:
            raise ValueError(f"must be a number of seconds from {low:g} to {high:g}")
        return value

    return parse


def _choice(*choices: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        value = text.strip().lower()
        if value not in choices:
            near = difflib.get_close_matches(value, choices, 1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise ValueError(f"must be one of {', '.join(choices)}{hint}")
        return value

    return parse


def _flag(text: str) -> bool:
    value = text.strip().lower()
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off", ""}:
        return False
    raise ValueError("must be true or false")


def _text(text: str) -> str:
    return text.strip()


def _path(text: str) -> Path:
    return Path(text.strip()).expanduser()


_ARN = re.compile(r"arn:[a-z0-9*-]+:sns:[a-z0-9*-]+:[0-9*]+:[A-Za-z0-9_*-]+(\.fifo)?")


def _arns(text: str) -> tuple[str, ...]:
    arns = tuple(part.strip() for part in text.split(",") if part.strip())
    wrong = [arn for arn in arns if not _ARN.fullmatch(arn)]
    if wrong:
        raise ValueError(f"{wrong[0]!r} is no SNS topic ARN; write arn:aws:sns:REGION:ACCOUNT:TOPIC, comma-separated")
    return arns


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


def _database_url(text: str) -> str:
    url = text.strip()
    if url.startswith("postgres://"):  # what Heroku-like platforms hand out
        url = "postgresql+psycopg2://" + url.removeprefix("postgres://")
    scheme = url.partition("://")[0]
    if scheme not in {"sqlite", "postgresql", "postgresql+psycopg2"} or "://" not in url:
        raise ValueError("must be sqlite:///FILE or postgresql+psycopg2://USER:PASSWORD@HOST/DATABASE")
    return url


def _has_a_port(url: str) -> bool:
    """A port that is none raises only when it is asked for."""
    try:
        return urlsplit(url).port != 0
    except ValueError:
        return False


def _url(text: str) -> str:
    value = text.strip()
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or not _has_a_port(value):
        raise ValueError("must be an http:// or https:// address")
    return value


_PREFIX = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/[\x21-\x7e]{1,400}")


def _s3_prefix(text: str) -> str:
    """An S3 address that ends with a slash; a whole bucket is none, for parts would lie among everything else."""
    value = text.strip().removesuffix("/") + "/"
    parts = value.removeprefix("s3://").split("/")
    if not _PREFIX.fullmatch(value) or any(part in ("", ".", "..") for part in parts[:-1]) or len(parts) < 3:
        raise ValueError("must be an S3 prefix such as s3://bucket/parts/, with a folder behind the bucket")
    return value


DEFAULT_RUNTIME_DIR = "./.fileproc"

TABLE: tuple[Knob, ...] = (
    Knob(
        "SNS_WORKER_MAX", _integer(1, 1000), "10", "workers", "Upper bound of the pool.", "It starts with one per core."
    ),
    Knob(
        "CIRCUIT_BREAKER_MAX_FAILURES",
        _integer(1, 1000),
        "5",
        "jobs",
        "Consecutive failing jobs that open the breaker.",
        "pybreaker and circuitbreaker use 5 too.",
    ),
    Knob(
        "CIRCUIT_BREAKER_COOLDOWN_SECONDS",
        _seconds(0, 86_400),
        "60",
        "seconds",
        "How long the breaker stays open.",
        "As pybreaker; S3 throttling and IAM changes settle within a minute.",
    ),
    Knob(
        "CIRCUIT_BREAKER_ON_OPEN",
        _choice("hold", "skip", "reject"),
        "hold",
        "",
        "What POST / does while it is open: hold, skip or reject.",
        "SNS gives up after about a minute, so only hold loses nothing without a dead-letter queue.",
    ),
    Knob(
        "CIRCUIT_BREAKER_PROBES",
        _integer(0, 100),
        "1",
        "jobs",
        "Jobs let through while half open; 0 closes without a probe.",
        "One failing job more is the least that can tell.",
    ),
    Knob(
        "SNS_TOPIC_ARNS",
        _arns,
        "",
        "ARNs",
        "Topics that may call, comma-separated; * is allowed inside an ARN. Required while SNS_VERIFY is on.",
        "A valid signature proves only that *some* SNS topic sent it.",
    ),
    Knob(
        "SNS_VERIFY",
        _choice("on", "off", "off-i-know"),
        "on",
        "",
        "Verify SNS signatures; off works on loopback only, off-i-know everywhere.",
        "Without it anybody who reaches the port can make work.",
    ),
    Knob(
        "SNS_CERT_URL_PREFIX",
        _url,
        None,
        "URL",
        "One more origin for signing certificates: LocalStack's or moto's.",
        "Signatures stay fully verified; only whose certificates count is widened.",
    ),
    Knob(
        "SNS_CONFIRM",
        _choice("auto", "manual"),
        "auto",
        "",
        "Confirm subscriptions of allowed topics by API call, or only log that one is pending.",
        "A pending subscription is the set-up mistake that people make most.",
    ),
    Knob("SQS_QUEUE_URL", _url, None, "URL", "Queue to consume where one machine is not enough.", "Not served yet."),
    Knob(
        "DATABASE_URL",
        _database_url,
        "sqlite:///fileproc.db",
        "URL",
        "Journal and reports: sqlite:///FILE or postgresql+psycopg2://USER:PASSWORD@HOST/DATABASE.",
        "SQLite needs no server; several pods need PostgreSQL.",
        secret=True,
    ),
    Knob(
        "FILEPROC_HOST",
        _text,
        "127.0.0.1",
        "address",
        "Address to listen on.",
        "Loopback until somebody decides otherwise.",
    ),
    Knob("FILEPROC_PORT", _integer(0, 65_535), "8080", "port", "Public port; 0 takes a free one.", "Needs no root."),
    Knob(
        "FILEPROC_ADMIN_PORT",
        _integer(0, 65_535),
        None,
        "port",
        "With it the public port serves only POST /, /livez and /readyz.",
        "One port is simpler to begin with.",
    ),
    Knob(
        "FILEPROC_ADMIN_TOKEN",
        _text,
        None,
        "",
        "Bearer token for state changes; without one only loopback may change state.",
        "No default password is the only safe one.",
        secret=True,
    ),
    Knob(
        "FILEPROC_OPERATOR_TOKEN",
        _text,
        None,
        "",
        "Bearer token of an operator: changes state and sees samples, but not the action log.",
        "Whoever resets the breaker at night need not be able to see what others did.",
        secret=True,
    ),
    Knob(
        "FILEPROC_VIEWER_TOKEN",
        _text,
        None,
        "",
        "Bearer token of a viewer: sees samples, changes nothing.",
        "Samples are partners' data; dashboards and readers need no more than this.",
        secret=True,
    ),
    Knob(
        "FILEPROC_CONTRACTS",
        _text,
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
        _path,
        None,
        "folder",
        "Where keys of accepted files are remembered, for files that refer to them; without one they are not.",
        "Keys are data: where they are kept is somebody's decision. Pods share it as a volume.",
    ),
    Knob(
        "FILEPROC_JOB_TIMEOUT_SECONDS",
        _seconds(0.1, 43_200),
        "900",
        "seconds",
        "One attempt, fetch and check.",
        "Lambda's limit, which people size their files by; SQS allows 12 hours at most.",
    ),
    Knob(
        "FILEPROC_WORKER_MEMORY_MB",
        _integer(128, 1_048_576),
        "1024",
        "MiB",
        "Memory of one worker: with more it is ended; half of it is the engine's before it spills to disk.",
        "Ten workers on 16 GiB leave room for everything else.",
    ),
    Knob(
        "FILEPROC_WORKER_MAX_JOBS",
        _integer(0, 1_000_000_000),
        "1000",
        "jobs",
        "After about so many jobs a worker is replaced by a new one; 0 never does.",
        "Whatever native code has leaked goes with the process; a new worker starts in a twentieth of a second.",
    ),
    Knob(
        "FILEPROC_MAX_OBJECT_BYTES",
        _integer(1, 1 << 50),
        str(100 << 30),
        "bytes",
        "Larger objects are refused.",
        "They are spooled to disk, which is finite.",
    ),
    Knob(
        "FILEPROC_BACKLOG_MAX",
        _integer(1, 1_000_000_000),
        "100000",
        "jobs",
        "Waiting jobs above which POST / answers 503.",
        "About a day of work for a small pod; SNS and its dead-letter queue keep the rest.",
    ),
    Knob(
        "FILEPROC_RUNTIME_DIR",
        _path,
        DEFAULT_RUNTIME_DIR,
        "folder",
        "Sockets, the breaker's page and the jobs' folders.",
        "A tmpfs in a container; its path must be short, Unix sockets allow 107 bytes.",
    ),
    Knob(
        "FILEPROC_RETENTION_DAYS",
        _integer(1, 36_500),
        "30",
        "days",
        "How long finished jobs and their reports are kept.",
        "A month-end can be looked at until the next one.",
    ),
    Knob(
        "FILEPROC_SAMPLES",
        _integer(0, 1000),
        "5",
        "rows",
        "Samples kept per cause; totals are never capped.",
        "Enough to see the pattern, little enough to store.",
    ),
    Knob(
        "FILEPROC_SPLIT_TO",
        _s3_prefix,
        None,
        "S3 prefix",
        "Where accepted and rejected rows go when a contract says onFail: split, such as s3://bucket/parts/.",
        "One place that the operator names: contracts and keys never choose where data is written.",
    ),
    Knob(
        "FILEPROC_DRAIN_SECONDS",
        _seconds(0, 3600),
        "20",
        "seconds",
        "How long SIGTERM lets running jobs finish before they are given back.",
        "Kubernetes kills after 30.",
    ),
    Knob(
        "FILEPROC_SANDBOX",
        _choice("on", "off"),
        "on",
        "",
        "Whether the kernel confines workers (Landlock): their own folder, the contracts, the ports that S3 is behind.",
        "Files are hostile. off only where credentials come from a place that it does not know.",
    ),
    Knob(
        "DRY_RUN",
        _flag,
        "false",
        "",
        "Reports go to DRY_RUN_RESULTS only; none is stored, nothing is tagged, moved or published.",
        "For trying contracts on live traffic.",
    ),
    Knob(
        "DRY_RUN_RESULTS",
        _path,
        "dry_run_results.jsonl",
        "file",
        "Where dry-run reports go, one JSON document a line.",
        "Appended, so nothing is overwritten.",
    ),
    Knob(
        "FILEPROC_LOG_FORMAT",
        _choice("json", "console"),
        "json",
        "",
        "Log lines as json or for a console.",
        "Pods are read by machines.",
    ),
    Knob(
        "FILEPROC_LOG_LEVEL",
        _choice("debug", "info", "warning", "error"),
        "info",
        "",
        "Least level that is logged.",
        "One line per finished job is worth having.",
    ),
)

BY_NAME: Mapping[str, Knob] = MappingProxyType({knob.name: knob for knob in TABLE})


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
    database_url: str
    fileproc_host: str
    fileproc_port: int
    fileproc_admin_port: int | None
    fileproc_admin_token: str | None
    fileproc_operator_token: str | None
    fileproc_viewer_token: str | None
    fileproc_contracts: str
    fileproc_contract_variables: tuple[str, ...]
    fileproc_key_sets: Path | None
    fileproc_job_timeout_seconds: float
    fileproc_worker_memory_mb: int
    fileproc_worker_max_jobs: int
    fileproc_max_object_bytes: int
    fileproc_backlog_max: int
    fileproc_runtime_dir: Path
    fileproc_retention_days: int
    fileproc_samples: int
    fileproc_split_to: str | None
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

    @property
    def on_loopback(self) -> bool:
        """Whether the HTTP ports can be reached from this machine only."""
        return self.fileproc_host in {"127.0.0.1", "::1", "localhost"}


def load(environ: Mapping[str, str] | None = None, *, dotenv: Path | None = Path(".env")) -> Settings:
    """Read the environment, then `.env` for what it does not set, and freeze the result.

    Raises:
        SettingsError: names *every* wrong variable at once, with near-misses suggested.
    """
    values = _collect(os.environ if environ is None else environ, dotenv)
    problems = _near_misses(values)
    parsed: dict[str, Any] = {}
    for knob in TABLE:
        try:
            raw = _read(values, knob)
            parsed[knob.attribute] = None if raw is None else knob.parse(raw)
        except ValueError as error:
            problems.append(_describe(knob, values.get(knob.name), error))
    if not problems:
        settings = Settings(**parsed)
        problems = _contradictions(settings)
        if not problems:
            return settings
    raise SettingsError(problems)


def contract_variables(
    environ: Mapping[str, str] | None = None, *, dotenv: Path | None = Path(".env")
) -> dict[str, str | None]:
    """The variables that contracts may read, with their values; None for one that is not set.

    Raises:
        SettingsError: the list of names is wrong; no other setting is looked at.
    """
    values = _collect(os.environ if environ is None else environ, dotenv)
    knob = BY_NAME["FILEPROC_CONTRACT_VARIABLES"]
    raw = values.get(knob.name, "")
    try:
        return {name: values.get(name) for name in knob.parse(raw)}
    except ValueError as error:
        raise SettingsError([_describe(knob, raw, error)]) from None


def require_topics(settings: Settings) -> None:
    """The front needs an allow-list while it verifies.

    Raises:
        SettingsError: there is none.
    """
    if settings.sns_verify == "on" and not settings.sns_topic_arns:
        raise SettingsError(
            [
                "SNS_TOPIC_ARNS is empty: name the topics that may call, such as "
                "arn:aws:sns:eu-west-1:123456789012:files-landed (or set SNS_VERIFY=off on loopback)"
            ]
        )


def masked(settings: Settings) -> dict[str, str]:
    """Name → text for display; secrets are masked, a database URL only in its password."""
    shown: dict[str, str] = {}
    for knob in TABLE:
        value = getattr(settings, knob.attribute)
        if value is None:
            shown[knob.name] = ""
        elif knob.name == "DATABASE_URL":
            shown[knob.name] = mask_url(value)
        elif knob.secret:
            shown[knob.name] = MASK
        elif isinstance(value, tuple):
            shown[knob.name] = ",".join(value)
        elif isinstance(value, bool):
            shown[knob.name] = str(value).lower()
        elif isinstance(value, float):
            shown[knob.name] = f"{value:g}"
        else:
            shown[knob.name] = str(value)
    return shown


def mask_url(url: str) -> str:
    """The URL without its password, and without query values that could carry one."""
    parts = urlsplit(url)
    netloc = parts.netloc
    if "@" in netloc:
        user, _, host = netloc.rpartition("@")
        netloc = f"{user.partition(':')[0]}:{MASK}@{host}" if ":" in user else netloc
    query = re.sub(r"(?i)(pass\w*|token|secret)=[^&]*", rf"\1={MASK}", parts.query)
    masked_url = urlunsplit((parts.scheme, netloc, parts.path, query, ""))
    # urlunsplit drops the empty authority that sqlite:///file needs.
    return url if parts.scheme == "sqlite" else masked_url


def env_example() -> str:
    """The text of `.env.example`: every knob, its default, its unit and the reason, ready to uncomment."""
    lines = ["# Written by `fileproc config docs` from the table in fileproc/settings.py; do not edit by hand.", ""]
    for knob in TABLE:
        unit = f" [{knob.unit}]" if knob.unit else ""
        secret = " (secret; also as " + knob.name + "_FILE)" if knob.secret else ""
        lines += [f"# {knob.what}{unit}{secret}", f"# {knob.why}", f"#{knob.name}={knob.default or ''}", ""]
    return "\n".join(lines)


def reference_table() -> str:
    """The Markdown table of docs/reference/settings.md."""
    lines = ["| variable | default | unit | what and why |", "|---|---|---|---|"]
    for knob in TABLE:
        default = f"`{knob.default}`" if knob.default else "–"
        lines.append(f"| `{knob.name}` | {default} | {knob.unit or '–'} | {knob.what} {knob.why} |")
    return "\n".join(lines)


def _collect(environ: Mapping[str, str], dotenv: Path | None) -> dict[str, str]:
    values: dict[str, str] = {}
    if dotenv is not None and dotenv.is_file():
        from dotenv import dotenv_values  # for those who have such a file

        values.update({key: value for key, value in dotenv_values(dotenv).items() if value is not None})
    values.update(environ)
    return values


def _read(values: Mapping[str, str], knob: Knob) -> str | None:
    """The raw text of one knob; a secret may come from the file that NAME_FILE points at."""
    raw = values.get(knob.name)
    if knob.secret and raw is None and (file := values.get(f"{knob.name}_FILE")):
        try:
            raw = Path(file).read_text().strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ValueError(f"cannot be read from the file in {knob.name}_FILE ({type(error).__name__})") from None
    if raw is None or (raw.strip() == "" and not knob.default):
        raw = knob.default
    return raw


def _describe(knob: Knob, raw: str | None, error: ValueError) -> str:
    shown = "" if raw is None or knob.secret else f", not {raw[:80]!r}"
    return f"{knob.name} {error}{shown}"


def _near_misses(values: Mapping[str, str]) -> list[str]:
    known = set(BY_NAME) | {f"{knob.name}_FILE" for knob in TABLE if knob.secret}
    problems = []
    for name in sorted(values):
        if name in known or not name.startswith(OURS) or name.startswith("FILEPROC_TEST_"):
            continue
        near = difflib.get_close_matches(name, BY_NAME, 1, cutoff=0.75)
        if near:
            problems.append(f"{name} is unknown; did you mean {near[0]}?")
        elif name.startswith("FILEPROC_"):
            problems.append(f"{name} is unknown; `fileproc config docs` lists every setting")
    return problems


def _contradictions(settings: Settings) -> list[str]:
    problems = []
    if settings.sns_verify == "off" and not settings.on_loopback:
        problems.append(
            "SNS_VERIFY=off is refused while FILEPROC_HOST is reachable from other machines; "
            "turn it on, bind to 127.0.0.1, or write SNS_VERIFY=off-i-know"
        )
    if settings.fileproc_admin_port and settings.fileproc_admin_port == settings.fileproc_port:
        problems.append("FILEPROC_ADMIN_PORT must differ from FILEPROC_PORT")
    tokens = [settings.fileproc_admin_token, settings.fileproc_operator_token, settings.fileproc_viewer_token]
    given = [token for token in tokens if token]
    if len(set(given)) < len(given):
        problems.append(
            "FILEPROC_ADMIN_TOKEN, FILEPROC_OPERATOR_TOKEN and FILEPROC_VIEWER_TOKEN must differ: "
            "with one token for two roles the lesser one is no limit"
        )
    return problems
