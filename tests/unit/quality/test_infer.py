"""What is inferred from good files: claimed where the evidence is enough, offered where luck may have helped."""

from __future__ import annotations

import datetime
import gzip
import io
import json
import random
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from fileproc.clock import SystemClock
from fileproc.domain.reports import Verdict
from fileproc.errors import FileprocError
from fileproc.quality.contracts.contract import Dialect
from fileproc.quality.infer.draft import Draft, Names
from fileproc.quality.infer.infer import infer, prove
from fileproc.quality.infer.naming import location_of, name_of
from fileproc.quality.infer.thresholds import reference_table
from tests.unit.quality.test_real_files import data_of

NAMES = Names("id", "rows", "s3://b/*.csv")
DAY = datetime.date(2026, 11, 24)
ROOT = Path(__file__).parents[3]


@pytest.fixture
def draft(tmp_path: Path) -> Callable[..., Draft]:
    """A draft from columns of cells (or bytes), which the lint accepts and its files pass."""

    def make(*files: dict[str, Sequence[object]] | bytes, name: str = "rows{}.csv", **words: Any) -> Draft:
        paths = []
        for number, content in enumerate(files):
            path = tmp_path / name.format(number)
            path.write_bytes(content if isinstance(content, bytes) else csv_of(content))
            paths.append(path)
        strict = words.pop("strict", False)
        found = infer(paths, NAMES, Dialect(**words), strict=strict)
        proof = prove(found.text, paths, SystemClock())
        assert ([], {Verdict.PASS}) == (proof.findings, {one.verdict for one in proof.reports}), found.text
        return found

    return make


def csv_of(columns: dict[str, Sequence[object]]) -> bytes:
    """Semicolons, so that commas are free for numbers."""
    rows = [";".join(columns), *(";".join(map(str, row)) for row in zip(*columns.values(), strict=True))]
    return ("\n".join(rows) + "\n").encode()


def prop(found: Draft, name: str) -> dict[str, Any]:
    """One property as a program reads it: comments are gone."""
    contract = yaml.load(found.text, Loader=yaml.BaseLoader)
    return next(one for one in contract["schema"][0]["properties"] if one["name"] == name)


def lines(found: Draft, name: str) -> str:
    """One property as people read it."""
    start = found.text.index(f"- name: {name}\n")
    return found.text[start : found.text.find("\n      - name", start)]


@pytest.mark.parametrize(
    ("cells", "logical", "options"),
    [
        (["1", "-2", "+3"], "integer", {}),
        (["1", "2.5", "1e3"], "number", {}),
        (["1,25", "2", "-3,5"], "number", {}),
        (["1,250", "2,000", "3,125"], "string", {}),
        (["00123", "04567", "12345"], "string", {}),
        (["12345678901234567890", "1", "2"], "number", {}),
        (["true", "false", "true"], "boolean", {}),
        (["yes", "no", "yes"], "string", {}),
        (["2026-11-24", "2026-02-28", "1999-12-31"], "date", {}),
        (["2026-02-30", "2026-02-28", "1999-12-31"], "string", {}),
        (["24.11.2026", "28.02.2026", "31.12.1999"], "date", {"format": "dd.MM.yyyy"}),
        (["24/11/2026", "01/02/2026", "31/12/1999"], "date", {"format": "dd/MM/yyyy"}),
        (["11/24/2026", "01/02/2026", "12/31/1999"], "date", {"format": "MM/dd/yyyy"}),
        (["1/2/2026", "24/12/2026", "3/11/1999"], "date", {"format": "d/M/yyyy"}),
        (["01/02/2026", "03/04/2026", "05/06/1999"], "string", {}),
        (["24-Nov-2026", "01-Feb-2026", "31-Dec-1999"], "date", {"format": "dd-MMM-yyyy"}),
        (["2026-11-24T06:30:00Z", "2026-11-24 06:30:00+01:00", "2026-11-24T06:30Z"], "timestamp", {"timezone": "true"}),
        (["2026-11-24 06:30:00", "2026-11-24T06:30:00.123", "2026-11-24 06:30"], "timestamp", {}),
        (["24.11.2026 06:30", "01.02.2026 23:59", "31.12.1999 00:00"], "timestamp", {"format": "dd.MM.yyyy HH:mm"}),
        (["06:30:00", "23:59", "00:00:00.5"], "time", {}),
        (["06:30 AM", "11:59 PM", "12:00 AM"], "time", {"format": "hh:mm a"}),
        (["46350", "46351", "46352"], "integer", {}),
        (["NaN", "1.5", "2"], "number", {}),
        (["1", "x", "2"], "string", {}),
    ],
)
def test_types_are_strict_and_nothing_is_guessed(
    draft: Callable[..., Draft], cells: list[str], logical: str, options: dict[str, str]
) -> None:
    """A type is claimed only if every value has its form; codes, doubtful dates and thousands stay texts."""
    found = prop(draft({"a": cells, "b": ["p", "q", "r"]}, delimiter=";"), "a")

    assert (logical, options) == (found["logicalType"], found.get("logicalTypeOptions", {}))


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ([str(uuid.UUID(int=number)) for number in range(10)], "uuid"),
        ([f"https://acme.org/{number}?a=b#c" for number in range(10)], "uri"),
        ([f"a.b+{number}@acme.co.uk" for number in range(10)], "email"),
        ([f"10.0.{number}.254" for number in range(10)], "ipv4"),
        ([f"2001:db8::{number}" for number in range(10)], "ipv6"),
    ],
)
def test_string_formats(draft: Callable[..., Draft], values: list[str], name: str) -> None:
    """Ten values of one format are no accident; one that is not of it ends the claim."""
    good = draft({"a": values, "b": range(10)})
    bad = draft({"a": [*values[:-1], "x"], "b": range(10)})

    assert {"format": name} == prop(good, "a")["logicalTypeOptions"]
    assert "format" not in prop(bad, "a").get("logicalTypeOptions", {})


def test_the_evidence_stands_behind_each_rule(draft: Callable[..., Draft]) -> None:
    """Whoever reads the draft sees on each line how much it rests on, and in how many files."""
    rng = random.Random(1)
    files = [
        {
            "order_id": range(200 * number, 200 * number + 200),
            "currency": [rng.choice(["EUR", "USD"]) for _ in range(200)],
            "amount": [f"{rng.randint(0, 9999) / 100:.2f}" if row % 10 else "" for row in range(200)],
            "ref": [f"AB-{rng.randint(1000, 9999)}" for _ in range(200)],
        }
        for number in range(3)
    ]  # fmt: skip
    found = draft(*files)

    for line in (
        "logicalType: integer  # 600 of 600 rows, 3 files",
        "required: true  # no empty one in 600 rows",
        "primaryKey: true  # no two rows have the same",
        "minimum: 0  # none of 600 is below; the lowest is 0",
        "# maximum: 599  # the highest of 600",
    ):
        assert line in lines(found, "order_id")
    assert "logicalType: number  # 540 of 600 rows, 3 files" in lines(found, "amount")
    assert "required" not in lines(found, "amount")
    assert "- value: EUR  # " in lines(found, "currency")
    assert r"pattern: '^[A-Z]{2}-\d{4}$'  # all of 600 values" in lines(found, "ref")
    assert "mustBeGreaterThan: 0  # 3 files of 200 to 200 rows" in found.text
    assert "#   mustBeLessOrEqualTo: 400" in found.text


def test_luck_is_offered_and_not_claimed(draft: Callable[..., Draft]) -> None:
    """Over five rows, full columns, different values and few values prove nothing: all stands there as comments."""
    cells = {"id": range(1, 6), "size": ["S", "M", "S", "M", "S"], "ref": ["A-1", "A-2", "A-3", "A-4", "A-5"]}
    found = draft(cells)
    strict = draft(cells, strict=True)

    assert [{"name", "logicalType"}] * 3 == [set(prop(found, name)) for name in cells]
    assert "# required: true  # no empty one in 5 rows" in lines(found, "size")
    assert "# enum:  # 2 values in 5 cells" in lines(found, "size")
    assert "# enum:  # 2 values in 5 cells\n        #   - value: M  # 2 times" in lines(found, "size")
    assert "#   pattern: '^[A-Z]-\\d$'" in lines(found, "ref")
    assert {"name", "logicalType", "required", "enum"} == set(prop(strict, "size"))


@pytest.mark.parametrize(
    ("name", "cells", "claimed"),
    [
        ("amount", [f"{number}.25" for number in range(200)], None),
        ("seen", [f"{DAY}T06:{number // 60:02d}:{number % 60:02d}Z" for number in range(200)], False),
        ("number", [number * 1_000_003 for number in range(200)], True),
        ("count", [number * 1_000_003 for number in range(200)], False),
        ("count", range(500, 700), True),
        ("title", [f"the book {number * 7919}" for number in range(200)], False),
        ("isbn", [f"the book {number * 7919}" for number in range(200)], True),
        ("id", [*range(199), 0], None),
    ],
)
def test_unique_needs_a_reason(
    draft: Callable[..., Draft], name: str, cells: Sequence[object], claimed: bool | None
) -> None:
    """No value twice is exact, and claimed only for identifiers and for values that chance would have doubled."""
    found = draft({name: cells, "x": ["a"] * 200})
    told = lines(found, name)

    assert (claimed is True, claimed is not None) == ("primaryKey" in prop(found, name), "primaryKey: true" in told)


def test_a_key_of_two_columns_is_offered(draft: Callable[..., Draft]) -> None:
    """Where no column alone tells rows apart, two that do so together are offered as the key."""
    found = draft(
        {
            "shop": [number // 50 for number in range(200)],
            "till": [number % 50 for number in range(200)],
            "x": [1] * 200,
        }
    )

    assert "# primaryKey: true  # no two rows have the same" in lines(found, "shop")
    assert "#   primaryKeyPosition: 2" in lines(found, "till").replace("# primary", "#   primary")
    assert "primaryKey" not in lines(found, "x")


def test_words_for_no_value(draft: Callable[..., Draft]) -> None:
    """A word stands for null where all else has a type; where it does not, it is a text like any."""
    numbers = [*range(99), "N/A"]
    found = draft({"a": numbers, "b": ["N/A", *["x"] * 99], "c": ["none", *["y"] * 99]})

    assert "# N/A stands where all other values have a type: 1 in a" in found.text
    assert "value: [N/A]" in found.text
    assert "logicalType: integer  # 99 of 100 rows" in lines(found, "a")
    assert "logicalType: string  # 99 of 100 rows" in lines(found, "b")
    assert "logicalType: string  # 100 of 100 rows" in lines(found, "c")


def test_a_word_that_comes_late_is_still_counted(draft: Callable[..., Draft]) -> None:
    """The first look is short; words for null, texts among numbers and longer values further down still count."""
    found = draft({"a": [*range(5_000), "NA"], "b": [*range(5_000), "x"], "c": [*["AB-1"] * 5_000, "AB-1-2"]})

    assert ("integer", "string") == (prop(found, "a")["logicalType"], prop(found, "b")["logicalType"])
    assert "AB" not in str(prop(found, "c").get("logicalTypeOptions"))


def test_a_text_far_down_in_the_second_file_still_counts(draft: Callable[..., Draft]) -> None:
    """Numbers in one file and, late, a text in another: the column is a text, and the files are named."""
    found = draft({"a": range(40)}, {"a": [*range(3_000), "x"]})

    assert ("string", True) == (prop(found, "a")["logicalType"], "rows0.csv; string in" in found.remarks[0])


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("contact", [f"someone.{number}@acme.org" for number in range(40)]),
        ("customer_email", ["hidden.one", "hidden.two"] * 20),
        ("FirstName", ["Hidden", "Secret"] * 20),
        ("payment", ["4111111111111111", "5500005555555559", "4012888888881881", "5105105105105100", "30569309025904",
                     "38520000023237", "6011111111111117", "3530111333300000", "6011000990139424", "4222222222222",
                     ] * 4),
        ("account", ["DE89370400440532013000", "GB82WEST12345698765432", "FR1420041010050500013M02606",
                     "NL91ABNA0417164300", "BE68539007547034", "AT611904300234573201", "CH9300762011623852957",
                     "ES9121000418450200051332"] * 5),
    ],
)  # fmt: skip
def test_values_that_should_not_be_shown_never_are(draft: Callable[..., Draft], name: str, values: list[str]) -> None:
    """Addresses, names and account numbers get a classification, and no value of theirs stands anywhere."""
    found = draft({name: values, "x": range(40)}, strict=True)

    assert "confidential" == prop(found, name)["classification"]
    assert [] == [value for value in {*values, min(values), max(values)} if value in found.text]
    assert set(prop(found, name).get("logicalTypeOptions", {})) <= {"format", "minLength", "maxLength"}


def test_what_is_inside_of_personal_data_is_hidden_too(draft: Callable[..., Draft]) -> None:
    """Fields of an address, and elements of a list of phones, are as personal as the whole."""
    rows = [{"address": {"town": ["Rome", "Oslo"][n % 2]}, "phones": [f"55-{n % 3}"], "n": n} for n in range(60)]
    found = draft("".join(json.dumps(one) + "\n" for one in rows).encode(), name="rows{}.ndjson", strict=True)

    town, phones = prop(found, "address")["properties"][0], prop(found, "phones")
    assert ["confidential"] * 3 == [town["classification"], phones["classification"], phones["items"]["classification"]]
    assert (False, False) == ("Rome" in found.text, "55-" in found.text)


def test_files_that_disagree_are_named(draft: Callable[..., Draft]) -> None:
    """A column that is numbers here and text there is a text, and one that is missing somewhere is not required."""
    found = draft(
        {"a": range(40), "b": range(40), "c": range(40)},
        {"a": ["x"] * 40, "b": [f"{number}.5" for number in range(40)], "d": range(40)},
    )

    names = {name: prop(found, name)["logicalType"] for name in "abcd"}
    assert {"a": "string", "b": "number", "c": "integer", "d": "integer"} == names
    assert (False, True) == ("required" in prop(found, "c"), "required" in prop(found, "a"))
    told = "\n".join(found.remarks)
    for part in ("a: integer in ", "rows0.csv; string in ", "b: integer in ", "c: only in ", "d: only in "):
        assert part in told
    assert "# not in every file: c (1 of 2), d (1 of 2)" in found.text
    assert "integer in " in lines(found, "a")


def test_decimal_commas_beside_decimal_points(draft: Callable[..., Draft]) -> None:
    """One file has one decimal sign; where columns differ, those with commas stay texts and say why."""
    both = draft({"a": ["1,5", "2,25"], "b": ["1.5", "2.25"]}, delimiter=";")
    one = draft({"a": ["1,5", "2,25"], "b": ["1", "2"]}, delimiter=";")

    assert ("string", "number") == (prop(both, "a")["logicalType"], prop(both, "b")["logicalType"])
    assert "# decimal commas, but other columns have decimal points" in both.text
    assert ("number", "integer", True) == (
        prop(one, "a")["logicalType"],
        prop(one, "b")["logicalType"],
        "decimalChar" in one.text,
    )


def test_dialect_encoding_and_compression(draft: Callable[..., Draft]) -> None:
    """What was found out about the file is declared, so the next one need not be guessed at."""
    text = "a;b\n" + "".join(f"{number};é\n" for number in range(40))
    found = draft(text.encode("utf-16"))
    packed = draft(gzip.compress(text.encode("utf-8-sig")), name="rows{}.csv.gz")
    latin = draft(text.encode("latin-1"), encoding="latin-1")

    assert ("value: ';'" in found.text, "utf-16" in found.text.lower()) == (True, True)
    assert "value: utf-8  # 1 file" in packed.text
    assert "value: latin-1  # 1 file" in latin.text


def test_json_with_objects_and_lists(draft: Callable[..., Draft]) -> None:
    """What is inside of objects and lists is told as deep as it goes, each with its own evidence."""
    objects = [
        {"id": n, "at": {"city": ["Rome", "Oslo"][n % 2], "geo": {"lat": n + 0.5}},
         "items": [{"sku": f"A-{n:03d}", "n": n}], "tags": ["a", "b"][: n % 3], "mixed": [1, "x"][n % 2]}
        for n in range(40)
    ]  # fmt: skip
    found = draft("".join(json.dumps(one) + "\n" for one in objects).encode(), name="rows{}.ndjson")

    at, items = prop(found, "at"), prop(found, "items")
    assert ("object", ["city", "geo"]) == (at["logicalType"], [one["name"] for one in at["properties"]])
    assert "number" == at["properties"][1]["properties"][0]["logicalType"]
    assert {"EUR"} != {one["value"] for one in at["properties"][0]["enum"]} == {"Rome", "Oslo"}
    assert ("array", "object") == (items["logicalType"], items["items"]["logicalType"])
    assert r"^[A-Z]-\d{3}$" == items["items"]["properties"][0]["logicalTypeOptions"]["pattern"], found.text
    assert "string" == prop(found, "tags")["items"]["logicalType"]
    assert "# no type: values of several kinds, 40 of 40 rows" in found.text


def test_json_null_words_are_texts(draft: Callable[..., Draft]) -> None:
    """JSON has a null of its own, so "NA" is a text there."""
    rows = [{"a": "NA", "b": None}, {"a": "x", "b": 1}] * 20
    found = draft("".join(json.dumps(one) + "\n" for one in rows).encode(), name="rows{}.ndjson")

    assert ("string", "integer", False) == (
        prop(found, "a")["logicalType"],
        prop(found, "b")["logicalType"],
        "nullSequence" in found.text,
    )


def test_parquet_columns_have_the_types_of_the_file(draft: Callable[..., Draft], tmp_path: Path) -> None:
    """Where the format carries types, they are taken; nested columns are opened as JSON is."""
    import duckdb

    file = tmp_path / "source.parquet"
    duckdb.sql(
        "SELECT i AS id, i / 4 AS share, CAST(i / 4 AS DECIMAL(9,2)) AS price, DATE '2026-11-24' + i::INT AS day, "
        "TIMESTAMP '2026-11-24 06:30:00' AS seen, i % 2 = 0 AS even, 'AB-' || (100 + i) AS ref, "
        "{'x': i, 'y': 'b'} AS place, [i, i + 1] AS list FROM range(200) t(i)"
    ).write_parquet(str(file))
    found = draft(file.read_bytes(), name="rows{}.parquet")

    names = ("id", "share", "price", "day", "seen", "even", "ref", "place", "list")
    kinds = ("integer", "number", "number", "date", "timestamp", "boolean", "string", "object", "array")
    assert kinds == tuple(prop(found, name)["logicalType"] for name in names)
    assert r"^[A-Z]{2}-\d{3}$" == prop(found, "ref")["logicalTypeOptions"]["pattern"]
    assert ["integer", "string"] == [one["logicalType"] for one in prop(found, "place")["properties"]]


ROWS = [{"id": n, "name": f"AB-{n:03d}", "half": n / 2 + 0.25, "even": n % 2 == 0} for n in range(40)]


def as_array() -> bytes:
    return json.dumps(ROWS, indent=1).encode()


def as_avro() -> bytes:
    import fastavro

    kinds = {"id": "long", "name": "string", "half": "double", "even": "boolean"}
    fields = [{"name": name, "type": kind} for name, kind in kinds.items()]
    file = io.BytesIO()
    fastavro.writer(file, {"type": "record", "name": "r", "fields": fields}, ROWS)
    return file.getvalue()


def as_workbook() -> bytes:
    import openpyxl

    book = openpyxl.Workbook()
    book.active.title = "not this one"
    sheet = book.create_sheet("rows")
    for row in (ROWS[0], *(one.values() for one in ROWS)):
        sheet.append([*row])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


@pytest.mark.parametrize(
    ("make", "name", "words"),
    [
        (as_array, "rows{}.json", {}),
        (as_avro, "rows{}.avro", {}),
        (as_workbook, "rows{}.xlsx", {"sheet": "rows"}),
        (lambda: gzip.compress(as_array()), "rows{}.json.gz", {}),
    ],
)
def test_every_format_will_do(
    draft: Callable[..., Draft], make: Callable[[], bytes], name: str, words: dict[str, str]
) -> None:
    """JSON arrays, Avro and workbooks are drafted from as text is, and their contract names the format."""
    found = draft(make(), name=name, **words)

    kinds = {one: prop(found, one)["logicalType"] for one in ("id", "name", "half", "even")}
    assert {"id": "integer", "name": "string", "half": "number", "even": "boolean"} == kinds
    assert r"^[A-Z]{2}-\d{3}$" == prop(found, "name")["logicalTypeOptions"]["pattern"]
    assert f"format: {name.split('.')[1]}" in found.text


@pytest.mark.parametrize(("name", "strict"), [("weather.csv", False), ("airports.csv", True), ("planes.csv", True)])
def test_real_files_keep_their_draft(draft: Callable[..., Draft], name: str, strict: bool) -> None:
    """Files that nobody here wrote: claimed or only offered, every rule holds for them."""
    found = draft(data_of(name), name=f"{{}}{name}", strict=strict)

    assert (True, strict) == (found.rules > 20, found.offered == 0)


def test_a_file_that_is_not_good_is_refused(draft: Callable[..., Draft]) -> None:
    """Nothing is inferred from a file with faults: it is named with its line and the way to mend it."""
    with pytest.raises(FileprocError, match=r"rows0.csv:3: 1 row with too few cells → write every cell") as refused:
        draft(b"a,b\n1,2\n3\n")

    assert 1 == refused.value.exit_code


@pytest.mark.parametrize(
    ("files", "words", "code"),
    [
        ([b"a,b;c\n1,2;3\n"], "can be read with .* → say --delimiter", 1),
        ([b"a,b\n1,2\n", b"a;b\n1;2\n"], "the delimiter of .* is ',', that of .* is ';'", 2),
        ([b""], "no bytes at all", 1),
        ([b"a,a\n1,2\n"], "rows0.csv:1: ", 1),
        ([b"\x89PNG\r\n\x1a\n"], "PNG", 1),
        ([b"a,b\n\xff,2\n"], "not valid as UTF-8", 1),
    ],
)
def test_bad_input_is_told(draft: Callable[..., Draft], files: list[bytes], words: str, code: int) -> None:
    """Each kind of file that cannot serve says why and what to do, and never ends in a traceback."""
    with pytest.raises(FileprocError, match=words) as refused:
        draft(*files)

    assert code == refused.value.exit_code


def test_all_bad_files_are_named_at_once(draft: Callable[..., Draft]) -> None:
    """With several files nobody has to mend them one by one to hear of the next."""
    with pytest.raises(FileprocError, match=r"(?s)rows0.csv:3: .*\n.*rows2.csv:2: "):
        draft(b"a,b\n1,2\n3\n", b"a,b\n1,2\n", b"a,b\n1,2,3\n")


def test_an_export_without_rows_has_names_only(draft: Callable[..., Draft]) -> None:
    """A header alone tells the columns and nothing else."""
    found = draft(b"a,b\n")

    assert ({"name"}, "# no type: no value in 0 rows") == (set(prop(found, "a")), "# no type: no value in 0 rows")
    assert "rowCount" not in found.text


def test_many_columns(draft: Callable[..., Draft]) -> None:
    """Thousands of columns make a draft that is still a contract: names, types and what is required."""
    names = [f"column number {number}" for number in range(310)]
    found = draft({name: [number, number] for number, name in enumerate(names)})

    assert (310, "integer") == (found.columns, prop(found, "column number 309")["logicalType"])


def test_names_that_a_contract_cannot_hold(draft: Callable[..., Draft]) -> None:
    """A column called like a variable is left out, said so, and allowed to be there."""
    found = draft({"${HOME}": range(40), "b": range(40)})

    assert ["'${HOME}': left out, because a contract cannot name it; others are allowed"] == found.remarks
    assert "extraColumns" in found.text


@pytest.mark.parametrize(
    ("files", "name", "location"),
    [
        (["in/orders-2026-11.csv", "in/orders-2026-12.csv"], "orders", "in/orders-2026-1*.csv"),
        (["orders.csv.gz"], "orders", "orders.csv.gz"),
        (["20261124.csv"], "20261124", "20261124.csv"),
        (["a [b] {c} $.csv"], "a-b-c", "a ?b? ?c? ?.csv"),
        (["données\n.csv"], "donn-es", "données?.csv"),
        (["plain"], "plain", "plain*"),
        ([" .csv"], "rows", "?.csv"),
    ],
)
def test_names_and_places_of_a_draft(files: list[str], name: str, location: str) -> None:
    """The contract is called what the files are called; signs in file names cannot change what a location means."""
    paths = [Path(one) for one in files]

    assert (name, location) == (name_of(paths), location_of(paths))


def test_files_of_several_folders(tmp_path: Path) -> None:
    """The location is everything below the folder that they share."""
    paths = [tmp_path / "a" / "x-1.csv", tmp_path / "b" / "x-2.csv"]

    assert f"{tmp_path}/**/x-*.csv" == location_of(paths)


def test_the_thresholds_are_documented() -> None:
    """The page for people and the numbers in the program are one table."""
    assert reference_table() in (ROOT / "docs" / "how-to" / "write-a-contract.md").read_text()
