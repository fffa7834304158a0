"""The catalogue: from an address to the one contract that it is held against, or to the reason why there is none."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from fileproc.errors import ContractError
from fileproc.quality.contracts.catalogue import Catalogue
from fileproc.quality.contracts.contract import Dialect, Match, NoMatch, Policies

HOSTILE_KEYS = [
    "orders/a b.csv",
    'orders/it\'s "quoted".csv',
    "orders/new\nline.csv",
    "orders/😀é.csv",
    "orders/[1]{2}(3)^$.csv",
    "orders/../../etc/passwd.csv",
    "orders/.csv",
]


def write(
    folder: Path, name: str, *, location: str | list[str], schemas: str = "[{name: orders}]", more: str = ""
) -> Path:
    """A small contract with these locations."""
    locations = [location] if isinstance(location, str) else location
    servers = "".join(f"\n  - {{server: s{n}, type: s3, location: '{one}'}}" for n, one in enumerate(locations))
    file = folder / f"{name}.odcs.yaml"
    text = f'apiVersion: v3.1.0\nkind: DataContract\nid: {name}\nname: {name}\nversion: "1.0"\nstatus: active\n'
    file.write_text(f"{text}servers:{servers}\nschema: {schemas}\n{more}")
    return file


def found(match: Match | NoMatch) -> str:
    assert isinstance(match, Match), match
    return f"{match.contract.name}/{match.schema.name}"


@pytest.mark.parametrize("key", HOSTILE_KEYS)
def test_keys_of_any_shape_match(tmp_path: Path, key: str) -> None:
    """Blanks, quotes, newlines, emoji and brackets in a key are only characters."""
    write(tmp_path, "acme", location="s3://drop/orders/**.csv")

    assert "acme/orders" == found(Catalogue.load(tmp_path).match(f"s3://drop/{key}"))


@pytest.mark.parametrize(
    ("locations", "winner"),
    [
        (["s3://drop/**", "s3://drop/orders/*"], "c1"),
        (["s3://drop/orders/*", "s3://drop/orders/2026*"], "c1"),
        (["s3://drop/*/2026.csv", "s3://drop/orders/**"], "c1"),
        (["s3://drop/orders/*.csv", "s3://drop/orders/*"], "c0"),
        (["s3://drop/orders/**/*.csv", "s3://drop/orders/*.csv"], "c1"),
        (["s3://drop/orders/2026.csv", "s3://drop/orders/202?.csv"], "c0"),
        (["s3://drop/", "s3://drop/orders/"], "c1"),
        (["s3://drop", "s3://*/orders/2026.csv"], "c0"),
    ],
)
def test_the_most_specific_location_wins(tmp_path: Path, locations: list[str], winner: str) -> None:
    """The longest literal beginning, then the most literal characters, then the fewest wildcards."""
    for number, location in enumerate(locations):
        write(tmp_path, f"c{number}", location=location)
    match = Catalogue.load(tmp_path).match("s3://drop/orders/2026.csv")

    assert f"{winner}/orders" == found(match)
    assert "most specific" in match.why  # type: ignore[union-attr]


def test_two_equally_specific_contracts_match_neither(tmp_path: Path) -> None:
    """Nobody guesses: the candidates are named, and the folder's problems say so before any file arrives."""
    for name in ("one", "two"):
        write(tmp_path, name, location="s3://drop/orders/*.csv")
    catalogue = Catalogue.load(tmp_path)

    assert NoMatch(
        "2 contracts are equally specific, so none is chosen",
        ("one 1.0 (s3://drop/orders/*.csv)", "two 1.0 (s3://drop/orders/*.csv)"),
    ) == catalogue.match("s3://drop/orders/x.csv")
    assert ["FPC011"] == [problem.code for problem in catalogue.problems]


def test_no_match_names_what_is_near(tmp_path: Path) -> None:
    """Somebody whose file matched nothing sees which location it nearly matched."""
    write(tmp_path, "acme", location="s3://acme-drop/orders/*.csv")
    write(tmp_path, "other", location="s3://elsewhere/*")

    assert NoMatch("no contract's location matches", ("acme 1.0 (s3://acme-drop/orders/*.csv)",)) == Catalogue.load(
        tmp_path
    ).match("s3://acme-drop/order/x.csv")


MODELS = "[{name: orders}, {name: order_items, physicalName: positions}]"


@pytest.mark.parametrize(
    ("key", "schema"),
    [
        ("orders/2026/x.csv", "orders"),
        ("order_items/x.csv", "order_items"),
    ],
)
def test_model_is_the_name_of_a_schema_object(tmp_path: Path, key: str, schema: str) -> None:
    """`{model}` in a location says which schema object a file is."""
    write(tmp_path, "acme", location="s3://drop/{model}/**", schemas=MODELS)

    assert f"acme/{schema}" == found(Catalogue.load(tmp_path).match(f"s3://drop/{key}"))


def test_a_name_with_signs_is_no_pattern(tmp_path: Path) -> None:
    """A schema object called `a*b` binds to just these characters."""
    write(tmp_path, "acme", location="s3://drop/{model}.csv", schemas="[{name: 'a*b'}, {name: c}]")
    catalogue = Catalogue.load(tmp_path)

    assert "acme/a*b" == found(catalogue.match("s3://drop/a*b.csv"))
    assert isinstance(catalogue.match("s3://drop/aXb.csv"), NoMatch)


@pytest.mark.parametrize(
    ("file", "schema"),
    [
        ("orders_2026-11-24.csv", "orders"),
        ("ORDERS20261124.csv", "orders"),
        ("positions.csv.gz", "order_items"),
        ("order_items-orders.csv", "order_items"),
        ("reorders.csv", None),
        ("x.csv", None),
    ],
)
def test_the_file_name_tells_the_schema_object(tmp_path: Path, file: str, schema: str | None) -> None:
    """Without `{model}` a name counts where it stands as a word; the longest does; else nothing is guessed."""
    write(tmp_path, "acme", location="s3://drop/in/*", schemas=MODELS)
    match = Catalogue.load(tmp_path).match(f"s3://drop/in/{file}")

    if schema is None:
        assert isinstance(match, NoMatch)
        assert ("orders", "order_items") == match.candidates
    else:
        assert f"acme/{schema}" == found(match)


def test_dialect_and_policies_come_from_the_nearest_place(tmp_path: Path) -> None:
    """Server wins over schema object wins over contract, word by word."""
    file = tmp_path / "c.yaml"
    file.write_text("""
apiVersion: v3.2.0
kind: DataContract
id: acme
version: "1.0"
customProperties:
  - {property: delimiter, value: tab, vendor: fileproc}
  - {property: quoteChar, value: "'"}
  - {property: extraColumns, value: fail}
  - {property: malformedRows, value: 3}
  - {property: delimiter, value: "#", vendor: somebody-else}
servers:
  - server: drop
    type: s3
    location: s3://drop/*
    format: CSV
    delimiter: ";"
    customProperties: [{property: extraColumns, value: allow}, {property: header, value: false}]
schema:
  - name: orders
    customProperties:
      - {property: delimiter, value: "|"}
      - {property: decimalChar, value: ","}
      - {property: nullSequence, value: [NA, null, -999.0]}
      - {property: missingColumns, value: fail}
""")
    match = Catalogue.load(tmp_path).match("s3://drop/x")

    assert isinstance(match, Match)
    assert Dialect(
        delimiter=";", quote_char="'", header=False, decimal_char=",", null_sequence=("NA", "", "-999.0")
    ) == match.dialect  # fmt: skip
    assert Policies(extra_columns="allow", missing_columns="fail", malformed_rows=3) == match.policies
    assert ("csv", "s3://drop/*", "drop") == (match.format, match.pattern, match.server and match.server.name)


@pytest.mark.parametrize(
    ("server", "address", "expected"),
    [
        ("format: json, delimiter: new_line", "s3://drop/x", "ndjson"),
        ("format: json, delimiter: array", "s3://drop/x", "json"),
        ("format: Parquet", "s3://drop/x.csv", "parquet"),
        ("environment: prod", "s3://drop/x.csv.gz", "csv"),
        ("environment: prod", "s3://drop/x", None),
    ],
)
def test_the_format_is_declared_or_told_by_the_name(
    tmp_path: Path, server: str, address: str, expected: str | None
) -> None:
    """What the server says counts, else the file's extension, else nothing."""
    file = write(tmp_path, "acme", location="s3://drop/**")
    file.write_text(file.read_text().replace("location:", f"{server}, location:"))
    match = Catalogue.load(tmp_path).match(address)

    assert isinstance(match, Match)
    assert expected == match.format


def test_local_paths_match_absolute_or_relative(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative path in a contract counts from where one stands and from the contract's own folder."""
    contracts = tmp_path / "contracts"
    contracts.mkdir()
    write(contracts, "acme", location=["./in/*.csv", "../out/", "/srv/drop/*.csv", "file:///var/x/*"])
    monkeypatch.chdir(tmp_path)
    catalogue = Catalogue.load(Path("contracts"))
    addresses = [
        "in/a.csv", f"{tmp_path}/in/a.csv", "./in/../in/a.csv", f"{contracts}/in/a.csv", "out/deep/a.csv",
        "/srv/drop/a.csv", "file:///srv/drop/a.csv", "/var/x/a",
    ]  # fmt: skip

    assert ["acme/orders"] * len(addresses) == [found(catalogue.match(one)) for one in addresses]
    assert isinstance(catalogue.match("elsewhere/in/a.csv"), NoMatch)


def test_a_broken_contract_spoils_no_other(tmp_path: Path) -> None:
    """What cannot be read is a problem with its place; the rest of the folder works, and a miss mentions it."""
    (tmp_path / "deep").mkdir()
    write(tmp_path / "deep", "good", location="s3://drop/good/*")
    (tmp_path / "bad.yaml").write_text("kind: DataContract\napiVersion: v3.1.0\n  oops: 1\n")
    (tmp_path / "binary.yml").write_bytes(b"\x00\x01\x02")
    (tmp_path / "typo.odcs.yaml").write_text("kind: DataContrct\n")
    (tmp_path / "values.yaml").write_text("image: {tag: v1}\n")
    (tmp_path / "folder.yaml").mkdir()
    (tmp_path / ".hidden").mkdir()
    write(tmp_path / ".hidden", "good", location="s3://drop/good/*")
    catalogue = Catalogue.load(tmp_path)

    assert ["good"] == [contract.name for contract in catalogue.contracts]
    assert ["FPC002", "FPC003", "FPC008"] == [problem.code for problem in catalogue.problems]
    assert "good/orders" == found(catalogue.match("s3://drop/good/x"))
    assert NoMatch("no contract's location matches; 3 contract files could not be used") == catalogue.match("s3://q/x")


def test_the_same_contract_twice_is_a_problem(tmp_path: Path) -> None:
    """A plain copy changes nothing but is told; a copy that differs makes its files match neither."""
    file = write(tmp_path, "acme", location="s3://drop/*")
    (tmp_path / "backup").mkdir()
    (tmp_path / "backup" / "acme.yaml").write_text(file.read_text())
    copied = Catalogue.load(tmp_path)
    (tmp_path / "backup" / "acme.yaml").write_text(file.read_text() + "name2: x\n")
    changed = Catalogue.load(tmp_path)

    assert ["FPC010"] == [one.code for one in copied.problems] == [one.code for one in changed.problems]
    assert "acme/orders" == found(copied.match("s3://drop/x"))
    assert isinstance(changed.match("s3://drop/x"), NoMatch)


def test_a_folder_that_is_not_there_is_a_problem(tmp_path: Path) -> None:
    """A wrong FILEPROC_CONTRACTS is named, and nothing passes."""
    catalogue = Catalogue.load(tmp_path / "nowhere")

    assert ["FPC001"] == [problem.code for problem in catalogue.problems]
    assert isinstance(catalogue.match("s3://drop/x"), NoMatch)


def test_links_in_a_circle_end(tmp_path: Path) -> None:
    """A folder that links to itself is read once."""
    write(tmp_path, "acme", location="s3://drop/*")
    (tmp_path / "loop").symlink_to(tmp_path)
    catalogue = Catalogue.load(tmp_path)

    assert (["acme"], []) == ([one.name for one in catalogue.contracts], catalogue.problems)


def test_a_single_contract_needs_no_location(tmp_path: Path) -> None:
    """`check -c` takes the contract that was named; several schema objects need a choice or a telling file name."""
    one = write(tmp_path, "one", location="s3://elsewhere/*")
    many = write(tmp_path, "many", location="s3://elsewhere/{model}/*", schemas=MODELS)

    assert "one/orders" == found(Catalogue.single(one))
    assert "many/order_items" == found(Catalogue.single(many, "order_items"))
    assert "many/orders" == found(Catalogue.single(many, address="orders.csv"))
    assert NoMatch(
        "the contract has several schema objects; choose one with --schema", ("orders", "order_items")
    ) == Catalogue.single(many)
    assert isinstance(Catalogue.single(many, "typo"), NoMatch)
    with pytest.raises(ContractError):
        Catalogue.single(tmp_path / "missing.yaml")


def test_a_thousand_contracts_are_asked_quickly(tmp_path: Path) -> None:
    """A file among 1,000 contracts of one bucket finds its own without anybody noticing the time."""
    for number in range(1_000):
        write(tmp_path, f"c{number}", location=f"s3://drop/partner-{number}/**/{{model}}-*.csv")
    catalogue = Catalogue.load(tmp_path)
    began = time.monotonic()
    names = [found(catalogue.match(f"s3://drop/partner-{number}/2026/11/orders-x.csv")) for number in range(200)]

    assert [f"c{number}/orders" for number in range(200)] == names
    assert time.monotonic() - began < 2
