"""Encodings: any text as UTF-8 without a byte order mark, and what was found wrong on the way.

A byte order mark speaks for itself; without one a declared encoding is obeyed. What is neither declared nor marked is
UTF-8, unless every second byte is zero, as only UTF-16 has it. Legacy encodings are never guessed: a wrong guess would
change values in silence.
"""

from __future__ import annotations

import codecs
import secrets
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from fileproc.domain.reports import Severity
from fileproc.quality.finding import Finding
from fileproc.quality.reading.glance import newlines
from fileproc.quality.reading.signatures import BOMS
from fileproc.quality.reading.tally import Tally
from fileproc.quality.reading.wide_text import LOOKED_AT, wide_encoding

CHUNK = 1 << 20

#: Python's codecs that are encodings of text in files, by their own names. The others unpack, escape, or never end.
SAFE = frozenset(
    (
        "ascii", "big5", "big5hkscs", "cp037", "cp1006", "cp1026", "cp1125", "cp1140", "cp1250", "cp1251",
        "cp1252", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp1258", "cp273", "cp424", "cp437",
        "cp500", "cp720", "cp737", "cp775", "cp850", "cp852", "cp855", "cp856", "cp857", "cp858", "cp860",
        "cp861", "cp862", "cp863", "cp864", "cp865", "cp866", "cp869", "cp874", "cp875", "cp932", "cp949",
        "cp950", "euc_jis_2004", "euc_jisx0213", "euc_jp", "euc_kr", "gb18030", "gb2312", "gbk", "hz",
        "iso2022_jp", "iso2022_jp_1", "iso2022_jp_2", "iso2022_jp_2004", "iso2022_jp_3", "iso2022_jp_ext",
        "iso2022_kr", "iso8859-1", "iso8859-10", "iso8859-11", "iso8859-13", "iso8859-14", "iso8859-15",
        "iso8859-16", "iso8859-2", "iso8859-3", "iso8859-4", "iso8859-5", "iso8859-6", "iso8859-7", "iso8859-8",
        "iso8859-9", "johab", "koi8-r", "koi8-t", "koi8-u", "kz1048", "mac-croatian", "mac-cyrillic",
        "mac-greek", "mac-iceland", "mac-latin2", "mac-roman", "mac-turkish", "ptcp154", "shift_jis",
        "shift_jis_2004", "shift_jisx0213", "tis-620", "utf-16", "utf-16-be", "utf-16-le", "utf-32",
        "utf-32-be", "utf-32-le", "utf-8", "utf-8-sig",
    )
)  # fmt: skip


@dataclass(slots=True)
class Text:
    """A text file as UTF-8 without BOM, ready for the engine. `skipped` bytes of the file are not in it."""

    path: Path
    encoding: str
    findings: list[Finding] = field(default_factory=list)
    unreadable: bool = False
    skipped: int = 0


def as_utf8(path: Path, declared: str | None, folder: Path) -> Text:
    """Obey the declared encoding; a BOM speaks for itself; everything else is UTF-8, and checked to be by the scan."""
    with path.open("rb") as file:
        start = file.read(LOOKED_AT)
    bom = next((encoding for mark, encoding in BOMS if start.startswith(mark)), None)
    encoding, trouble = _undeclared(start, bom) if declared is None else _declared(declared, start, bom)
    text = Text(path, encoding or "utf-8", [trouble] if trouble else [])
    if encoding is None:
        text.unreadable = True
    elif encoding == "utf-8-sig":
        _without_mark(text, folder, marked=bom == "utf-8-sig")
    elif encoding != "utf-8":
        _transcode(text, encoding, folder)
    return text


def _undeclared(start: bytes, bom: str | None) -> tuple[str, Finding | None]:
    if bom is not None:
        name = bom.upper().removesuffix("-SIG")
        what = "the file begins with a UTF-8 byte order mark" if bom == "utf-8-sig" else f"the file is {name}"
        return bom, _not_declared(what)
    guess = wide_encoding(start)
    if guess is None:
        return "utf-8", None
    return guess, _not_declared(f"the file seems to be {guess.upper()} without a byte order mark")


def _not_declared(what: str) -> Finding:
    return Finding.structure(
        "undeclared_encoding", f"{what}, which the contract does not declare",
        "save it as UTF-8 without BOM, or declare the encoding", agreed="UTF-8 without byte order mark",
        severity=Severity.WARN, lines=[1],
    )  # fmt: skip


def _declared(declared: str, start: bytes, bom: str | None) -> tuple[str | None, Finding | None]:
    try:
        name = codecs.lookup(declared).name
    except (LookupError, ValueError):
        name = ""
    if name not in SAFE:
        return None, _unknown(declared)
    if bom is None:
        return _without_bom(name, start)
    if name == "utf-8" and bom == "utf-8-sig":
        return bom, None
    if bom.startswith(name[:6]) or (name.startswith("utf-8") and bom == "utf-8-sig"):
        return bom, None
    return bom, Finding.structure(
        "other_encoding", f"the byte order mark says {bom.upper().removesuffix('-SIG')}, agreed was {declared}",
        f"save the file as {declared}, or change the contract's encoding", agreed=f"text in {declared}", lines=[1],
    )  # fmt: skip


def _without_bom(name: str, start: bytes) -> tuple[str, Finding | None]:
    """UTF-16 and UTF-32 need a byte order mark to be read; the zeros tell the order where it is missing."""
    if name not in ("utf-16", "utf-32"):
        return name, None
    guess = wide_encoding(start) or f"{name}-le"
    guess = guess if guess.startswith(name) else f"{name}-le"
    return guess, Finding.structure(
        "no_byte_order_mark", f"the file was declared as {name.upper()} and has no byte order mark; read as {guess}",
        f"write the byte order mark, or declare {guess.upper()}", agreed=f"{name.upper()} with a byte order mark",
        severity=Severity.WARN, lines=[1],
    )  # fmt: skip


def _unknown(declared: str) -> Finding:
    return Finding.structure(
        "unknown_encoding", f"the contract declares the encoding {declared!r}, which is no encoding of text in files",
        "declare UTF-8, UTF-16, ISO-8859-1 or windows-1252", agreed="a known encoding",
    )  # fmt: skip


def _without_mark(text: Text, folder: Path, *, marked: bool) -> None:
    """The same bytes without the mark: what is no UTF-8 stays as it is, for the scan to find."""
    text.skipped = len(codecs.BOM_UTF8) if marked else 0
    if not marked:
        return
    target = folder / secrets.token_hex(8)
    with text.path.open("rb") as source, target.open("xb") as sink:
        source.seek(text.skipped)
        shutil.copyfileobj(source, sink, CHUNK)
    text.path = target


class _Broken:
    """An error handler that remembers where bytes did not fit, and writes U+FFFD for them."""

    def __init__(self) -> None:
        self.places: list[int] = []
        self.first: int | None = None
        self.base = 0

    def __call__(self, error: UnicodeError) -> tuple[str, int]:
        if not isinstance(error, UnicodeDecodeError):
            raise error
        if self.first is None:
            self.first = self.base + error.start
        self.places.append(error.start)
        return MARK, error.end


#: Stands for what could not be decoded until it is counted; no text has a lone surrogate.
MARK = "\udcff"


def _transcode(text: Text, encoding: str, folder: Path) -> None:
    """A copy in UTF-8. A byte that the encoding does not have becomes a finding, and U+FFFD in the copy."""
    broken, name = _Broken(), f"fileproc-{secrets.token_hex(8)}"
    codecs.register_error(name, broken)
    decoder = codecs.getincrementaldecoder(encoding)(errors=name)
    target, tally, line = folder / secrets.token_hex(8), Tally(), 1
    try:
        with text.path.open("rb") as source, target.open("xb") as sink:
            while True:
                broken.base = source.tell() - len(decoder.getstate()[0])
                chunk = source.read(CHUNK)
                content = decoder.decode(chunk, final=not chunk)
                plain = content.replace(MARK, "\ufffd")
                _note(content, tally, line)
                line += newlines(plain.encode("utf-8", "replace"))
                sink.write(plain.encode("utf-8", "replace"))
                if not chunk:
                    break
    finally:
        codecs.register_error(name, codecs.replace_errors)  # nothing takes a handler away again; this holds no text
    text.path = target
    if tally.count:
        text.findings.append(_misfit(encoding, tally, broken.first or 0))


def _note(content: str, tally: Tally, line: int) -> None:
    position = content.find(MARK)
    seen = 0
    while position >= 0:
        line += newlines(content[seen:position].encode("utf-8", "replace"))
        seen = position
        tally.add(line)
        position = content.find(MARK, position + 1)


def _misfit(encoding: str, tally: Tally, first: int) -> Finding:
    return Finding.structure(
        "bad_encoding", f"{tally.count:,} places are not {encoding}, the first at byte {first:,}",
        "save the file in the encoding that was agreed", agreed=f"text in {encoding}", count=tally.count,
        lines=tally.lines, last_line=tally.last,
    )  # fmt: skip
