"""Parquet's footer: the columns, and where the bytes of each are. Read by us, because the engine believes it.

Row group after row group is yielded and forgotten, so that memory does not follow their number.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from fileproc.quality.reading.limits import DEEPEST_SCHEMA, FREE_ROWS, LARGEST_FOOTER, MOST_COLUMNS, MOST_ROWS_A_BYTE
from fileproc.quality.reading.packed import Broken
from fileproc.quality.reading.thrift import Compact, NotThrift

MAGIC, ENCRYPTED_MAGIC = b"PAR1", b"PARE"
TAIL = 8

CODECS = ("UNCOMPRESSED", "SNAPPY", "GZIP", "LZO", "BROTLI", "LZ4", "ZSTD", "LZ4_RAW")
TYPES = ("BOOLEAN", "INT32", "INT64", "INT96", "FLOAT", "DOUBLE", "BYTE_ARRAY", "FIXED_LEN_BYTE_ARRAY")
REQUIRED, OPTIONAL, REPEATED = range(3)

FIX = "write the file anew and send it again, as binary"


@dataclass(frozen=True, slots=True)
class Leaf:
    """A column with values. Levels say how deep a value lies: 0 for those that are always there, exactly once."""

    path: str
    type: int
    definition: int
    repetition: int


@dataclass(frozen=True, slots=True)
class Chunk:
    """The bytes of one column in one row group."""

    leaf: Leaf
    group: int
    codec: int
    values: int
    start: int
    size: int

    @property
    def name(self) -> str:
        return f"column {self.leaf.path[:80]!r}, row group {self.group}"


@dataclass(slots=True)
class Footer:
    """What the footer says, and where it begins: pages lie before it."""

    data: bytes
    start: int

    def chunks(self) -> Iterator[Chunk]:
        """Every chunk, in the order of the footer. Raises Broken."""
        try:
            yield from self._chunks()
        except NotThrift as error:
            raise corrupt(f"the footer cannot be read: {error}", self.start) from error

    def _chunks(self) -> Iterator[Chunk]:
        reader = Compact(self.data)
        leaves: list[Leaf] = []
        rows = counted = groups = size = 0
        for number, type_ in reader.fields():
            if number == 2:
                leaves = _leaves(reader, type_)
            elif number == 3:
                rows = reader.number(type_)
                _hold_rows(rows, self.start)
            elif number == 4:
                for _ in reader.structs(type_):
                    groups += 1
                    group_rows, chunks = _group(reader, leaves, groups, self.start)
                    counted += group_rows
                    size += sum(chunk.size for chunk in chunks)
                    if size > self.start:
                        raise NotThrift("columns lie upon one another")
                    yield from chunks
            elif number == 8:
                raise encrypted("its columns are encrypted")
            else:
                reader.skip(type_)
        if rows != counted:
            raise corrupt(f"the footer says {rows:,} rows, its row groups have {counted:,}", self.start)


def _hold_rows(rows: int, size: int) -> None:
    if rows > FREE_ROWS and rows > size * MOST_ROWS_A_BYTE:
        what = f"the parquet file makes {rows:,} rows of {size:,} bytes, far more than any data would"
        raise Broken("bomb", what, "send real data, a large file in parts")


def corrupt(what: str, place: int) -> Broken:
    return Broken("corrupt", f"the parquet data is corrupt: {what} (byte {place:,})", FIX)


def encrypted(what: str) -> Broken:
    return Broken("encrypted_parquet", f"the parquet file is encrypted: {what}", "send it without encryption")


def read_footer(file: BinaryIO) -> Footer:
    """The footer of a file that has one where it should be. Raises Broken."""
    size = file.seek(0, 2)
    if size < len(MAGIC) + TAIL:
        raise corrupt(f"a file of {size:,} bytes has no footer", size)
    file.seek(size - TAIL)
    tail = file.read(TAIL)
    file.seek(0)
    head = file.read(len(MAGIC))
    if tail[4:] == ENCRYPTED_MAGIC:
        raise encrypted("its footer is encrypted")
    if tail[4:] != MAGIC:
        raise _breaks_off(size)
    if head != MAGIC:
        raise corrupt("it does not begin with PAR1", 0)
    length = int.from_bytes(tail[:4], "little")
    start = size - TAIL - length
    if start < len(MAGIC):
        raise corrupt(f"its footer of {length:,} bytes is longer than the file", size - TAIL)
    if length > LARGEST_FOOTER:
        raise Broken(
            "footer_too_large",
            f"the footer of the parquet file has {length:,} bytes, at most {LARGEST_FOOTER:,} are read",
            "write larger row groups, or fewer columns",
        )
    file.seek(start)
    return Footer(file.read(length), start)


def _too_many() -> Broken:
    what = f"the parquet file has more than {MOST_COLUMNS:,} columns"
    return Broken("too_many_columns", what, "send a table with fewer columns, its lists as lists")


def _breaks_off(size: int) -> Broken:
    what = f"the parquet data breaks off at byte {size:,}: it does not end with its footer"
    return Broken("truncated_parquet", what, "the upload was cut short; send the whole file again")


def _leaves(reader: Compact, type_: int) -> list[Leaf]:
    """Columns with values, from the tree of all columns, which is written as a list of nodes before their children."""
    leaves: list[Leaf] = []
    open_nodes: list[list[int]] = []  # (children to come, definition, repetition) of each node above
    path: list[str] = []
    for place, _ in enumerate(reader.structs(type_)):
        name, kind, repetition, children = _node(reader)
        above = open_nodes[-1] if open_nodes else [0, 0, 0]
        is_root = place == 0
        if not is_root and not open_nodes:
            raise NotThrift("a column that belongs to no other")
        levels = [above[1], above[2]]
        if not is_root:
            above[0] -= 1
            levels = [above[1] + (repetition != REQUIRED), above[2] + (repetition == REPEATED)]
        if kind is None or is_root:
            open_nodes.append([children, *levels])
            path.append(name)
        else:
            leaves.append(Leaf(".".join([*path[1:], name]), kind, *levels))
        while open_nodes and open_nodes[-1][0] <= 0:
            open_nodes.pop()
            path.pop()
        if len(leaves) > MOST_COLUMNS:
            raise _too_many()
        if len(open_nodes) > DEEPEST_SCHEMA:
            raise NotThrift("columns within columns without end")
    if open_nodes:
        raise NotThrift("columns are missing in it")
    return leaves


def _node(reader: Compact) -> tuple[str, int | None, int, int]:
    """(name, physical type, repetition, children) of a column."""
    name, kind, repetition, children = "", None, REQUIRED, 0
    for number, type_ in reader.fields():
        if number == 1:
            kind = reader.number(type_)
            if not 0 <= kind < len(TYPES):
                raise NotThrift(f"a column of the unknown physical type {kind}")
        elif number == 3:
            repetition = reader.number(type_)
        elif number == 4:
            name = reader.text(type_)
        elif number == 5:
            children = reader.number(type_)
        else:
            reader.skip(type_)
    return name, None if children else kind, repetition, children


def _group(reader: Compact, leaves: list[Leaf], number: int, end: int) -> tuple[int, list[Chunk]]:
    """Rows and chunks of one row group, which must fit the schema and the file."""
    rows, found = 0, []
    for field, type_ in reader.fields():
        if field == 1:
            found = [_chunk(reader) for _ in reader.structs(type_)]
        elif field == 3:
            rows = reader.number(type_)
        else:
            reader.skip(type_)
    if len(found) != len(leaves):
        raise NotThrift(f"row group {number} has {len(found)} columns, the schema {len(leaves)}")
    chunks = [
        Chunk(leaf, number, facts[4], facts[5], _start(facts), facts[7])
        for leaf, facts in zip(leaves, found, strict=True)
    ]
    for chunk, facts in zip(chunks, found, strict=True):
        _hold(chunk, facts, rows, end)
    return rows, chunks


def _start(facts: dict[int, int]) -> int:
    """The dictionary comes first where there is one; some writers say 0 where there is none."""
    dictionary = facts.get(11, 0)
    return dictionary if 0 < dictionary < facts[9] else facts[9]


def _hold(chunk: Chunk, facts: dict[int, int], rows: int, end: int) -> None:
    if facts[1] != chunk.leaf.type:
        types = [TYPES[one] if 0 <= one < len(TYPES) else str(one) for one in (facts[1], chunk.leaf.type)]
        raise NotThrift(f"{chunk.name}, is of type {types[0]}, the schema says {types[1]}")
    if not 0 <= chunk.codec < len(CODECS):
        raise NotThrift(f"{chunk.name}, is packed by the unknown codec {chunk.codec}")
    if chunk.values < 0 or chunk.size < 0 or rows < 0:
        raise NotThrift(f"{chunk.name}, has fewer than no values")
    if chunk.values and (chunk.start < len(MAGIC) or chunk.start + chunk.size > end):
        raise NotThrift(f"{chunk.name}, should lie at byte {chunk.start:,} to {chunk.start + chunk.size:,}, "
                        f"the pages end at {end:,}")  # fmt: skip
    if not chunk.leaf.repetition and chunk.values != rows:
        raise NotThrift(f"{chunk.name}, has {chunk.values:,} values for {rows:,} rows")


#: Fields of a chunk's metadata that are wanted, all numbers.
WANTED = {1: "type", 4: "codec", 5: "values", 7: "size", 9: "data page", 11: "dictionary"}


def _chunk(reader: Compact) -> dict[int, int]:
    facts: dict[int, int] = {}
    for number, type_ in reader.fields():
        if number == 1:
            raise NotThrift(f"a column lies in another file, {reader.text(type_)[:80]!r}")
        if number == 3:
            for inner, inner_type in reader.fields():
                if inner in WANTED:
                    facts[inner] = reader.number(inner_type)
                else:
                    reader.skip(inner_type)
        elif number == 8:
            raise encrypted("a column is encrypted")
        else:
            reader.skip(type_)
    missing = [name for number, name in WANTED.items() if number not in facts and number != 11]
    if missing:
        raise NotThrift(f"a column without its {missing[0]}")
    return facts
