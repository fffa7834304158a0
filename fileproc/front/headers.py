"""A request's headers, read once, line by line; each line has exactly one reading.

The parser of the standard library is one for mail (folded lines, comments, defects): it costs ten times as much and
knows readings that HTTP has not. This is what pywsgi asks its own for, and no more.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Protocol

LARGEST_HEAD = 32 * 1024
MOST_HEADERS = 100

#: A header line: a token, a colon, a value without control characters. No folding, and no space before the colon.
HEADER = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\x00-\x08\x0a-\x1f\x7f]*)\r?\n")
LENGTH = re.compile(r"[0-9]{1,15}")
ENDS = (b"\r\n", b"\n")


class BadHead(ValueError):
    """A head that is malformed or has more than one reading."""


class Lines(Protocol):
    """A connection, read by lines."""

    def readline(self, size: int = -1, /) -> bytes:
        """At most `size` bytes, to the end of the line."""
        ...


class Headers:
    """Names as they came, and values without the blanks around them."""

    #: What pywsgi's own parser says of a line that was too long; here that is an error.
    status = ""

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        self._pairs = pairs
        self._first: dict[str, str] = {}
        for name, value in pairs:
            self._first.setdefault(name.lower(), value)

    @classmethod
    def read(cls, lines: Lines) -> Headers:
        """All lines up to the empty one.

        Raises:
            BadHead: too large, too many, malformed, or a body whose length has more than one reading.
        """
        headers = cls(list(_pairs(lines)))
        headers._refuse_two_lengths()
        return headers

    def get(self, name: str, default: str | None = None) -> str | None:
        """The first header of that name, in whatever case."""
        return self._first.get(name.lower(), default)

    getheader = get

    @property
    def headers(self) -> list[str]:
        """The lines, for WSGI's environment."""
        return [f"{name}: {value}\r\n" for name, value in self._pairs]

    @property
    def typeheader(self) -> str | None:
        return self.get("content-type")

    def _refuse_two_lengths(self) -> None:
        """A body has one length, said in digits; it never comes in chunks, which SNS does not send."""
        if "transfer-encoding" in self._first:
            raise BadHead("Transfer-Encoding is not accepted")
        lengths = [value for name, value in self._pairs if name.lower() == "content-length"]
        if len(lengths) > 1 or not all(LENGTH.fullmatch(length) for length in lengths):
            raise BadHead("Content-Length is not one number")


def _pairs(lines: Lines) -> Iterator[tuple[str, str]]:
    size = 0
    for count in range(MOST_HEADERS + 1):
        line = lines.readline(LARGEST_HEAD + 1)
        size += len(line)
        if size > LARGEST_HEAD:
            raise BadHead("the head is too large")
        if line in ENDS:
            return
        match = HEADER.fullmatch(line)
        if match is None:
            raise BadHead("a header is malformed")
        if count == MOST_HEADERS:
            raise BadHead("the head has too many headers")
        yield match[1].decode("ascii"), match[2].decode("latin-1").rstrip(" \t")
