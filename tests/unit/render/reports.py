"""Real reports for the tests of the formats: small files, the real engine, hostile cells."""

from __future__ import annotations

from functools import cache
from typing import Any

from fileproc.domain.reports import Report
from fileproc.quality.contracts.contract import NoMatch
from tests.unit.quality.checking import check, contract

#: Everything that steers something somewhere: terminals, GitHub, HTML, XML, Markdown, spreadsheets, line ends.
HOSTILE = (
    "\x1b[31mred\x1b[0m",
    "\u202eevil\u2066",
    "<script>alert(1)</script>",
    "a]]>b<x/>&amp;",
    "::error file=x::owned",
    "##vso[task.complete]",
    "line\nbreak\r\n::warning::x",
    "=HYPERLINK(1)",
    "+cmd|' /C calc'!A0",
    "@SUM(1)",
    "![x](http://e.example/i.png) @everyone #1 www.e.example",
    "| a | b |\n|---|---|",
    "\x00nul",
    "\u2028sep\u2029",
    "```\n# head",
    '"><img src=x onerror=alert(1)>',
)

COLUMNS = [
    {"name": "id", "logicalType": "integer", "unique": True},
    {"name": "amount", "logicalType": "number"},
    {"name": "state", "logicalType": "string", "enum": ["OPEN", "SHIPPED"]},
]


def quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"'


def rows(*lines: str) -> bytes:
    return ("\n".join(["id,amount,state", *lines]) + "\n").encode("utf-8")


@cache
def good(name: str = "good.csv") -> Report:
    return check(rows("1,2.5,OPEN", "2,3.5,SHIPPED"), contract(COLUMNS), name=name)


@cache
def bad(name: str = "bad.csv") -> Report:
    """Decimal commas, a near miss, a repeated key, a short row and a warning."""
    lines = [f'{number},"{number},5",OPEN' for number in range(1, 40)]
    return check(rows(*lines, "40,1,Shiped", "40,1,OPEN", "7,1", ""), contract(COLUMNS), name=name)


@cache
def hostile(name: str = "hostile.csv") -> Report:
    """Hostile cells where a number and a listed value were agreed."""
    lines = [f"{number},{quoted(cell)},{quoted(cell)}" for number, cell in enumerate(HOSTILE)]
    return check(rows(*lines), contract(COLUMNS), name=name, samples=50)


@cache
def skipped(name: str = "nobody.csv") -> Report:
    return check(rows("1,2,OPEN"), NoMatch("no contract claims it", ("near <b>one</b>",)), name=name)


def documents(*reports: Report) -> list[dict[str, Any]]:
    return [report.to_document() for report in reports]
