"""Errors as problem documents."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import bottle
import pytest

from fileproc.domain.reports import without_samples
from fileproc.errors import BadRequest, NotFound, TooLarge, Unauthorized, Unavailable
from fileproc.front.problems import Problems, answer, of_error, request_id, whole_answer


@pytest.fixture(autouse=True)
def request_() -> Iterator[None]:
    bottle.request.bind({"REMOTE_ADDR": "127.0.0.1"})
    yield
    bottle.request.bind({})


def document(response: bottle.HTTPResponse) -> dict[str, Any]:
    return json.loads(response.body)


def test_an_error_says_what_and_how_to_mend_it() -> None:
    """Status and sentence come from the error itself; the id is the request's."""
    response = of_error(BadRequest("limit is a number", fix="write 50"))

    assert {
        "type": "about:blank",
        "title": "Bad Request",
        "status": 400,
        "detail": "limit is a number → write 50",
        "request_id": request_id(),
    } == document(response)
    assert "application/problem+json" == response.get_header("Content-Type")


def test_a_silent_error_says_nothing_but_its_status() -> None:
    """Forgers learn nothing."""
    assert "detail" not in document(of_error(TooLarge("3 MiB"), silent=True))


@pytest.mark.parametrize(
    ("error", "header", "value"),
    [
        (Unavailable("later", retry_after=42), "Retry-After", "42"),
        (Unauthorized("who?"), "WWW-Authenticate", 'Bearer realm="fileproc"'),
        (NotFound("no"), "Retry-After", None),
    ],
)
def test_an_error_brings_its_headers(error: Any, header: str, value: str | None) -> None:
    """503 says when to come again, 401 says what to bring."""
    assert value == of_error(error).get_header(header)


def test_what_nobody_expected_is_500_and_stays_inside() -> None:
    """The caller gets an id, the log gets the rest."""

    def broken() -> None:
        raise ZeroDivisionError("secret")

    response = Problems().apply(broken, bottle.Route(bottle.Bottle(), "/x", "GET", broken))()

    assert (500, {"type", "title", "status", "request_id"}) == (response.status_code, set(document(response)))


def test_half_characters_do_not_break_an_answer() -> None:
    """Whatever a stored document holds, the answer is bytes."""
    assert b'{"key": "\\ud800"}' == answer({"key": "\ud800"}).body


def test_an_answer_to_no_request_ends_the_connection() -> None:
    """The bytes are a whole HTTP answer."""
    head, _, body = whole_answer(HTTPStatus.BAD_REQUEST).partition(b"\r\n\r\n")

    assert head.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert b"Connection: close" in head
    assert f"Content-Length: {len(body)}".encode() in head
    assert 400 == json.loads(body)["status"]


def test_hiding_samples_hides_nothing_else() -> None:
    """Every number stays, and the document says that something is hidden."""
    cause = {"code": "x", "count": 3, "samples": [{"cell": "alice"}]}
    report = {"id": "1", "causes": [cause], "counts": {"rows": 9}}

    assert {
        "id": "1",
        "causes": [{"code": "x", "count": 3, "samples": []}],
        "counts": {"rows": 9},
        "samples_hidden": True,
    } == without_samples(report)
    assert [cause] == report["causes"]
