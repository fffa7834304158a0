"""The verbs that look at a service or do without one, run as people run them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fileproc.demo.partners import decimal_commas, orders
from tests.system.programs import until
from tests.system.whole import BUCKET, Whole, running

pytestmark = pytest.mark.system

CONTRACT = Path(__file__).parents[2] / "fileproc" / "demo" / "contracts" / "acme-orders.odcs.yaml"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    with running(tmp_path_factory.mktemp("verbs"), "front", "pool") as service:
        yield service


def event(whole: Whole, key: str, body: bytes) -> str:
    """An event file for an object that is there."""
    file = whole.programs.folder / "event.json"
    file.write_bytes(whole.put(key, body))
    return str(file)


def test_process_runs_one_event_through_the_whole_job(whole: Whole) -> None:
    """Without a service's help: fetched, checked, stored, and the exit code says how it went."""
    bad = whole.programs.run("process", event(whole, "orders/process.csv", decimal_commas()), "--format", "json")
    again = whole.programs.run("process", event(whole, "orders/process.csv", decimal_commas()))

    assert (1, "fail") == (bad.returncode, json.loads(bad.stdout)["verdict"])
    assert (4, True) == (again.returncode, "already" in again.stderr)
    assert "fail" == whole.files("orders/process")[0]["verdict"]


def test_a_dry_process_stores_nothing(whole: Whole) -> None:
    """The report is one line of the results file, and the journal knows nothing of it."""
    done = whole.programs.run("process", event(whole, "orders/dry.csv", orders()), "--dry-run")

    lines = (whole.programs.folder / "dry_run_results.jsonl").read_text().splitlines()
    assert (0, ["pass"]) == (done.returncode, [json.loads(line)["verdict"] for line in lines])
    assert [] == whole.files("orders/dry")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"Records": 5}', '{"Records": [{}]}', '{"a": 1, "a": 2}'])
def test_a_file_that_is_no_event_is_told_in_one_line(whole: Whole, text: str) -> None:
    """What, and how to mend it; exit 2 and no traceback."""
    file = whole.programs.folder / "no-event.json"
    file.write_text(text)

    done = whole.programs.run("process", str(file), "--dry-run")

    assert (2, 1) == (done.returncode, len(done.stderr.strip().splitlines())), done.stderr
    assert "Traceback" not in done.stderr


def test_a_file_is_checked_where_it_lies(whole: Whole) -> None:
    """`check s3://…` fetches and checks without a service; a key that is not there is exit 3."""
    whole.put("orders/there.csv", decimal_commas())

    there = whole.programs.run("check", f"s3://{BUCKET}/orders/there.csv", "--format", "json")
    missing = whole.programs.run("check", f"s3://{BUCKET}/orders/missing.csv")

    assert (1, "decimal_comma") == (there.returncode, json.loads(there.stdout)["causes"][0]["code"])
    assert 3 == missing.returncode


def test_jobs_can_be_listed_shown_and_run_again(whole: Whole) -> None:
    """An operator finds a job, looks at it, and gives it another try."""
    whole.programs.post(whole.put("orders/again.csv", orders()))
    (file,) = until(lambda: [one for one in whole.files("orders/again") if one["verdict"]], "the verdict")

    listed = whole.programs.run("jobs", "--prefix", "orders/again", "--format", "ndjson")
    shown = whole.programs.run("jobs", "show", file["id"])
    why = whole.programs.run("jobs", "why", file["id"])
    replayed = whole.programs.run("replay", file["id"])

    assert [file["id"]] == [json.loads(line)["id"] for line in listed.stdout.splitlines()]
    assert "orders/again.csv" in shown.stdout
    assert "It waits for nothing: it is completed with the verdict pass.\n" == why.stdout
    assert (0, "1 of 1 will run again") == (replayed.returncode, replayed.stderr.strip())
    until(lambda: (whole.files("orders/again")[0]["finished_at"] or "") > file["finished_at"], "the second verdict")
    assert 2 == whole.programs.run("replay", "999999").returncode
    chosen = whole.programs.run(
        "replay", "--class", "verdict", "--bucket", BUCKET, "--since", "2020-01-01", "--dry-run"
    )
    assert (0, True) == (chosen.returncode, "orders/again.csv" in chosen.stdout)
    assert 4 == whole.programs.run("replay", "--class", "crash", "--yes").returncode
    assert "--until is an ISO 8601 instant" in whole.programs.run("replay", "--until", "noon").stderr
    assert 2 == whole.programs.run("replay").returncode


def test_the_service_can_be_asked_from_the_command_line(whole: Whole) -> None:
    """Health and breaker, as text and as JSON; what does not answer is exit 3 with one line."""
    health = whole.programs.run("health")
    breaker = whole.programs.run("breaker", "show", "--format", "json")
    opened = whole.programs.run("breaker", "open", "--format", "json")
    reset = whole.programs.run("breaker", "reset", "--format", "json")
    nobody = whole.programs.run("health", "--url", "http://127.0.0.1:9")

    assert [0, 0, 0, 0, 3] == [done.returncode for done in (health, breaker, opened, reset, nobody)]
    states = [json.loads(done.stdout)["state"] for done in (breaker, opened, reset)]
    assert ["closed", "open", "closed"] == states
    assert "Traceback" not in nobody.stderr


def test_the_tables_tell_their_version(whole: Whole) -> None:
    """`db status` is 0 when nothing needs to be done."""
    assert 0 == whole.programs.run("db", "status").returncode
    assert (
        3
        == whole.programs.run("db", "status", "--database-url", f"sqlite:///{whole.programs.folder}/new.db").returncode
    )


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["nowhere.csv"], 2),
        (["*.nothing"], 2),
        (["good.csv", "-c", "nowhere.yaml"], 2),
        (["good.csv", "--format", "poem"], 2),
        (["good.csv", "-c", str(CONTRACT)], 0),
        (["bad.csv", "-c", str(CONTRACT)], 1),
        (["bad.csv", "-c", str(CONTRACT), "--fail-on", "never"], 0),
        (["good.csv"], 4),
        ([".", "-c", str(CONTRACT)], 3),
        (["good.csv", "bad.csv", "-c", str(CONTRACT)], 1),
    ],
)
def test_exit_codes_of_check(tmp_path: Path, arguments: list[str], code: int) -> None:
    """Scripts can rely on them; a wrong call is told in a line or two and never by a traceback."""
    (tmp_path / "good.csv").write_bytes(orders())
    (tmp_path / "bad.csv").write_bytes(decimal_commas())

    done = subprocess.run(
        [sys.executable, "-m", "fileproc", "check", *arguments], cwd=tmp_path, capture_output=True, text=True
    )

    assert code == done.returncode, done.stderr
    assert "Traceback" not in done.stderr


def test_hostile_cells_do_not_steer_the_terminal(tmp_path: Path) -> None:
    """Escape codes and direction marks in a cell are shown, not obeyed; without a terminal there is no colour."""
    (tmp_path / "x.csv").write_text("order_id,customer_email,order_date,amount,currency\n\x1b[2J\u202e,a@b.c,x,1,EUR\n")

    done = subprocess.run(
        [sys.executable, "-m", "fileproc", "check", "x.csv", "-c", str(CONTRACT)],
        cwd=tmp_path, capture_output=True, text=True,
    )  # fmt: skip

    assert "\x1b" not in done.stdout
    assert "\u202e" not in done.stdout
    assert "\\x1b[2J" in done.stdout


def test_what_was_never_heard_of_is_found_and_checked(whole: Whole) -> None:
    """`replay --missed`: a lost notification leaves an object without a verdict; afterwards all have one."""
    whole.put("missed/lost.csv", orders())
    assert 200 == whole.programs.post(whole.put("missed/heard.csv", orders()))[0]
    until(lambda: [file["verdict"] for file in whole.files("missed/")] == ["skipped"], "the first verdict")
    prefix = f"s3://{BUCKET}/missed/"

    shown = whole.programs.run("replay", prefix, "--missed", "--dry-run")
    done = whole.programs.run("replay", prefix, "--missed", "--yes")
    until(lambda: len([file for file in whole.files("missed/") if file["verdict"]]) == 2, "both verdicts")
    again = whole.programs.run("replay", prefix, "--missed", "--yes")

    assert (0, f"{prefix}lost.csv\n") == (shown.returncode, shown.stdout)
    assert (0, True) == (done.returncode, "2 objects, 1 verdicts, 1 missed" in done.stderr)
    assert (0, "2 objects, 2 verdicts, 0 missed\n") == (again.returncode, again.stderr)


@pytest.mark.parametrize(
    "arguments",
    [["--missed"], ["5", "--missed"], ["s3:///x", "--missed"], ["s3://b/x"], ["s3://b/", "--missed", "--bucket", "b"]],
)
def test_a_replay_that_makes_no_sense_is_told(whole: Whole, arguments: list[str]) -> None:
    """One sentence that says what to write instead; exit 2."""
    done = whole.programs.run("replay", *arguments, "--yes")

    assert (2, True, 0) == (done.returncode, "→" in done.stderr, done.stderr.count("Traceback"))


def test_a_bucket_that_cannot_be_listed_is_told(whole: Whole) -> None:
    """Neither silence nor a count of nothing."""
    done = whole.programs.run("replay", "s3://no-such-bucket-here/", "--missed", "--yes")

    assert (3, True) == (done.returncode, "no-such-bucket-here" in done.stderr)


def test_the_doctor_sees_a_service_that_is_well_and_one_that_is_not(whole: Whole) -> None:
    """Contracts, tables, pool and front are well; that nobody tells of uploads is broken, with how to mend it."""
    well = whole.programs.run("doctor", "--no-aws")
    ill = whole.programs.run("doctor", f"s3://{BUCKET}", "--format", "json")

    found = {one["where"]: one for one in json.loads(ill.stdout)}
    assert (0, 4) == (well.returncode, well.stdout.count("ok      "))
    assert (1, "fail") == (ill.returncode, found[f"bucket {BUCKET}"]["health"])
    assert "put-bucket-notification-configuration" in found[f"bucket {BUCKET}"]["fix"]
    assert "ok" == found["credentials"]["health"]


def test_the_doctor_of_a_service_that_is_not_there(tmp_path: Path) -> None:
    """Without contracts, tables, pool and front every one of them is named, and nothing is made."""
    environment = {"PATH": "/usr/bin", "DATABASE_URL": f"sqlite:///{tmp_path}/none.db", "FILEPROC_PORT": "1",
                   "FILEPROC_RUNTIME_DIR": str(tmp_path / "run")}  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "fileproc", "doctor", "--no-aws"], cwd=tmp_path, env=environment,
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip

    assert (1, "") == (done.returncode, done.stderr)
    for word in (
        "there is no such folder",
        "`fileproc db upgrade`",
        "no pool of this runtime folder",
        "does not answer",
    ):
        assert word in done.stdout
    assert [] == list(tmp_path.iterdir())


def test_purge_removes_what_is_old_and_finished(whole: Whole) -> None:
    """Age and state decide; what is asked first is only counted, and the reports go with their jobs."""
    assert 200 == whole.programs.post(whole.put("orders/purged.csv", orders()))[0]
    until(lambda: [file["verdict"] for file in whole.files("orders/purged")] == ["pass"], "its verdict")
    job_id = whole.files("orders/purged")[0]["id"]

    young = whole.programs.run("purge", "--yes")
    counted = whole.programs.run("purge", "--older-than", "0", "--dry-run")
    others = whole.programs.run("purge", "--older-than", "0", "--bucket", "another", "--verdict", "pass", "--yes")
    done = whole.programs.run("purge", "--older-than", "0", "--yes")

    assert (4, True) == (young.returncode, "0 finished jobs are older than 30 days" in young.stderr)
    assert (0, True) == (counted.returncode, int(counted.stdout.split()[0]) >= 1)
    assert (4, True) == (others.returncode, "0 finished jobs" in others.stderr)
    assert (0, True) == (done.returncode, "removed" in done.stderr)
    assert [] == whole.files("orders/purged")
    assert whole.programs.get(f"/api/v1/files/{job_id}") is None
