"""The head: encoding, delimiter and header of a text file, found or proved before the scan.

What is declared is obeyed. What is not is found out, with the evidence told in a finding. The engine's own sniffer is
never asked: it guesses from the data, and a guess that differs from file to file is worse than an error.
"""

from __future__ import annotations

import codecs
import csv
import difflib
import io
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fileproc.domain.reports import Severity
from fileproc.quality.contracts.contract import Dialect, SchemaObject
from fileproc.quality.finding import Finding
from fileproc.quality.reading.container import BOMS

CHUNK = 1 << 20
HEAD_BYTES = 262_144
CANDIDATES = (",", ";", "\t", "|")

#: DuckDB reads at most so many columns a file here; more is no table that anybody agreed on.
MOST_COLUMNS = 10_000

DELIMITER_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe", " ": "space"}


@dataclass(slots=True)
class Text:
    """A text file as UTF-8 without BOM, ready for the engine."""

    path: Path
    encoding: str
    findings: list[Finding] = field(default_factory=list)
    unreadable: bool = False


@dataclass(slots=True)
class Head:
    """How the rows are written. `names` are the columns in file order; `width` is how many cells a row has."""

    delimiter: str
    quote: str
    names: list[str]
    header_line: int | None
    first_line: int
    findings: list[Finding] = field(default_factory=list)

    @property
    def width(self) -> int:
        return len(self.names)


def as_utf8(path: Path, declared: str | None, folder: Path) -> Text:
    """Obey the declared encoding; a BOM speaks for itself; everything else is UTF-8, and checked to be by the scan."""
    with path.open("rb") as file:
        start = file.read(4)
    bom = next((encoding for mark, encoding in BOMS if start.startswith(mark)), None)
    encoding, trouble = _encoding(declared, bom)
    text = Text(path, encoding or "utf-8", [trouble] if trouble else [])
    if encoding is None:
        text.unreadable = True
    elif encoding not in ("utf-8", "ascii"):
        _transcode(text, encoding, folder)
    return text


def _encoding(declared: str | None, bom: str | None) -> tuple[str | None, Finding | None]:
    if declared is None:
        if bom is None:
            return "utf-8", None
        name = bom.upper().removesuffix("-SIG")
        what = "the file begins with a UTF-8 byte order mark" if bom == "utf-8-sig" else f"the file is {name}"
        return bom, Finding.structure(
            "undeclared_encoding",
            f"{what}, which the contract does not declare",
            "save it as UTF-8 without BOM, or declare the encoding",
            agreed="UTF-8 without byte order mark",
            severity=Severity.WARN,
            lines=[1],
        )
    try:
        name = codecs.lookup(declared).name
    except (LookupError, ValueError):
        return None, Finding.structure(
            "unknown_encoding",
            f"the contract declares the encoding {declared!r}, which nobody knows",
            "declare UTF-8, UTF-16, ISO-8859-1 or windows-1252",
            agreed="a known encoding",
        )
    if bom == "utf-8-sig" and name == "utf-8":
        return "utf-8-sig", None
    return (bom if bom is not None and name.startswith("utf-16") else name), None


def _transcode(text: Text, encoding: str, folder: Path) -> None:
    """A copy in UTF-8. A byte that the encoding does not have becomes a finding, and U+FFFD in the copy."""
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    target = folder / secrets.token_hex(8)
    broken, line, bad_lines = 0, 1, []
    with text.path.open("rb") as source, target.open("x", encoding="utf-8", newline="", errors="replace") as sink:
        while True:
            chunk = source.read(CHUNK)
            content = decoder.decode(chunk, final=not chunk)
            if "\ufffd" in content:
                broken += content.count("\ufffd")
                bad_lines += [line + content.count("\n", 0, position) for position in _first(content, 50)]
            line += content.count("\n")
            sink.write(content)
            if not chunk:
                break
    text.path = target
    if broken:
        finding = Finding.structure(
            "bad_encoding",
            f"{broken:,} places are not {encoding}",
            "save the file in the encoding that was agreed",
            agreed=f"text in {encoding}",
            count=broken,
            lines=bad_lines,
        )
        text.findings.append(finding)


def _first(content: str, most: int) -> list[int]:
    found: list[int] = []
    position = content.find("\ufffd")
    while position >= 0 and len(found) < most:
        found.append(position)
        position = content.find("\ufffd", position + 1)
    return found


def read_head(path: Path, dialect: Dialect, schema: SchemaObject | None, name: str) -> Head:
    """Delimiter and header of a UTF-8 text file."""
    quote = dialect.quote_char if dialect.quote_char is not None else '"'
    with path.open("rb") as file:
        sample = file.read(HEAD_BYTES).decode("utf-8", "replace")
    wanted = [prop.column for prop in schema.properties] if schema else []
    has_header = dialect.header is not False
    delimiter, findings = _delimiter(sample, dialect, wanted, quote, name, has_header=has_header)
    first = _first_record(sample, delimiter, quote)
    if not has_header:
        names = _positional(wanted, len(first))
        return Head(delimiter, quote, names, None, 1, findings)
    lines, cells = _header(sample, delimiter, quote)
    head = Head(delimiter, quote, _unique_names(cells), lines, lines + max(1, _spans(cells)), findings)
    head.findings += _header_findings(cells, lines)
    return head


def _delimiter(
    sample: str, dialect: Dialect, wanted: list[str], quote: str, name: str, *, has_header: bool
) -> tuple[str, list[Finding]]:
    """The declared one, unless the header proves another; else the one under which the header is the agreed one."""
    scores = {one: _fit(_first_record(sample, one, quote), wanted) for one in CANDIDATES}
    best = max(CANDIDATES, key=lambda one: scores[one])
    declared = dialect.delimiter
    if declared is not None:
        fit = _fit(_first_record(sample, declared, quote), wanted)
        if has_header and wanted and scores[best] > max(1, fit) and best != declared:
            return best, [_other_delimiter(best, declared)]
        return declared, []
    if wanted and has_header and scores[best] > 0:
        return best, []
    if name.lower().endswith((".tsv", ".tsv.gz")):
        return "\t", []
    widths = {one: len(_first_record(sample, one, quote)) for one in CANDIDATES}
    likely = [one for one in CANDIDATES if widths[one] == max(widths.values()) and widths[one] > 1]
    if len(likely) > 1:
        return likely[0], [_ambiguous(likely)]
    return (likely[0] if likely else ","), []


def _fit(cells: list[str], wanted: list[str]) -> int:
    """How many agreed columns a header has under one reading."""
    return len({cell.strip() for cell in cells} & set(wanted))


def _other_delimiter(found: str, declared: str) -> Finding:
    return Finding.structure(
        "delimiter",
        f"cells are separated by {_named(found)}, agreed was {_named(declared)}",
        f"export with {_named(declared)}, or change the contract's delimiter",
        agreed=f"cells separated by {_named(declared)}",
        lines=[1],
    )


def _ambiguous(likely: list[str]) -> Finding:
    return Finding.structure(
        "ambiguous_delimiter",
        f"the first line can be read with {' or '.join(_named(one) for one in likely)}",
        "declare the delimiter in the contract",
        agreed="one possible reading",
        lines=[1],
    )


def _named(delimiter: str) -> str:
    return DELIMITER_NAMES.get(delimiter, repr(delimiter))


def _first_record(sample: str, delimiter: str, quote: str) -> list[str]:
    return _header(sample, delimiter, quote)[1]


def _header(sample: str, delimiter: str, quote: str) -> tuple[int, list[str]]:
    """(line, cells) of the first record that is not blank."""
    if len(delimiter) != 1 or delimiter in "\r\n" or delimiter == quote:
        return 1, []
    lines = [*io.StringIO(sample, newline="")]  # splitlines() would also break at U+2028 and the like
    blank = 0
    while blank < len(lines) and not lines[blank].strip():
        blank += 1
    quoting: Any = csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE
    try:
        cells = next(csv.reader(lines[blank:], delimiter=delimiter, quotechar=quote or None, quoting=quoting), [])
    except csv.Error:
        return blank + 1, []
    return blank + 1, list(cells[: MOST_COLUMNS + 1])


def _spans(cells: list[str]) -> int:
    """How many lines a record takes."""
    return 1 + sum(cell.count("\n") for cell in cells)


def _positional(wanted: list[str], width: int) -> list[str]:
    """Without a header the contract's order names the columns."""
    extra = [f"column {number}" for number in range(len(wanted) + 1, width + 1)]
    return (wanted + extra)[: max(width, 1)]


def _unique_names(cells: list[str]) -> list[str]:
    """Names as they are told; a second column of the same name gets a number, blank ones their position."""
    names: list[str] = []
    for position, cell in enumerate(cells or [""], 1):
        name = cell if cell.strip() else f"column {position}"
        names.append(name if name not in names else f"{name} ({position})")
    return names


def _header_findings(cells: list[str], line: int) -> list[Finding]:
    findings = []
    blank = [position for position, cell in enumerate(cells, 1) if not cell.strip()]
    if blank and len(cells) > 1:
        places = ", ".join(map(str, blank[:5]))
        findings.append(
            Finding.structure(
                "blank_header",
                f"{len(blank)} columns have no name (column {places})",
                "name every column, or remove the empty ones",
                agreed="a name for every column",
                count=len(blank),
                lines=[line],
            )
        )
    twice = sorted({cell for cell in cells if cell.strip() and cells.count(cell) > 1}) if len(cells) < 2_000 else []
    if twice:
        findings.append(
            Finding.structure(
                "duplicate_header",
                f"the column name {twice[0]!r} stands more than once",
                "give every column its own name",
                agreed="every column name once",
                count=len(twice),
                lines=[line],
            )
        )
    return findings


def nearest(name: str, names: list[str]) -> str | None:
    """A name that was likely meant: the same but for case and blanks, or nearly the same letters."""
    folded = {other.strip().casefold().replace(" ", "_"): other for other in names}
    same = folded.get(name.strip().casefold().replace(" ", "_"))
    if same is not None:
        return same
    parts = [other for other in names if len(other) > 3 and (other in name or name in other)]
    close = difflib.get_close_matches(name, names, 1, cutoff=0.7)
    return close[0] if close else (parts[0] if len(parts) == 1 else None)
