"""Every cause code that the source can put into a report, read off the source itself.

A code is the argument named `code` of a call in `fileproc/quality`. Most are written there as they are; where one comes
out of a table, the table is named below. A new place of that kind is told by name, so that none is overlooked.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import fileproc.quality
from fileproc.quality.checks.shapes import AMBIGUOUS, BY_TYPE, NAMED, OTHERWISE
from fileproc.quality.history.compare import CODES as HISTORY_CODES
from fileproc.quality.reading.avro import PLACES
from fileproc.quality.reading.delimited import OTHER_REJECT, REJECTS
from fileproc.quality.reading.fixed_width import BLANK, KINDS
from fileproc.quality.reading.sheet import ROWS

ROOT = Path(fileproc.quality.__file__).parent

#: Rooms that make no codes of causes: those of the lint, and those that hand on the codes of others.
ELSEWHERE = ("contracts/", "explanations/", "split/", "trial/")

#: Lines that are set aside and are no finding: the row writer alone hears of them.
ASIDE = {"comment"}

#: (file, expression) of a code that is computed → the codes that it can be.
TABLES: dict[tuple[str, str], set[str]] = {
    ("checks/causes.py", "finding.code"): set(),  # made elsewhere
    ("checks/causes.py", "code"): {code for code, _, _ in (*BY_TYPE.values(), OTHERWISE)} | set(NAMED),
    ("checks/causes.py", "groups[0].code"): set(),  # made elsewhere, by the next ones
    ("checks/grouping.py", "code"): set(NAMED),
    ("checks/shapes.py", "AMBIGUOUS"): {AMBIGUOUS},
    ("checks/results.py", "check.code"): set(),  # made elsewhere, as a MeasureCheck
    ("history/compare.py", "CODES[rule.measure]"): set(HISTORY_CODES.values()),
    ("reading/avro.py", "code"): {*PLACES, "truncated_avro", "corrupt_block"},
    ("reading/opening.py", "damaged.code"): set(),  # made elsewhere
    ("reading/sheet.py", "code"): set(ROWS),
    ("reading/fixed_width.py", "BLANK"): {BLANK},
    ("reading/fixed_width.py", "code"): set(KINDS),
    ("reading/fixed_width.py", "kind.code"): set(KINDS),
    ("reading/json_window.py", "at + error.pos"): set(),  # a place: another class of the same name
    ("reading/unwrapping.py", "broken.code"): set(),  # made elsewhere
    ("reading/zip_member.py", "broken.code"): set(),  # made elsewhere
    ("reading/container.py", "broken.code"): set(),  # made elsewhere
    ("reading/delimited.py", "known"): {code for code, _, _ in (*REJECTS.values(), OTHER_REJECT)},
}


@cache  # the source is read once for all who ask
def cause_codes() -> tuple[set[str], list[str]]:
    """The codes, and the places where one is computed that nobody has named in TABLES."""
    trees = {path.relative_to(ROOT).as_posix(): ast.parse(path.read_text()) for path in ROOT.rglob("*.py")}
    trees = {name: tree for name, tree in trees.items() if not name.startswith(ELSEWHERE)}
    everywhere = {name: place for tree in trees.values() for name, place in _takers(tree) if not name.startswith("_")}
    codes: set[str] = set()
    unknown: list[str] = []
    for name, tree in trees.items():
        takers = everywhere | dict(_takers(tree))
        for function in _functions(tree):
            codes |= _named(function)
            for expression in _arguments(function, takers):
                found = _resolved(expression, function)
                if found is None:
                    found = TABLES.get((name, ast.unparse(expression)))
                if found is None:
                    unknown.append(f"{name}:{expression.lineno}: {ast.unparse(expression)}")
                codes |= found or set()
    return codes - ASIDE, unknown


def _takers(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Functions and data classes that take a `code`, and at which place."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            names = [one.arg for one in node.args.args if one.arg not in ("self", "cls")]
            if "code" in names:
                yield node.name, names.index("code")
        elif isinstance(node, ast.ClassDef):
            yield from ((node.name, place) for name, place in _takers(ast.Module(node.body, [])) if name == "__init__")
            fields = [one.target.id for one in node.body if _is_field(one)]  # type: ignore[attr-defined]
            if "code" in fields:
                yield node.name, fields.index("code")


def _is_field(node: ast.stmt) -> bool:
    return isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)


def _functions(tree: ast.Module) -> Iterator[ast.Module | ast.FunctionDef]:
    """Each function, and what stands outside of any."""
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    yield from functions
    yield ast.Module([node for node in tree.body if not isinstance(node, ast.FunctionDef | ast.ClassDef)], [])


def _arguments(function: ast.AST, takers: dict[str, int]) -> Iterator[ast.expr]:
    for node in ast.walk(function):
        if not isinstance(node, ast.Call):
            continue
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        named = [word.value for word in node.keywords if word.arg == "code"]
        yield from named
        place = takers.get({"cls": "Finding", "Cause": "Finding"}.get(called, called))
        if not named and place is not None and place < len(node.args):
            yield node.args[place]


def _resolved(expression: ast.expr, function: ast.AST) -> set[str] | None:
    """The codes that are written out; none where it is handed through; None where it is computed."""
    if isinstance(expression, ast.Constant):
        return {expression.value}
    if isinstance(expression, ast.IfExp):
        both = [_resolved(one, function) for one in (expression.body, expression.orelse)]
        return None if None in both else set().union(*both)  # type: ignore[arg-type]
    if not isinstance(expression, ast.Name) or not isinstance(function, ast.FunctionDef):
        return None
    if expression.id in {one.arg for one in function.args.args}:
        return set()
    values = [
        node.value
        for node in ast.walk(function)
        if isinstance(node, ast.Assign) and expression.id in {getattr(one, "id", None) for one in node.targets}
    ]
    found = [_resolved(value, function) for value in values]
    return None if not found or None in found else set().union(*found)  # type: ignore[arg-type]


def _named(function: ast.AST) -> set[str]:
    """What a function that answers (code, title, fix) writes out."""
    if not isinstance(function, ast.FunctionDef) or function.returns is None:
        return set()
    if ast.unparse(function.returns) != "tuple[str, str, str]":
        return set()
    firsts = [node.elts[0] for node in ast.walk(function) if isinstance(node, ast.Tuple) and len(node.elts) == 3]
    return {one.value for one in firsts if isinstance(one, ast.Constant) and isinstance(one.value, str)}
