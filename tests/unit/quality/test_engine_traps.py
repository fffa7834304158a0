"""What the engine does that its documentation does not say, and that our reading stands on; an upgrade shows here.

A test that fails after an upgrade is no fault by itself: it says which of our precautions to look at again.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

OPTIONS = "auto_detect=false, header=true, delim=',', quote='\"', store_rejects=true, rejects_limit=0, strict_mode=true"


@pytest.fixture
def engine() -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection as a check has it."""
    off = {"autoinstall_known_extensions": False, "autoload_known_extensions": False, "threads": 1}
    with duckdb.connect(config=off) as connection:
        yield connection


@pytest.fixture
def reader(tmp_path: Path) -> str:
    """A file with a short row and a row that is not UTF-8 in its second column."""
    file = tmp_path / "f.csv"
    file.write_bytes(b"a,b\n" + b"".join(b"%d,x\n" % number for number in range(5_000)) + b"1\n2,\xff\n3,y\n")
    return f"read_csv('{file}', columns={{'a': 'VARCHAR', 'b': 'VARCHAR'}}, {OPTIONS})"


def count(engine: duckdb.DuckDBPyConnection, query: str) -> int:
    return int(engine.execute(query).fetchall()[0][0])


def test_rejects_exist_once_the_result_is_consumed(engine: duckdb.DuckDBPyConnection, reader: str) -> None:
    """`fetchone` leaves the rejects unwritten; `fetchall` writes them."""
    engine.execute(f"SELECT a, b FROM {reader}").fetchone()
    with pytest.raises(duckdb.CatalogException):
        engine.execute("SELECT count(*) FROM reject_errors")
    engine.execute(f"SELECT a, b FROM {reader}").fetchall()

    assert 2 == count(engine, "SELECT count(DISTINCT line) FROM reject_errors")


def test_fewer_columns_are_another_population(engine: duckdb.DuckDBPyConnection, reader: str) -> None:
    """Bad bytes are only seen in columns that are read: every scan of ours reads all of them."""
    whole = count(engine, f"SELECT count(*) FROM (SELECT a, b FROM {reader}) WHERE a IS NOT NULL AND b IS NOT NULL")
    engine.execute("DROP TABLE IF EXISTS reject_errors; DROP TABLE IF EXISTS reject_scans")
    part = count(engine, f"SELECT count(a) FROM {reader}")

    assert (5_001, 5_002) == (whole, part)


def test_a_part_of_the_columns_does_not_kill_the_connection(engine: duckdb.DuckDBPyConnection, reader: str) -> None:
    """Versions before 2.0 end with an internal error here, and the connection is dead."""
    engine.execute(f"SELECT b FROM {reader}").fetchall()

    assert 1 == count(engine, "SELECT 1")


def test_a_cast_to_text_is_done_by_the_reader(engine: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """Typed columns are no check: read as text again, a bad cell is neither an error nor rejected."""
    file = tmp_path / "t.csv"
    file.write_bytes(b"a\n1\n12x\n")
    typed = f"read_csv('{file}', columns={{'a': 'BIGINT'}}, {OPTIONS})"

    assert [("1",), ("12x",)] == engine.execute(f"SELECT a::VARCHAR FROM {typed}").fetchall()


@pytest.mark.parametrize(
    ("cell", "type_", "value"),
    [
        ("7.5", "BIGINT", "8"), ("1e3", "BIGINT", "1000"), ("1_000", "BIGINT", "1000"), ("0x1F", "BIGINT", "31"),
        (" 12", "BIGINT", "12"), ("1.005", "DECIMAL(15,2)", "1.01"), ("1996/02/03", "DATE", "1996-02-03"),
        ("1996-2-3", "DATE", "1996-02-03"), ("epoch", "DATE", "1970-01-01"), ("infinity", "DATE", "infinity"),
        ("t", "BOOLEAN", "true"), ("1", "BOOLEAN", "true"), ("yes", "BOOLEAN", "true"), ("NaN", "DOUBLE", "nan"),
        ("2026-01-01 00:00:00+02:00", "TIMESTAMP", "2026-01-01 00:00:00"),
    ],
)  # fmt: skip
def test_casts_take_more_than_the_type_s_form(
    engine: duckdb.DuckDBPyConnection, cell: str, type_: str, value: str
) -> None:
    """A cast alone would let these pass: so each type has a lexical form of its own."""
    assert [(value,)] == engine.execute(f"SELECT TRY_CAST(? AS {type_})::VARCHAR", [cell]).fetchall()


@pytest.mark.parametrize(("data", "rows"), [(b"a,b\n1,x\n\n2,y\n", 2), (b"a,b\n1,x\n2,y\0\n", 2), (b"b,a\n1,x\n", 1)])
def test_what_the_reader_says_nothing_about(
    engine: duckdb.DuckDBPyConnection, tmp_path: Path, data: bytes, rows: int
) -> None:
    """Blank lines, NUL bytes and another header pass without a word: we look for them ourselves."""
    file = tmp_path / "s.csv"
    file.write_bytes(data)
    query = f"SELECT a, b FROM read_csv('{file}', columns={{'a': 'VARCHAR', 'b': 'VARCHAR'}}, {OPTIONS})"

    assert rows == len(engine.execute(query).fetchall())
    assert 0 == count(engine, "SELECT count(*) FROM reject_errors")


def test_mixed_line_ends_end_the_reading(engine: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """In strict mode the whole file is lost: it is never given to the engine as it is."""
    file = tmp_path / "m.csv"
    file.write_bytes(b"a,b\n" + b"1,x\n" * 500 + b"2,y\r\n" + b"3,z\n" * 500)
    query = f"SELECT a, b FROM read_csv('{file}', columns={{'a': 'VARCHAR', 'b': 'VARCHAR'}}, {OPTIONS})"
    try:
        rows = len(engine.execute(query).fetchall())
    except duckdb.Error:
        rows = 0

    assert rows < 1_001


def test_line_numbers_of_the_reader_are_records(engine: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """Behind a line break inside of quotes its `line` is not the file's; the byte position is exact."""
    file = tmp_path / "n.csv"
    data = b'a,b\n1,"x\ny"\n2\n'
    file.write_bytes(data)
    engine.execute(
        f"SELECT a, b FROM read_csv('{file}', columns={{'a': 'VARCHAR', 'b': 'VARCHAR'}}, {OPTIONS})"
    ).fetchall()

    [(line, position)] = engine.execute("SELECT line, line_byte_position FROM reject_errors").fetchall()

    assert (3, 4) == (line, data.count(b"\n", 0, position - 1) + 1 + (data[position - 1 : position] == b"\n"))


def test_which_extensions_are_linked_in(engine: duckdb.DuckDBPyConnection) -> None:
    """JSON, Parquet and ICU are there without a download; nothing that reaches the network is."""
    query = "SELECT extension_name FROM duckdb_extensions() WHERE loaded"
    loaded = {str(row[0]) for row in engine.execute(query).fetchall()}

    assert {"json", "parquet", "icu"} <= loaded
    assert not loaded & {"httpfs", "tpch", "excel", "encodings", "aws"}


def test_an_arrow_reader_needs_no_copy(engine: duckdb.DuckDBPyConnection) -> None:
    """Where Arrow is ever wanted: it comes from a relation, not from `execute`, which copies."""
    assert callable(engine.sql("SELECT 1").to_arrow_reader)


@pytest.mark.parametrize(
    ("count_of", "is_small"), [("count(CASE WHEN %s THEN 1 END)", True), ("count(*) FILTER (%s)", False)]
)
def test_a_filter_costs_a_copy_of_all_columns(tmp_path: Path, count_of: str, is_small: bool) -> None:
    """A thousand filtered counts hold a thousand copies, beside the memory limit: so no count of ours has a filter."""
    conditions = ", ".join(count_of % f"c{number} IS NULL" for number in range(1_000))
    cells = ", ".join(f"i + {number} AS c{number}" for number in range(1_000))
    program = (
        "import duckdb; c = duckdb.connect(config={'threads': 1, 'memory_limit': '150MB'}); "
        f"c.execute('SELECT {conditions} FROM (SELECT {cells} FROM range(3000) r(i))').fetchall(); "
        # Not `ru_maxrss`: that one begins with what the parent had when it forked.
        "print(next(int(line.split()[1]) >> 10 for line in open('/proc/self/status') if line.startswith('VmHWM')))"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert is_small == (int(done.stdout.split()[-1]) < 300), done.stdout
