"""A worker reads what strangers wrote, so it can reach little: if a file ever got the better of a parser, it would find
itself in a small room.

Three walls, none of which needs a privilege. The environment is an allow-list. The process can gain no rights
(`no_new_privs`). Where the kernel has Landlock (Linux 5.13 and newer), it opens no file but the program's own code, its
contracts and what name resolution and TLS need; writes in its own folder only; starts no program; and, from Linux 6.7
on, connects to nothing but the ports that S3 is behind. Once up, no wall comes down again for this process.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import re
import stat
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from fileproc import logs

log = logs.get("sandbox")

#: What a worker may know of its pool's environment: how to run, how to speak, and how to reach S3.
ALLOWED = frozenset(
    {
        "PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TZ", "TMPDIR", "LD_LIBRARY_PATH",
        "VIRTUAL_ENV", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "HTTP_PROXY",
        "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS",
    }
)  # fmt: skip
ALLOWED_BEGINNINGS = ("AWS_", "LC_", "PYTHON")

PR_SET_NO_NEW_PRIVS = 38

#: System calls have these numbers on every architecture that Linux was brought to since 2011, x86 and ARM among them.
CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
VERSION_ONLY = 1
PATH_RULE, PORT_RULE = 1, 2

EXECUTE, WRITE_FILE, READ_FILE, READ_FOLDER = 1 << 0, 1 << 1, 1 << 2, 1 << 3
TRUNCATE, DEVICE_CONTROL = 1 << 14, 1 << 15
READ = READ_FILE | READ_FOLDER
FOR_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | DEVICE_CONTROL

#: Version of the interface → how many of the rights to files it knows.
KNOWN_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15}
KNOWN_RIGHTS_SINCE_5 = 16
BIND, CONNECT = 1 << 0, 1 << 1
NO_ABSTRACT_SOCKETS, NO_SIGNALS = 1 << 0, 1 << 1

#: Name resolution, TLS, time zones, shared libraries, and the kernel's figures about this process and its limits.
SYSTEM = (
    "/usr/lib", "/usr/lib64", "/lib", "/lib64", "/usr/local/lib", "/usr/share/zoneinfo", "/usr/share/ca-certificates",
    "/usr/local/share/ca-certificates", "/etc/ssl", "/etc/pki", "/etc/ca-certificates", "/etc/resolv.conf",
    "/etc/hosts", "/etc/host.conf", "/etc/nsswitch.conf", "/etc/gai.conf", "/etc/services", "/etc/localtime",
    "/etc/ld.so.cache", "/dev/urandom", "/dev/random", "/dev/zero", "/proc/self", "/proc/meminfo", "/proc/cpuinfo",
    "/sys/fs/cgroup", "/sys/devices/system/cpu",
)  # fmt: skip

#: HTTPS; HTTP, DNS over TCP: the credentials that EC2, ECS and EKS hand out are behind HTTP.
PORTS = frozenset({53, 80, 443})
BUNDLES = ("AWS_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
PROFILES = ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE")
TOKENS = ("AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")
ADDRESS = re.compile(r"https?://[^\s\"',]+")


@dataclass(frozen=True, slots=True)
class Reach:
    """What one worker may touch."""

    readable: tuple[Path, ...]
    writable: tuple[Path, ...]
    ports: frozenset[int]
    programs: bool = False  # whether it may start any; only `credential_process` in the AWS configuration needs that


def may_know(name: str) -> bool:
    """Whether a worker may have this environment variable."""
    return name.upper() in ALLOWED or name.startswith(ALLOWED_BEGINNINGS)


def confine(folder: Path, *, reads: Iterable[Path] = (), writes: Iterable[Path] = ()) -> int:
    """Put up the walls around this process; the version of the kernel's Landlock, 0 where it has none.

    Call it once, from the only thread, after everything was imported. Temporary files go below `folder` from here on.
    """
    os.environ["TMPDIR"] = tempfile.tempdir = str(folder)
    libc = ctypes.CDLL(None, use_errno=True)
    with contextlib.suppress(AttributeError):
        libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    version = _version(libc)
    if version == 0:
        log.warning("sandbox_unavailable", missing="Landlock", effect="workers can read what their user can")
        return 0
    aws, told = _aws_configuration()
    reach = Reach(
        readable=(*map(Path, SYSTEM), *_code(), *aws, *reads),
        writable=(folder, Path("/dev/null"), Path.home() / ".aws/sso/cache", *writes),
        ports=PORTS | _ports(told),
        programs="credential_process" in told,
    )
    try:
        _restrict(libc, version, reach)
    except OSError as error:
        log.warning("sandbox_unavailable", missing=f"Landlock: {error}", effect="workers can read what their user can")
        return 0
    log.debug("sandboxed", landlock=version, ports=sorted(reach.ports), folder=str(folder))
    return version


def _version(libc: ctypes.CDLL) -> int:
    """Which Landlock this kernel has; it may be too old or have it off, and a container may forbid the call."""
    if sys.platform != "linux":
        return 0
    return max(0, int(libc.syscall(CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(VERSION_ONLY))))


def _restrict(libc: ctypes.CDLL, version: int, reach: Reach) -> None:
    rights = (1 << KNOWN_RIGHTS.get(version, KNOWN_RIGHTS_SINCE_5)) - 1
    if reach.programs:
        rights &= ~EXECUTE
    rules = _made(libc, version, rights)
    try:
        for path in reach.readable:
            _allow_path(libc, rules, path, READ & rights)
        for path in reach.writable:
            _allow_path(libc, rules, path, rights & ~EXECUTE)
        for port in sorted(reach.ports) if version >= 4 else ():
            rule = (ctypes.c_uint64 * 2)(CONNECT, port)
            _call(libc, ADD_RULE, ctypes.c_int(rules), ctypes.c_int(PORT_RULE), rule, ctypes.c_uint32(0))
        _call(libc, RESTRICT_SELF, ctypes.c_int(rules), ctypes.c_uint32(0))
    finally:
        os.close(rules)


def _made(libc: ctypes.CDLL, version: int, rights: int) -> int:
    """A set of rules over everything this kernel can govern; what no rule allows is forbidden."""
    words = [rights]
    if version >= 4:
        words.append(BIND | CONNECT)
    if version >= 6:
        words.append(NO_ABSTRACT_SOCKETS | NO_SIGNALS)
    attributes = (ctypes.c_uint64 * len(words))(*words)
    size = ctypes.c_size_t(ctypes.sizeof(attributes))
    return _call(libc, CREATE_RULESET, attributes, size, ctypes.c_uint32(0))


class _PathRule(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = (("rights", ctypes.c_uint64), ("descriptor", ctypes.c_int32))


def _allow_path(libc: ctypes.CDLL, rules: int, path: Path, rights: int) -> None:
    """Allow a folder with what is below it, or one file; what is not there needs no rule."""
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not stat.S_ISDIR(os.fstat(descriptor).st_mode):
            rights &= FOR_FILES
        rule = ctypes.byref(_PathRule(rights, descriptor))
        _call(libc, ADD_RULE, ctypes.c_int(rules), ctypes.c_int(PATH_RULE), rule, ctypes.c_uint32(0))
    finally:
        os.close(descriptor)


def _call(libc: ctypes.CDLL, number: int, *arguments: object) -> int:
    result = int(libc.syscall(number, *arguments))
    if result < 0:
        code = ctypes.get_errno() or errno.EINVAL
        raise OSError(code, os.strerror(code))
    return result


def _code() -> Iterator[Path]:
    """The interpreter, what is installed, and the folders of packages that live elsewhere, such as a checkout.

    Not `sys.path` itself: the working directory is on it, and with it an `.env` full of secrets.
    """
    roots = {Path(root).resolve() for root in (sys.prefix, sys.base_prefix, sys.exec_prefix)} - {Path("/usr")}
    yield from roots
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if file is None or "." in name:
            continue
        path = Path(file).resolve()
        place = path.parent if path.name == "__init__.py" else path
        if not any(place.is_relative_to(root) for root in roots):
            yield place


def _aws_configuration() -> tuple[list[Path], str]:
    """(files and folders that boto3 reads credentials from, everything that is said in variables and profiles)."""
    home = Path.home() / ".aws"
    paths = [home]
    for name in (*BUNDLES, *PROFILES, *TOKENS):
        if os.environ.get(name):
            path = Path(os.environ[name]).expanduser()
            # A mounted token is a link that is turned to a new folder beside it every hour: the folder is allowed.
            paths.append(path.parent if name in TOKENS else path)
    told = [value for name, value in os.environ.items() if may_know(name)]
    for profile in (home / "config", Path(os.environ.get("AWS_CONFIG_FILE", os.devnull))):
        with contextlib.suppress(OSError, UnicodeDecodeError):
            told.append(profile.read_text())
    return paths, "\n".join(told)


def _ports(told: str) -> frozenset[int]:
    """Ports of the addresses that are named: an S3 of one's own, a proxy, a place that hands out credentials."""
    found = set()
    for address in ADDRESS.findall(told):
        with contextlib.suppress(ValueError):
            found.add(urlsplit(address).port or 443)
    return frozenset(found)
