"""One hostile input: which way it takes, under which name, against which contract, and its bytes.

It is one piece of bytes, so that any fuzzer can change it and any find can be replayed from its file alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

#: Names that a file can have; the way of reading follows from them and from the content.
NAMES = (
    "file.csv", "file.tsv", "file.json", "file.ndjson", "file.parquet", "file.avro", "file.xlsx", "file.xls",
    "file.csv.gz", "file.csv.bz2", "file.csv.zst", "file.csv.xz", "file.csv.zip", "file.ndjson.gz", "file", "file.fwf",
)  # fmt: skip

#: The first byte of a case that is a contract.
CONTRACT = 0xC0


@dataclass(frozen=True, slots=True)
class Case:
    """`contract` chooses one of the prepared contracts; a case whose `name` is None is itself a contract."""

    name: str | None
    contract: int
    content: bytes

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Any bytes are a case."""
        first, second = (*data[:2], 0, 0)[:2]
        name = None if first >= CONTRACT else NAMES[first % len(NAMES)]
        return cls(name, second, data[2:])

    def encode(self) -> bytes:
        first = CONTRACT if self.name is None else NAMES.index(self.name)
        return bytes((first, self.contract)) + self.content
