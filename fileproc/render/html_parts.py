"""The pieces of the HTML page that are about one cause: strip, words, samples, explanation."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from typing import Any

from fileproc.quality.explanations import explanation
from fileproc.render.document import SEVERITY_MARKS, SEVERITY_WORDS, Document, severity, where
from fileproc.render.strip import Strip, strip_of
from fileproc.render.text import visible

MOST_SAMPLES = 100
WIDTH, HEIGHT, TICK = 600, 24, 3

#: Blanks that nobody sees: at either end, or of a kind that looks like another.
UNSEEN = re.compile(r"^[ ]+|[ ]+$|[\u00a0\u2007\u202f\u3000]+")

#: What stands between backticks in an explanation.
CODE = re.compile(r"`([^`]*)`")


def shown(text: object, longest: int = 1_000) -> str:
    """Text of a file, contract or key: on one line, with nothing that steers, escaped for text and attributes."""
    return escape(visible(text, longest), quote=True)


def facts(pairs: Sequence[tuple[str, str | None]]) -> str:
    """Names and values; the values are HTML already."""
    rows = "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in pairs if value is not None)
    return f"<dl>{rows}</dl>"


def cause_part(cause: Document, document: Document) -> str:
    """One cause as an article."""
    level = severity(cause)
    head = (
        f'<h3><span><span class="{level.value}">{SEVERITY_MARKS[level]}</span> {shown(cause["title"])}</span>'
        f'<span class="count">{cause["count"]:,} × · {SEVERITY_WORDS[level]}</span></h3>'
    )
    words = facts(
        [
            ("found", shown(cause["found"])),
            ("agreed", shown(cause["agreed"])),
            ("where", where(cause)),
            ("mend", f'<span class="mend">{shown(cause["fix"])}</span>'),
        ]
    )
    parts = [head, _strip(strip_of(cause, document), level.value), words, _samples(cause), _explained(cause)]
    return f'<article class="cause {level.value}">{"".join(parts)}</article>'


def _strip(strip: Strip | None, level: str) -> str:
    if strip is None:
        return ""
    noun = strip.noun
    told = "findings along the file" if strip.counted else f"the {noun}s that are named, along the file"
    marks = "".join(_tick(*mark) for mark in strip.marks)
    band = _rect("band", strip.begin * WIDTH, max(TICK, (strip.end - strip.begin) * WIDTH), 0, HEIGHT)
    return (
        f'<div class="strip {level}"><svg viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="none" role="img">'
        f"<title>{told}</title>{_rect('track', 0, WIDTH, 0, HEIGHT)}{band}{marks}</svg>"
        f'<div class="ends"><span>{noun} 1</span><span>{told}</span><span>{noun} {strip.last:,}</span></div></div>'
    )


def _tick(place: float, width: float, height: float) -> str:
    wide = max(TICK, width * WIDTH - 1)
    left = min(place * WIDTH, WIDTH - wide)
    return _rect("tick", left, wide, HEIGHT * (1 - height), HEIGHT * height)


def _rect(name: str, x: float, width: float, y: float, height: float) -> str:
    x = min(x, WIDTH - width)
    return f'<rect class="{name}" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"/>'


# samples


def _samples(cause: Document) -> str:
    samples = cause["samples"][:MOST_SAMPLES]
    if not samples:
        return ""
    names = _names(samples)
    column = cause["column"]
    apart = column not in names  # the bad cell is none of the columns: it stands first
    heads = ["line", "record", *([_head(column or "as it stands")] if apart else []), *map(_head, names)]
    rows = "".join(_row(sample, names, column, apart=apart) for sample in samples)
    first = '<th class="place">'
    head = "".join(f"{first if place < 2 else '<th>'}{text}</th>" for place, text in enumerate(heads))
    of = f"{len(samples):,} of {cause['count']:,}"
    return (
        f'<div class="scroll" tabindex="0"><table class="cells"><caption>{of}; the bad cell is marked ✕</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _names(samples: Sequence[Document]) -> list[str]:
    """The columns of all samples, in the order of the first; a list of cells has numbers for names."""
    names: dict[str, None] = {}
    for sample in samples:
        names.update(dict.fromkeys(_cells(sample)))
    return list(names)


def _cells(sample: Document) -> dict[str, Any]:
    cells = sample.get("cells")
    if isinstance(cells, dict):
        return cells
    return {str(place): cell for place, cell in enumerate(cells or [], 1)}


def _head(name: object) -> str:
    return shown(name, 80)


def _row(sample: Document, names: Sequence[str], column: str | None, *, apart: bool) -> str:
    cells = _cells(sample)
    row = [_place(sample["line"]), _place(sample["record"])]
    if apart:
        row.append(_bad(sample["cell"]))
    row += [_bad(sample["cell"]) if name == column else f"<td>{_cell(cells.get(name))}</td>" for name in names]
    return f"<tr>{''.join(row)}</tr>"


def _place(value: int | None) -> str:
    return f'<td class="place">{"" if value is None else f"{int(value):,}"}</td>'


def _bad(cell: object) -> str:
    return f'<td class="bad"><span class="fail">✕</span> {_cell(cell, unseen=True)}</td>'


def _cell(cell: object, *, unseen: bool = False) -> str:
    if cell is None:
        return '<span class="none">no value</span>'
    if cell == "":
        return '<span class="none">empty text</span>'
    text = shown(cell, 300)
    return UNSEEN.sub(lambda found: f'<span class="blank">{found[0]}</span>', text) if unseen else text


def _explained(cause: Document) -> str:
    known = explanation(str(cause["code"]))
    code = f"<code>{shown(cause['code'])}</code>"
    if known is None:
        return f'<p class="soft">code {code}</p>'
    partner = f"<p>Whoever sends the file: {_prose(known.partner)}</p>"
    contract = f"<p>Whoever keeps the contract: {_prose(known.contract)}</p>"
    told = f"<p>{_prose(known.meaning)} {_prose(known.why)}</p>{partner}{contract}"
    return f"<details><summary>What {code} means</summary>{told}</details>"


def _prose(text: str) -> str:
    """A sentence of ours, with its words of contracts as code."""
    return CODE.sub(r"<code>\1</code>", shown(text, 2_000))
