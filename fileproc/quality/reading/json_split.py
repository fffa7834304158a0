"""A well-written JSON array into lines, at the speed of a search: cut where one object seems to end and one begins.

The cut may be wrong (`},{` also stands in nested arrays and texts), but then a piece is no JSON: an object ends where
its first bracket is closed, so a piece that is one whole object was cut at the right place, and so the next one begins
at the right place. Whoever looks at the pieces and finds one that is no object throws all of them away and lets
`json_elements` read the file with care. Line ends inside an object become tabs, which JSON takes in the same places.
"""

from __future__ import annotations

import re
from itertools import accumulate
from operator import add
from pathlib import Path
from typing import BinaryIO

from fileproc.quality.reading.json_clean import LONGEST
from fileproc.quality.reading.line_file import LineFile

CHUNK = 2 << 20

BEGIN = re.compile(rb"[ \t\r\n]*+\[[ \t\r\n]*+\{")
BETWEEN = re.compile(rb"\}([ \t\r\n]*+,[ \t\r\n]*+)\{")
END = re.compile(rb"\}[ \t\r\n]*+\][ \t\r\n]*+$")

#: CR and LF → tab; NUL, which stands between pieces for a moment → LF.
BLANKED = bytes.maketrans(b"\r\n\0", b"\t\t\n")


def split_array(path: Path, target: Path, lines: LineFile) -> int | None:
    """Write the elements as lines; how many there are, or None where the file must be read with care."""
    with path.open("rb") as source, target.open("wb") as sink:
        return _Splitting(source, sink, lines).run()


class _Splitting:
    def __init__(self, source: BinaryIO, sink: BinaryIO, lines: LineFile) -> None:
        self._source = source
        self._sink = sink
        self._lines = lines
        self._end = b"\n"
        self._line = 1
        self._count = 0

    def run(self) -> int | None:
        held = self._source.read(CHUNK)
        begin = BEGIN.match(held)
        if begin is None:
            return None
        self._end = b"\n" if b"\n" in held else b"\r"
        self._line += held.count(self._end, 0, begin.end())
        held = held[begin.end() :]
        while chunk := self._source.read(CHUNK):
            if b"\0" in held or len(held) > CHUNK + LONGEST:
                return None
            held = self._cut(held) + chunk
        if b"\0" in held:
            return None
        held = self._cut(held)
        end = END.search(held, max(0, len(held) - LONGEST))
        if end is None:
            return None
        self._write([held[: end.start()]], [0])
        return self._count

    def _cut(self, data: bytes) -> bytes:
        """Write all pieces but the last, which may go on; pieces are without their outermost brackets."""
        parts = BETWEEN.split(data)
        if len(parts) == 1:
            return data
        ends = [part.count(self._end) for part in parts]
        self._write(parts[:-1:2], list(map(add, ends[0::2], ends[1::2])))
        return parts[-1]

    def _write(self, pieces: list[bytes], ends: list[int]) -> None:
        lines = list(accumulate(ends, initial=self._line))
        self._line = lines.pop()
        self._lines.extend(lines)
        self._count += len(pieces)
        self._sink.write((b"{" + b"}\0{".join(pieces) + b"}\0").translate(BLANKED))
