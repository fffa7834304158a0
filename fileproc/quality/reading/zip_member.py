"""The one data member of a zip archive: which it is, or why there is none that can be read.

Exactly one file with data is read. Several are told by name: which of them was meant is not for us to guess.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import BinaryIO

from fileproc.domain.reports import Severity
from fileproc.quality.finding import Finding, plural
from fileproc.quality.reading.packed import Broken
from fileproc.quality.reading.zip_archive import READ_METHODS, Directory, Member, hold_members, read_directory

#: Names that are told; the count is never capped.
MOST_NAMES = 5

#: A part that only such a document has → what it is. Workbooks are read, the others are told by name.
OFFICE_PARTS = {
    "xl/workbook.xml": "xlsx",
    "xl/workbook.bin": "a binary Excel workbook (xlsb)",
    "word/document.xml": "a Word document",
    "ppt/presentation.xml": "a PowerPoint presentation",
    "META-INF/MANIFEST.MF": "a Java archive",
    "META-INF/manifest.xml": "an OpenDocument file",
    "META-INF/container.xml": "an e-book",
    "AndroidManifest.xml": "an Android app",
}

#: What macOS and Windows put into archives by themselves.
LITTER_FOLDER = "__MACOSX/"
LITTER = frozenset({".ds_store", "thumbs.db", "desktop.ini"})


@dataclass(slots=True)
class Choice:
    """The member to read, and what is to be said about the archive."""

    member: Member | None = None
    findings: list[Finding] = field(default_factory=list)

    def tell(self, code: str, title: str, fix: str) -> None:
        self.findings.append(Finding.container(code, title, fix))


def office_format(file: BinaryIO) -> str | None:
    """The format of a document that is a zip archive of parts; None for an archive of files, or a broken one."""
    try:
        names = {member.name for member in read_directory(file).members}
    except Broken:
        return None
    return next((called for part, called in OFFICE_PARTS.items() if part in names), None)


def choose(file: BinaryIO, directory: Directory) -> Choice:
    """The member with the data, if there is exactly one that can be read."""
    choice = Choice()
    _hold_names(choice, directory.members)
    data = [member for member in directory.members if not _is_folder(member) and not _is_litter(member)]
    if not data:
        choice.tell("empty_archive", "the zip archive has no file inside", "pack the data file into it")
    elif len(data) > 1:
        title = f"the zip archive has {len(data):,} files, one is wanted: {_named(data)}"
        choice.tell("several_members", title, "send every file by itself, packed or not")
    elif _is_readable(choice, data[0]) and _is_held(choice, file, directory):
        choice.member = data[0]
        _tell_litter(choice, directory.members)
    return choice


def _hold_names(choice: Choice, members: list[Member]) -> None:
    """Nothing is ever written under these names by us, but whoever unpacks the archive next may do so."""
    unsafe = [member for member in members if _is_unsafe(member)]
    if unsafe:
        title = f"the zip archive has {plural(len(unsafe), 'name')} outside of its own folder: {_named(unsafe)}"
        choice.tell("unsafe_member", title, "pack files under plain names, without links")
    twice = [name for name, count in Counter(member.name for member in members).items() if count > 1]
    if twice:
        title = f"the zip archive has the name {twice[0][:80]!r} more than once"
        choice.tell("duplicate_member", title, "pack every file once")


def _is_unsafe(member: Member) -> bool:
    name = member.name.replace("\\", "/")
    parts = name.split("/")
    control = any(ord(sign) < 32 or ord(sign) == 127 for sign in name)
    return name.startswith("/") or name[1:2] == ":" or ".." in parts or control or member.is_link


def _is_folder(member: Member) -> bool:
    return member.name.endswith("/") and member.size == 0


def _is_litter(member: Member) -> bool:
    return member.name.startswith(LITTER_FOLDER) or member.name.rsplit("/", 1)[-1].lower() in LITTER


def _is_readable(choice: Choice, member: Member) -> bool:
    shown = repr(member.name[:80])
    if member.is_encrypted:
        choice.tell("encrypted_archive", f"the member {shown} is encrypted", "send it without a password")
    elif member.method not in READ_METHODS:
        title = f"the member {shown} is packed by {member.method_name}, which is not read"
        choice.tell("unsupported_archive", title, "pack it as zip with Deflate, or as gzip or zstd")
    else:
        return not member.is_link
    return False


def _is_held(choice: Choice, file: BinaryIO, directory: Directory) -> bool:
    try:
        hold_members(file, directory)
    except Broken as broken:
        choice.tell(broken.code, broken.what, broken.fix)
        return False
    return True


def _tell_litter(choice: Choice, members: list[Member]) -> None:
    litter = [member for member in members if _is_litter(member)]
    if litter:
        title = f"the zip archive also has {_named(litter)}, which was not looked at"
        choice.findings.append(
            Finding(
                "ignored_member", "container", title, "pack the data file alone", severity=Severity.INFO,
                count=len(litter), found=title, agreed="one file in the archive",
            )
        )  # fmt: skip


def _named(members: list[Member]) -> str:
    names = ", ".join(repr(member.name[:80]) for member in members[:MOST_NAMES])
    more = len(members) - MOST_NAMES
    return f"{names} and {more:,} more" if more > 0 else names
