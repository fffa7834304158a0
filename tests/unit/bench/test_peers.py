"""The pieces of the peer comparison: wrong pieces would publish wrong figures."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bench.peers import goals, measure, proofs, truths
from bench.peers.contestants import EVERYBODY
from bench.peers.dirty import COLUMNS, COUNTS, DUPLICATES, FAULTS, STRUCTURE, make_dirty, make_every_row_bad
from bench.peers.places import CONTRACT, SCRIPTS
from fileproc.quality.contracts.catalogue import Catalogue
from fileproc.quality.contracts.contract import Match
from fileproc.quality.contracts.lint import lint

ROWS = 2_100


@pytest.fixture
def clean(tmp_path: Path) -> Path:
    """A file in the form of lineitem, where all is well."""
    path = tmp_path / "lineitem.csv"
    rows = (
        f'{one // 4 + 1},{one % 97},{one % 13},{one % 4 + 1},17,100.50,0.04,0.02,N,O,'
        f'1996-03-13,1996-02-12,1996-03-22,TAKE BACK RETURN,TRUCK,"words, and more"\n'
        for one in range(ROWS)
    )  # fmt: skip
    path.write_text(",".join(COLUMNS) + "\n" + "".join(rows))
    return path


def test_ratios_are_taken_round_by_round_before_the_median() -> None:
    """A machine that is slow for one whole round moves no published ratio."""
    ours, theirs = [1.0, 10.0, 2.0], [2.0, 20.0, 1.0]
    assert measure.ratios(ours, theirs) == [0.5, 0.5, 2.0]
    assert measure.median_ratio(ours, theirs) == 0.5
    with pytest.raises(ValueError, match="argument"):
        measure.ratios([1.0], theirs)


def test_a_run_counts_the_whole_process_tree(tmp_path: Path) -> None:
    """Work that a peer hides in a child process is counted, and so is the child's memory."""
    child = "x = bytearray(b'1') * (90 << 20); sum(range(2_000_000))"
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}], check=True); print('{{}}')"
    done = measure.run(measure.Command((sys.executable, "-c", code)))
    assert (done.code, measure.document(done.out)) == (0, {})
    assert done.rss_mb > 90


def test_a_peer_that_fails_is_named_with_its_reason_and_stops_nobody() -> None:
    """The others are measured all the same."""
    good = measure.Command((sys.executable, "-c", "print(1)"))
    bad = measure.Command((sys.executable, "-c", "raise SystemExit('no such file')"))
    runs, failed = measure.rounds({"bad": bad, "good": good}, 2, warm=False)
    assert (list(runs), len(runs["good"]), failed) == (["good"], 2, {"bad": "exit code 1: no such file"})


def test_a_refusal_is_no_figure() -> None:
    """Whoever turns a file away, reads less of it, or leaves a check out is fast, and is not measured."""
    whole = {"verdict": "pass", "read": {"rows": 100, "complete": True}, "causes": [], "checks": []}
    refused = whole | {"verdict": "fail", "read": {"rows": None, "complete": False}}
    partly = whole | {"checks": [{"id": "later", "result": "skipped"}]}
    prove = proofs.clean_report(100)
    assert prove(json.dumps(whole)) is None
    assert prove(json.dumps(refused)) == "verdict fail, None rows read instead of 100"
    assert prove(json.dumps(partly)) == "not run: later"
    assert proofs.clean_report(101)(json.dumps(whole)) is not None
    assert proofs.clean_counts(100)('some words {"rows": 100, "failures": 0}') is None
    assert proofs.clean_counts(100)('{"rows": 99, "failures": 0}') == "99 rows read instead of 100"
    assert proofs.clean_counts(100)('{"rows": 100, "failures": 3}') is not None
    assert proofs.clean_counts(100)("no figures at all") is not None
    bad = {"verdict": "fail", "read": {"rows": 100, "complete": True}, "counts": {"failing_rows": 99}}
    assert proofs.bad_report(100)(json.dumps(bad)) == "99 failing rows instead of 100"


def test_a_command_without_proof_of_its_work_is_named_with_the_reason() -> None:
    """The table says why instead of showing a figure."""
    command = measure.Command((sys.executable, "-c", "print('{}')"), proof=proofs.worker_says("pass"))
    runs, failed = measure.rounds({"quick": command}, 1, warm=False)
    assert (runs, list(failed)) == ({}, ["quick"])


def test_the_contract_is_for_every_format_wherever_the_file_lies(clean: Path) -> None:
    """A file that the contract takes for another format would be refused, not checked."""
    for suffix, kind in (("csv", "csv"), ("csv.gz", "csv"), ("parquet", "parquet"), ("ndjson", "ndjson")):
        match = Catalogue.single(CONTRACT, None, str(clean.parent / f"lineitem-0.1.{suffix}"))
        assert isinstance(match, Match)
        assert match.format == kind


def test_the_dirty_file_is_as_dirty_as_its_truth_says(clean: Path, tmp_path: Path) -> None:
    """Counted again by other means, every count and every line of the truth is what is in the file."""
    dirty = tmp_path / "dirty.csv"
    truth = make_dirty(clean, dirty, seed=7)
    counts, structure = _counted(dirty)
    assert counts == truth.counts
    assert structure == truth.structure
    assert {kind: len(lines) for kind, lines in structure.items()} == STRUCTURE
    assert truth.counts["key_duplicates"] == DUPLICATES
    assert len(COUNTS) == 17
    assert len(FAULTS) >= 19


def test_the_same_seed_gives_the_same_file(clean: Path, tmp_path: Path) -> None:
    """Figures of two days are about one file."""
    files = [tmp_path / name for name in ("a.csv", "b.csv", "c.csv")]
    for file, seed in zip(files, (1, 1, 2), strict=True):
        make_dirty(clean, file, seed=seed)
    first, second, third = (file.read_bytes() for file in files)
    assert first == second
    assert first != third


def test_every_row_is_bad_where_that_is_promised(clean: Path, tmp_path: Path) -> None:
    """The worst case is as bad as its name."""
    for structure in (True, False):
        bad = tmp_path / "bad.csv"
        assert make_every_row_bad(clean, bad, structure=structure)["rows"] == ROWS
        rows = list(csv.reader(io.StringIO(bad.read_text())))[1:]
        assert {len(row) for row in rows} == {15 if structure else 16}
        assert structure or {(row[4], row[10], row[14]) for row in rows} == {("0", "1996/02/03", "truck")}


def test_a_report_that_tells_everything_scores_full_and_a_wrong_line_does_not(clean: Path, tmp_path: Path) -> None:
    """Neither silence nor an invented line passes for exact."""
    truth = make_dirty(clean, tmp_path / "dirty.csv").document()
    report = _perfect(truth)
    full = truths.score(report, truth)
    assert (full.counts, full.rows, full.wrong) == (17, 31, [])
    report["causes"][0]["lines"][0] += 1
    report["checks"][0]["failed"] += 1
    report["causes"][1]["count"] -= 1
    worse = truths.score(report, truth)
    assert worse.counts == 16
    assert worse.rows < 31
    assert len(worse.wrong) == 3


def test_a_goal_that_was_not_measured_is_not_met() -> None:
    """A peer that could not be installed makes no goal come true."""
    assert goals.at_most("a", 2.0, 2.0).word == "yes"
    assert goals.at_most("a", 2.0, 2.01).word == "NO"
    assert goals.at_most("a", None, 9.0).word == "–"
    assert goals.missing("a", 2.0, "no network").word == "NO"


def test_goals_name_contestants_that_exist_and_scripts_that_do() -> None:
    """A renamed script does not silently drop out of the table."""
    assert {name for name, _, _ in (*goals.RATIOS, *goals.MEMORY_RATIOS)} <= set(EVERYBODY)
    assert all((SCRIPTS / f"{one.script or one.name}.py").is_file() for one in EVERYBODY.values())


def test_the_contract_of_the_comparison_has_no_error() -> None:
    """Everybody is held against the same sound contract."""
    assert [finding for finding in lint(CONTRACT) if finding.severity == "error"] == []


def _perfect(truth: dict[str, Any]) -> dict[str, Any]:
    """The report of a checker that misses nothing."""
    checks = []
    for name, ids in truths.CHECKS.items():
        checks += [{"id": ids[0], "result": "fail", "failed": truth["counts"][name], "actual": None}]
        checks += [{"id": other, "result": "fail", "failed": 0, "actual": None} for other in ids[1:]]
    causes = [
        {
            "code": truths.CODES[kind], "count": len(lines), "lines": list(lines[:10]),
            "first_line": lines[0], "last_line": lines[-1], "samples": [],
        }
        for kind, lines in truth["structure"].items()
    ]  # fmt: skip
    document: dict[str, Any] = json.loads(
        json.dumps({"read": {"rows": truth["counts"]["rows"]}, "checks": checks, "causes": causes})
    )
    return document


def _counted(dirty: Path) -> tuple[dict[str, int], dict[str, list[int]]]:
    """The truth again, one row after the other, from the file alone."""
    counts: dict[str, int] = dict.fromkeys(COUNTS, 0)
    structure: dict[str, list[int]] = {kind: [] for kind in STRUCTURE}
    keys = set()
    for number, cells in _rows(dirty):
        counts["rows"] += 1
        if isinstance(cells, str):
            structure[cells].append(number)
            continue
        row = dict(zip(COLUMNS, cells, strict=True))
        for name, wrong in _wrong(row):
            counts[name] += wrong
        key = (row["l_orderkey"], row["l_linenumber"])
        counts["key_duplicates"] += key in keys and row["l_orderkey"] != ""
        keys.add(key)
    return counts, structure


def _rows(dirty: Path) -> Iterator[tuple[int, list[str] | str]]:
    """Cells of good rows; of broken ones how they are broken."""
    for number, line in enumerate(dirty.read_bytes().splitlines()[1:], 2):
        try:
            cells = next(csv.reader([line.decode("utf-8")]))
        except UnicodeDecodeError:
            yield number, "bad_utf8"
            continue
        yield number, cells if len(cells) == len(COLUMNS) else "short" if len(cells) < len(COLUMNS) else "long"


def _wrong(row: dict[str, str]) -> Iterator[tuple[str, bool]]:
    quantity = float(row["l_quantity"]) if re.fullmatch(r"-?\d+", row["l_quantity"]) else None
    shipped, received = _date(row["l_shipdate"]), _date(row["l_receiptdate"])
    yield "orderkey_null", row["l_orderkey"] == ""
    yield "orderkey_type", not re.fullmatch(r"\d*", row["l_orderkey"])
    yield "partkey_type", not re.fullmatch(r"\d*", row["l_partkey"])
    yield "quantity_null", row["l_quantity"] == ""
    yield "quantity_type", quantity is None and row["l_quantity"] != ""
    yield "quantity_range", quantity is not None and not 1 <= quantity <= 50
    yield "discount_range", not 0 <= float(row["l_discount"]) <= 0.1
    yield "price_positive", float(row["l_extendedprice"]) <= 0
    yield "returnflag_known", row["l_returnflag"] not in ("A", "N", "R")
    yield "shipmode_known", row["l_shipmode"] != "TRUCK"
    yield "shipdate_type", shipped is None
    yield "shipdate_range", shipped is not None and not date(1992, 1, 1) <= shipped <= date(1998, 12, 31)
    yield "received_after_shipped", shipped is not None and received is not None and received < shipped
    yield "commitdate_type", _date(row["l_commitdate"]) is None
    yield "shipinstruct_pattern", not re.fullmatch(r"[A-Z]+( [A-Z]+)*", row["l_shipinstruct"])


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None
