"""What people and scripts do through the API of a real front, and what is written down of it."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.fronts import Front, Reply, created, running
from tests.system.tiny_pool import TinyPool

pytestmark = pytest.mark.system

TOKENS = {"viewer": "see-tokens-are-long", "operator": "do-tokens-are-long", "admin": "all-tokens-are-long"}

CONTRACT = """\
apiVersion: v3.1.0
kind: DataContract
id: orders-id
name: orders
version: 1.2.0
status: active
servers:
  - server: s3
    type: s3
    location: s3://acme/orders/*.csv
schema:
  - name: orders
    properties:
      - name: order_id
        logicalType: string
        required: true
"""


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    """A front with three roles, two contracts (one broken), and tokens from files."""
    folder = tmp_path_factory.mktemp("front")
    contracts = folder / "contracts"
    contracts.mkdir()
    (contracts / "orders.yaml").write_text(CONTRACT)
    (contracts / "broken.yaml").write_text("kind: DataContract\nid: [")
    settings = {"FILEPROC_CONTRACTS": str(contracts)}
    for role, token in TOKENS.items():
        (folder / role).write_text(f"{token}\n")
        settings[f"FILEPROC_{role.upper()}_TOKEN_FILE"] = str(folder / role)
    with running(folder, **settings) as started:
        yield started


def as_(front: Front, role: str, method: str, path: str, body: bytes = b"", **headers: str) -> Reply:
    return front.ask(method, path, body, Authorization=f"Bearer {TOKENS[role]}", **headers)


def known(front: Front, key: str, state: str = "completed") -> str:
    """A file whose job is in this state."""
    id_ = front.post(front.signer.notification(created(key))).document["jobs"][0]["id"]
    with sqlite3.connect(front.database) as connection:
        connection.execute("UPDATE jobs SET state = ?, verdict = 'fail', attempts = 3 WHERE id = ?", (state, id_))
    return str(id_)


def test_an_address_is_checked_now(front: Front) -> None:
    """A new one becomes a job, one that waits is left alone, one that is finished runs again."""
    body = json.dumps({"address": "s3://acme/now.csv"}).encode()
    first = as_(front, "operator", "POST", "/api/v1/files", body)
    second = as_(front, "operator", "POST", "/api/v1/files", body)
    with sqlite3.connect(front.database) as connection:
        connection.execute("UPDATE jobs SET state = 'completed' WHERE id = ?", (first.document["id"],))
    third = as_(front, "operator", "POST", "/api/v1/files", body)

    assert [202, 202, 202] == [one.status for one in (first, second, third)]
    assert ["accepted", "waiting", "again"] == [one.document["status"] for one in (first, second, third)]
    assert 1 == len({one.document["id"] for one in (first, second, third)})


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b"not json",
        b'{"address": 1}',
        b'{"address": "https://acme/now.csv"}',
        b'{"address": "s3://acme"}',
        b'{"address": "s3://ac me/x"}',
        b'{"address": "s3://acme/x", "address": "s3://acme/y"}',
        b'{"address": "s3://acme/x", "etag": "e"}',
        b'{"address": "s3://acme/x", "version_id": ""}',
    ],
)
def test_what_is_no_address_is_told(front: Front, body: bytes) -> None:
    """400 with a sentence, and no job."""
    reply = as_(front, "operator", "POST", "/api/v1/files", body)

    assert (400, "application/problem+json") == (reply.status, reply.headers["content-type"])
    assert reply.document["detail"]


def test_a_finished_file_is_replayed_and_one_that_runs_is_not(front: Front) -> None:
    """All its attempts are there again; 409 says why not, 404 that there is none."""
    done, waiting = known(front, "done.csv"), known(front, "waiting.csv", "available")
    replayed = as_(front, "operator", "POST", f"/api/v1/files/{done}/replay")
    refused = as_(front, "operator", "POST", f"/api/v1/files/{waiting}/replay")
    missing = as_(front, "operator", "POST", "/api/v1/files/999999/replay")

    assert [202, 409, 404] == [one.status for one in (replayed, refused, missing)]
    job = front.ask("GET", f"/api/v1/files/{done}").document["job"]
    assert ("available", 0, None) == (job["state"], job["attempts"], job["verdict"])


def test_the_failing_rows_are_a_table(front: Front) -> None:
    """For a spreadsheet, safe to open; for those who may see samples only."""
    id_ = known(front, "rows.csv")
    words = dict.fromkeys(("title", "found", "agreed", "fix"), "=1+1") | {
        "severity": "fail",
        "column": "a",
        "code": "x",
    }
    sample = {"line": 2, "record": 1, "cell": "alice@example.com"}
    cause = {**words, "count": 7, "samples": [sample], "lines": [2]}
    document = {"id": id_, "verdict": "fail", "file": {"bucket": "acme", "key": "rows.csv"}, "causes": [cause]}
    with sqlite3.connect(front.database) as connection:
        row = (int(id_), json.dumps(document), "2026-11-24 06:00:00.000000")
        connection.execute("INSERT INTO reports (job_id, document, stored_at) VALUES (?, ?, ?)", row)

    path = f"/api/v1/files/{id_}/rows.csv"
    shown, masked = as_(front, "viewer", "GET", path), front.ask("GET", path, X_Forwarded_For="10.0.0.1")
    (header, *rows) = csv.reader(io.StringIO(shown.body.decode()))
    assert ("text/csv; charset=utf-8", True) == (
        shown.headers["content-type"],
        "attachment" in shown.headers["content-disposition"],
    )
    assert ("alice@example.com", "'=1+1") == (rows[0][header.index("cell")], rows[0][header.index("title")])
    assert (403, False) == (masked.status, b"alice" in masked.body)
    assert 404 == as_(front, "viewer", "GET", f"/api/v1/files/{known(front, 'none.csv')}/rows.csv").status


def test_contracts_can_be_looked_at(front: Front) -> None:
    """Which there are, what one says, and what could not be read; no path of this machine."""
    listed = front.ask("GET", "/api/v1/contracts").document
    one = front.ask("GET", "/api/v1/contracts/orders").document

    assert [("orders", "1.2.0", "orders.yaml")] == [
        (contract["name"], contract["version"], contract["file"]) for contract in listed["contracts"]
    ]
    assert ["broken.yaml"] == [problem["file"] for problem in listed["problems"]]
    (column,) = one["versions"][0]["schemas"][0]["properties"]
    assert ("order_id", True) == (column["name"], column["required"])
    assert 404 == front.ask("GET", "/api/v1/contracts/none").status


@pytest.mark.parametrize(
    ("method", "path", "least"),
    [
        ("POST", "/breaker/reset", "operator"),
        ("GET", "/breaker/reset", "operator"),
        ("POST", "/breaker/open", "operator"),
        ("POST", "/api/v1/files", "operator"),
        ("POST", "/api/v1/files/1/replay", "operator"),
        ("GET", "/api/v1/actions", "admin"),
    ],
)
def test_each_door_wants_its_role(front: Front, method: str, path: str, least: str) -> None:
    """Nobody without a token, nobody of a lesser role, and nobody from another site, whatever the token."""
    roles = list(TOKENS)
    lesser = roles[: roles.index(least)]

    assert 401 == front.ask(method, path).status
    assert [403] * len(lesser) == [as_(front, role, method, path).status for role in lesser]
    assert 403 == as_(front, "admin", method, path, Sec_Fetch_Site="cross-site").status
    assert not {401, 403} & {as_(front, role, method, path).status for role in roles[roles.index(least) :]}


def test_every_change_is_written_down(front: Front) -> None:
    """Who, from where, what, of what, and what came of it: in the table, in the log, and never with a token."""
    before = as_(front, "admin", "GET", "/api/v1/actions?limit=1").document["actions"]
    with TinyPool(front.runtime_dir):
        as_(front, "operator", "POST", "/breaker/open?bucket=acme")
        as_(front, "admin", "POST", "/breaker/reset")
    as_(front, "operator", "POST", "/api/v1/files", b'{"address": "s3://acme/logged.csv"}')
    as_(front, "viewer", "POST", "/breaker/reset")  # refused: no change

    page = as_(front, "admin", "GET", "/api/v1/actions?limit=3").document
    assert [
        ("operator token", "127.0.0.1", "file.check", "s3://acme/logged.csv", "accepted"),
        ("admin token", "127.0.0.1", "breaker.reset", None, "done"),
        ("operator token", "127.0.0.1", "breaker.open", "acme", "done"),
    ] == [tuple(one[name] for name in ("who", "peer", "action", "target", "outcome")) for one in page["actions"]]
    rest = as_(front, "admin", "GET", f"/api/v1/actions?limit=1&before={page['next']}").document["actions"]
    assert before == rest
    assert {one["request_id"] for one in page["actions"]} <= {one["request_id"] for one in front.events("action")}
    assert not any(token in front.log.read_text() for token in TOKENS.values())


def test_one_bucket_is_held_and_the_others_are_not(front: Front) -> None:
    """An operator closes one partner's door; the command line shows which, and the rest flows."""
    with TinyPool(front.runtime_dir):
        as_(front, "operator", "POST", "/breaker/open?bucket=globex")
        held = front.post(front.signer.notification(created("h.csv", bucket="globex"))).document
        flows = front.post(front.signer.notification(created("f.csv", bucket="acme"))).document
        breaker = front.ask("GET", "/breaker").document
        as_(front, "operator", "POST", "/breaker/reset?bucket=globex")
        after = front.ask("GET", "/breaker").document
        wrong = as_(front, "operator", "POST", "/breaker/reset?bukcet=globex")

    assert (("skipped", True), "accepted") == ((held["status"], held["held"]), flows["status"])
    assert ("globex", "open", "closed", ["globex"]) == (
        breaker["scope"],
        breaker["state"],
        breaker["whole"]["state"],
        [scope["bucket"] for scope in breaker["scopes"]],
    )
    assert (False, [], 400) == (after["active"], after["scopes"], wrong.status)


def test_a_page_of_another_version_is_told_and_not_guessed_at(tmp_path: Path) -> None:
    """Not ready, with the reason; no command goes into it; what arrives is taken as if the breaker were closed."""
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "breaker.page").write_bytes(b"FPBR0009" + bytes(200_000))
    with running(tmp_path) as front:
        ready, reset = front.ask("GET", "/readyz?verbose"), front.ask("POST", "/breaker/reset")

        assert (503, True) == (ready.status, "FPBR0009" in ready.document["pool"])
        assert (503, True) == (reset.status, "same version" in reset.document["detail"])
        assert "accepted" == front.post(front.signer.notification(created("x.csv"))).document["status"]


def test_who_guesses_is_locked_out(tmp_path: Path) -> None:
    """429 with Retry-After after twenty wrong tokens, one line in the log, and the door for SNS stays open."""
    with running(tmp_path, FILEPROC_ADMIN_TOKEN="right-tokens-are-long") as front:
        statuses = [front.ask("POST", "/breaker/reset", Authorization=f"Bearer {guess}").status for guess in range(22)]
        right = front.ask("POST", "/breaker/reset", Authorization="Bearer right-tokens-are-long")

        assert [401] * 20 + [429] * 2 == statuses
        assert (429, True) == (right.status, 0 < int(right.headers["retry-after"]) <= 61)
        assert 1 == len(front.events("address_locked_out"))
        assert 200 == front.post(front.signer.notification(created("open.csv"))).status


def test_the_interface_describes_itself(front: Front) -> None:
    """Every route is in the document, with its role."""
    document = front.ask("GET", "/openapi.json").document

    assert "3.1.0" == document["openapi"]
    assert {"/", "/breaker", "/api/v1/files/{id}/rows.csv", "/openapi.json"} <= set(document["paths"])
    assert "operator" == document["paths"]["/breaker/open"]["post"]["x-role"]
