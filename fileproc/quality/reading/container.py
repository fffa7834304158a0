"""The container: what the bytes are before anybody reads rows.

The name is only a hint; the content decides, and is held against what was agreed. What is packed is unpacked into the
job's folder, bounded in size and ratio and checked to its last byte. What this version cannot open is said plainly,
and never passed.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

from fileproc.domain.reports import Severity
from fileproc.quality.finding import Finding, plural
from fileproc.quality.formats import COMPRESSIONS, FORMAT_NAMES, READ_FORMATS, by_name
from fileproc.quality.reading.signatures import BOMS, DATA_FORMATS, document_of, kind_of
from fileproc.quality.reading.wrapping import Wrapping

__all__ = ["BOMS", "Container", "open_container"]

HEAD = 65_536

#: Everything that we unpack begins with one of these bytes: gzip, zstd (and what it skips), bzip2, xz, zip.
FIRST_BYTES = frozenset(b"\x1f\x28BP\xfd" + bytes(range(0x50, 0x60)))

WORKBOOKS = {"xls", "xlsx"}
ENCRYPTED_WORKBOOK = "EncryptedPackage".encode("utf-16-le")

#: Formats whose rows are text: what is left of one that was cut can be read as far as it goes.
TEXT_FORMATS = frozenset({"csv", "json", "ndjson", "fixed", "xml"})

PACK_THEMSELVES = frozenset({"parquet", "avro", "orc", "xlsx"})


@dataclass(slots=True)
class Container:
    """What was opened: the plain content at `path`, its format, and what was wrong with the wrapping."""

    path: Path
    format: str
    compression: str | None = None
    findings: list[Finding] = field(default_factory=list)
    cannot_read: str | None = None  # a format that this version does not know: skipped, not failed
    unreadable: bool = False  # nothing below can look at it
    complete: bool = True  # the content is all that was packed
    member: str | None = None  # the name of the content in an archive


@dataclass(frozen=True, slots=True)
class Claim:
    """What the contract and the name say that a file is."""

    name: str
    format: str | None
    compression: str | None
    is_declared: bool  # the compression is the contract's word, not only the name's

    @classmethod
    def of(cls, name: str, declared_format: str | None, declared_compression: str | None) -> Claim:
        named_format, named_compression = by_name(name)
        declared = (declared_compression or "").lower()
        compression = COMPRESSIONS.get(declared, declared) or named_compression
        expected = FORMAT_NAMES.get(declared_format or "", declared_format) or named_format
        return cls(name, expected, compression, bool(declared))


def open_container(
    path: Path,
    name: str,
    *,
    declared_format: str | None,
    declared_compression: str | None,
    folder: Path,
    encoding: str | None = None,
) -> Container:
    """Find out what the file is and unpack it. Raises OSError only for what the machine cannot do."""
    claim = Claim.of(name, declared_format, declared_compression)
    if path.stat().st_size == 0:
        return _empty(path, claim)
    wrapping = _unwrapped(path, folder)
    if wrapping.member is not None and claim.format is None:
        claim = replace(claim, format=by_name(wrapping.member)[0])
    container = Container(
        wrapping.path,
        claim.format or "csv",
        compression=wrapping.kinds[0] if wrapping.kinds else None,
        findings=[*_compression(claim, wrapping), *wrapping.findings],
        unreadable=wrapping.unreadable,
        complete=wrapping.complete,
        member=wrapping.member,
    )
    if wrapping.cut and claim.format is not None and claim.format not in TEXT_FORMATS:
        container.unreadable = True
    return container if container.unreadable else _decide(container, claim, wrapping, encoding)


def _unwrapped(path: Path, folder: Path) -> Wrapping:
    """Without its layers; most files have none, and load nothing of what unpacks. Raises OSError."""
    with path.open("rb") as file:
        first = file.read(1)
    if not first or first[0] not in FIRST_BYTES:
        return Wrapping(path)
    from fileproc.quality.reading.unwrapping import unwrap

    return unwrap(path, folder)


def _compression(claim: Claim, wrapping: Wrapping) -> list[Finding]:
    """How it is packed, held against what was agreed; without a contract's word the name counts."""
    found = wrapping.kinds[0] if wrapping.kinds else None
    if claim.compression is None:
        is_cut_workbook = wrapping.cut and claim.format == "xlsx"
        return [_undeclared(found)] if found and not is_cut_workbook else []
    packs_itself = claim.is_declared and claim.format in PACK_THEMSELVES  # what is declared is the codec within
    if found is None and claim.compression in COMPRESSIONS.values() and not wrapping.office and not packs_itself:
        said = "should be" if claim.is_declared else f"is called {claim.name[-40:]!r} and should be"
        title = f"the file {said} {claim.compression} but is not packed"
        return [Finding.container("not_compressed", title, "pack it, or name and declare it as it is")]
    if found is not None and found != claim.compression:
        said = "no packing" if claim.compression == "none" else claim.compression
        return [Finding.container("compression", f"the file is {found}, agreed was {said}", "pack it as agreed")]
    return []


def _undeclared(found: str) -> Finding:
    title = f"the file is {found}, which neither its name nor the contract says"
    finding = Finding.container("undeclared_compression", title, f"declare compression: {found}, or send it plain")
    return replace(finding, severity=Severity.WARN, agreed="a file as its name says")


def _decide(container: Container, claim: Claim, wrapping: Wrapping, encoding: str | None) -> Container:
    """Compare what was promised with what is there."""
    with container.path.open("rb") as file:
        head = file.read(HEAD)
    kind = wrapping.office or kind_of(head, encoding)
    expected = claim.format or (kind if kind in DATA_FORMATS else None) or "csv"
    kind = kind or (document_of(head, expected) if expected in TEXT_FORMATS else None)
    found = kind or ("text" if expected in DATA_FORMATS else expected)
    if found in DATA_FORMATS or found == expected:
        container.format = found
    if {found, expected} == WORKBOOKS:
        return _other_workbook(container, expected, found, head)
    if found != expected:
        return _not_what_it_says(container, expected, found)
    if expected not in READ_FORMATS:
        container.cannot_read = f"{expected} files are not read yet"
    if expected == "parquet":
        _look_at_pages(container)
    return container


def _look_at_pages(container: Container) -> None:
    """Whether a Parquet file is whole, before the engine believes it."""
    from fileproc.quality.reading.packed import Broken
    from fileproc.quality.reading.parquet_pages import verify

    try:
        with container.path.open("rb") as file:
            damage = verify(file)
    except Broken as broken:
        container.findings.append(Finding.container(broken.code, broken.what, broken.fix))
        container.unreadable = True
        return
    if damage.pages:
        title = f"{plural(damage.pages, 'page')} of the parquet data damaged: {damage.first}"
        finding = Finding.container("page_checksum", title, "send the file again; it was whole when it was written")
        container.findings.append(replace(finding, count=damage.pages))
        container.complete = False


def _other_workbook(container: Container, expected: str, found: str, head: bytes) -> Container:
    """Both are read. A workbook with a password is wrapped as an old one, whatever it is; its reader tells that."""
    if ENCRYPTED_WORKBOOK not in head:
        _not_what_it_says(container, expected, found).unreadable = False
    return container


def _not_what_it_says(container: Container, expected: str, found: str) -> Container:
    container.findings.append(
        Finding.container(
            "not_what_it_says",
            f"the file should be {expected} but is {found}",
            f"send {expected}, or change the contract's format",
        )
    )
    container.unreadable = True
    return container


def _empty(path: Path, claim: Claim) -> Container:
    title, fix = "the file has no bytes at all", "send it again; an empty export still has its header"
    return Container(
        path, claim.format or "csv", findings=[Finding.container("zero_bytes", title, fix)], unreadable=True
    )
