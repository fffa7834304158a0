"""Dirty files with recorded truth: a clean lineitem CSV goes in line by line, faults of known kind and number come out.

Every faulty row has one fault, and no two faulty rows are neighbours, so each count of the truth is simply the number
of rows that were given that fault. The first fifteen cells of a row hold neither commas nor quotes; the last is quoted.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

COLUMNS = (
    "l_orderkey", "l_partkey", "l_suppkey", "l_linenumber", "l_quantity", "l_extendedprice", "l_discount", "l_tax",
    "l_returnflag", "l_linestatus", "l_shipdate", "l_commitdate", "l_receiptdate", "l_shipinstruct", "l_shipmode",
    "l_comment",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fault:
    """What some rows get in one column, `{}` being the right value, and the counts of the truth that this raises."""

    column: str
    texts: tuple[str, ...]
    rows: int
    raises: tuple[str, ...]


FAULTS = (
    Fault("l_orderkey", ("",), 41, ("orderkey_null",)),
    Fault("l_orderkey", ("{}x", "A{}"), 37, ("orderkey_type",)),
    Fault("l_orderkey", ("{}.5",), 43, ("orderkey_type",)),
    Fault("l_partkey", ("0x1F", "1e3"), 39, ("partkey_type",)),
    Fault("l_partkey", ("1_000", "7.5"), 45, ("partkey_type",)),
    Fault("l_quantity", ("",), 47, ("quantity_null",)),
    Fault("l_quantity", ("n/a", "-"), 36, ("quantity_type",)),
    Fault("l_quantity", ('"12,50"', '"1,000"'), 48, ("quantity_type",)),
    Fault("l_quantity", ("0", "-3"), 40, ("quantity_range",)),
    Fault("l_quantity", ("51", "999"), 42, ("quantity_range",)),
    Fault("l_discount", ("0.11", "1"), 38, ("discount_range",)),
    Fault("l_discount", ("-0.01",), 44, ("discount_range",)),
    Fault("l_extendedprice", ("0.00", "-5.00"), 46, ("price_positive",)),
    Fault("l_returnflag", ("X", "n"), 49, ("returnflag_known",)),
    Fault("l_shipmode", ("truck", "AIR "), 35, ("shipmode_known",)),
    Fault("l_shipdate", ("1996/02/03", "03.02.1996"), 34, ("shipdate_type",)),
    Fault("l_shipdate", ("1996-02-30", "1997-13-01"), 50, ("shipdate_type",)),
    Fault("l_shipdate", ("1899-12-31",), 33, ("shipdate_range",)),
    Fault("l_shipdate", ("2099-01-01",), 32, ("shipdate_range", "received_after_shipped")),
    Fault("l_commitdate", ("soon", "19960203"), 51, ("commitdate_type",)),
    Fault("l_receiptdate", ("1980-01-01",), 52, ("received_after_shipped",)),
    Fault("l_shipinstruct", ("deliver in person", "NONE!"), 31, ("shipinstruct_pattern",)),
)
DUPLICATES = 53

#: Broken rows: how many of each kind.
STRUCTURE = {"short": 13, "long": 11, "bad_utf8": 7}

COUNTS = ("rows", *dict.fromkeys(name for fault in FAULTS for name in fault.raises), "key_duplicates")


@dataclass(slots=True)
class Truth:
    """What is wrong with a dirty file: every count, and the lines of broken rows as an editor numbers them."""

    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTS, 0))
    structure: dict[str, list[int]] = field(default_factory=lambda: {kind: [] for kind in STRUCTURE})

    def document(self) -> dict[str, object]:
        """As JSON keeps it."""
        return asdict(self)


def make_dirty(clean: Path, dirty: Path, *, seed: int = 1) -> Truth:
    """Write `dirty` from `clean` and return what is wrong with it. Raises ValueError where there are too few rows."""
    with clean.open("rb") as lines:
        rows = sum(1 for _ in lines) - 1
    work = _assigned(rows, random.Random(seed))
    truth = Truth()
    truth.counts["rows"] = rows
    with clean.open("rb") as lines, dirty.open("wb") as out:
        out.write(next(lines))
        before = b""
        for row, line in enumerate(lines):
            job = work.get(row)
            out.write(line if job is None else _spoilt(job, line.rstrip(b"\n"), before, row + 2, truth) + b"\n")
            before = line
    return truth


Job = tuple[str, int]  # (kind, which one of its rows)


def _assigned(rows: int, chance: random.Random) -> dict[int, Job]:
    """Which rows get what: every other row at most, and never the first, which has none before it."""
    jobs = list(_jobs())
    free = range(2, rows, 2)
    if len(free) < len(jobs):
        raise ValueError(f"{rows} rows are too few for {len(jobs)} faults")
    return dict(zip(chance.sample(free, len(jobs)), jobs, strict=True))


def _jobs() -> Iterator[Job]:
    for number, fault in enumerate(FAULTS):
        yield from ((f"fault {number}", one) for one in range(fault.rows))
    yield from (("duplicate", one) for one in range(DUPLICATES))
    for kind, rows in STRUCTURE.items():
        yield from ((kind, one) for one in range(rows))


def _spoilt(job: Job, line: bytes, before: bytes, number: int, truth: Truth) -> bytes:
    """The row with its fault; the truth learns of it."""
    kind, one = job
    cells = line.split(b",", len(COLUMNS) - 1)
    if kind in STRUCTURE:
        truth.structure[kind].append(number)
        return _broken(kind, one, cells)
    if kind == "duplicate":
        truth.counts["key_duplicates"] += 1
        twin = before.split(b",", len(COLUMNS) - 1)
        cells[0], cells[3] = twin[0], twin[3]
        return b",".join(cells)
    fault = FAULTS[int(kind.removeprefix("fault "))]
    for name in fault.raises:
        truth.counts[name] += 1
    place = COLUMNS.index(fault.column)
    cells[place] = fault.texts[one % len(fault.texts)].format(cells[place].decode()).encode()
    return b",".join(cells)


def _broken(kind: str, one: int, cells: list[bytes]) -> bytes:
    if kind == "short":
        return b",".join(cells[: (15, 14, 9, 1)[one % 4]])
    if kind == "long":
        return b",".join([*cells, (b"surplus", b"", b"a,b")[one % 3]])
    bad = (b"\xff", b"\xc3(", b"\xed\xa0\x80")[one % 3]
    return b",".join([*cells[:-1], cells[-1][:1] + bad + cells[-1][1:]])


def make_every_row_bad(clean: Path, target: Path, *, structure: bool) -> Counter[str]:
    """Every row broken (one cell too few), or every row with several bad values. Returns how many rows."""
    with clean.open("rb") as lines, target.open("wb") as out:
        out.write(next(lines))
        rows = 0
        for rows, line in enumerate(lines, 1):  # noqa: B007
            cells = line.split(b",", len(COLUMNS) - 1)
            if structure:
                out.write(b",".join(cells[:-1]) + b"\n")
                continue
            cells[4], cells[10], cells[14] = b"0", b"1996/02/03", cells[14].lower()
            out.write(b",".join(cells))
    return Counter(rows=rows)
