"""Every format says the same: the words, totals and lines of the report, and nothing of its own."""

from __future__ import annotations

import csv
import html
import io
import json
import re
import urllib.parse
import xml.etree.ElementTree as ET
from collections.abc import Callable
from typing import Any

import pytest
from rich.console import Console

from fileproc.cli.output import NAMES, Output
from fileproc.cli.render import render as render_text
from fileproc.render.formats import FORMATS
from tests.unit.render.reports import bad, documents, good, hostile, skipped

Document = dict[str, Any]


def written(name: str, *reports: Any) -> str:
    """What `fileproc check --format NAME` would write."""
    sink = io.StringIO()
    output = Output(sink, name)
    for report in reports:
        output.add(report)
    output.close()
    return sink.getvalue()


def _html(text: str) -> str:
    return html.unescape(re.sub(r"<[^>]+>", " ", text))


def _markdown(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text).replace("\u2060", "")


def _xml(text: str) -> str:
    root = ET.fromstring(text)
    return "\n".join(part for one in root.iter() for part in (*one.attrib.values(), one.text or ""))


def _csv(text: str) -> str:
    return "\n".join(cell.removeprefix("'") for row in csv.reader(io.StringIO(text)) for cell in row)


#: From what a format writes to the words in it.
READERS: dict[str, Callable[[str], str]] = {
    "text": str,
    "json": lambda text: json.dumps(json.loads(text), ensure_ascii=False),
    "ndjson": lambda text: json.dumps(json.loads(text), ensure_ascii=False),
    "junit": _xml,
    "sarif": lambda text: json.dumps(json.loads(text), ensure_ascii=False),
    "github": urllib.parse.unquote,
    "md": _markdown,
    "html": _html,
    "csv": _csv,
}


def test_every_format_has_a_reader_here() -> None:
    """A new format is tested as the others are."""
    assert set(NAMES) == set(READERS)


@pytest.mark.parametrize("name", READERS)
def test_every_format_says_the_same_words(name: str) -> None:
    """Title, found, agreed, fix, true total and first line of every cause are in every format."""
    report = bad()
    text = READERS[name](written(name, report))

    assert len(report.causes) >= 4
    for cause in report.to_document()["causes"]:
        for key in ("title", "found", "agreed", "fix", "code"):
            if (name, key) not in {("github", "code"), ("md", "code")}:
                assert cause[key] in text, (name, key, cause[key])
        assert re.search(rf"\b{cause['count']:,}\b|\b{cause['count']}\b", text), (name, cause["count"])
        assert re.search(rf"\b{cause['first_line']}\b", text), (name, cause["first_line"])


@pytest.mark.parametrize("name", READERS)
def test_several_files_are_one_output(name: str) -> None:
    """Good, bad and skipped files beside one another: the bad one is told, and the output is still one."""
    text = READERS[name](written(name, good(), bad(), skipped())) if name != "ndjson" else ""
    lines = written("ndjson", good(), bad(), skipped()).splitlines()

    assert name == "ndjson" or "decimal comma" in text
    assert ["pass", "fail", "skipped"] == [json.loads(line)["verdict"] for line in lines]


@pytest.mark.parametrize("name", READERS)
def test_a_good_file_is_told_as_good(name: str) -> None:
    """No finding is invented; every format is well-formed without any."""
    text = READERS[name](written(name, good()))

    assert "decimal" not in text
    assert name in ("github", "csv", "sarif") or "pass" in text


@pytest.mark.parametrize("name", READERS)
def test_a_file_that_was_not_checked_says_why(name: str) -> None:
    """`skipped` is never taken for a pass: the reason is there (CSV has rows of findings only)."""
    assert name == "csv" or "no contract claims it" in READERS[name](written(name, skipped()))


@pytest.mark.parametrize("name", sorted(set(READERS) - {"json", "ndjson", "sarif"}))
def test_hostile_cells_steer_nothing(name: str) -> None:
    """No control, direction or separator sign of a cell comes out raw, and no cell begins a line."""
    text = written(name, hostile())

    assert not [sign for sign in "\x1b\u202e\u2066\x00\u2028\u2029\r" if sign in text]
    assert not [line for line in text.splitlines() if line.startswith("::warning::x")]


@pytest.mark.parametrize("name", ["json", "ndjson", "sarif"])
def test_hostile_cells_are_data_in_json(name: str) -> None:
    """JSON escapes what steers, so nothing raw is on the terminal, and every line is one document."""
    text = written(name, hostile())

    assert not [sign for sign in "\x1b\u202e\u2066\x00\u2028\u2029\r" if sign in text]
    assert name != "ndjson" or 1 == len(text.splitlines())


def test_the_text_of_a_terminal_shows_where_in_the_file() -> None:
    """The strip is as wide as the others and has a bar where the failing rows lie."""
    text = written("text", bad())
    strips = [line for line in text.splitlines() if line.strip().startswith("│")]

    assert strips and all(line.index("│") == strips[0].index("│") for line in strips)
    assert any(sign in strips[0] for sign in "▁▂▃▄▅▆▇█")


def test_a_terminal_without_unicode_is_no_error() -> None:
    """Signs that an output cannot carry become escapes: no traceback instead of a report."""
    raw = io.BytesIO()
    sink = io.TextIOWrapper(raw, encoding="ascii", errors="backslashreplace")
    render_text(bad().to_document(), Console(file=sink, highlight=False))
    sink.flush()

    assert b"\\u2715 fail" in raw.getvalue()


@pytest.mark.parametrize("name", FORMATS)
def test_no_document_is_no_error(name: str) -> None:
    """Nothing to tell is still a whole text of the format."""
    assert FORMATS[name](documents())
