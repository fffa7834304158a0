"""Locations as patterns: what each sign means, against a plain matcher that tries everything, and in bounded time."""

from __future__ import annotations

import time
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fileproc.quality.contracts.locations import Token, compile_location, tokens_of

MEANINGS = [
    ("s3://b/a/*.csv", ["s3://b/a/x.csv", "s3://b/a/.csv"], ["s3://b/a/x/y.csv", "s3://b/a/x.csv.gz", "s3://b/ax.csv"]),
    ("s3://b/a/**", ["s3://b/a/x", "s3://b/a/x/y", "s3://b/a/"], ["s3://b/a", "s3://b/ab/x"]),
    ("s3://b/**/x.csv", ["s3://b/x.csv", "s3://b/1/2/x.csv"], ["s3://b/1x.csv", "s3://b/x.csv/"]),
    ("s3://b/a**z", ["s3://b/az", "s3://b/a/b/z"], ["s3://b/a"]),
    ("s3://b/a?c", ["s3://b/abc", "s3://b/a😀c"], ["s3://b/ac", "s3://b/a/c"]),
    ("s3://b/a/", ["s3://b/a/x", "s3://b/a/x/y"], ["s3://b/a"]),
    ("s3://b", ["s3://b/x", "s3://b/x/y"], ["s3://bc/x", "s3://b"]),
    ("s3a://b/x", ["s3://b/x"], ["s3a://b/x"]),
    ("s3://b/[1].{csv}+$", ["s3://b/[1].{csv}+$"], ["s3://b/1.csv"]),
    ("s3://b/a\nb*", ["s3://b/a\nb", "s3://b/a\nb\nc"], ["s3://b/a"]),
]


@pytest.mark.parametrize(("location", "yes", "no"), MEANINGS)
def test_signs_mean_what_the_docs_say(location: str, yes: list[str], no: list[str]) -> None:
    """Each sign has one meaning; everything else stands for itself."""
    pattern = compile_location(location)

    assert (yes, []) == (
        [one for one in yes if pattern.matches(one)],
        [one for one in no if pattern.matches(one)],
    )


def plainly(tokens: tuple[Token, ...], address: str) -> bool:
    """The same question answered by trying every way."""

    @cache
    def ends(index: int, position: int) -> bool:
        if index == len(tokens):
            return position == len(address)
        kind, text = tokens[index]
        rest = address[position:]
        if kind == "literal":
            return rest.startswith(text) and ends(index + 1, position + len(text))
        if kind == "?":
            return rest[:1] not in ("", "/") and ends(index + 1, position + 1)
        stops = range(position, len(address) + 1)
        if kind == "*":
            return any("/" not in address[position:stop] and ends(index + 1, stop) for stop in stops)
        if kind == "**/":
            whole = [stop for stop in stops if stop == position or address[stop - 1] == "/"]
            return any(ends(index + 1, stop) for stop in whole)
        return any(ends(index + 1, stop) for stop in stops)

    return ends(0, 0)


LOCATIONS = st.lists(st.sampled_from(["a", "b", "/", "*", "**", "**/", "?", "ab", "a/b"]), max_size=9).map("".join)


@given(location=LOCATIONS, address=st.text(alphabet="ab/", max_size=14))
@settings(max_examples=1_500, deadline=None)
def test_fast_matching_loses_no_match(location: str, address: str) -> None:
    """Never giving back what a star took finds exactly what trying everything finds."""
    expected = plainly(tuple(tokens_of(location)), address)

    assert expected == compile_location(location).matches(address)


@pytest.mark.parametrize(
    "location", ["s3://b/" + "*a" * 30 + "b", "s3://b/" + "**a" * 30 + "b", "s3://b/" + "**/*a" * 20 + "b"]
)
def test_hostile_patterns_end(location: str) -> None:
    """Thirty stars against the longest key that S3 takes: an answer at once."""
    began = time.monotonic()

    assert not compile_location(location).matches("s3://b/" + "a" * 1_017)
    assert not compile_location(location).matches("s3://b/" + "a/" * 508)
    assert time.monotonic() - began < 2
