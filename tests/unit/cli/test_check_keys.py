"""`fileproc check --keys DIR`: keys of one file are what the next one's references are held against."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from fileproc.cli.check import command

CONTRACT = """apiVersion: v3.1.0
kind: DataContract
id: shop
version: "1.0.0"
status: active
servers:
  - {server: drop, type: local, path: "*.csv", format: csv}
schema:
  - name: customers
    properties: [{name: id}]
  - name: orders
    properties:
      - name: customer
        relationships: [{to: customers.id}]
"""


@pytest.mark.parametrize("by", ["flag", "setting"])
def test_files_of_one_run_refer_to_one_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by: str) -> None:
    """Customers first, then their orders: an unknown customer fails, and the folder may come from the settings."""
    monkeypatch.chdir(tmp_path)
    Path("shop.odcs.yaml").write_text(CONTRACT)
    Path("customers.csv").write_text("id\na\n")
    Path("orders.csv").write_text("customer\na\nb\n")
    flags = ["--keys", "keys"] if by == "flag" else []
    if by == "setting":
        monkeypatch.setenv("FILEPROC_KEY_SETS", "keys")
    arguments = ["customers.csv", "orders.csv", "-c", "shop.odcs.yaml", "--format", "ndjson", *flags]
    done = CliRunner().invoke(command, arguments, standalone_mode=False)

    assert (None, 1) == (done.exception, done.return_value)
    assert "no_such_key" in done.stdout or "relationship" in done.stdout
    assert 1 == len(list(Path("keys").iterdir()))
