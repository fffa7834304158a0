"""JSON in two parts: lines stay lines and an array stays an array; a rejected object gets one more key.

What is no object cannot get a key: its text stands in an object of its own.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from typing import BinaryIO

from fileproc.quality.split.counted import Counted
from fileproc.quality.split.fault import Fault
from fileproc.quality.split.lines import Coding
from fileproc.quality.split.wording import Structure, as_object, extra_names

KEY = "_rejected"

#: What the engine reads though JSON has no such thing.
LENIENT = ("duplicate_keys", "not_json_number", "trailing_comma")

#: (number, text with its end, line, whether it was read, why it is rejected)
Record = tuple[int, bytes, int, bool, tuple[Fault, ...]]


class JsonParts:
    """Writes both parts of lines or of an array."""

    def __init__(self, accepted: BinaryIO, rejected: BinaryIO, coding: Coding, columns: list[str]) -> None:
        self._accepted = accepted
        self._rejected = rejected
        self._coding = coding
        self.key = extra_names(columns, (KEY,))[0]
        self.counted = Counted()

    def lines(self, records: Iterator[Record], structure: Structure, codes: Collection[str]) -> None:
        """One object a line, accepted ones byte for byte."""
        for sink in (self._accepted, self._rejected):
            sink.write(self._coding.mark)
        for number, raw, line, was_read, faults in records:
            raw = raw.removeprefix(self._coding.mark) if line == 1 else raw
            text = raw.decode(self._coding.codec, "backslashreplace")
            if not was_read and not text.strip():
                self.counted.aside += 1
                continue
            told = self._faults(text, was_read, faults, structure, codes)
            if not told:
                self._accepted.write(raw)
            else:
                end = text[len(text.rstrip("\r\n")) :] or "\n"
                self._rejected.write(self._coding.encode(self._with_key(text, line, number, told) + end))

    def array(self, records: Iterator[Record], structure: Structure, codes: Collection[str]) -> None:
        """One array; elements are written as they were, but for line ends inside of them."""
        begun = {self._accepted: False, self._rejected: False}
        for sink in begun:
            sink.write(self._coding.mark + self._coding.encode("["))
        for number, raw, line, was_read, faults in records:
            text = raw.decode("utf-8", "backslashreplace").rstrip("\r\n")
            told = self._faults(text, was_read, faults, structure, codes)
            sink = self._rejected if told else self._accepted
            written = self._with_key(text, line, number, told) if told else text.strip()
            sink.write(self._coding.encode((",\n" if begun[sink] else "\n") + written))
            begun[sink] = True
        for sink in begun:
            sink.write(self._coding.encode("\n]\n"))

    def _faults(
        self, text: str, was_read: bool, faults: tuple[Fault, ...], structure: Structure, codes: Collection[str]
    ) -> tuple[Fault, ...]:
        """Everything that is wrong with a record, counted."""
        if not was_read:
            faults = (structure.fault(structure.code_of(text, "not_json")), *faults)
            self.counted.broken += 1
        else:
            self.counted.read += 1
            lenient = lenient_fault(text) if codes else ""
            faults = (structure.fault(lenient), *faults) if lenient in codes else faults
        self.counted.put(faults)
        return faults

    def _with_key(self, text: str, line: int, number: int, faults: tuple[Fault, ...]) -> str:
        """The object with one more key behind its own; of what is no object, the text in an object."""
        body = text.strip()
        if _is_object(body):
            told = json.dumps(as_object(line, number, faults), ensure_ascii=False)
            inner = body[:-1].rstrip()
            return f"{inner}{'' if inner == '{' else ', '}{json.dumps(self.key)}: {told}}}"
        whole = as_object(line, number, faults, raw=text.rstrip("\r\n"))
        return json.dumps({self.key: whole}, ensure_ascii=False)


def lenient_fault(text: str) -> str:
    """The code of what JSON does not have; empty for JSON as it should be."""
    outermost: list[list[str]] = [[]]
    literals: list[str] = []

    def note(pairs: list[tuple[str, object]]) -> None:
        outermost[0] = [key for key, _ in pairs]  # the outermost object is the last one that ends

    try:
        json.loads(text, object_pairs_hook=note, parse_constant=literals.append, parse_int=str, parse_float=str)
    except RecursionError:
        return ""
    except ValueError:
        return "not_json_number" if literals or _has_literal(text) else "trailing_comma"
    if literals:
        return "not_json_number"
    return "duplicate_keys" if len(set(outermost[0])) < len(outermost[0]) else ""


def _has_literal(text: str) -> bool:
    return any(sign in text.lower() for sign in ("nan", "inf"))


def _is_object(text: str) -> bool:
    """Whether a key can be added: one whole object, and nothing that other readers refuse."""
    try:
        json.loads(text, parse_constant=_refuse, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        return False
    return text.startswith("{")


def _refuse(_literal: str) -> None:
    raise ValueError
