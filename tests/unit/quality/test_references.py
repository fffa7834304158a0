"""References: every value occurs where the contract says, in this file, in a remembered one, or in a file of keys."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from fileproc.clock import SystemClock
from fileproc.domain.reports import FileInfo, Report, Result, Verdict
from fileproc.quality.check import Limits, check_file
from fileproc.quality.checks.planner import Surroundings
from fileproc.quality.contracts.catalogue import Catalogue
from fileproc.quality.contracts.contract import Match
from fileproc.quality.database import Instance
from tests.unit.quality.checking import failed, result

CUSTOMERS = {
    "name": "customers",
    "properties": [{"name": "id", "required": True}, {"name": "country"}, {"name": "mail", "classification": "secret"}],
}


def orders(*relationships: dict[str, Any], **words: Any) -> dict[str, Any]:
    """A schema object whose relationship is called r."""
    columns = [{"name": "nr"}, {"name": "customer", **words}, {"name": "country"}, {"name": "parent"}]
    return {"name": "orders", "properties": columns, "relationships": [{"id": "r", **one} for one in relationships]}


class Shop:
    """A contract with two schema objects, and a folder of remembered keys."""

    def __init__(self, folder: Path, schema: dict[str, Any]) -> None:
        self.folder, self.keys = folder, folder / "keys"
        document = {
            "apiVersion": "v3.1.0", "kind": "DataContract", "id": "shop", "version": "1.0.0", "status": "active",
            "servers": [{"server": "drop", "type": "s3", "location": "s3://b/{model}/*", "format": "csv"}],
            "schema": [CUSTOMERS, schema],
        }  # fmt: skip
        (folder / "shop.yaml").write_text(yaml.safe_dump(document))

    def check(self, name: str, data: bytes, *, looks: bool = False, instance: Instance | None = None) -> Report:
        match = Catalogue.single(self.folder / "shop.yaml", name)
        assert isinstance(match, Match)
        jobs = self.folder / "jobs"
        jobs.mkdir(exist_ok=True)
        path = jobs / "input"
        path.write_bytes(data)
        return check_file(
            path, match, file=FileInfo(bucket="b", key=f"{name}.csv", size=len(data)), report_id="1",
            limits=Limits(temp_folder=jobs, instance=instance), clock=SystemClock(),
            around=Surroundings(key_sets=self.keys, looks=looks),
        )  # fmt: skip


ONE = {"from": "orders.customer", "to": "customers.id"}
FILE = b"nr,customer,country,parent\n1,a,DE,\n2,b,DE,1\n3,,FR,9\n"


def test_keys_of_an_accepted_file_are_remembered_for_others(tmp_path: Path) -> None:
    """The customers of the last accepted file are those that an order may have; nulls refer to nobody."""
    shop = Shop(tmp_path, orders(ONE))
    before = shop.check("orders", FILE)
    shop.check("customers", b"id,country,mail\na,DE,x@y\n")
    one = shop.check("orders", FILE)
    shop.check("customers", b"id,country,mail\na,DE,x@y\nb,FR,\n")
    both = shop.check("orders", FILE)

    assert (Result.SKIPPED, True) == (result(before, "r").result,
                                      "check its file first" in str(result(before, "r").reason))  # fmt: skip
    assert {"r.relationship": 1} == failed(one)
    assert [3] == one.causes[0].lines
    assert Verdict.PASS == both.verdict


def test_a_failed_file_is_never_remembered(tmp_path: Path) -> None:
    """Keys of a file that was refused are no keys; those before it stay."""
    shop = Shop(tmp_path, orders(ONE))
    shop.check("customers", b"id,country,mail\na,DE,\nb,DE,\n")
    assert Verdict.FAIL == shop.check("customers", b"id,country,mail\na,DE,\n,DE,\n").verdict

    assert Verdict.PASS == shop.check("orders", FILE).verdict


def test_a_check_that_only_looks_remembers_nothing(tmp_path: Path) -> None:
    """A dry run leaves nothing behind."""
    shop = Shop(tmp_path, orders(ONE))
    shop.check("customers", b"id,country,mail\na,DE,\n", looks=True)

    assert not shop.keys.exists()


def test_only_the_keys_that_are_referred_to_are_remembered(tmp_path: Path) -> None:
    """One file for each set of columns, and no column that nobody asked for; no half-written file stays."""
    shop = Shop(tmp_path, orders(ONE, {"from": ["orders.customer", "orders.country"],
                                       "to": ["customers.id", "customers.country"]}))  # fmt: skip
    shop.check("customers", b"id,country,mail\na,DE,secret@mail\nb,DE,x\n")
    names = sorted(one.name for one in shop.keys.iterdir())

    assert (2, True) == (len(names), all(name.endswith(".parquet") and not name.startswith(".") for name in names))
    assert not any(b"secret@mail" in (shop.keys / name).read_bytes() for name in names)


def test_keys_of_several_columns_are_compared_together(tmp_path: Path) -> None:
    """A tuple must occur as a whole."""
    shop = Shop(tmp_path, orders({"from": ["orders.customer", "orders.country"],
                                  "to": ["customers.id", "customers.country"]}))  # fmt: skip
    shop.check("customers", b"id,country,mail\na,DE,\nb,FR,\n")

    assert {"r.relationship": 1} == failed(shop.check("orders", FILE))


def test_a_column_may_refer_to_its_own_file(tmp_path: Path) -> None:
    """A parent is a row of the same file."""
    shop = Shop(tmp_path, orders({"from": "orders.parent", "to": "orders.nr"}))
    report = shop.check("orders", FILE)

    assert ({"r.relationship": 1}, [4]) == (failed(report), report.causes[0].lines)


def test_a_relationship_of_a_property_begins_there(tmp_path: Path) -> None:
    """`to` alone, by name or by the fully qualified form."""
    for to in ("customers.id", "schema/customers/properties/id"):
        folder = tmp_path / to[:4]
        folder.mkdir()
        shop = Shop(folder, orders(relationships=[{"id": "p", "to": to}]))
        shop.check("customers", b"id,country,mail\na,DE,\n")
        assert {"p.relationship": 1} == failed(shop.check("orders", FILE))


@pytest.mark.parametrize(
    ("key_set", "expected"),
    [("ids.csv", {"r.relationship": 1}), ("../ids.csv", "leaves the folder"), ("none.csv", "no file"),
     ("/etc/passwd", "leaves the folder")],
)  # fmt: skip
def test_a_file_of_keys_beside_the_contract(tmp_path: Path, key_set: str, expected: Any) -> None:
    """Where nothing was remembered yet; contracts reach no file outside of their own folder."""
    folder = tmp_path / "contracts"
    folder.mkdir()
    for place in (tmp_path, folder):
        (place / "ids.csv").write_text("id,x\na,1\n")
    words = [{"property": "keySet", "value": key_set}]
    report = Shop(folder, orders({**ONE, "customProperties": words})).check("orders", FILE)

    if isinstance(expected, dict):
        assert expected == failed(report)
    else:
        assert (Result.SKIPPED, True) == (result(report, "r").result, expected in str(result(report, "r").reason))


def test_a_worker_reads_and_remembers_keys_in_its_locked_engine(tmp_path: Path) -> None:
    """The engine of a worker may write in its own folder only; the keys still come to their place."""
    shop = Shop(tmp_path, orders(ONE))
    (tmp_path / "jobs").mkdir()
    instance = Instance([tmp_path / "jobs", shop.keys], memory_mb=150, spill=tmp_path / "jobs" / "spill")
    shop.check("customers", b"id,country,mail\na,DE,\n", instance=instance)
    report = shop.check("orders", FILE, instance=instance)
    instance.close()

    assert {"r.relationship": 1} == failed(report)


def test_a_folder_that_cannot_be_written_costs_no_verdict(tmp_path: Path) -> None:
    """Keys that cannot be kept are logged; the file is as good as it was."""
    shop = Shop(tmp_path, orders(ONE))
    shop.keys.write_text("a file where a folder should be")

    assert Verdict.PASS == shop.check("customers", b"id,country,mail\na,DE,\n").verdict
