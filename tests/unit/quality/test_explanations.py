"""Every code is explained: what it means, why it matters, and how either side mends it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from fileproc.cli.explain import command
from fileproc.errors import UsageError
from fileproc.quality.contracts.lint_codes import CODES
from fileproc.quality.explanations import FAMILIES, explanation, explanations, suggestions
from fileproc.quality.explanations.page import page
from tests.unit.quality.codes_in_source import cause_codes

REFERENCE = Path(__file__).parents[3] / "docs" / "reference"


def test_every_code_is_explained() -> None:
    """No report and no lint names a code that `fileproc explain` does not know."""
    codes, _ = cause_codes()

    assert set() == (codes | set(CODES)) - set(explanations())


def test_every_place_that_makes_a_code_is_known() -> None:
    """A code that is computed is found too: whoever computes one names its table in codes_in_source.py."""
    _, unknown = cause_codes()

    assert [] == unknown


def test_no_explanation_is_left_over() -> None:
    """A code that nothing can tell any more is not explained either."""
    codes, _ = cause_codes()

    assert set() == set(explanations()) - codes - set(CODES)


def test_every_explanation_is_whole() -> None:
    """Meaning, reason, both examples and both fixes are there, in sentences of a readable length."""
    for one in explanations().values():
        texts = (one.title, one.meaning, one.why, one.bad, one.good, one.partner, one.contract)
        assert all(0 < len(text) <= 300 for text in texts), one.code
        assert one.bad != one.good, one.code
        assert all(text[-1] in ".?" for text in (one.meaning, one.why, one.partner, one.contract)), one.code
        assert one.family in FAMILIES


def test_the_page_is_what_the_program_says() -> None:
    """docs/reference/codes.md is made by `fileproc explain --format md`, and up to date."""
    assert page() == (REFERENCE / "codes.md").read_text()


@pytest.mark.parametrize("written", ["decimal_comma", "DECIMAL_COMMA", "fpc304", "FPC304"])
def test_a_code_is_found_in_any_case(written: str) -> None:
    """People type codes as they come."""
    found = explanation(written)

    assert found is not None and written.lower() == found.code.lower()


@pytest.mark.parametrize(
    ("written", "meant"), [("decimal-coma", "decimal_comma"), ("FPC399", "FPC309"), ("comma", "stray_comma")]
)
def test_an_unknown_code_is_answered_with_what_was_meant(written: str, meant: str) -> None:
    """A typing error costs one more try and no search."""
    assert meant in suggestions(written)
    with pytest.raises(UsageError, match="did you mean"):
        CliRunner().invoke(command, [written], catch_exceptions=False, standalone_mode=False)


def test_a_code_of_nothing_is_answered_with_the_list() -> None:
    """Even a hostile word is no traceback, and steers no terminal."""
    with pytest.raises(UsageError) as raised:
        CliRunner().invoke(command, ["\x1b[31m\u202e%%"], catch_exceptions=False, standalone_mode=False)

    assert "\x1b" not in str(raised.value) and "lists all codes" in str(raised.value)


def test_the_verb_tells_lists_and_gives_json() -> None:
    """One code in words, all of them in a list, and both as JSON."""
    run = CliRunner()
    one = run.invoke(command, ["decimal_comma"], standalone_mode=False).stdout
    listed = run.invoke(command, [], standalone_mode=False).stdout
    document = json.loads(run.invoke(command, ["decimal_comma", "--format", "json"], standalone_mode=False).stdout)
    documents = json.loads(run.invoke(command, ["--format", "json"], standalone_mode=False).stdout)

    assert "12,50" in one and "12.50" in one and "Whoever sends the file" in one
    assert all(code in listed for code in explanations())
    assert ("decimal_comma", len(explanations())) == (document["code"], len(documents))
