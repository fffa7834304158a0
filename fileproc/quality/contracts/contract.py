"""The contract model: what a partner promised, in ODCS words, normalised so that no later room knows ODCS's ages.

`odcs.py` reads YAML into these values; `quality/checks/plan.py` compiles them into checks. A `Mark` says where in the
contract file a thing stands, so every message can name file, line and column.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from fileproc.domain.reports import Severity

#: Classifications whose values may be shown.
OPEN_CLASSIFICATIONS = {"", "public", "internal", "open", "none"}


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a contract file; line and column count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a text file is written, in Data Package Table Dialect words. None = not declared."""

    delimiter: str | None = None
    quote_char: str | None = None
    double_quote: bool | None = None
    escape_char: str | None = None
    null_sequence: tuple[str, ...] = ()
    header: bool | None = None
    skip_initial_space: bool | None = None
    comment_char: str | None = None
    line_terminator: str | None = None
    encoding: str | None = None
    compression: str | None = None
    decimal_char: str | None = None
    header_rows: tuple[int, ...] = ()  # lines with names of columns, where it is not the first one alone
    line_length: int | None = None  # fixed width: places in a line, where it is longer than its last column
    width_unit: str | None = None  # fixed width: what a place is, characters or bytes
    footer_rows: int | None = None  # fixed width: lines at the end that are no rows
    sheet: str | None = None  # workbooks: the sheet that holds the rows


@dataclass(frozen=True, slots=True)
class Policies:
    """What to do about things ODCS has no word for; each is allow, warn or fail."""

    extra_columns: str = "warn"
    missing_columns: str = "warn"
    malformed_rows: int = 0  # more malformed rows than this fail the file
    on_fail: str | None = None  # "split": good and bad rows are written apart


@dataclass(frozen=True, slots=True)
class Server:
    """Where files live. `location` is an address with `*`, `**`, `?`, `{model}`; for a local server its path.

    `policies` holds only what the server itself says, by field of `Policies`; it wins over the schema object's.
    """

    name: str
    type: str
    location: str | None
    format: str | None = None
    dialect: Dialect = field(default_factory=Dialect)
    policies: dict[str, Any] = field(default_factory=dict)
    mark: Mark | None = None


@dataclass(frozen=True, slots=True)
class Operator:
    """`name` is the ODCS key (mustBe, mustBeLessThan, mustBeBetween …); `value` is one value, or two for between."""

    name: str
    value: Any


@dataclass(frozen=True, slots=True)
class QualityRule:
    """One entry of `quality[]`. `metric` has today's name whatever age the contract has."""

    id: str
    type: str  # library, sql, text, custom
    severity: Severity
    metric: str | None = None
    arguments: dict[str, Any] = field(default_factory=dict)
    operator: Operator | None = None
    unit: str = "rows"  # rows or percent
    dimension: str | None = None
    query: str | None = None
    engine: str | None = None
    implementation: Any = None
    description: str | None = None
    mark: Mark | None = None


@dataclass(frozen=True, slots=True)
class Relationship:
    """A reference: every value of `from_` occurs in `to`, which names an object and as many of its columns."""

    id: str
    from_: tuple[str, ...]  # names of columns of the schema object that holds it
    to_object: str
    to: tuple[str, ...]
    key_set: str | None = None  # a file of keys beside the contract, where nothing was remembered
    mark: Mark | None = None


@dataclass(frozen=True, slots=True)
class Layout:
    """Where a column stands in a line of fixed width, counted from 1; without `start` it follows the one before."""

    width: int
    start: int | None = None
    trim: str = "both"  # the sides where padding is taken off: both, left, right or none
    pad_char: str = " "


@dataclass(frozen=True, slots=True)
class Property:
    """One column, or a field inside of one.

    `options` holds logicalTypeOptions by their ODCS names, exclusive bounds already as values. Objects have
    `properties`, arrays `items`, maps `map_key` and `map_value`.
    """

    name: str
    logical_type: str | None = None
    physical_type: str | None = None
    physical_name: str | None = None
    required: bool = False
    unique: bool = False
    primary_key: bool = False
    primary_key_position: int = -1
    classification: str | None = None
    options: dict[str, Any] = field(default_factory=dict)
    enum: tuple[Any, ...] = ()
    quality: tuple[QualityRule, ...] = ()
    description: str | None = None
    properties: tuple[Property, ...] = ()
    items: Property | None = None
    map_key: Property | None = None
    map_value: Property | None = None
    relationships: tuple[Relationship, ...] = ()
    layout: Layout | None = None
    mark: Mark | None = None

    @property
    def masked(self) -> bool:
        """Whether its values are never shown."""
        return (self.classification or "").lower() not in OPEN_CLASSIFICATIONS

    @property
    def column(self) -> str:
        """The name to look for in the file."""
        return self.physical_name or self.name


@dataclass(frozen=True, slots=True)
class Unsupported:
    """Something the contract says that this version cannot check; it is reported as skipped, never dropped.

    `expected` says that nobody would look for it in a file, or that another finding of the lint tells it better.
    """

    id: str
    what: str
    reason: str
    mark: Mark | None = None
    expected: bool = False


@dataclass(frozen=True, slots=True)
class ServiceLevel:
    """A promise about time: `property` is freshness, latency or retention; `element` is `object.property`."""

    id: str
    property: str
    seconds: float
    words: str  # as the contract writes it: "2 d"
    element: str
    mark: Mark | None = None


@dataclass(frozen=True, slots=True)
class SchemaObject:
    """One table or file of the contract; with `blob`, its properties are about the file itself, not its rows."""

    name: str
    properties: tuple[Property, ...] = ()
    quality: tuple[QualityRule, ...] = ()
    dialect: Dialect = field(default_factory=Dialect)
    policies: Policies = field(default_factory=Policies)
    physical_name: str | None = None
    blob: bool = False
    relationships: tuple[Relationship, ...] = ()
    unsupported: tuple[Unsupported, ...] = ()
    mark: Mark | None = None


@dataclass(frozen=True, slots=True)
class Contract:
    """A whole contract. `digest` is the SHA-256 of the file's bytes, so a report can be tied to the exact promise."""

    id: str
    name: str
    version: str
    api_version: str
    digest: str
    file: str
    status: str | None = None
    servers: tuple[Server, ...] = ()
    schemas: tuple[SchemaObject, ...] = ()
    service_levels: tuple[ServiceLevel, ...] = ()
    unsupported: tuple[Unsupported, ...] = ()

    @property
    def tables(self) -> tuple[SchemaObject, ...]:
        """The schema objects that files can be held against: those about rows, or else those about objects."""
        return tuple(schema for schema in self.schemas if not schema.blob) or self.schemas


@dataclass(frozen=True, slots=True)
class Match:
    """The promise that a file is held against. Dialect and format are already merged, the nearer winning."""

    contract: Contract
    schema: SchemaObject
    dialect: Dialect
    format: str | None
    policies: Policies
    server: Server | None = None
    pattern: str | None = None  # the location that matched
    why: str = ""


@dataclass(frozen=True, slots=True)
class NoMatch:
    """No contract, or two that are equally specific."""

    reason: str
    candidates: tuple[str, ...] = ()
