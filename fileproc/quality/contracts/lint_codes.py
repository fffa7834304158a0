"""Every code that a finding about a contract can have: its severity and what it means.

The table is the page `docs/reference/contracts.md`, and a test keeps them in step. A code is a promise to people who
filter on it: it is never reused for something else. `error` = the contract is refused, or promises what cannot be
meant; `warning` = it works, but hardly as intended; `info` = worth knowing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["error", "warning", "info"]


@dataclass(frozen=True, slots=True)
class Code:
    """One row of the table."""

    level: Level
    meaning: str


CODES: dict[str, Code] = {
    # the file
    "FPC001": Code(
        "error", "The file cannot be read: missing, no permission, no regular file, empty, or far too large."
    ),
    "FPC002": Code("error", "The file is not YAML."),
    "FPC003": Code("error", "The file is not UTF-8 text."),
    "FPC004": Code("error", "A key stands twice in one mapping."),
    "FPC005": Code("error", "The file is nested too deeply, or too large once its aliases are expanded."),
    "FPC006": Code("error", "A YAML tag such as `!!python/object` is refused."),
    "FPC007": Code("error", "A `${VARIABLE}` is not on the allow-list."),
    "FPC008": Code("error", "The file is not an ODCS 3 contract."),
    "FPC009": Code("warning", "`apiVersion` is newer than the newest version that is known here."),
    "FPC010": Code("error", "Another file holds the same contract id and version."),
    "FPC011": Code("warning", "Another contract claims the same location, so files there match neither."),
    # the standard's own schema
    "FPC101": Code("error", "A key that the standard demands is missing."),
    "FPC102": Code("error", "A key that the standard does not know, often a misspelt one."),
    "FPC103": Code("error", "A value of the wrong kind, such as a text where true or false is meant."),
    "FPC104": Code("error", "A value that is not one of those allowed."),
    "FPC105": Code("error", "Another rule of the standard's JSON Schema is broken."),
    "FPC106": Code("error", "A key that the standard knows, but not here."),
    "FPC107": Code("warning", "A key or name that the standard has replaced."),
    "FPC108": Code("warning", "A number where a text is meant; other readers may change it, so quote it."),
    "FPC109": Code("warning", "A key or value of a later version of the standard than `apiVersion` says."),
    # servers
    "FPC201": Code("warning", "No server says where files lie, so no file is ever found to belong to this contract."),
    "FPC202": Code("error", "A location that can never match an address."),
    "FPC203": Code("warning", "A location that means one object only, though it looks like a folder."),
    "FPC204": Code("warning", "A location with glob signs that stand for themselves: `[…]`, `{a,b}`, `{date}`."),
    "FPC205": Code("info", "Several schema objects share a location without `{model}`; the file's name decides."),
    "FPC206": Code("warning", "Two servers of the contract have the same location; the first counts."),
    "FPC207": Code("warning", "A format that is not read."),
    "FPC208": Code("error", "A dialect or policy value that has no meaning."),
    "FPC209": Code("warning", "A custom property for fileproc that it does not know."),
    "FPC210": Code("error", "A column of a fixed-width file without its places, or two columns that share some."),
    "FPC211": Code("warning", "A location that holds `FILEPROC_SPLIT_TO`, so parts of split files are checked, too."),
    # schema objects and properties
    "FPC301": Code("error", "Two properties name the same column."),
    "FPC302": Code("error", "Two schema objects have the same name."),
    "FPC303": Code("error", "An unknown `logicalType`."),
    "FPC304": Code("warning", "`logicalTypeOptions` without a `logicalType`."),
    "FPC305": Code("error", "An option that does not belong to the logical type."),
    "FPC306": Code("error", "Bounds that no value can satisfy."),
    "FPC307": Code("error", "A pattern that cannot be run: not a regular expression, or one that is not linear."),
    "FPC308": Code("error", "A bound that is not a value of the logical type."),
    "FPC309": Code("warning", "An exclusive bound in the form of another version of the standard."),
    "FPC310": Code("warning", "Primary key positions that do not number the key's parts."),
    "FPC311": Code("warning", "No schema object, or one without properties: nothing is checked in its columns."),
    "FPC312": Code("warning", "`enum` in a form that the standard does not have; it is read all the same."),
    "FPC313": Code("error", "An `enum` that is empty, repeats a value, or holds one that is not of the logical type."),
    "FPC314": Code("warning", "A `format` that is not checked."),
    "FPC315": Code("error", "A time zone that nobody knows."),
    # quality rules
    "FPC401": Code("error", "A rule without an operator such as `mustBe`."),
    "FPC402": Code("error", "A rule with several operators."),
    "FPC403": Code("error", "An unknown metric."),
    "FPC404": Code("error", "A metric on the wrong level."),
    "FPC405": Code("error", "A rule without the argument that its metric needs."),
    "FPC406": Code("error", "An argument outside of `arguments`."),
    "FPC407": Code("info", "`missingValues` without null: nulls are then not counted."),
    "FPC408": Code("info", "`mustBeBetween` includes both ends here, though the standard's prose excludes them."),
    "FPC409": Code("error", "A threshold that no file can meet."),
    "FPC410": Code("warning", "An unknown severity; it counts as error."),
    "FPC411": Code("warning", "A unit that is not known, or has no meaning for the metric."),
    "FPC412": Code("error", "A rule about properties that the schema object does not have."),
    "FPC413": Code("warning", "Two rules of one schema object have the same id."),
    "FPC414": Code("warning", "A key that has no effect in a rule of this type."),
    "FPC415": Code("info", "`duplicateValues` of a schema object without `properties` compares whole rows."),
    "FPC416": Code("warning", "A threshold that every file meets."),
    "FPC417": Code("error", "An SQL rule that is refused: it is not exactly one SELECT about the file."),
    "FPC418": Code("warning", "An SQL rule that does not fit the columns of its schema object."),
    "FPC419": Code("error", "A custom rule with `engine: fileproc` that says nothing that could be run."),
    "FPC420": Code("warning", "A custom rule whose check no installed package offers."),
    "FPC421": Code("error", "A relationship without two ends of as many columns each."),
    "FPC422": Code("warning", "A relationship with a column that the contract does not have."),
    "FPC423": Code("info", "`missingValues` without an argument: nulls alone are counted."),
    # what this version does not do
    "FPC501": Code("info", "Promised, but not checked by this version; reports list it as skipped."),
}


def reference_table() -> str:
    """The table for the docs, as Markdown."""
    rows = [f"| {code} | {entry.level} | {entry.meaning} |" for code, entry in CODES.items()]
    return "\n".join(["| code | severity | meaning |", "|---|---|---|", *rows])
