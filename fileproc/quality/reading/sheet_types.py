"""Types of workbook cells: each cell says itself what it is. A text that looks like a number is a text."""

from __future__ import annotations

from typing import Any

from fileproc.quality import sql
from fileproc.quality.logical_types import Typed, compile_type

#: Logical type → kinds of cell that can be one.
KINDS = {
    "string": ("VARCHAR",),
    "integer": ("BIGINT",),
    "number": ("BIGINT", "DOUBLE"),
    "boolean": ("BOOLEAN",),
    "date": ("DATE",),
    "timestamp": ("TIMESTAMP", "DATE"),
    "time": ("TIME",),
}


def typed_cell(cell: str, kind: str, logical: str, options: dict[str, Any]) -> Typed | None:
    """The typed value of a cell. A declared `format` also allows texts that are written so."""
    kinds = KINDS.get(logical)
    if kinds is None:
        return None
    plain = {key: value for key, value in options.items() if key != "format"} if logical in TEMPORAL else options
    shown = f"CASE WHEN {kind} = 'DATE' THEN {cell} || 'T00:00:00' ELSE {cell} END" if logical == "timestamp" else cell
    typed = compile_type(logical, shown, plain)
    if typed is None:
        return None
    value = f"CASE WHEN {kind} IN ({sql.texts(kinds)}) THEN {typed.value} END"
    agreed = f"{typed.agreed}, as a cell of that type" if logical != "string" else "a text cell"
    if logical in TEMPORAL and options.get("format"):
        written = compile_type(logical, cell, options)
        if written is not None:
            value = f"CASE WHEN {kind} = 'VARCHAR' THEN {written.value} ELSE {value} END"
            agreed = f"{agreed}, or {written.agreed}"
    if logical == "string":
        return Typed(cell, agreed, is_text=True, bad=f"{cell} IS NOT NULL AND {kind} <> 'VARCHAR'")
    bad = f"{cell} IS NOT NULL AND ({value}) IS NULL"
    return Typed(value, agreed, bad=bad, kind=typed.kind)


def text_date(cell: str) -> str:
    """The code for a cell that reads as a date and was not taken for one."""
    return f"CASE WHEN TRY_CAST({cell} AS DATE)::VARCHAR = {cell} THEN 'quoted_value' END"


TEMPORAL = ("date", "timestamp", "time")
