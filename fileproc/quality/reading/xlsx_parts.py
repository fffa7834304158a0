"""The parts of an xlsx workbook beside its sheets: which sheets there are, which numbers are dates, shared texts."""

from __future__ import annotations

import posixpath
import re
import secrets
from array import array
from functools import lru_cache
from pathlib import Path

from fileproc.quality.reading.workbook import Damaged
from fileproc.quality.reading.xlsx_xml import Events, Package, parse, read_small

#: Number formats that are dates by their number alone → (has a date, has a time).
BUILT_IN = {
    **dict.fromkeys((14, 15, 16, 17, *range(27, 32), 34, 35, 36, *range(50, 59)), (True, False)),
    **dict.fromkeys((18, 19, 20, 21, 32, 33, 45, 46, 47), (False, True)),
    22: (True, True),
}
LITERAL = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?![hms]+\])[^\]]*\]', re.IGNORECASE)
ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
LONGEST_TEXT = 32_767


class Relations(Events):
    """Ids of a part's relations → (type, target)."""

    def __init__(self, base: str) -> None:
        self._base = base
        self.targets: dict[str, tuple[str, str]] = {}

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "Relationship" and attributes.get("TargetMode") != "External":
            target = attributes.get("Target", "")
            full = target if target.startswith("/") else posixpath.normpath(posixpath.join(self._base, target))
            kind = attributes.get("Type", "").rpartition("/")[2]
            self.targets[attributes.get("Id", "")] = (kind, full.lstrip("/"))

    def one(self, kind: str) -> str | None:
        return next((target for found, target in self.targets.values() if found == kind), None)


def relations(package: Package, part: str) -> Relations:
    folder, _, name = part.rpartition("/")
    found = Relations(folder)
    file = f"{folder}/_rels/{name}.rels".lstrip("/")
    if package.has(file):
        read_small(package, file, found)
    return found


class Workbook(Events):
    """Sheets as (name, relation id, visible), and which calendar dates count in."""

    def __init__(self) -> None:
        self.sheets: list[tuple[str, str, bool]] = []
        self.is_1904 = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "workbookPr":
            self.is_1904 = attributes.get("date1904", "0").lower() in ("1", "true", "on")
        elif name == "sheet":
            relation = next((value for key, value in attributes.items() if key.rpartition(":")[2] == "id"), "")
            visible = attributes.get("state", "visible") == "visible"
            self.sheets.append((attributes.get("name", ""), relation, visible))


class Styles(Events):
    """Numbers of cell styles → (has a date, has a time), for those that show dates."""

    def __init__(self) -> None:
        self._custom: dict[str, str] = {}
        self._in_cells = False
        self._count = 0
        self.dates: dict[int, tuple[bool, bool]] = {}

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "numFmt":
            self._custom[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")
        elif name == "cellXfs":
            self._in_cells = True
        elif name == "xf" and self._in_cells:
            shown = shows_date(attributes.get("numFmtId", "0"), self._custom)
            if shown is not None:
                self.dates[self._count] = shown
            self._count += 1

    def end(self, name: str) -> None:
        if name == "cellXfs":
            self._in_cells = False


def shows_date(number: str, custom: dict[str, str]) -> tuple[bool, bool] | None:
    """(has a date, has a time) of a number format, None for one that shows numbers."""
    if number not in custom:
        return BUILT_IN.get(int(number)) if number.isdigit() and len(number) < 9 else None
    code = LITERAL.sub("", custom[number].partition(";")[0]).lower().replace("general", "")
    has_time = any(sign in code for sign in "hs")
    has_date = any(sign in code for sign in "yd") or ("m" in code and not has_time)
    return (has_date, has_time) if has_date or has_time else None


class SharedTexts(Events):
    """Texts that cells refer to by number. They wait on disk; only where each begins is in memory."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / secrets.token_hex(8)
        self._starts = array("Q", [0])
        self._sink = self._path.open("xb")
        self._parts: list[str] = []
        self._in_text = False
        self._in_hint = 0
        self.get = lru_cache(maxsize=4_096)(self._get)

    def read(self, package: Package, part: str | None) -> None:
        with self._sink:
            for _ in parse(package, part, self) if part is not None else ():
                pass
        self._source = self._path.open("rb")

    def close(self) -> None:
        self._source.close()

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "si":
            self._parts = []
        elif name == "rPh":  # how a text is read aloud
            self._in_hint += 1
        self._in_text = name == "t" and not self._in_hint

    def text(self, data: str) -> None:
        if self._in_text:
            self._parts.append(data)

    def end(self, name: str) -> None:
        self._in_text = False
        if name == "rPh":
            self._in_hint -= 1
        elif name == "si":
            data = unescaped("".join(self._parts)).encode("utf-8", "replace")
            self._sink.write(data)
            self._starts.append(self._starts[-1] + len(data))

    def _get(self, number: int) -> str:
        if not 0 <= number < len(self._starts) - 1:
            raise Damaged("a cell refers to a text that the workbook does not have")
        self._source.seek(self._starts[number])
        return self._source.read(self._starts[number + 1] - self._starts[number]).decode("utf-8", "replace")


def unescaped(text: str) -> str:
    """`_x000D_` is a character that XML cannot have."""
    if "_x" not in text:
        return text[:LONGEST_TEXT]
    return (
        ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)[:LONGEST_TEXT]
        .encode("utf-16", "surrogatepass")
        .decode("utf-16", "replace")
    )
