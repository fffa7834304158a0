"""The example package, as somebody installs it: reports become rows of tables that another repository owns."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, select

from fileproc.domain.deliveries import DeliveryError
from fileproc.sinks import plugins
from tests.unit.render.reports import bad, documents, good

EXAMPLE = Path(__file__).parents[2] / "examples" / "warehouse-sink"


@pytest.fixture
def warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[plugins.Sink, str]]:
    """The sink by its entry point, over empty tables of the other repository."""
    import tomllib

    points = tomllib.loads((EXAMPLE / "pyproject.toml").read_text())["project"]["entry-points"][plugins.GROUP]
    info = tmp_path / "warehouse_sink-1.0.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: warehouse-sink\nVersion: 1.0.0\n")
    lines = "".join(f"{name} = {value}\n" for name, value in points.items())
    (info / "entry_points.txt").write_text(f"[{plugins.GROUP}]\n{lines}")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.syspath_prepend(str(EXAMPLE))
    from acme_schema.models import Base

    url = f"sqlite:///{tmp_path / 'warehouse.db'}"
    Base.metadata.create_all(create_engine(url))
    yield plugins.make_plugin("warehouse", {"database_url": url}), url
    for name in [name for name in sys.modules if name.partition(".")[0] in ("acme_schema", "warehouse_sink")]:
        del sys.modules[name]


def rows(url: str) -> list[tuple[Any, ...]]:
    from acme_schema.models import FileCheck, Finding

    with create_engine(url).connect() as connection:
        found = connection.execute(
            select(FileCheck.report_id, FileCheck.verdict, Finding.code, Finding.cells)
            .join(Finding, isouter=True)
            .order_by(FileCheck.report_id, Finding.id)
        )
        return [tuple(row) for row in found]


def test_reports_become_rows_of_somebody_elses_tables(warehouse: tuple[plugins.Sink, str]) -> None:
    """Each cause with its true count; the same report twice is one row, and a new verdict takes the old one's place."""
    sink, url = warehouse
    (fine,), (faulty,) = documents(good()), documents(bad())
    s3 = {"bucket": "acme-drop", "key": "a.csv"}
    plugins.deliver(sink, {**faulty, "id": "7", "file": s3}, "7-1")
    plugins.deliver(sink, {**faulty, "id": "7", "file": s3}, "7-1")
    plugins.deliver(sink, {**fine, "id": "8", "file": s3}, "8-1")

    causes = [(7, "fail", cause["code"], cause["count"]) for cause in faulty["causes"]]
    assert [*causes, (8, "pass", None, None)] == rows(url)
    plugins.deliver(sink, {**fine, "id": "7", "file": s3}, "7-2")
    assert [(7, "pass", None, None), (8, "pass", None, None)] == rows(url)


def test_a_report_of_another_schema_is_refused_for_good(warehouse: tuple[plugins.Sink, str]) -> None:
    """A sink says what it does not know, and is not asked twenty times."""
    sink, url = warehouse
    with pytest.raises(DeliveryError, match="this sink knows fileproc/report/1 only") as caught:
        plugins.deliver(sink, {"schema": "fileproc/report/9"}, "7-1")

    assert caught.value.final
    assert [] == rows(url)
