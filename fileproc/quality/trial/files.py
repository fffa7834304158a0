"""Files beside a contract: `orders.examples/` beside `orders.odcs.yaml`, and what the name of each says it must get.

`good-*` must pass, `bad-CODE-*` must fail with a cause of that code, `warn-CODE-*` must warn with one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from fileproc.domain.reports import FileInfo, Report, Verdict
from fileproc.quality.contracts.binding import bindings_of, choose
from fileproc.quality.contracts.contract import Contract, NoMatch
from fileproc.quality.contracts.odcs_dialect import words_of
from fileproc.quality.contracts.odcs_place import Place
from fileproc.quality.contracts.odcs_words import EXAMPLES_WORD
from fileproc.quality.contracts.yaml_positions import Located
from fileproc.quality.formats import by_name
from fileproc.quality.trial.case import Case, Outcome
from fileproc.quality.trial.run import Run

ENDS = (".odcs.yaml", ".odcs.yml", ".yaml", ".yml")
FOLDER = ".examples"

NAME = re.compile(r"(?P<word>good|warn|bad)(?:-(?P<code>[A-Za-z0-9_]+))?(?:[-.].*)?", re.DOTALL)
WANTED = {"good": Verdict.PASS, "warn": Verdict.WARN, "bad": Verdict.FAIL}

MOST_FILES = 1_000


def file_cases(file: Path, document: Located, contract: Contract, run: Run) -> Iterator[Case]:
    """Every example file of a contract. A file whose name says nothing is told, not passed over."""
    for path in _found(file, document):
        if isinstance(path, Case):
            yield path
            continue
        name = NAME.fullmatch(path.name)
        if name is None:
            wanted = "a name that begins with good-, warn-CODE- or bad-CODE-"
            yield Case(str(path), path.name, Outcome.SKIPPED, wanted, "it says nothing")
        else:
            yield _case(path, name["word"], name["code"] if name["word"] != "good" else None, contract, run)


def folder_of(file: Path) -> Path:
    """The folder of examples that belongs to a contract file."""
    stem = next((file.name.removesuffix(end) for end in ENDS if file.name.endswith(end)), file.name)
    return file.with_name(stem + FOLDER)


def _found(file: Path, document: Located) -> Iterator[Path | Case]:
    """Files of the folder first, then those that the contract names; each once, README files never."""
    seen: set[Path] = set()
    folder = folder_of(file)
    listed: list[Path | Case] = [*(_files(folder) if folder.is_dir() else ())]
    for pattern in _named(document):
        listed += _matching(file, pattern)
    for one in listed:
        if isinstance(one, Case):
            yield one
        elif one.resolve() not in seen and len(seen) < MOST_FILES:
            seen.add(one.resolve())
            yield one


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith((".", "README")))


def _named(document: Located) -> list[str]:
    entry = words_of(Place(document, (), document.value)).get(EXAMPLES_WORD)
    return [] if entry is None else [one for one in entry.texts("value") if one]


def _matching(file: Path, pattern: str) -> Iterator[Path | Case]:
    """Paths below the contract's own folder, and nothing else: a contract may come from anybody."""
    home = file.parent.resolve()
    wanted = "an existing file or folder below the contract's own folder"
    refused = Case(str(file), f"examples: {pattern[:200]}", Outcome.ERROR, wanted, "there is none of that name")
    if "\0" in pattern or pattern.startswith(("/", "~")) or ".." in Path(pattern).parts:
        yield refused
        return
    try:
        found = sorted(path for path in file.parent.glob(pattern) if path.resolve().is_relative_to(home))
    except (OSError, ValueError, NotImplementedError, IndexError):
        found = []
    if not found:
        yield refused
    for path in found:
        yield from _files(path) if path.is_dir() else [path]


def _case(path: Path, word: str, code: str | None, contract: Contract, run: Run) -> Case:
    verdict = WANTED[word]
    wanted = verdict.value if code is None else f"{verdict} with a cause {code}"
    form = by_name(path.name)[0]
    # Which schema object a file is of, its name alone says: it lies at no location that could.
    fitting = [replace(one, schema=None) for one in bindings_of(contract) if form and one.server.format == form]
    match = choose(contract, None, path.name, fitting)
    if isinstance(match, NoMatch):
        reason = f"{match.reason.replace('; choose one with --schema', '')}: put the name of one into the file's name"
        return Case(str(path), path.name, Outcome.ERROR, wanted, reason)
    report = run.check(path, match, FileInfo(path=path.name, size=path.stat().st_size))
    if report.error is not None or report.verdict is Verdict.ERROR:
        reason = report.error.reason if report.error else "some check could not be run"
        return Case(str(path), path.name, Outcome.ERROR, wanted, reason)
    right = report.verdict is verdict and (code is None or any(cause.code == code for cause in report.causes))
    return Case(str(path), path.name, Outcome.PASS if right else Outcome.FAIL, wanted, _got(report))


def _got(report: Report) -> str:
    """The verdict, and the causes that it has."""
    if report.skipped is not None:
        return f"it was skipped: {report.skipped.reason}"
    causes = dict.fromkeys(f"{cause.code}{f' in {cause.column}' if cause.column else ''}" for cause in report.causes)
    return f"the verdict is {report.verdict}" + (f" ({', '.join([*causes][:6])})" if causes else "")
