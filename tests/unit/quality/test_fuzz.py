"""Hostile files and contracts, a few hundred with fixed seeds; `make fuzz` goes on for as long as one likes."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from fileproc.quality.contracts.contract import NoMatch
from tests.fuzz import harness
from tests.fuzz.__main__ import main
from tests.fuzz.case import NAMES, Case
from tests.fuzz.child import save
from tests.fuzz.corpus import match_of, mutate, seeds

SEEDS = sorted(seeds(), key=lambda case: len(case.content))


@pytest.mark.parametrize("name", [None, *NAMES])
def test_a_damaged_file_gets_a_verdict(name: str | None) -> None:
    """Whatever is changed in a file of any format, or in a contract: never a traceback, never an error of ours."""
    begin = [case.encode() for case in SEEDS if case.name == name][:20] or [b"%cx" % NAMES.index(str(name))]
    others = [case.encode() for case in SEEDS[:40]]
    chance = Random(f"3 {name}")

    outcomes = {harness.run(mutate(chance.choice(begin), chance, others)) for _ in range(8)}

    assert outcomes <= {"pass", "warn", "fail", "skipped", "error", "refused", "no contract"}


@pytest.mark.parametrize("name", [None, *NAMES])
def test_a_case_is_its_bytes(name: str | None) -> None:
    """What is kept of a find is all that is needed to run it again."""
    case = Case(name, 7, b"\0x")

    assert case == Case.decode(case.encode())


def test_a_traceback_is_found_kept_and_replayed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The fuzzer sees what it is there for: an exception becomes a file and a command that shows it again."""
    monkeypatch.setattr(harness, "check_file", lambda *_, **__: 1 / 0)
    case = Case("file.csv", 0, b"a\n1\n").encode()
    with pytest.raises(harness.Found) as found:
        harness.run(case)
    save(tmp_path, found.value.signature, case, str(found.value))
    kept = next(tmp_path.glob("*.case"))

    assert ("ZeroDivisionError-outside.case", case) == (kept.name, kept.read_bytes())
    assert 1 == main(["--replay", str(kept)])
    assert "ZeroDivisionError" in capsys.readouterr().out


def test_every_prepared_contract_is_one() -> None:
    """Fuzzing would find nothing if the contracts behind it promised nothing."""
    assert [True] + [False] * 27 == [isinstance(match_of(number), NoMatch) for number in range(28)]
