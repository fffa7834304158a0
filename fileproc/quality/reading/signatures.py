"""What bytes are, told by how they begin: the name of a file is only a hint.

Formats of data answer with the word that contracts use for them, everything else with words for people.
"""

from __future__ import annotations

import codecs
import json
import re
from typing import Any

from fileproc.quality.reading.wide_text import wide_encoding

MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"PAR1", "parquet"),
    (b"PARE", "parquet"),
    (b"Obj\x01", "avro"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "xls"),
    (b"ORC", "orc"),
    (b"ARROW1\0\0", "arrow"),
    (b"\x89PNG\r\n\x1a\n", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"RIFF", "a picture, a sound or a film"),
    (b"%PDF", "a PDF document"),
    (b"{\\rtf", "a Rich Text document"),
    (b"\x7fELF", "a program (ELF)"),
    (b"MZ", "a program (Windows)"),
    (b"\xfe\xed\xfa\xce", "a program (macOS)"),
    (b"\xfe\xed\xfa\xcf", "a program (macOS)"),
    (b"\xcf\xfa\xed\xfe", "a program (macOS)"),
    (b"\xca\xfe\xba\xbe", "a program (Java or macOS)"),
    (b"\0asm", "a program (WebAssembly)"),
    (b"#!", "a script"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"\x04\x22\x4d\x18", "LZ4 data"),
    (b"\xff\x06\0\0sNaPpY", "Snappy data"),
    (b"\x1f\x9d", "data of the old compress"),
    (b"LZIP", "lzip data"),
    (b"version https://git-lfs.github.com/spec/", "a Git LFS pointer, not the file it stands for"),
    (b"-----BEGIN PGP", "a PGP message"),
    (b"PGPF", "a PGP message"),
    (b"Salted__", "a file encrypted by OpenSSL"),
    (b"$FL2", "an SPSS file"),
    (b"<stata_dta>", "a Stata file"),
)

#: Formats of data among them.
DATA_FORMATS = frozenset({"parquet", "avro", "xls", "xlsx", "orc", "arrow"})

BOMS: tuple[tuple[bytes, str], ...] = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

TAR_MAGIC, TAR_PLACE = b"ustar", 257
HTML = re.compile(rb"<(!doctype\s+html|html|head|body)[\s>]", re.IGNORECASE)
HTML_TITLE = re.compile(rb"<title[^>]*>([^<]{1,200})<", re.IGNORECASE)
TAG = re.compile(rb"<([A-Za-z_][\w:.-]{0,99})[^>]*>")
S3_ERROR = re.compile(rb"<Error>.*?<Code>([A-Za-z]{1,60})</Code>", re.DOTALL)

#: Control characters that no text has.
CONTROLS = bytes([*range(9), *range(14, 27), *range(28, 32)])

#: Keys of the documents with which gateways and services say that something went wrong.
ERROR_KEYS = frozenset(
    {
        "error", "errors", "message", "code", "status", "statuscode", "status_code", "detail", "details", "title",
        "type", "fault", "faultstring", "exception", "timestamp", "path", "instance", "requestid", "request_id",
        "error_description", "trace", "traceid", "success", "reason",
    }
)  # fmt: skip
TELLING_KEYS = ("error", "errors", "message", "fault", "faultstring", "exception", "error_description", "detail")
LONGEST_ERROR = 16_384
JSON_FORMATS = ("json", "ndjson")


def kind_of(head: bytes, encoding: str | None = None) -> str | None:
    """What begins like this; None for what may be text with rows in the declared `encoding`."""
    for magic, name in MAGIC:
        if head.startswith(magic) and not _is_text(magic, head):
            return name
    if head[TAR_PLACE : TAR_PLACE + len(TAR_MAGIC)] == TAR_MAGIC:
        return "a tar archive"
    return "binary data" if _has_plain_controls(encoding) and _is_binary(head) else None


def _is_text(magic: bytes, head: bytes) -> bool:
    """Whether a few letters at the beginning are only the beginning of a word: a column may be called ORCHARD."""
    rest = head[len(magic) : 64]
    return len(magic) <= 4 and magic.isalnum() and bool(rest) and len(rest.translate(None, CONTROLS)) == len(rest)


def document_of(head: bytes, expected: str) -> str | None:
    """A document that is sent in place of the data: an error page, an error message, markup."""
    text = head.removeprefix(codecs.BOM_UTF8).lstrip()
    if HTML.match(text):
        title = HTML_TITLE.search(text)
        return f"an HTML page, {_shown(title[1])}" if title else "an HTML page"
    if expected != "xml" and _is_xml(text):
        error = S3_ERROR.search(text[:LONGEST_ERROR])
        return f"an error message of S3, {_shown(error[1])}" if error else "an XML document"
    return _json_of(text, expected)


def _is_xml(text: bytes) -> bool:
    """A declaration, or a tag that is closed again: some tables have names such as <DATE>."""
    tag = TAG.match(text)
    return text.startswith(b"<?xml") or (tag is not None and b"</" + tag[1] in text)


def _json_of(text: bytes, expected: str) -> str | None:
    """JSON where none was agreed, or one object with an error instead of rows."""
    if not text.startswith(b"{"):
        return None
    document = _object(text)
    if document is None:
        is_lines = expected not in JSON_FORMATS and _object(text.partition(b"\n")[0]) is not None
        return "JSON, one object a line" if is_lines else None
    keys = {str(key).lower() for key in document}
    told = next((value for key in TELLING_KEYS for name, value in document.items() if name.lower() == key), None)
    if told is not None and keys <= ERROR_KEYS:
        return f"a JSON error message, {_shown(_message(told).encode('utf-8', 'replace'))}"
    return "a JSON document" if expected not in JSON_FORMATS else None


def _object(text: bytes) -> dict[str, Any] | None:
    if len(text) > LONGEST_ERROR:
        return None
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def _message(told: Any) -> str:
    """The words of an error, which may lie one level deeper."""
    if isinstance(told, dict):
        told = told.get("message") or told.get("code") or told
    return str(told)


def _shown(text: bytes) -> str:
    return repr(" ".join(text.decode("utf-8", "replace").split())[:100])


def _has_plain_controls(encoding: str | None) -> bool:
    """Whether control characters mean the same as in ASCII; UTF-16 is half of NUL bytes, EBCDIC has its own."""
    try:
        return "\0\x01\t\n,".encode(encoding or "utf-8") == b"\0\x01\t\n,"
    except (LookupError, ValueError):
        return True


def _is_binary(head: bytes) -> bool:
    """Control characters that no text has; UTF-16 and UTF-32 show by a BOM, or by where their zeros stand."""
    if any(head.startswith(bom) for bom, _ in BOMS) or wide_encoding(head) is not None:
        return False
    controls = len(head) - len(head.translate(None, CONTROLS))
    return controls > max(8, len(head) // 100)
