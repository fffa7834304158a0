"""The letter as plain text and as Markdown. Whoever prints it on a terminal makes each line printable."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from fileproc.quality.letter.letter import WEIGHTS, ColumnLetter, Letter, Place, SchemaLetter
from fileproc.quality.letter.sentences import Sentence
from fileproc.quality.markdown import escaped


def as_text(letter: Letter) -> Iterator[str]:
    """Lines of plain text."""
    yield from _heading(letter)
    for place in letter.places:
        yield from _place(place)
    for schema in letter.schemas:
        yield ""
        yield f"{_kind(schema)} {schema.name}"
        for column in schema.columns:
            yield f"  {column.name}  ({_facts(column)})"
            if column.description:
                yield f"      {_flat(column.description)}"
            yield from (f"      - {_rule(one)}" for one in column.rules)
        yield from _block("  On the whole file", [*map(_rule, schema.rules)])
        yield from _block("  Besides", [*schema.policies])
        yield from _block("  Not checked", [*map(_unchecked, schema.not_checked)])


def as_markdown(letter: Letter) -> Iterator[str]:
    """Lines of Markdown; everything that the contract says is escaped."""
    yield f"# {escaped(letter.name)} {escaped(letter.version)}".rstrip()
    yield ""
    yield f"Contract {escaped(letter.id)}{escaped(_status(letter))}."
    if letter.places:
        yield from ("", "## Where files go", "")
    for place in letter.places:
        first, *more = _place(place)
        yield f"- {escaped(first)}"
        yield from (f"  - {escaped(one.strip(' -'))}" for one in more)
    for schema in letter.schemas:
        yield from ("", f"## {_kind(schema)} {escaped(schema.name)}", "")
        yield from ("| column | type | rules |", "|---|---|---|")
        for column in schema.columns:
            told = [*([column.description] if column.description else []), *map(_rule, column.rules)]
            cells = (column.name, _facts(column), None)
            yield f"| {escaped(cells[0])} | {escaped(cells[1])} | {'<br>'.join(map(escaped, told))} |"
        yield from _list("### On the whole file", [*map(_rule, schema.rules)], escaped)
        yield from _list("### Besides", [*schema.policies], escaped)
        yield from _list("### Not checked", [*map(_unchecked, schema.not_checked)], escaped)


def _heading(letter: Letter) -> Iterator[str]:
    yield f"{letter.name} {letter.version}".rstrip()
    yield f"Contract {letter.id}{_status(letter)}."


def _status(letter: Letter) -> str:
    return f", {letter.status}" if letter.status else ""


def _place(place: Place) -> Iterator[str]:
    form = f", as {place.format}" if place.format else ""
    yield f"Files go to {place.location}{form} ({place.name})."
    yield from (f"  - {one}" for one in place.dialect)


def _kind(schema: SchemaLetter) -> str:
    return "Objects" if schema.about_object else "File"


def _facts(column: ColumnLetter) -> str:
    facts = [column.type, "required" if column.required else "may be empty"]
    facts += [column.place] if column.place else []
    return ", ".join([*facts, *(["not shown in reports"] if column.masked else [])])


def _rule(one: Sentence) -> str:
    """The sentence, and what happens otherwise where that is not the usual: the file fails."""
    weight = WEIGHTS.get(one.severity) if one.severity else None
    return _flat(one.text) if weight in (None, "the file fails") else f"{_flat(one.text)} (else {weight})"


def _unchecked(one: Sentence) -> str:
    return f"{one.id}: {_flat(one.text)}"


def _flat(text: str) -> str:
    """On one line: descriptions and queries have several."""
    return " ".join(text.split())


def _block(title: str, lines: list[str]) -> Iterator[str]:
    if lines:
        yield title
        yield from (f"      - {line}" for line in lines)


def _list(title: str, lines: list[str], safe: Callable[[str], str]) -> Iterator[str]:
    if lines:
        yield from ("", title, "")
        yield from (f"- {safe(line)}" for line in lines)
