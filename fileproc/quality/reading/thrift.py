"""Thrift's compact protocol, read from bytes that nobody vouches for: what Parquet's footers and page headers need.

Nothing is believed: a length never reaches beyond the bytes that are there, and nesting ends soon. A reader takes the
fields that it knows and skips the others, so that no more is in memory than is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

#: Types on the wire.
STOP, TRUE, FALSE, BYTE, I16, I32, I64, DOUBLE, BINARY, LIST, SET, MAP, STRUCT, UUID = range(14)
INTEGERS = (I16, I32, I64)

#: Parquet nests four deep.
DEEPEST = 16


class NotThrift(ValueError):
    """The bytes are no such structure. `at_end`: more bytes might have made one."""

    def __init__(self, what: str, *, at_end: bool = False) -> None:
        super().__init__(what)
        self.at_end = at_end


class Compact:
    """A position in bytes. `fields` walks a structure; each field that it yields must be read or skipped."""

    def __init__(self, data: bytes, place: int = 0) -> None:
        self._data = data
        self.place = place
        self._depth = 0

    def fields(self) -> Iterator[tuple[int, int]]:
        """(number, type) of each field of the structure that begins here."""
        self._depth += 1
        if self._depth > DEEPEST:
            raise NotThrift("structures within structures without end")
        number = 0
        while (head := self._byte()) != STOP:
            type_ = head & 0x0F
            number = number + (head >> 4) if head >> 4 else self._signed()
            if type_ > UUID or type_ == STOP:
                raise NotThrift(f"a field of the unknown type {type_}")
            yield number, type_
        self._depth -= 1

    def value(self, type_: int) -> Any:
        """A number, a truth or bytes."""
        if type_ in INTEGERS:
            return self._signed()
        if type_ in (TRUE, FALSE):
            return type_ == TRUE
        if type_ == BINARY:
            return self._take(self._unsigned())
        raise NotThrift(f"a value of type {type_} where a number or a text should be")

    def number(self, type_: int) -> int:
        if type_ not in INTEGERS:
            raise NotThrift(f"a value of type {type_} where a number should be")
        return self._signed()

    def text(self, type_: int) -> str:
        if type_ != BINARY:
            raise NotThrift(f"a value of type {type_} where a text should be")
        return bytes(self._take(self._unsigned())).decode("utf-8", "replace")

    def elements(self, type_: int) -> Iterator[int]:
        """The type of each element of the list that begins here; each must be read or skipped."""
        if type_ != LIST:
            raise NotThrift(f"a value of type {type_} where a list should be")
        element, count = self._list_head()
        for _ in range(count):
            yield element

    def structs(self, type_: int) -> Iterator[None]:
        """The same for a list of structures."""
        for element in self.elements(type_):
            if element != STRUCT:
                raise NotThrift(f"a list of type {element} where structures should be")
            yield

    def skip(self, type_: int) -> None:
        """Over a value that nobody asks for."""
        if type_ == BINARY:
            self._take(self._unsigned())
        elif type_ in INTEGERS:
            self._unsigned()
        elif type_ == STRUCT:
            for _, inner in self.fields():
                self.skip(inner)
        elif type_ in (LIST, SET):
            self._skip_list()
        elif type_ == MAP:
            self._skip_map()
        elif type_ not in (TRUE, FALSE):
            self._take({BYTE: 1, DOUBLE: 8, UUID: 16}[type_])

    def _skip_list(self) -> None:
        element, count = self._list_head()
        for _ in range(count):
            self._skip_element(element)

    def _skip_map(self) -> None:
        count = self._unsigned()
        if not count:
            return
        self._hold(count)
        kinds = self._byte()
        for _ in range(count):
            self._skip_element(kinds >> 4)
            self._skip_element(kinds & 0x0F)

    def _skip_element(self, type_: int) -> None:
        """In a list a truth takes a byte."""
        if type_ > UUID or type_ == STOP:
            raise NotThrift(f"an element of the unknown type {type_}")
        self._depth += 1
        if self._depth > DEEPEST:
            raise NotThrift("lists within lists without end")
        self.skip(BYTE if type_ in (TRUE, FALSE) else type_)
        self._depth -= 1

    def _list_head(self) -> tuple[int, int]:
        head = self._byte()
        count = head >> 4
        count = self._unsigned() if count == 15 else count
        self._hold(count)
        return head & 0x0F, count

    def _hold(self, count: int) -> None:
        """Every element takes a byte at least, so there cannot be more of them than bytes."""
        if count > len(self._data) - self.place:
            raise NotThrift(f"a list of {count:,} elements in {len(self._data) - self.place:,} bytes", at_end=True)

    def _byte(self) -> int:
        try:
            byte = self._data[self.place]
        except IndexError:
            raise NotThrift("it ends too early", at_end=True) from None
        self.place += 1
        return byte

    def _take(self, count: int) -> bytes:
        if count > len(self._data) - self.place:
            raise NotThrift(f"a text of {count:,} bytes where there are no more than {len(self._data):,}", at_end=True)
        self.place += count
        return self._data[self.place - count : self.place]

    def _unsigned(self) -> int:
        value = shift = 0
        while True:
            byte = self._byte()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7
            if shift > 63:
                raise NotThrift("a number beyond 64 bits")

    def _signed(self) -> int:
        value = self._unsigned()
        return (value >> 1) ^ -(value & 1)
