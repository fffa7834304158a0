"""What other programs demand of a format: the common JUnit schema, SARIF 2.1.0, GitHub's limits, no scripts."""

from __future__ import annotations

import csv
import io
import json
import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from typing import Any

import jsonschema

from fileproc.render.formats import FORMATS
from fileproc.render.github import MOST_CAUSES
from tests.unit.quality.checking import check, contract
from tests.unit.render.reports import HOSTILE, bad, documents, good, hostile, quoted, skipped

ALL = documents(good(), bad("päth with space.csv"), hostile(), skipped())

TEXT = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string", "minLength": 1}}}


def _closed(required: list[str], **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": required, "properties": properties, "additionalProperties": False}


_LOCATION = _closed(
    ["physicalLocation"],
    id={"type": "integer", "minimum": 0},
    message=TEXT,
    physicalLocation=_closed(
        ["artifactLocation"],
        artifactLocation=_closed(["uri"], uri={"type": "string", "pattern": r"^[!-~]+$"}, uriBaseId={"type": "string"}),
        region=_closed(["startLine"], startLine={"type": "integer", "minimum": 1}),
    ),
)
_RULE = _closed(
    ["id", "shortDescription"],
    id={"type": "string"}, name={"type": "string"}, shortDescription=TEXT, fullDescription=TEXT, help=TEXT,
    properties=_closed([], tags={"type": "array", "uniqueItems": True, "items": {"type": "string"}}),
)  # fmt: skip
_RESULT = _closed(
    ["message", "ruleId", "ruleIndex", "level", "locations"],
    ruleId={"type": "string"},
    ruleIndex={"type": "integer", "minimum": 0},
    level={"enum": ["none", "note", "warning", "error"]},
    message=TEXT,
    locations={"type": "array", "items": _LOCATION},
    relatedLocations={"type": "array", "uniqueItems": True, "items": _LOCATION},
    partialFingerprints={"type": "object", "additionalProperties": {"type": "string"}},
    occurrenceCount={"type": "integer", "minimum": 1},
    properties={"type": "object"},
)
_NOTE = _closed(["message"], message=TEXT, level={"enum": ["none", "note", "warning", "error"]},
                locations={"type": "array", "items": _LOCATION})  # fmt: skip

#: The part of SARIF 2.1.0 that is written here, closed: a property that the standard does not have is an error.
SARIF = _closed(
    ["version", "runs"],
    **{"$schema": {"type": "string", "format": "uri"}},
    version={"const": "2.1.0"},
    runs={"type": "array", "items": _closed(
        ["tool", "results"],
        tool=_closed(["driver"], driver=_closed(["name"], name={"type": "string"}, version={"type": "string"},
                                                rules={"type": "array", "uniqueItems": True, "items": _RULE})),
        invocations={"type": "array", "items": _closed(
            ["executionSuccessful"], executionSuccessful={"type": "boolean"}, exitCodeDescription={"type": "string"},
            toolExecutionNotifications={"type": "array", "items": _NOTE})},
        results={"type": "array", "items": _RESULT},
    )},
)  # fmt: skip


def test_sarif_has_the_structure_of_the_standard() -> None:
    """Required properties, levels, lines and URIs are as SARIF 2.1.0 has them; rules are found by their index."""
    log = json.loads(FORMATS["sarif"](ALL))

    jsonschema.validate(log, SARIF)
    (run,) = log["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert all(rules[result["ruleIndex"]] == result["ruleId"] for result in run["results"])
    assert sum(len(document["causes"]) for document in ALL) == len(run["results"])
    assert all("fullDescription" in rule for rule in run["tool"]["driver"]["rules"])


def test_sarif_alerts_stay_the_same_from_file_to_file() -> None:
    """The same mistake in tomorrow's file of that name is the same alert, other ones are others."""
    one, two = (json.loads(FORMATS["sarif"](documents(bad())))["runs"][0]["results"] for _ in range(2))
    prints = [result["partialFingerprints"]["cause/v1"] for result in one]

    assert prints == [result["partialFingerprints"]["cause/v1"] for result in two]
    assert len(prints) == len(set(prints))


#: Element → (attributes it must have, attributes it may have, children in their order), as common JUnit schemas agree.
JUNIT = {
    "testsuites": ({"name", "tests", "failures", "errors"}, {"time"}, ["testsuite"]),
    "testsuite": (
        {"name", "tests", "failures", "errors", "skipped", "time"}, {"timestamp", "hostname"},
        ["properties", "testcase", "system-out", "system-err"],
    ),
    "properties": (set(), set(), ["property"]),
    "property": ({"name", "value"}, set(), []),
    "testcase": (
        {"name", "classname", "time"}, {"file", "line"}, ["skipped", "error", "failure", "system-out", "system-err"]
    ),
    "failure": ({"message", "type"}, set(), []),
    "error": ({"message", "type"}, set(), []),
    "skipped": (set(), {"message"}, []),
    "system-out": (set(), set(), []),
}  # fmt: skip


def test_junit_is_what_ci_servers_read() -> None:
    """Only known elements and attributes, in their order; the totals are those of the cases."""
    root = ET.fromstring(FORMATS["junit"](ALL))

    assert "testsuites" == root.tag
    for element in root.iter():
        must, may, order = JUNIT[element.tag]
        assert must <= set(element.attrib) <= must | may, (element.tag, element.attrib)
        places = [order.index(child.tag) for child in element]
        assert places == sorted(places), element.tag
    for suite in root:
        cases = suite.findall("testcase")
        assert int(suite.get("tests", "")) == len(cases)
        for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert int(suite.get(attribute, "")) == sum(case.find(tag) is not None for case in cases)


def test_junit_names_every_case_once() -> None:
    """A page that keeps cases by their names loses none."""
    for suite in ET.fromstring(FORMATS["junit"](ALL)):
        names = [(case.get("classname"), case.get("name")) for case in suite.findall("testcase")]
        assert len(names) == len(set(names))


def test_github_gets_commands_and_nothing_else() -> None:
    """Every line is one command with escaped values, but the last, which holds counts only."""
    lines = FORMATS["github"](ALL).splitlines()
    values = r"(?:[^:,%]|%25|%3A|%2C|%0A|%0D)*"
    command = re.compile(rf"::(error|warning|notice) file={values}(,line=\d+)?,title={values}::(?:[^%]|%25|%0A|%0D)*")

    assert all(command.fullmatch(line) for line in lines[:-1])
    assert re.fullmatch(r"fileproc: 4 files \([a-z0-9, ]+\), \d+ findings in \d+ causes", lines[-1])


def test_github_annotations_stay_below_their_limits() -> None:
    """Ten of a kind are shown a step and a message may have 64 KiB: a file of many causes says how many there are."""
    columns = [{"name": f"c{number}", "logicalType": "integer"} for number in range(30)]
    long = "x" * 5_000
    data = ",".join(column["name"] for column in columns) + "\n" + ",".join([long] * 30) + "\n"
    lines = FORMATS["github"](documents(check(data.encode(), contract(columns)))).splitlines()

    assert 1 + MOST_CAUSES + 1 == len(lines)
    assert "30 findings in 30 causes, of which 10 are shown" in lines[0]
    assert all(len(line.encode()) < 16_384 for line in lines)


class _Page(HTMLParser):
    """Tags and attributes of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def test_the_page_loads_and_runs_nothing() -> None:
    """No script, image, frame, form or foreign address, whatever the cells are; its policy forbids them too."""
    page = _Page(FORMATS["html"](ALL))
    tags = {tag for tag, _ in page.tags}
    attributes = {name for _, attrs in page.tags for name in attrs}
    links = [attrs["href"] for tag, attrs in page.tags if tag == "a"]
    policy = [attrs["content"] for _, attrs in page.tags if attrs.get("http-equiv") == "Content-Security-Policy"]

    assert not tags & {"script", "img", "iframe", "form", "link", "object", "embed", "base", "input"}
    assert not [name for name in attributes if name.startswith("on") or name in {"src", "style", "srcdoc"}]
    assert links and all(re.fullmatch(r"#file-\d+", link or "") for link in links)
    assert 1 == len(policy) and (policy[0] or "").startswith("default-src 'none'")


def test_a_spreadsheet_runs_no_cell() -> None:
    """No cell begins with what a spreadsheet takes for a formula, unless it is a plain number; no row breaks."""
    table = list(csv.reader(io.StringIO(FORMATS["csv"](ALL))))
    cells = [cell for row in table for cell in row]

    assert {13} == {len(row) for row in table}
    assert not [cell for cell in cells if cell[:1] in "=+-@|%\t\r" and cell and not re.fullmatch(r"-?[\d.,]+", cell)]
    assert not [cell for cell in cells if "\n" in cell]


def test_csv_says_when_it_does_not_have_all_rows() -> None:
    """`count` is the true total and `shown` how many of them are here: nobody takes a part for all."""
    table = list(csv.DictReader(io.StringIO(FORMATS["csv"](documents(bad())))))
    commas = [row for row in table if row["code"] == "decimal_comma"]

    assert (5, {"39"}, {"5"}) == (len(commas), {row["count"] for row in commas}, {row["shown"] for row in commas})


def test_markdown_makes_nothing_of_hostile_cells() -> None:
    """No link, image, mention, heading, table or HTML comes out of a cell, a file's name or a column's name."""
    columns = [{"name": f"![c]({number}) @all | <b>", "logicalType": "integer"} for number in range(2)]
    header = ",".join(quoted(column["name"]) for column in columns)
    report = check(
        f"{header}\n{quoted(HOSTILE[2])},{quoted(HOSTILE[10])}\n".encode(), contract(columns), name="`x`<i>#1"
    )
    text = FORMATS["md"](documents(report, hostile()))

    plain = re.sub(r"\\.|`[^`\n]*`", "", text)  # what is escaped, or stands in a span of code, means nothing
    for raw in ("![", "](", "<", "@all", "@everyone", "#1", "| a", "http://e", "www.e"):
        assert raw not in plain, raw
