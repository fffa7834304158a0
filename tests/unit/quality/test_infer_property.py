"""Whatever a good file holds, its draft is a contract that the lint accepts and that the file keeps."""

from __future__ import annotations

import csv
import io
import json
import string
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fileproc.clock import SystemClock
from fileproc.domain.reports import Verdict
from fileproc.quality.contracts.contract import Dialect
from fileproc.quality.infer.draft import Names
from fileproc.quality.infer.infer import infer, prove

QUICK = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)

#: Everything that a text file can hold, with what YAML, patterns, SQL and terminals take for their own made likely.
ODD = st.sampled_from(
    [*"'\"#:{}[]&*!|>%@`,;\t\n\\$-?~\u202e\u2028\ufeff\x85\x1b é😀", "${HOME}", "<<", "null", "---", "''"]
)
SIGNS = st.characters(blacklist_categories=["Cs", "Cc"])  # many control characters make a file no text
TEXTS = st.lists(st.one_of(ODD, SIGNS), max_size=8).map("".join)

KINDS: dict[str, st.SearchStrategy[str]] = {
    "integer": st.integers(-(10**20), 10**20).map(str),
    "small": st.integers(0, 5).map(str),
    "code": st.from_regex(r"[0-9]{5}", fullmatch=True),
    "number": st.floats(width=64).map(repr),
    "comma": st.decimals(-1000, 1000, places=2).map(lambda one: str(one).replace(".", ",")),
    "boolean": st.sampled_from(["true", "false"]),
    "date": st.dates().map(str),
    "german": st.dates().map(lambda day: f"{day:%d.%m.%Y}"),
    "english": st.dates().map(lambda day: f"{day.month}/{day.day}/{day.year}"),
    "timestamp": st.datetimes().map(lambda one: one.isoformat()),
    "zoned": st.datetimes(timezones=st.timezones()).map(lambda one: one.isoformat(timespec="seconds")),
    "time": st.times().map(str),
    "uuid": st.uuids().map(str),
    "email": st.emails(),
    "shape": st.from_regex(r"[A-Z]{2}-[0-9]{3,4}", fullmatch=True),
    "category": st.sampled_from(["A", "B", "NA", "on", "1.0", "", "-"]),
    "text": TEXTS,
    "empty": st.just(""),
}


#: Warnings about how a file is written, whatever its contract says.
OF_THE_FILE = ("blank_lines", "empty_rows")


@st.composite
def columns(draw: st.DrawFn, rows: int) -> list[str]:
    kind = KINDS[draw(st.sampled_from(sorted(KINDS)))]
    cells = draw(st.lists(kind, min_size=rows, max_size=rows))
    holes = draw(st.sampled_from(["", "NA", "null", None]))
    if holes is not None:
        places = draw(st.sets(st.integers(0, max(rows - 1, 0)), max_size=3))
        cells = [holes if place in places else cell for place, cell in enumerate(cells)]
    return cells


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[str], list[list[str]]]:
    """Names and rows; some names are as hostile as the cells."""
    rows = draw(st.sampled_from([0, 1, 3, 12, 40, 130]))
    plain = st.text(string.ascii_lowercase, min_size=1, max_size=8)
    names = draw(st.lists(st.one_of(plain, TEXTS.map(lambda one: f"x{one}")), min_size=2, max_size=5, unique=True))
    return names, list(zip(*(draw(columns(rows)) for _ in names), strict=True)) if rows else []


def drafted(paths: list[Path], *, strict: bool) -> tuple[str, list[str], list[Any]]:
    draft = infer(paths, Names("id", "rows", "s3://b/*.csv"), Dialect(delimiter=","), strict=strict)
    proof = prove(draft.text, paths, SystemClock())
    return draft.text, [str(one) for one in proof.findings], proof.reports


@QUICK
@given(table=tables(), strict=st.booleans(), share=st.sampled_from([None, 0.0, 0.3, 0.9]))
def test_every_table_keeps_its_own_draft(
    table: tuple[list[str], list[list[str]]], strict: bool, share: float | None
) -> None:
    """Claimed or only offered, each rule of a draft holds for the files it came from, and the lint finds nothing."""
    names, rows = table
    cut = len(rows) if share is None else int(share * len(rows))
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / "rows-1.csv"]
        paths[0].write_bytes(written(names, rows[:cut], quoted=strict))
        if share is not None:  # the rest, with the columns the other way round
            paths.append(Path(folder) / "rows-2.csv")
            paths[1].write_bytes(written(names[::-1], [row[::-1] for row in rows[cut:]], quoted=False))
        draft, findings, reports = drafted(paths, strict=strict)

    assert [] == findings, draft
    causes = [(cause.code, cause.column, cause.found) for report in reports for cause in report.causes]
    assert [] == [cause for cause in causes if cause[0] not in OF_THE_FILE], draft
    assert {report.verdict for report in reports} <= {Verdict.PASS, Verdict.WARN}


def written(names: list[str], rows: list[list[str]], *, quoted: bool) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(rows)
    return text.getvalue().encode()


VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(10**20), 10**20), TEXTS, st.dates().map(str),
              st.floats(allow_nan=False, allow_infinity=False)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, max_size=3)),
    max_leaves=6,
)  # fmt: skip


@QUICK
@given(
    objects=st.lists(
        st.dictionaries(st.sampled_from(["a", "b", "c~/d", "é #"]), VALUES, max_size=4), min_size=1, max_size=40
    ),
    strict=st.booleans(),
)
def test_every_json_file_keeps_its_own_draft(objects: list[dict[str, Any]], strict: bool) -> None:
    """The same for lines of JSON, with objects and lists inside, however mixed."""
    if not any(objects):
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.ndjson"
        path.write_text("".join(json.dumps(one) + "\n" for one in objects))
        draft, findings, reports = drafted([path], strict=strict)

    assert [] == findings, draft
    assert [] == [(cause.code, cause.column, cause.found) for report in reports for cause in report.causes], draft
