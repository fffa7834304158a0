"""The survey: what only the raw bytes tell, in one quick pass before the scan.

The engine's reader is silent about mixed line ends, blank lines, NUL bytes and an over-long last line. Counting bytes
is cheap, so all of them are looked for here, each with its line.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

CHUNK = 1 << 20

#: Longer lines are not data; the engine buffers a line as a whole. Must not be smaller than CHUNK.
LONGEST_LINE = 2 << 20

#: Places that are remembered of each kind; counts are never capped.
REMEMBERED = 100_000


@dataclass(slots=True)
class Places:
    """Something that was found: how often, and the lines of the first ones."""

    count: int = 0
    lines: list[int] = field(default_factory=list)

    def add(self, line: int) -> None:
        self.count += 1
        if len(self.lines) < REMEMBERED:
            self.lines.append(line)


@dataclass(slots=True)
class Survey:
    """The bytes of a text file. Line ends are counted outside of quotes only."""

    size: int = 0
    lf: int = 0
    crlf: int = 0
    cr: int = 0
    quoted_newlines: int = 0
    quotes: int = 0
    ends_with_newline: bool = True
    ends_inside_quotes: bool = False
    nul: Places = field(default_factory=Places)
    over_long: Places = field(default_factory=Places)
    _starts: list[int] = field(default_factory=list)  # line number at the start of each chunk
    _path: Path | None = None

    @property
    def line_ends(self) -> list[str]:
        """The kinds of line ends, most frequent first."""
        kinds = sorted(((self.lf, "LF"), (self.crlf, "CRLF"), (self.cr, "CR")), reverse=True)
        return [name for count, name in kinds if count]

    @property
    def records(self) -> int:
        """Line ends outside of quotes, plus a last line without one: records, blank lines and header included."""
        ends = self.lf + self.crlf + self.cr
        return ends + (1 if self.size and not self.ends_with_newline else 0)

    def line_at(self, offset: int) -> int:
        """The physical line (from 1) that the byte at `offset` is in."""
        if self._path is None or not self._starts:
            return 1
        chunk = min(offset // CHUNK, len(self._starts) - 1)
        with self._path.open("rb") as file:
            file.seek(chunk * CHUNK)
            before = file.read(offset - chunk * CHUNK)
        return self._starts[chunk] + _newlines(before)


def survey(path: Path, *, quote: bytes = b'"') -> Survey:
    """Look at every byte once."""
    seen = Survey(_path=path)
    others = bytes(set(range(256)) - {*b"\r\n\0", *quote})
    line, run, inside, held_cr = 1, 0, False, False
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            seen._starts.append(line)
            seen.size += len(chunk)
            marks = chunk.translate(None, others)
            ends, opens = _unquoted(marks, inside, quote)
            if ends is None or held_cr:
                newlines = _newlines(marks)
                # Deleting what stands between them would join a CR and an LF that are apart.
                inside = _count_ends(seen, chunk if b"\r" in marks else marks, inside, held_cr, quote)
            else:
                newlines, inside = ends, opens
                seen.lf += ends
                seen.quotes += len(marks) - ends
            held_cr = chunk.endswith(b"\r")
            if b"\0" in marks:
                _find_nul(seen, chunk, line)
            run = _measure_lines(seen, chunk, line, run)
            line += newlines
            seen.ends_with_newline = chunk.endswith((b"\n", b"\r"))
    if run > LONGEST_LINE:
        seen.over_long.add(line)
    seen.ends_inside_quotes = inside
    return seen


def _unquoted(marks: bytes, inside: bool, quote: bytes) -> tuple[int | None, bool]:
    """(LFs, whether a quote is open at the end) where all else among the marks are quotes with nothing inside."""
    bare = marks
    if quote:
        bare = (quote + marks if inside else marks).replace(quote * 2, b"")
    opens = bool(quote) and bare.endswith(quote)
    bare = bare[:-1] if opens else bare
    only_ends = not ((quote and quote in bare) or b"\r" in bare or b"\0" in bare)
    return (len(bare) if only_ends else None), opens


def record_starts(
    path: Path, first: int, skipped: set[int], wanted: list[int], *, quote: bytes = b'"'
) -> dict[int, int]:
    """For files with line breaks inside quotes: the lines of the wanted accepted records, by walking every line."""
    todo = sorted(set(wanted))
    found: dict[int, int] = {}
    record, position, inside = 0, 0, False
    with path.open("rb") as file:
        for line, content in enumerate(file, 1):
            if position == len(todo):
                break
            if line >= first and not inside and line not in skipped:
                record += 1
                if record == todo[position]:
                    found[record] = line
                    position += 1
            if quote and content.count(quote) & 1:
                inside = not inside
    return found


def _newlines(data: bytes) -> int:
    """Line ends as an editor counts them; a file has CR alone only when it has no LF at all, nearly always."""
    lf = data.count(b"\n")
    return lf if lf else data.count(b"\r")


def _count_ends(seen: Survey, chunk: bytes, inside: bool, held_cr: bool, quote: bytes) -> bool:
    """Count line ends outside of quotes; returns whether the chunk ends inside of one.

    `chunk` may have lost every byte that is no line end and no quote: counting what is left costs a tenth.
    """
    quotes = chunk.count(quote) if quote else 0
    seen.quotes += quotes
    if quotes == 0:
        pieces = [b""] if inside else [chunk]
        if inside:
            seen.quoted_newlines += chunk.count(b"\n")
    else:
        split = chunk.split(quote)
        pieces = split[1::2] if inside else split[0::2]
        seen.quoted_newlines += sum(part.count(b"\n") for part in (split[0::2] if inside else split[1::2]))
    for piece in pieces:
        lf, crlf, cr = piece.count(b"\n"), piece.count(b"\r\n"), piece.count(b"\r")
        seen.crlf += crlf
        seen.lf += lf - crlf
        seen.cr += cr - crlf
    if held_cr and chunk.startswith(b"\n") and seen.cr and seen.lf:  # CRLF cut in two by the chunk's edge
        seen.cr, seen.lf, seen.crlf = seen.cr - 1, seen.lf - 1, seen.crlf + 1
    return inside ^ bool(quotes & 1)


def _find_nul(seen: Survey, chunk: bytes, line: int) -> None:
    position = chunk.find(b"\0")
    while position >= 0:
        if len(seen.nul.lines) >= 1_000:
            seen.nul.count += chunk.count(b"\0", position)
            return
        seen.nul.add(line + _newlines(chunk[:position]))
        position = chunk.find(b"\0", position + 1)


def _measure_lines(seen: Survey, chunk: bytes, line: int, run: int) -> int:
    """Notice lines that are longer than any chunk; returns the length of the line that goes on."""
    end = b"\n" if b"\n" in chunk else b"\r"
    first = chunk.find(end)
    if first < 0:
        return run + len(chunk)
    if run + first > LONGEST_LINE:
        seen.over_long.add(line)
    return len(chunk) - chunk.rfind(end) - 1
