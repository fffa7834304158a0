"""All files together, looked at for the first time: how they are written, and what their columns may be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from fileproc.errors import UsageError
from fileproc.quality.contracts.contract import Dialect
from fileproc.quality.infer.guess import Guess, guesses, null_words
from fileproc.quality.infer.opening import NotGood, Opened, opened, shown_path

#: Encodings that need not be declared.
PLAIN = ("utf-8", "ascii")


@dataclass(slots=True)
class Survey:
    """What the first look at all files found. `words` are those for "no value": word → column → how often."""

    format: str
    dialect: Dialect
    looks: dict[str, list[Guess]] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    words: dict[str, dict[str, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Written:
    """How one file is written."""

    format: str
    delimiter: str | None
    encoding: str


def survey(paths: Sequence[Path], dialect: Dialect) -> Survey:
    """Look at every file. `dialect` is what somebody said about them.

    Raises:
        NotGood: some files cannot be read to their end; names each of them.
        UsageError: they are written in different ways.
    """
    found = Survey("", dialect)
    written: dict[str, _Written] = {}
    problems = []
    for path in paths:
        try:
            with opened(path, dialect) as file:
                written[str(path)] = _take(found, file)
        except NotGood as error:
            problems.append(str(error))
    if problems:
        raise NotGood("\n".join(problems))
    one = _same(written)
    found.format = one.format
    found.dialect = _declared(dialect, one, {entry.encoding for entry in written.values()}, [*found.words])
    return found


def _take(found: Survey, file: Opened) -> _Written:
    read = file.source.read
    look = guesses(file.source)
    found.looks[file.name], found.rows[file.name] = look, file.rows
    for word, columns in null_words(file.source, look).items():
        counted = found.words.setdefault(word, {})
        for column, count in columns.items():
            counted[column] = counted.get(column, 0) + count
    return _Written(read.format or file.source.kind, read.delimiter, (read.encoding or "utf-8").lower())


def _same(written: dict[str, _Written]) -> _Written:
    """What all files have in common; one contract says one way of writing them."""
    first_name, first = next(iter(written.items()))
    for name, one in written.items():
        for what in ("format", "delimiter", "encoding"):
            mine, other = getattr(first, what), getattr(one, what)
            if mine != other and not (what == "encoding" and {mine, other} <= {*PLAIN, "utf-8-sig"}):
                said = f"the {what} of {shown_path(Path(first_name))} is {mine!r}, that of {shown_path(Path(name))}"
                raise UsageError(f"{said} is {other!r}", fix="infer from files of one kind")
    return first


def _declared(dialect: Dialect, one: _Written, encodings: set[str], words: list[str]) -> Dialect:
    """The dialect that a contract declares for them."""
    encoding = dialect.encoding
    if encoding is None and encodings - set(PLAIN):
        encoding = "utf-8" if encodings <= {*PLAIN, "utf-8-sig"} else one.encoding
    nulls = tuple(dict.fromkeys((*dialect.null_sequence, *sorted(words))))
    return replace(dialect, delimiter=one.delimiter, encoding=encoding, null_sequence=nulls)
