"""Kinds of columns: what is agreed on them, values that are as agreed, and values that are wrong in exactly one way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any

Make = Callable[[Random], str]

ALPHABET = "abcdefghijklmnopqrstuvwxyz"
UMLAUTS = "äöüßéñ"


@dataclass(frozen=True, slots=True)
class Kind:
    """`agreed` are the keys of the property; `wrong` maps a fault to (type of the check that fails, a bad cell)."""

    name: str
    agreed: dict[str, Any]
    good: Make
    wrong: dict[str, tuple[str, Make]] = field(default_factory=dict)
    has_numbers: bool = False  # JSON writes its good values without quotes
    is_free: bool = False  # any text is as agreed


def _word(chance: Random, low: int = 3, high: int = 8) -> str:
    return "".join(chance.choices(ALPHABET, k=chance.randint(low, high)))


def _fixed(*texts: str) -> Make:
    return lambda chance: chance.choice(texts)


def _day(chance: Random) -> date:
    return date(2024, 1, 1) + timedelta(days=chance.randrange(900))


def _stamp(chance: Random, offset: str) -> str:
    time = f"{chance.randrange(24):02}:{chance.randrange(60):02}:{chance.randrange(60):02}"
    return f"{_day(chance)}{chance.choice('T ')}{time}{offset}"


NOT_NUMBERS: dict[str, tuple[str, Make]] = {
    "blanks": ("logicalType", _fixed(" 7", "7 ", "  12", "\t3")),
    "decimal comma": ("logicalType", lambda chance: f"{chance.randrange(1, 900)},{chance.randrange(1, 99)}"),
    "grouping": ("logicalType", _fixed("1,234,567", "1.234.567", "12 345")),
    "text": ("logicalType", _fixed("abc", "12abc", "seven")),
    "hexadecimal": ("logicalType", _fixed("0x1F")),
    "null word": ("logicalType", _fixed("n/a", "-", "none")),
    "spreadsheet error": ("logicalType", _fixed("#N/A", "#REF!")),
    "unit": ("logicalType", _fixed("7 kg", "12 pcs")),
    "currency": ("logicalType", _fixed("€12", "$1.50", "12 EUR")),
    "percent": ("logicalType", _fixed("7%")),
    "infinity": ("logicalType", _fixed("inf", "Infinity", "-inf")),
    "NaN": ("logicalType", _fixed("NaN", "nan")),
    "quoted empty": ("logicalType", _fixed("")),
}

INTEGER = Kind(
    "integer",
    {"logicalType": "integer", "logicalTypeOptions": {"minimum": 0, "maximum": 100_000}},
    lambda chance: chance.choice(("", "", "", "+", "00")) + str(chance.randrange(100_000)),
    {
        **NOT_NUMBERS,
        "fraction": ("logicalType", _fixed("2.25", "7.5")),
        "float integer": ("logicalType", _fixed("2.0", "17.0")),
        "scientific": ("logicalType", _fixed("1e3", "1.23E+15", "5E-1")),
        "beyond 64 bits": ("logicalType", _fixed("9223372036854775808", "99999999999999999999")),
        "below": ("minimum", lambda chance: str(-chance.randrange(1, 999))),
        "above": ("maximum", lambda chance: str(chance.randrange(100_001, 999_999))),
    },
    has_numbers=True,
)

MULTIPLE = Kind(
    "multiple",
    {"logicalType": "integer", "logicalTypeOptions": {"multipleOf": 5}},
    lambda chance: str(5 * chance.randrange(-500, 500)),
    {"no multiple": ("multipleOf", lambda chance: str(5 * chance.randrange(500) + chance.randint(1, 4)))},
    has_numbers=True,
)

NUMBER = Kind(
    "number",
    {"logicalType": "number", "logicalTypeOptions": {"exclusiveMinimum": -1000, "maximum": 1000}},
    lambda chance: chance.choice(("%.2f", "%.0f", "%.5f")) % chance.uniform(-999, 1000),
    {
        **NOT_NUMBERS,
        "below": ("exclusiveMinimum", _fixed("-1000", "-1000.5", "-1e9")),
        "above": ("maximum", _fixed("1000.01", "2000", "1e7")),
    },
    has_numbers=True,
)

BOOLEAN = Kind(
    "boolean",
    {"logicalType": "boolean"},
    _fixed("true", "false"),
    {"other boolean": ("logicalType", _fixed("yes", "no", "TRUE", "1", "0", "t"))},
    has_numbers=True,
)

DATE = Kind(
    "date",
    {"logicalType": "date", "logicalTypeOptions": {"minimum": "2024-01-01", "maximum": "2026-12-31"}},
    lambda chance: str(_day(chance)),
    {
        "impossible day": ("logicalType", _fixed("2025-02-29", "2026-11-31")),
        "swapped day": ("logicalType", _fixed("2026-13-01", "2026-24-11")),
        "other notation": ("logicalType", _fixed("24.11.2026", "24/11/2026", "2026/11/24")),
        "serial date": ("logicalType", lambda chance: str(chance.randrange(40_000, 47_000))),
        "below": ("minimum", _fixed("2023-12-31", "1900-01-01")),
        "above": ("maximum", _fixed("2027-01-01", "9999-12-31")),
    },
)

GERMAN_DATE = Kind(
    "german date",
    {"logicalType": "date", "logicalTypeOptions": {"format": "dd.MM.yyyy"}},
    lambda chance: _day(chance).strftime("%d.%m.%Y"),
    {"other notation": ("logicalType", _fixed("24/11/2026", "2026/11/24"))},
)

STAMP = Kind(
    "timestamp",
    {"logicalType": "timestamp", "logicalTypeOptions": {"timezone": True}},
    lambda chance: _stamp(chance, chance.choice(("Z", "+01:00", "-0530"))),
    {"no offset": ("logicalType", lambda chance: _stamp(chance, ""))},
)

TIME = Kind(
    "time",
    {"logicalType": "time"},
    lambda chance: f"{chance.randrange(24):02}:{chance.randrange(60):02}" + chance.choice(("", ":30", ":30.25")),
    {"hour 25": ("logicalType", _fixed("25:00:00", "12:61"))},
)

LENGTH = Kind(
    "length",
    {"logicalType": "string", "logicalTypeOptions": {"minLength": 3, "maxLength": 8}},
    lambda chance: _word(chance),
    {
        "too short": ("minLength", lambda chance: "".join(chance.choices(ALPHABET + UMLAUTS, k=chance.randint(1, 2)))),
        "too long": ("maxLength", lambda chance: _word(chance, 9, 20)),
    },
)

PATTERN = Kind(
    "pattern",
    {"logicalType": "string", "logicalTypeOptions": {"pattern": "^[A-Z]{2}-[0-9]{4}$"}},
    lambda chance: f"{''.join(chance.choices(ALPHABET.upper(), k=2))}-{chance.randrange(10_000):04}",
    {"pattern": ("pattern", _fixed("A-1234", "AB-123", "AB_1234")), "pattern case": ("pattern", _fixed("ab-1234"))},
)

EMAIL = Kind(
    "email",
    {"logicalType": "string", "logicalTypeOptions": {"format": "email"}},
    lambda chance: f"{_word(chance)}.{_word(chance)}@{_word(chance)}.example",
    {"format": ("format", _fixed("nobody", "a@b", "a@@b.example"))},
)

ENUM = Kind(
    "enum",
    {"logicalType": "string", "enum": [{"value": one} for one in ("EUR", "USD", "CHF")]},
    _fixed("EUR", "USD", "CHF"),
    {
        "enum": ("enum", _fixed("XYZ", "GBP")),
        "enum case": ("enum", _fixed("eur", "Usd", "chf")),
        "near miss": ("enum", _fixed("Euros")),
    },
)

FREE = Kind(
    "text",
    {"logicalType": "string"},
    lambda chance: " ".join(_word(chance) for _ in range(chance.randint(1, 4))),
    {"other kind": ("logicalType", _fixed("12", "true"))},
    is_free=True,
)

#: Everything that a random column can be; keys are made by the table.
KINDS = (
    INTEGER, MULTIPLE, NUMBER, BOOLEAN, DATE, GERMAN_DATE, STAMP, TIME, LENGTH, PATTERN, EMAIL, ENUM, FREE,
)  # fmt: skip
