"""Formats and compressions by the words that contracts and file names use for them."""

from __future__ import annotations

#: Extension → format of the content.
EXTENSIONS = {
    "csv": "csv",
    "tsv": "csv",
    "txt": "csv",
    "psv": "csv",
    "dat": "csv",
    "json": "json",
    "ndjson": "ndjson",
    "jsonl": "ndjson",
    "parquet": "parquet",
    "pq": "parquet",
    "avro": "avro",
    "xlsx": "xlsx",
    "xlsm": "xlsx",
    "xls": "xls",
    "fwf": "fixed",
    "xml": "xml",
}
COMPRESSIONS = {"gz": "gzip", "gzip": "gzip", "zip": "zip", "zst": "zstd", "zstd": "zstd", "bz2": "bzip2", "xz": "xz"}
READ_FORMATS = frozenset({"csv", "json", "ndjson", "parquet", "fixed", "avro", "xlsx", "xls"})
FORMAT_NAMES = {
    "tsv": "csv",
    "jsonl": "ndjson",
    "delimited": "csv",
    "text": "csv",
    "fwf": "fixed",
    "fixed-width": "fixed",
    "fixedwidth": "fixed",
    "excel": "xlsx",
    "xlsm": "xlsx",
}


def by_name(name: str) -> tuple[str | None, str | None]:
    """(format, compression) that a file's name claims."""
    parts = name.lower().rsplit("/", 1)[-1].split(".")[1:]
    compression = COMPRESSIONS.get(parts[-1]) if parts else None
    if compression is not None:
        parts = parts[:-1]
    return (EXTENSIONS.get(parts[-1]) if parts else None), compression
