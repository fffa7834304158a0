"""What the partners drop: real files, each with the verdict it must get and the story behind it."""

from __future__ import annotations

import gzip
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb

from fileproc.domain.reports import Verdict

ORDER_HEADER = "order_id,customer_email,order_date,amount,currency"
STOCK_HEADER = "sku;warehouse;quantity;counted_at"
CURRENCIES = ("EUR", "USD", "GBP")
LARGE_BYTES = 100_000_000


@dataclass(frozen=True, slots=True)
class Drop:
    """One file of one partner. `body` is made when it is needed: one of them is large."""

    bucket: str
    key: str
    body: Callable[[], bytes]
    expected: Verdict
    story: str

    @property
    def address(self) -> str:
        return f"s3://{self.bucket}/{self.key}"


def everyday() -> list[Drop]:
    """An ordinary morning: what is right, and what partners really send."""
    return [
        Drop("acme-drop", "orders/monday.csv", orders, Verdict.PASS, "a good file"),
        Drop("acme-drop", "orders/tuesday.csv", decimal_commas, Verdict.FAIL, "decimal commas, from a new export"),
        Drop("acme-drop", "orders/wednesday.csv", renamed_column, Verdict.FAIL, "a column was renamed"),
        Drop("acme-drop", "orders/thursday.csv", ragged_rows, Verdict.FAIL, "three rows lost or gained a cell"),
        Drop("globex-drop", "stock/berlin.csv", stock_utf16, Verdict.WARN, "saved as UTF-16 by a spreadsheet"),
        Drop("globex-drop", "stock/lisbon.csv.gz", truncated_gzip, Verdict.FAIL, "the upload broke off"),
        Drop("initech-drop", "payments/november.parquet", retyped_parquet, Verdict.FAIL, "a column became text"),
        Drop("initech-drop", "misc/readme.txt", lambda: b"see you soon\n", Verdict.SKIPPED, "nobody agreed on this"),
    ]


def large() -> Drop:
    """A big file between the small ones."""
    return Drop("acme-drop", "orders/archive.csv", large_orders, Verdict.PASS, "100 MB of good orders")


def killer() -> Drop:
    """The file whose worker is killed, as the kernel does when memory runs out."""
    return Drop("acme-drop", "orders/killer.csv", large_orders, Verdict.ERROR, "its worker is killed, twice")


def refused() -> list[Drop]:
    """Good files that arrive while S3 refuses; as many as it takes to open the breaker."""
    return [
        Drop("acme-drop", f"orders/rush-{n}.csv", orders_from(n * 1000), Verdict.PASS, "S3 answers 503 for a while")
        for n in range(1, 6)
    ]


def held() -> list[Drop]:
    """Good files that arrive while the breaker is open."""
    return [
        Drop("acme-drop", f"orders/patient-{n}.csv", orders_from(n * 9000), Verdict.PASS, "held, then run by itself")
        for n in range(1, 4)
    ]


def orders(count: int = 200, first: int = 1) -> bytes:
    """A good file of `count` orders."""
    return "\n".join([ORDER_HEADER, *_order_lines(first, count)]).encode() + b"\n"


def orders_from(first: int) -> Callable[[], bytes]:
    """Makes a good file whose ids begin at `first`."""
    return lambda: orders(first=first)


def decimal_commas() -> bytes:
    lines = [_quote_amount(line) if n % 4 == 0 else line for n, line in enumerate(_order_lines(1, 200))]
    return "\n".join([ORDER_HEADER, *lines]).encode() + b"\n"


def renamed_column() -> bytes:
    header = ORDER_HEADER.replace("customer_email", "email")
    return "\n".join([header, *_order_lines(1, 200)]).encode() + b"\n"


def ragged_rows() -> bytes:
    lines = list(_order_lines(1, 200))
    lines[16] = lines[16].rpartition(",")[0]
    lines[57] += ",EUR"
    lines[131] = lines[131].rpartition(",")[0]
    return "\n".join([ORDER_HEADER, *lines]).encode() + b"\n"


def stock_utf16() -> bytes:
    return "\r\n".join([STOCK_HEADER, *_stock_lines(120), ""]).encode("utf-16")


def truncated_gzip() -> bytes:
    whole = gzip.compress("\n".join([STOCK_HEADER, *_stock_lines(5000), ""]).encode(), mtime=0)
    return whole[: len(whole) * 2 // 3]


def retyped_parquet() -> bytes:
    query = """
        SELECT i AS payment_id,
               CASE WHEN i % 50 = 0 THEN 'n/a' ELSE (i * 1.25)::VARCHAR END AS amount,
               DATE '2026-11-01' + (i % 28)::INTEGER AS paid_on
        FROM range(1, 1001) AS r(i)
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "payments.parquet"
        with duckdb.connect() as connection:
            connection.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet)")
        return path.read_bytes()


def large_orders() -> bytes:
    """About `LARGE_BYTES` of good orders."""
    average = 57
    return "\n".join([ORDER_HEADER, *_order_lines(1, LARGE_BYTES // average), ""]).encode()


def _order_lines(first: int, count: int) -> Iterable[str]:
    days = [(date(2026, 11, 1) + timedelta(days=n)).isoformat() for n in range(28)]
    for n in range(first, first + count):
        yield f"{n},customer{n}@example.org,{days[n % 28]},{n % 900}.{n % 100:02d},{CURRENCIES[n % 3]}"


def _quote_amount(line: str) -> str:
    cells = line.split(",")
    cells[3] = '"' + cells[3].replace(".", ",") + '"'
    return ",".join(cells)


def _stock_lines(count: int) -> Iterable[str]:
    for n in range(count):
        yield f"ABC-{n:05d};hall {n % 7};{n * 3 % 1000};2026-11-20T08:{n % 60:02d}:00Z"
