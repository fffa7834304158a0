"""A request's headers: one reading for each line, or none at all."""

from __future__ import annotations

import io

import pytest

from fileproc.front.headers import LARGEST_HEAD, MOST_HEADERS, BadHead, Headers


def read(*lines: bytes) -> Headers:
    return Headers.read(io.BytesIO(b"\r\n".join([*lines, b"", b""])))


def test_names_have_no_case_and_values_no_blanks_around_them() -> None:
    """A sender may spell a header as he likes; the first of two is the one that counts."""
    headers = read(b"Content-LENGTH: \t12 \t", b"X-A:", b"x-a: second", b"Content-Type: text/plain")

    assert ("12", "", "text/plain", "none") == (
        headers.get("content-length"),
        headers.getheader("X-A"),
        headers.typeheader,
        headers.get("Y", "none"),
    )


def test_a_value_keeps_its_bytes() -> None:
    """Each byte is one character, so nothing that is no UTF-8 is lost or raises."""
    assert ["X: \xff\xc3\xa4 b\r\n"] == read(b"X: \xff\xc3\xa4 b").headers


@pytest.mark.parametrize(
    "lines",
    [
        (b" folded: x",),
        (b"X: y", b" folded"),
        (b"X : y",),
        (b": y",),
        (b"no colon",),
        (b"X: \x00",),
        (b"X: a\rY: b",),
        (b"Transfer-Encoding: chunked",),
        (b"Content-Length: 1", b"content-length: 1"),
        (b"Content-Length: +1",),
        (b"Content-Length: 1, 1",),
        (b"Content-Length:",),
        (b"Content-Length: " + b"9" * 16,),
        (b"X: " + b"y" * LARGEST_HEAD,),
        (b"X: y",) * (MOST_HEADERS + 1),
    ],
)
def test_what_has_more_than_one_reading_is_refused(lines: tuple[bytes, ...]) -> None:
    """A proxy before us cannot be made to see another request than we do."""
    with pytest.raises(BadHead):
        read(*lines)


def test_a_head_that_breaks_off_is_refused() -> None:
    """Without its empty line a head is not whole."""
    with pytest.raises(BadHead):
        Headers.read(io.BytesIO(b"X: y\r\n"))


def test_as_many_headers_as_are_allowed_are_read() -> None:
    """The limit is for attackers; it stands where it says."""
    assert MOST_HEADERS == len(read(*[b"X: y"] * MOST_HEADERS).headers)
