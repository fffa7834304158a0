"""Every option of every logical type, with values that are right and values that are not."""

from __future__ import annotations

from typing import Any

import pytest

from fileproc.domain.reports import Report, Result, Verdict
from fileproc.quality.date_patterns import UnknownFormat, compile_pattern
from tests.unit.quality.checking import check, contract, failed, result

BIG = 1 << 127


def column(logical: str, options: dict[str, Any], cells: list[str], **words: Any) -> Report:
    """A file with one column of these cells."""
    match = contract([{"name": "a", "logicalType": logical, "logicalTypeOptions": options, **words}])
    return check(("a\n" + "".join(f'"{cell}"\n' for cell in cells)).encode(), match)


#: (logical type, options, good cells, bad cells, the check that says so)
CASES: list[tuple[str, dict[str, Any], list[str], list[str], str]] = [
    ("string", {"minLength": 2}, ["ab", "äö"], ["a", ""], "minLength"),
    ("string", {"maxLength": 2}, ["ab", "😀😀"], ["abc"], "maxLength"),
    ("string", {"pattern": "b"}, ["abc"], ["xyz"], "pattern"),
    ("string", {"format": "email"}, ["a@b.example"], ["a@b", "a b@c.example", "@c.example"], "format"),
    ("string", {"format": "uuid"}, ["243c25e5-a081-43a9-aeab-6d5d5b6cb5e2"], ["243c25e5a08143a9aeab6d5d5b6cb5e2"],
     "format"),
    ("string", {"format": "uri"}, ["https://x.example/y", "urn:a:b"], ["x.example", "http:", "a b:c"], "format"),
    ("string", {"format": "hostname"}, ["x.example", "localhost"], ["-x.example", "x..y", "x_y"], "format"),
    ("string", {"format": "ipv4"}, ["10.0.0.1"], ["10.0.0.256", "10.0.0", "1.2.3.4.5"], "format"),
    ("string", {"format": "ipv6"}, ["::1", "2001:db8::1", "::", "1:2:3:4:5:6:7:8", "::ffff:10.0.0.1", "fe80::"],
     ["10.0.0.1", "1:2", "1::2::3", ":", ":::", "1:2:3:4:5:6:7:8:9", "12345::", "1:2:3:4:5:6:7:8::", "x::"],
     "format"),
    ("string", {"format": "byte"}, ["YQ==", "YWI="], ["YQ=", "Y*=="], "format"),
    *(("integer", {"format": f"i{bits}"}, [str((1 << bits - 1) - 1), str(-(1 << bits - 1))],
       [str(1 << bits - 1), str(-(1 << bits - 1) - 1)], "format" if bits < 64 else "logicalType")
      for bits in (8, 16, 32, 64, 128)),
    *(("integer", {"format": f"u{bits}"}, [str((1 << bits) - 1), "0"], [str(1 << bits), "-1"],
       "format" if bits < 128 else "logicalType") for bits in (8, 16, 32, 64, 128)),
    ("integer", {"format": "i128", "minimum": BIG - 5}, [str(BIG - 5)], [str(BIG - 6)], "minimum"),
    ("integer", {"format": "u128", "maximum": BIG + 5}, [str(BIG + 5)], [str(BIG + 6)], "maximum"),
    ("integer", {"minimum": 1}, ["1"], ["0"], "minimum"),
    ("integer", {"minimum": 0.5}, ["1"], ["0"], "minimum"),
    ("integer", {"maximum": 1}, ["1"], ["2"], "maximum"),
    ("integer", {"exclusiveMinimum": 1}, ["2"], ["1"], "exclusiveMinimum"),
    ("integer", {"exclusiveMaximum": 1}, ["0"], ["1"], "exclusiveMaximum"),
    ("integer", {"maximum": -(10**50)}, [], ["0"], "maximum"),
    ("integer", {"multipleOf": 3}, ["3", "-6", "0"], ["4"], "multipleOf"),
    ("number", {"multipleOf": 0.01}, ["1.01", "-2", "0.3"], ["1.015"], "multipleOf"),
    ("number", {"format": "f32"}, ["1.5", "3e38"], ["1e39"], "format"),
    ("number", {"format": "f64"}, ["1e308"], ["1e400"], "format"),
    ("number", {"minimum": 1.5}, ["1.5"], ["1.4"], "minimum"),
    ("number", {"exclusiveMaximum": 10**50}, ["1e49"], ["1e51"], "exclusiveMaximum"),
    ("boolean", {}, ["true", "false"], ["yes", "1", "TRUE"], "logicalType"),
    ("date", {"minimum": "2026-01-01"}, ["2026-01-01"], ["2025-12-31"], "minimum"),
    ("date", {"exclusiveMaximum": "2026-01-01"}, ["2025-12-31"], ["2026-01-01"], "exclusiveMaximum"),
    ("date", {"format": "dd.MM.yyyy", "maximum": "2026-01-31"}, ["31.01.2026"], ["01.02.2026"], "maximum"),
    ("date", {"format": "d/M/yy"}, ["1/2/26"], ["01/02/26", "1/13/26"], "logicalType"),
    ("date", {"format": "yyyyMMdd"}, ["20260201"], ["2026021", "20260231"], "logicalType"),
    ("date", {"format": "EEE, d MMM yyyy"}, ["Sun, 1 Feb 2026"], ["1 Feb 2026"], "logicalType"),
    ("date", {"format": "yyyy-DDD"}, ["2026-032"], ["2026-400"], "logicalType"),
    ("date", {"format": "'on' yyyy-MM-dd"}, ["on 2026-01-01"], ["2026-01-01"], "logicalType"),
    ("time", {"minimum": "08:00:00"}, ["08:00", "23:59:59"], ["07:59:59"], "minimum"),
    ("time", {"format": "hh:mm a"}, ["01:30 PM"], ["13:30 PM", "01:30"], "logicalType"),
    ("time", {"timezone": True}, ["12:30:00Z", "12:30+01:00"], ["12:30:00", "25:00:00Z"], "logicalType"),
    ("time", {"timezone": True, "minimum": "08:00:00Z"}, ["10:30:00+01:00"], ["08:30:00+01:00"], "minimum"),
    ("time", {"defaultTimezone": "Europe/Berlin", "minimum": "08:00:00"}, ["09:00:00", "08:00:00Z"], ["08:30:00"],
     "minimum"),
    ("timestamp", {"timezone": True}, ["2026-01-01T00:00:00Z"], ["2026-01-01T00:00:00"], "logicalType"),
    ("timestamp", {"defaultTimezone": "Europe/Berlin", "minimum": "2026-01-01T00:00:00Z"},
     ["2026-01-01T01:00:00", "2026-01-01T00:00:00Z"], ["2026-01-01T00:30:00"], "minimum"),
    ("timestamp", {"minimum": "2026-01-01T00:00:00"}, ["2026-01-01T00:00:00"], ["2026-01-01T00:30:00+01:00"],
     "minimum"),
    ("timestamp", {"format": "dd.MM.yyyy HH:mm", "defaultTimezone": "Europe/Berlin",
                   "minimum": "2026-01-01T00:00:00Z"}, ["01.01.2026 01:00"], ["01.01.2026 00:30"], "minimum"),
    ("timestamp", {"format": "yyyy-MM-dd'T'HH:mm:ssXXX", "timezone": True},
     ["2026-01-01T00:30:00+01:00", "2026-01-01T00:30:00Z"],
     ["2026-01-01T00:30:00+0100", "2026-01-01T00:30:00", "2026-13-01T00:30:00Z"], "logicalType"),
    ("timestamp", {"format": "yyyy-MM-dd HH:mm:ssZ", "minimum": "2026-01-01T00:00:00Z"},
     ["2026-01-01 01:00:00+0100"], ["2026-01-01 00:30:00+0100"], "minimum"),
    ("timestamp", {"format": "yyyy-MM-dd HH:mm:ss.SSS"}, ["2026-01-01 00:30:00.123"], ["2026-01-01 00:30:00"],
     "logicalType"),
]  # fmt: skip


@pytest.mark.parametrize(("logical", "options", "good", "bad", "check_name"), CASES)
def test_each_option(logical: str, options: dict[str, Any], good: list[str], bad: list[str], check_name: str) -> None:
    """Good values pass every check; each bad one is counted by the check that the option is."""
    report = column(logical, options, [*good, *bad])

    assert (Verdict.FAIL if bad else Verdict.PASS) == report.verdict
    assert (len(bad), len(bad)) == (failed(report).get(f"a.{check_name}", 0), report.counts.failing_rows)


@pytest.mark.parametrize(
    ("logical", "options", "check_name", "why"),
    [
        ("integer", {"minimum": "five"}, "minimum", "cannot be checked"),
        ("integer", {"multipleOf": 0}, "multipleOf", "cannot be checked"),
        ("integer", {"format": "i7"}, "format", "not known"),
        ("number", {"format": "f16"}, "format", "not known"),
        ("number", {"maximum": True}, "maximum", "cannot be checked"),
        ("date", {"minimum": "soon"}, "minimum", "cannot be checked"),
        ("date", {"format": "yyyy[-MM]"}, "logicalType", "optional parts"),
        ("date", {"format": "YYYY-MM-dd"}, "logicalType", "write yyyy"),
        ("timestamp", {"format": "XXX yyyy"}, "logicalType", "not at its end"),
        ("timestamp", {"format": "yyyy-MM-dd", "timezone": True}, "logicalType", "has none"),
        ("timestamp", {"defaultTimezone": "Mars/Olympus"}, "logicalType", "not known"),
        ("string", {"format": "password"}, "format", "hint"),
        ("string", {"pattern": "(?=x)"}, "pattern", "cannot be checked"),
        ("string", {"minimum": 5}, "minimum", "cannot be checked"),
    ],
)
def test_what_cannot_be_held_against_a_value_is_skipped(
    logical: str, options: dict[str, Any], check_name: str, why: str
) -> None:
    """An option without a meaning never breaks the scan, nor passes in silence: it is skipped, with the reason."""
    report = column(logical, options, ["1"] if logical != "date" else ["2026-01-01"])

    assert (Result.SKIPPED, None) == (result(report, f"a.{check_name}").result, report.error)
    assert why in str(result(report, f"a.{check_name}").reason)


@pytest.mark.parametrize("pattern", ["yyyy-MM-dd'T", "yyyy QQQ", "Zyyyy"])
def test_patterns_that_are_none_are_refused(pattern: str) -> None:
    """Unknown letters, open quotes and offsets in the middle say what is wrong."""
    with pytest.raises(UnknownFormat, match="pattern"):
        compile_pattern(pattern)


def test_a_quoted_letter_at_the_end_is_no_offset() -> None:
    """`'Z'` is the letter itself."""
    assert None is compile_pattern("yyyy-MM-dd'Z'").offset
