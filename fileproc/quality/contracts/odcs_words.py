"""The words of ODCS and of our own custom properties, shared by the reader and the lint."""

from __future__ import annotations

from fileproc.domain.reports import Severity

#: Versions whose JSON Schema is vendored; the last one is the newest known.
VERSIONS = ("3.0.0", "3.0.1", "3.0.2", "3.1.0", "3.2.0")

LOGICAL_TYPES = (
    "string",
    "date",
    "timestamp",
    "time",
    "number",
    "integer",
    "object",
    "array",
    "boolean",
    "map",
    "vector",
)

#: In the standard's order.
OPERATORS = (
    "mustBe",
    "mustNotBe",
    "mustBeGreaterThan",
    "mustBeGreaterOrEqualTo",
    "mustBeLessThan",
    "mustBeLessOrEqualTo",
    "mustBeBetween",
    "mustNotBeBetween",
)

#: Metric → the levels where it means something.
METRICS = {
    "nullValues": ("property",),
    "missingValues": ("property",),
    "invalidValues": ("property",),
    "duplicateValues": ("property", "object"),
    "rowCount": ("object",),
}

#: Names that the standard used before 3.1.
OLD_METRICS = {"duplicateCount": "duplicateValues", "validValues": "invalidValues"}

#: Arguments of metrics; people also write them beside `arguments` by mistake.
ARGUMENTS = ("validValues", "pattern", "missingValues", "properties")

RULE_TYPES = ("library", "sql", "text", "custom")

#: Keys of a quality rule in any version.
RULE_KEYS = (
    "id",
    "name",
    "description",
    "type",
    "metric",
    "rule",
    "arguments",
    "query",
    "engine",
    "implementation",
    "dimension",
    "severity",
    "unit",
    "method",
    "businessImpact",
    "schedule",
    "scheduler",
    "tags",
    "customProperties",
    "authoritativeDefinitions",
    *OPERATORS,
)

SEVERITIES = {"info": Severity.INFO, "warning": Severity.WARN, "error": Severity.FAIL, "critical": Severity.FAIL}

UNITS = ("rows", "percent")

#: Servers that hold files; the others are databases and streams.
FILE_SERVERS = ("s3", "local", "azure", "sftp", "custom")

#: customProperties → field of Dialect (Table Dialect words) and what its value must be.
DIALECT_WORDS: dict[str, tuple[str, type]] = {
    "delimiter": ("delimiter", str),
    "quoteChar": ("quote_char", str),
    "doubleQuote": ("double_quote", bool),
    "escapeChar": ("escape_char", str),
    "nullSequence": ("null_sequence", tuple),
    "header": ("header", bool),
    "skipInitialSpace": ("skip_initial_space", bool),
    "commentChar": ("comment_char", str),
    "lineTerminator": ("line_terminator", str),
    "encoding": ("encoding", str),
    "compression": ("compression", str),
    "decimalChar": ("decimal_char", str),
    "headerRows": ("header_rows", tuple),
    "lineLength": ("line_length", int),
    "widthUnit": ("width_unit", str),
    "footerRows": ("footer_rows", int),
    "sheet": ("sheet", str),
    "sheetName": ("sheet", str),  # as the Table Dialect calls it
}

#: Dialect words that are one of a few.
DIALECT_CHOICES = {"widthUnit": ("characters", "bytes")}

#: Words of a property that say where its column stands in a line of fixed width.
LAYOUT_WORDS = ("start", "width", "trim", "padChar")
TRIMS = ("both", "left", "right", "none")

#: Lines among which the header may be.
MOST_HEADER_LINES = 30

#: Words that are one character in the file; a delimiter may have a few more.
SINGLE = ("quoteChar", "escapeChar", "commentChar", "decimalChar")
LONGEST_DELIMITER = 4

POLICY_WORDS = {"extraColumns": "extra_columns", "missingColumns": "missing_columns"}
POLICIES = ("allow", "warn", "fail")
LIMIT_WORD = "malformedRows"
ON_FAIL_WORD = "onFail"
EXAMPLES_WORD = "examples"
ON_FAIL = ("report", "split")

#: Words that are understood, but whose work is not done by this version.
WAITING_WORDS: dict[str, str] = {}

OUR_WORDS = (*DIALECT_WORDS, *POLICY_WORDS, LIMIT_WORD, ON_FAIL_WORD, EXAMPLES_WORD, *WAITING_WORDS)

#: Names that people write for characters they cannot type or must quote.
SPELT = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|", "space": " "}

#: What SQL rules of every age call the table and the column; not variables of the contract.
SQL_PLACEHOLDERS = (
    "object",
    "property",
    "table",
    "column",
    "model",
    "field",
    "schema",
    "dataset",
    "catalog",
    "database",
)
