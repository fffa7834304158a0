"""`examples:` of properties: each value is held against its own property, by the checks themselves.

The values of one property become a small file with a column for them, and the property is all that is agreed on it.
What needs other rows (unique, shares, references) is left out; `invalidValues` counts, for it is about single values.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from fileproc.domain.reports import FileInfo, Report, Result, Severity, Verdict
from fileproc.quality.contracts.contract import (
    Contract,
    Dialect,
    Mark,
    Match,
    Operator,
    Policies,
    Property,
    SchemaObject,
)
from fileproc.quality.contracts.lint_finding import shown
from fileproc.quality.contracts.odcs_schema import modern_bounds
from fileproc.quality.contracts.yaml_positions import Located, PathKey
from fileproc.quality.trial.case import Case, Outcome
from fileproc.quality.trial.run import Run

COLUMN, NUMBER = "example", "number"

#: More of them are no examples.
MOST_VALUES = 1_000


@dataclass(frozen=True, slots=True)
class Example:
    """One value, as it would stand in a cell; None is an empty one."""

    mark: Mark
    cell: str | None


def value_cases(document: Located, contract: Contract, run: Run) -> Iterator[Case]:
    """Every example of every property, also of those inside of others."""
    for number, schema in enumerate(contract.schemas):
        dialect = _dialect(contract, schema)
        for path, prop, name in _properties(schema.properties, ("schema", number, "properties"), schema.name):
            examples = _examples(document, path, dialect.decimal_char)
            if examples:
                yield from _cases(contract, prop, name, examples[:MOST_VALUES], dialect, run)


def _properties(props: Sequence[Property], path: PathKey, name: str) -> Iterator[tuple[PathKey, Property, str]]:
    for number, prop in enumerate(props):
        yield from _property(prop, (*path, number), f"{name}.{prop.name}")


def _property(prop: Property, path: PathKey, name: str) -> Iterator[tuple[PathKey, Property, str]]:
    yield path, prop, name
    yield from _properties(prop.properties, (*path, "properties"), name)
    inner = (
        (prop.items, ("items",), "[]"),
        (prop.map_key, ("map", "key"), ".key"),
        (prop.map_value, ("map", "value"), ".value"),
    )
    for part, step, sign in inner:
        if part is not None:
            yield from _property(part, (*path, *step), f"{name}{sign}")


def _examples(document: Located, path: PathKey, decimal_char: str | None) -> list[Example]:
    values = _at(document.value, (*path, "examples"))
    if not isinstance(values, list):
        return []
    return [
        Example(document.mark(where), _cell(value, document.text(where), decimal_char))
        for value, where in ((value, (*path, "examples", number)) for number, value in enumerate(values))
    ]


def _at(value: Any, path: PathKey) -> Any:
    for step in path:
        if isinstance(value, dict):
            value = value.get(str(step))
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return None
    return value


def _cell(value: Any, written: str | None, decimal_char: str | None) -> str | None:
    """As it was written; numbers with the file's decimal sign, objects and lists as JSON."""
    if value is None:
        return None
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    text = written if written is not None else str(value)
    return text.replace(".", decimal_char) if isinstance(value, float) and decimal_char else text


def _dialect(contract: Contract, schema: SchemaObject) -> Dialect:
    """Ours for the small file, but for what belongs to the values."""
    near = [*(server.dialect for server in contract.servers), schema.dialect]
    return Dialect(
        delimiter=",",
        quote_char='"',
        double_quote=True,
        header=True,
        encoding="utf-8",
        null_sequence=next((one.null_sequence for one in near if one.null_sequence), ()),
        decimal_char=next((one.decimal_char for one in near if one.decimal_char), None),
    )


def _cases(
    contract: Contract, prop: Property, name: str, examples: list[Example], dialect: Dialect, run: Run
) -> Iterator[Case]:
    """All values in one file; only when something is wrong, each in a file of its own, to say which."""
    match = _match(contract, prop, dialect)
    together = _report(match, examples, run)
    alone = len(examples) > 1 and together.verdict is not Verdict.PASS
    for example in examples:
        yield _judged(_report(match, [example], run) if alone else together, example, prop, name)


def _match(contract: Contract, prop: Property, dialect: Dialect) -> Match:
    rules = tuple(
        replace(rule, operator=Operator("mustBe", 0), unit="rows", severity=Severity.FAIL)
        for rule in prop.quality
        if rule.type == "library" and rule.metric == "invalidValues"
    )
    only = replace(
        prop, name=COLUMN, physical_name=None, unique=False, primary_key=False, quality=rules, relationships=(),
        required=prop.required or prop.primary_key, options=modern_bounds(dict(prop.options)), classification=None,
    )  # fmt: skip
    schema = SchemaObject("examples", (Property(NUMBER), only))
    return Match(contract, schema, dialect, "csv", Policies(), why="examples of the contract")


def _report(match: Match, examples: list[Example], run: Run) -> Report:
    lines = [f"{NUMBER},{COLUMN}", *(f"{number},{_quoted(one.cell)}" for number, one in enumerate(examples))]
    path = run.folder / "examples.csv"
    path.write_bytes("".join(f"{line}\n" for line in lines).encode("utf-8", "surrogatepass"))
    return run.check(path, match, FileInfo(path="examples.csv"))


def _quoted(cell: str | None) -> str:
    """Always quoted, so that an empty text is not an empty cell."""
    return "" if cell is None else '"' + cell.replace('"', '""') + '"'


def _judged(report: Report, example: Example, prop: Property, name: str) -> Case:
    called = f"{name} = {'null' if example.cell is None else shown(example.cell)}"
    wanted = "a valid value"
    if report.error is not None:
        return Case(str(example.mark), called, Outcome.ERROR, wanted, report.error.reason)
    if report.verdict is Verdict.FAIL:
        agreed = dict.fromkeys(cause.agreed or cause.title for cause in report.causes)
        return Case(str(example.mark), called, Outcome.FAIL, wanted, f"agreed is {'; '.join(agreed)}")
    mine = [check for check in report.checks if check.column == COLUMN and check.type != "columnPresent"]
    run = [check for check in mine if check.result is not Result.SKIPPED]
    if not run:
        reason = mine[0].reason if mine else f"nothing is agreed on {prop.name}"
        return Case(str(example.mark), called, Outcome.SKIPPED, wanted, f"it was not checked: {reason}")
    return Case(str(example.mark), called, Outcome.PASS, wanted, "it is")
