"""What operators, probes and Prometheus ask of a real front, and what strangers may not."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.fronts import Front, created, metric, running
from tests.system.programs import until
from tests.system.tiny_pool import TinyPool

pytestmark = pytest.mark.system

KNOWN_KEYS = {"active", "consecutive_failures", "last_failure_time", "cooldown_remaining"}


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    """A front on loopback with no token and no pool."""
    with running(tmp_path_factory.mktemp("front")) as started:
        yield started


@pytest.fixture
def pool(front: Front) -> Iterator[TinyPool]:
    with TinyPool(front.runtime_dir) as started:
        yield started


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    """A front with an admin token and an admin port."""
    folder = tmp_path_factory.mktemp("guarded")
    with running(folder, FILEPROC_ADMIN_TOKEN="s3cret-token", FILEPROC_ADMIN_PORT="0") as started:
        yield started


def command(front: Front, *arguments: str) -> tuple[int, str, str]:
    """A verb of the command line against this front."""
    done = subprocess.run(
        [sys.executable, "-m", "fileproc", *arguments, "--url", f"http://127.0.0.1:{front.port}"],
        capture_output=True,
        text=True,
        env=front.environment,
        cwd=front.folder,
        timeout=60,
    )
    return done.returncode, done.stdout, done.stderr


def test_without_a_pool_it_lives_but_is_not_ready(tmp_path: Path) -> None:
    """The load balancer is told to wait, and why; the breaker reads as closed and stale; metrics still come."""
    with running(tmp_path) as front:
        lives_alone(front)


def lives_alone(front: Front) -> None:
    verbose = front.ask("GET", "/readyz?verbose").document

    assert 200 == front.ask("GET", "/livez").status
    assert [503, 503] == [front.ask("GET", path).status for path in ("/readyz", "/healthz")]
    assert ("not beating", "writable", front.certificates.url) == (
        verbose["pool"],
        verbose["journal"],
        verbose["extra_certificate_origin"],
    )
    assert (False, True) == tuple(front.ask("GET", "/breaker").document[key] for key in ("active", "stale"))
    assert 503 == front.ask("GET", "/api/v1/pool").status
    assert 0 == metric(front, "fileproc_pool_up")
    assert (3, "not ready; pool: not beating\n") == command(front, "health")[:2]


def test_with_a_pool_it_is_ready(front: Front, pool: TinyPool) -> None:
    """Probes say yes, and both halves of the metrics are on one page, in both formats."""
    openmetrics = front.ask("GET", "/metrics", Accept="application/openmetrics-text; version=1.0.0")
    plain = front.ask("GET", "/metrics")

    assert [200, 200] == [front.ask("GET", path).status for path in ("/readyz", "/healthz")]
    assert openmetrics.headers["content-type"].startswith("application/openmetrics-text")
    assert plain.headers["content-type"].startswith("text/plain")
    assert (openmetrics.body.endswith(b"# EOF\n"), 1) == (True, openmetrics.body.count(b"# EOF"))
    for page in (openmetrics, plain):
        assert b"fileproc_pool_up 1.0" in page.body
        assert b"fileproc_workers_max 2.0" in page.body
    assert 2 == front.ask("GET", "/api/v1/pool").document["workers_max"]
    assert (0, "ready\n") == command(front, "health")[:2]


def test_the_pools_metrics_stay_while_it_restarts(front: Front) -> None:
    """A scrape during a restart shows the last copy, and says that it is one."""
    with TinyPool(front.runtime_dir):
        front.ask("GET", "/metrics")
    page = front.ask("GET", "/metrics").body

    assert (True, True) == (b"fileproc_workers_max 2.0" in page, b"fileproc_pool_up 0.0" in page)


def test_the_breaker_is_opened_and_reset_by_operators(front: Front, pool: TinyPool) -> None:
    """The pool does it before the answer comes; GET still resets, as operators know it."""
    assert set(front.ask("GET", "/breaker").document) >= KNOWN_KEYS
    for method in ("POST", "GET"):
        opened = front.ask("POST", "/breaker/open")
        assert (200, True, "open") == (opened.status, opened.document["active"], opened.document["state"])
        assert 0 < opened.document["cooldown_remaining"] <= 60
        closed = front.ask(method, "/breaker/reset")
        assert (200, False, 0) == (closed.status, closed.document["active"], closed.document["cooldown_remaining"])
    assert pool.rings >= 4


def test_new_jobs_ring_the_pools_bell(front: Front, pool: TinyPool) -> None:
    """Work begins at once, not at the pool's next look."""
    before = pool.rings
    front.post(front.signer.notification(created("ring.csv")))

    until(lambda: pool.rings > before, "the bell", 5)


def test_while_it_is_open_what_arrives_is_held(front: Front, pool: TinyPool) -> None:
    """200, so that SNS stops; `skipped` and `held`, so that people know; and in the journal, so that it will run."""
    front.ask("POST", "/breaker/open")
    reply = front.post(front.signer.notification(created("held.csv")))
    front.ask("POST", "/breaker/reset")

    assert (200, "skipped", True) == (reply.status, reply.document["status"], reply.document["held"])
    (file,) = front.ask("GET", "/api/v1/files?prefix=held.csv").document["files"]
    assert ("held", reply.document["jobs"][0]["id"]) == (file["state"], file["id"])


def test_the_breaker_from_the_command_line(front: Front, pool: TinyPool) -> None:
    """Open, look and reset, in words and in JSON."""
    assert (0, "open, 60 s left, 0 of 5 failures in a row\n") == command(front, "breaker", "open")[:2]
    assert '"state": "open"' in command(front, "breaker", "show", "--format", "json")[1]
    assert (0, "closed, 0 of 5 failures in a row\n") == command(front, "breaker", "reset")[:2]


def test_a_command_without_a_pool_waits_for_the_next_one(front: Front) -> None:
    """202 and `reset_pending`; the pool that starts next does it first thing."""
    with TinyPool(front.runtime_dir):
        front.ask("POST", "/breaker/open")
    reply = front.ask("POST", "/breaker/reset")

    assert (202, True) == (reply.status, reply.document["reset_pending"])
    with TinyPool(front.runtime_dir):
        assert (False, False) == tuple(
            front.ask("GET", "/breaker").document[key] for key in ("active", "reset_pending")
        )


FOREIGN = {
    "from another site": {"Sec_Fetch_Site": "cross-site"},
    "from a sister site": {"Sec_Fetch_Site": "same-site"},
    "under another name (DNS rebinding)": {"Host": "evil.example"},
    "by a proxy": {"X_Forwarded_For": "127.0.0.1"},
    "by a proxy that says so": {"Via": "1.1 proxy"},
}


@pytest.mark.parametrize("headers", FOREIGN.values(), ids=FOREIGN)
@pytest.mark.parametrize("path", ["GET /breaker/reset", "POST /breaker/reset", "POST /breaker/open"])
def test_strangers_change_nothing(front: Front, path: str, headers: dict[str, str]) -> None:
    """Whoever only seems to come from this machine is refused, with a sentence that says how to get in."""
    reply = front.ask(*path.split(), **headers)

    assert (403, "application/problem+json") == (reply.status, reply.headers["content-type"])
    assert reply.document["detail"]


def test_a_token_is_wanted_where_one_is_set(guarded: Front) -> None:
    """Loopback alone is not enough then; the answer says what to send, and the token is never logged."""
    port = guarded.admin_port
    missing = guarded.ask("POST", "/breaker/reset", port=port)
    wrong = guarded.ask("POST", "/breaker/reset", port=port, Authorization="Bearer s3cret-toke")
    basic = guarded.ask("POST", "/breaker/reset", port=port, Authorization="Basic s3cret-token")
    strange = guarded.ask("POST", "/breaker/reset", port=port, Authorization="Bearer \xff")  # no UTF-8
    with TinyPool(guarded.runtime_dir):
        right = guarded.ask("POST", "/breaker/reset", port=port, Authorization="Bearer s3cret-token")
        across = guarded.ask(
            "POST", "/breaker/reset", port=port, Authorization="Bearer s3cret-token", Sec_Fetch_Site="cross-site"
        )

    assert [401, 401, 401, 401, 200, 403] == [reply.status for reply in (missing, wrong, basic, strange, right, across)]
    assert missing.headers["www-authenticate"].startswith("Bearer")
    assert "s3cret-token" not in guarded.log.read_text()


def test_the_command_line_says_why_it_may_not(guarded: Front) -> None:
    """Without the token: wrong usage, 2; at the wrong port or at nobody's: no answer, 3. Each says how to mend it."""
    environment = {name: value for name, value in guarded.environment.items() if name != "FILEPROC_ADMIN_TOKEN"}
    answers = [
        subprocess.run(
            [sys.executable, "-m", "fileproc", "breaker", "reset", "--url", f"http://127.0.0.1:{port}"],
            capture_output=True,
            text=True,
            env=environment,
            cwd=guarded.folder,
            timeout=60,
        )
        for port in (guarded.admin_port, guarded.port, 9)
    ]

    assert [2, 3, 3] == [answer.returncode for answer in answers]
    for answer, fix in zip(answers, ("Authorization: Bearer", "FILEPROC_ADMIN_PORT", "--url"), strict=True):
        assert ("", True) == (answer.stdout, fix in answer.stderr)


def test_the_public_port_serves_sns_and_probes_only(guarded: Front) -> None:
    """With an admin port, nothing else can be reached from outside; the admin port does not take notifications."""
    envelope = guarded.signer.notification(created("public.csv"))
    inner = ["/breaker", "/breaker/reset", "/metrics", "/healthz", "/api/v1/files", "/api/v1/files/1", "/api/v1/pool"]

    assert "accepted" == guarded.post(envelope).document["status"]
    assert 200 == guarded.ask("GET", "/livez").status
    assert "ready" in guarded.ask("GET", "/readyz").document["status"]
    assert [404] * len(inner) == [guarded.ask("GET", path).status for path in inner]
    assert 404 == guarded.ask("POST", "/", b"{}", port=guarded.admin_port).status
    assert [200, 200] == [guarded.ask("GET", path, port=guarded.admin_port).status for path in ("/livez", "/metrics")]


def test_bound_to_the_world_without_a_token_it_is_read_only(tmp_path: Path) -> None:
    """It runs, says so loudly, changes nothing for anybody and shows no partner's data."""
    with running(tmp_path, FILEPROC_HOST="0.0.0.0") as front:
        id_ = front.post(front.signer.notification(created("a.csv"))).document["jobs"][0]["id"]
        store_report(front, id_)

        assert 403 == front.ask("POST", "/breaker/reset").status
        report = front.ask("GET", f"/api/v1/files/{id_}").document
        assert ([], True, 7) == (report["causes"][0]["samples"], report["samples_hidden"], report["causes"][0]["count"])
        assert "alice@example.com" not in str(report)
        assert 1 == len(front.events("open_to_the_world"))


def store_report(front: Front, id_: str) -> None:
    """A report with a sample in it, as the pool would have stored it."""
    sample = {"line": 2, "record": 1, "cell": "alice@example.com"}
    document = {"id": id_, "verdict": "fail", "causes": [{"code": "x", "count": 7, "samples": [sample]}]}
    with sqlite3.connect(front.database) as connection:
        row = (int(id_), json.dumps(document), "2026-11-24 06:00:00.000000")
        connection.execute("INSERT INTO reports (job_id, document, stored_at) VALUES (?, ?, ?)", row)


def test_files_are_listed_newest_first_and_paged_by_key(front: Front) -> None:
    """Every file is on exactly one page, whatever arrives meanwhile."""
    front.post(front.signer.notification(created(*[f"page/{number}.csv" for number in range(5)])))
    seen: list[str] = []
    after = ""
    while True:
        page = front.ask("GET", f"/api/v1/files?prefix=page/&limit=2{after}").document
        seen += [file["key"] for file in page["files"]]
        front.post(front.signer.notification(created(f"page/new-{len(seen)}.csv")))
        if page["next"] is None:
            break
        after = f"&before={page['next']}"

    assert [f"page/{number}.csv" for number in (4, 3, 2, 1, 0)] == seen


def test_a_file_shows_its_report_and_its_job(front: Front) -> None:
    """One document: what was found, and what the service did; on loopback with its samples."""
    id_ = front.post(front.signer.notification(created("reported.csv"))).document["jobs"][0]["id"]
    before = front.ask("GET", f"/api/v1/files/{id_}").document
    store_report(front, id_)
    after = front.ask("GET", f"/api/v1/files/{id_}").document

    assert (id_, None, "available") == (before["id"], before["verdict"], before["job"]["state"])
    assert ("fail", id_, "alice@example.com") == (
        after["verdict"],
        after["job"]["id"],
        after["causes"][0]["samples"][0]["cell"],
    )


@pytest.mark.parametrize(
    ("query", "word"),
    [
        ("verdict=green", "verdict"),
        ("state=failed", "state"),
        ("limit=0", "limit"),
        ("limit=1e3", "limit"),
        ("limit=501", "limit"),
        ("before=x", "before"),
        ("before=%C2%B2", "before"),
        ("since=yesterday", "since"),
        ("bucket=%00", "bucket"),
        ("prefix=%FF", "prefix"),
        ("veridct=fail", "veridct"),
    ],
)
def test_a_wrong_filter_is_told_and_not_ignored(front: Front, query: str, word: str) -> None:
    """A filter that was silently dropped would show the wrong files."""
    reply = front.ask("GET", f"/api/v1/files?{query}")

    assert 400 == reply.status
    assert word in reply.document["detail"]


@pytest.mark.parametrize("id_", ["0", "999999", "x", "-1", "1.0", "9" * 30, "%C2%B2"])
def test_a_file_that_is_not_there(front: Front, id_: str) -> None:
    """404, whatever stands for the id."""
    assert 404 == front.ask("GET", f"/api/v1/files/{id_}").status


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nowhere", 404), ("DELETE", "/livez", 405), ("GET", "/breaker/open", 405), ("PUT", "/", 405)],
)
def test_every_error_is_a_problem_document(front: Front, method: str, path: str, status: int) -> None:
    """RFC 9457, with a request id and headers that keep browsers honest."""
    reply = front.ask(method, path)

    assert (status, "application/problem+json") == (reply.status, reply.headers["content-type"])
    assert (status, "about:blank") == (reply.document["status"], reply.document["type"])
    assert reply.document["request_id"]
    assert {"nosniff", "no-store", "no-referrer"} <= set(reply.headers.values())
    assert "server" not in reply.headers
    assert (status == 405) == ("allow" in reply.headers)
