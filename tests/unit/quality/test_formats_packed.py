"""Every format is read whether it is packed or not, from a file and from standard input."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
import zstandard
from click.testing import CliRunner

from fileproc.cli.check import command
from tests.unit.quality.checking import check, contract
from tests.unit.quality.test_formats_avro import avro, schema
from tests.unit.quality.test_formats_excel import xls, xlsx

COLUMNS = contract(
    [{"name": "a", "logicalType": "integer", "logicalTypeOptions": {"maximum": 5},
      "customProperties": [{"property": "width", "value": 2}]}]
)  # fmt: skip

#: The same three rows, the last one bad → and the place where each format says that it stands.
FILES = {
    "csv": (b"a\n1\n2\n9\n", 4),
    "fwf": (b" 1\n 2\n 9\n", 3),
    "json": (b'[{"a":1},\n{"a":2},\n{"a":9}]', 3),
    "ndjson": (b'{"a":1}\n{"a":2}\n{"a":9}\n', 3),
    "avro": (avro(schema(("a", "long")), [{"a": 1}, {"a": 2}, {"a": 9}]), 3),
    "xlsx": (xlsx([["a"], [1], [2], [9]]), 4),
    "xls": (xls([["a"], [1], [2], [9]]), 4),
}
PACKINGS = {"": lambda data: data, ".gz": gzip.compress, ".zst": zstandard.ZstdCompressor().compress}


@pytest.mark.parametrize("packing", PACKINGS)
@pytest.mark.parametrize("kind", FILES)
def test_a_packed_file_is_read_as_the_plain_one(kind: str, packing: str) -> None:
    """However it is packed, the one bad value is found in its place, and nothing else is said."""
    data, place = FILES[kind]
    report = check(PACKINGS[packing](data), COLUMNS, name=f"file.{kind}{packing}")
    assert [("a.maximum", [place])] == [(cause.check, cause.lines) for cause in report.causes]
    assert (3, 0, ["a"]) == (report.counts.rows, report.read.rejected_rows, report.read.columns)


@pytest.mark.parametrize("kind", ["json", "avro", "xlsx", "xls"])
def test_standard_input_is_known_by_its_content(kind: str, tmp_path: Path) -> None:
    """`fileproc check -` has no name to go by."""
    text = "apiVersion: v3.1.0\nkind: DataContract\nid: t\nversion: 1.0.0\nstatus: active\nschema:\n  - name: rows\n"
    server = f"servers: [{{server: s, type: local, path: '**', format: {kind}}}]\n"
    column = "    properties: [{name: a, logicalType: integer, logicalTypeOptions: {maximum: 5}}]\n"
    (tmp_path / "c.yaml").write_text(text.replace("schema:", server + "schema:") + column)
    result = CliRunner().invoke(
        command, ["-", "-c", str(tmp_path / "c.yaml")], input=FILES[kind][0], standalone_mode=False
    )
    assert (1, True) == (result.return_value, "above the agreed maximum" in result.output)
