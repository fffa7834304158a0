"""JUnit XML, for the test page of a CI server: one suite a file, one case a check.

There is no standard; this is the subset that the schema of Jenkins' xUnit plug-in, GitLab and GitHub's reporters share.
A warning has no element of its own there: its case passes, and `system-out` tells.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from xml.etree.ElementTree import Element, SubElement, indent, tostring  # writes only; nothing is parsed

from fileproc.domain.reports import Result, Severity
from fileproc.render.document import Document, address, contract, no_verdict, where
from fileproc.render.text import number, visible

#: Result → element of the case. The others have none.
ELEMENTS = {Result.FAIL: "failure", Result.ERROR: "error", Result.SKIPPED: "skipped"}

#: The case that stands for a file without a verdict.
WHOLE_FILE = "the file was checked"


def render(documents: Sequence[Document]) -> str:
    """The XML document."""
    root = Element("testsuites", name="fileproc")
    for document in documents:
        _suite(root, document)
    for what in ("tests", "failures", "errors"):
        root.set(what, str(sum(int(suite.get(what, "0")) for suite in root)))
    indent(root, " ")
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _suite(root: Element, document: Document) -> None:
    suite = SubElement(root, "testsuite", name=visible(address(document)))
    _facts(suite, document)
    reason = no_verdict(document)
    if reason is not None:
        _whole_file(suite, document, *reason)
    for check in document["checks"]:
        _case(suite, document, check)
    cases = suite.findall("testcase")
    suite.set("tests", str(len(cases)))
    for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(attribute, str(sum(case.find(tag) is not None for case in cases)))


def _facts(suite: Element, document: Document) -> None:
    started = document["times"].get("started")
    if started:
        suite.set("timestamp", visible(started)[:19])  # the schema's time has no zone
    suite.set("time", _seconds(document))
    suite.set("hostname", "localhost")
    facts = {"verdict": document["verdict"], "summary": document["summary"], "contract": contract(document)}
    properties = SubElement(suite, "properties")
    for name, value in facts.items():
        if value is not None:
            SubElement(properties, "property", name=name, value=visible(value))


def _seconds(document: Document) -> str:
    """Between start and end; 0 where one is unknown."""
    times = document["times"]
    try:
        took = datetime.fromisoformat(times["finished"]) - datetime.fromisoformat(times["started"])
    except (TypeError, ValueError, KeyError):
        return "0.000"
    return f"{max(0.0, took.total_seconds()):.3f}"


def _whole_file(suite: Element, document: Document, what: str, reason: str) -> None:
    case = SubElement(suite, "testcase", name=WHOLE_FILE, classname=_class(document), time="0.000")
    kind = document["error"]["class"] if what == "error" else what
    _tell(case, what, visible(kind), reason, reason)


def _case(suite: Element, document: Document, check: Document) -> None:
    case = SubElement(suite, "testcase", name=visible(check["id"]), classname=_class(document), time="0.000")
    causes = [cause for cause in document["causes"] if cause["check"] == check["id"]]
    result = Result(check["result"])
    tag = ELEMENTS.get(result)
    text = _text(check, causes)
    if tag is not None:
        _tell(case, tag, visible(_type(check, causes)), _message(check, causes), text)
    elif result is not Result.PASS:
        word = "warning" if Severity(check["severity"]) is Severity.WARN else "information"
        SubElement(case, "system-out").text = f"{word}: {text}"


def _tell(case: Element, tag: str, kind: str, message: str, text: str) -> None:
    """`skipped` has no type in some of the schemas."""
    attributes = {"message": message} if tag == "skipped" else {"type": kind, "message": message}
    SubElement(case, tag, attributes).text = text


def _class(document: Document) -> str:
    """A dot would begin another package on some pages."""
    return "fileproc." + visible(address(document)).replace(".", "_")


def _type(check: Document, causes: Sequence[Document]) -> str:
    return str(causes[0]["code"] if causes else check["type"])


def _message(check: Document, causes: Sequence[Document]) -> str:
    if not causes:
        return visible(check.get("reason") or _compared(check))
    more = f" (and {number(len(causes) - 1, 'other cause')})" if len(causes) > 1 else ""
    return visible(causes[0]["title"]) + more


def _compared(check: Document) -> str:
    return f"found {check.get('actual') or check['result']}, agreed {check.get('expected') or 'otherwise'}"


def _text(check: Document, causes: Sequence[Document]) -> str:
    if not causes:
        return visible(check.get("reason") or _compared(check))
    return "\n".join(_told(cause) for cause in causes)


def _told(cause: Document) -> str:
    lines = [f"{visible(cause['title'])}  {cause['count']:,} ×"]
    lines += [f"  found   {visible(cause['found'])}", f"  agreed  {visible(cause['agreed'])}"]
    place = where(cause)
    if place is not None:
        lines.append(f"  where   {place}")
    return "\n".join([*lines, f"  mend    {visible(cause['fix'])}", f"  code    {visible(cause['code'])}"])
