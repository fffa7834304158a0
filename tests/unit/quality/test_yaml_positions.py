"""YAML with positions: plain values, exact places, and no way for a hostile file to hurt."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from fileproc.errors import ContractError
from fileproc.quality.contracts import yaml_nodes
from fileproc.quality.contracts.lint_finding import UnreadableContract
from fileproc.quality.contracts.yaml_nodes import DEEPEST
from fileproc.quality.contracts.yaml_positions import LARGEST_FILE, load, load_file

PARSERS = [yaml.SafeLoader] + ([yaml.CSafeLoader] if yaml.__with_libyaml__ else [])


@pytest.fixture(params=PARSERS, ids=lambda parser: parser.__name__)
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both parsers, the one in C and the one in Python."""
    monkeypatch.setattr(yaml_nodes, "LOADER", request.param)


def value(text: str) -> Any:
    return load(text.encode(), "c.yaml").value


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("no", "no"), ("yes", "yes"), ("on", "on"), ("off", "off"), ("y", "y"), ("NO", "NO"),
        ("2026-11-24", "2026-11-24"), ("12:30:45", "12:30:45"), ("1_000", "1_000"),
        ("true", True), ("False", False), ("null", None), ("~", None), ("", None),
        ("1", 1), ("-7", -7), ("007", 7), ("0x1F", 31), ("0o17", 15), ("18446744073709551615", 18446744073709551615),
        ("1.5", 1.5), ("1e3", 1000.0), (".inf", ".inf"), ("1e999", "1e999"), ("9" * 5000, "9" * 5000),
        ("'true'", "true"), ('"1.0"', "1.0"), ("!!str 1.10", "1.10"), ("!!int 3", 3), ("! 3", "3"),
    ],
)  # fmt: skip
def test_scalars_follow_yaml_1_2(written: str, expected: Any) -> None:
    """`no` is Norway and a date is a text; only true and false are booleans."""
    found = value(f"key: {written}")["key"]

    assert (expected, type(expected)) == (found, type(found))


@pytest.mark.usefixtures("parser")
def test_every_value_has_its_place() -> None:
    """An editor opens the right line and column, for keys, values and list entries."""
    document = load(b"a: 1\nlist:\n  - x\n  - {deep: 1.10}\n", "c.yaml")

    assert [
        "c.yaml:1:1", "c.yaml:1:4", "c.yaml:3:5", "c.yaml:4:6", "c.yaml:4:12", "c.yaml:2:1", "1.10",
    ] == [
        str(document.mark(("a",))),
        str(document.value_mark(("a",))),
        str(document.mark(("list", 0))),
        str(document.mark(("list", 1, "deep"))),
        str(document.value_mark(("list", 1, "deep"))),
        str(document.mark(("list", 7, "nowhere"))),
        document.text(("list", 1, "deep")),
    ]  # fmt: skip


@pytest.mark.usefixtures("parser")
def test_anchors_and_merge_keys_work() -> None:
    """What is written once with an anchor counts wherever it is used; the nearer key wins."""
    text = "base: &b {a: 1, b: 2}\nmore: &m {<<: *b, c: 3}\nuse:\n  b: 9\n  <<: [*m, *b]\n"

    assert {"a": 1, "b": 9, "c": 3} == value(text)["use"]


BOMB = "\n".join(["a0: &a0 [x]"] + [f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)])
MERGE_BOMB = "\n".join(["a0: &a0 {}"] + [f"a{n}: &a{n} {{<<: [{','.join([f'*a{n - 1}'] * 9)}]}}" for n in range(1, 12)])


HOSTILE = [
    (b"", "FPC001", "1:1"),
    (b"# only a comment\n", "FPC001", "1:1"),
    (b"a: b: c", "FPC002", "1:5"),
    (b"a: [1, 2", "FPC002", None),
    (b"\ta: 1", "FPC002", "1:1"),
    (b'p: "\\d+"', "FPC002", "1:5"),
    (b"a: 1\n---\nb: 2", "FPC002", "2:1"),
    (b"a: *nowhere", "FPC002", "1:4"),
    (b"? [1]\n: 2", "FPC002", "1:3"),
    (b"a: {<<: 1}", "FPC002", "1:9"),
    (b"k: v\nx: caf\xe9", "FPC003", "2:7"),
    (b"\xff\xfea\x00", "FPC003", "1:1"),
    (b"PK\x03\x04", "FPC003", "1:3"),
    (b"a: 1\nb: \x00", "FPC003", "2:4"),
    (b"a: 1\nb: 2\na: 3", "FPC004", "3:1"),
    (b"x: {a: 1, 'a': 2}", "FPC004", "1:11"),
    (b"[" * 500, "FPC005", f"1:{DEEPEST + 2}"),  # beyond 1,000 the parser in C may refuse first, as a syntax error
    (b"[" * 100_000, "FPC005 FPC002", None),
    (b"- " * 100_000, "FPC005", f"1:{2 * DEEPEST + 3}"),
    (b"- a\n" * 200_000, "FPC005", "100000:3"),
    (BOMB.encode(), "FPC005", None),
    (MERGE_BOMB.encode(), "FPC005", None),
    (b"a: &a [*a]", "FPC005", "1:4"),
    (b"a: &a {<<: *a}", "FPC005", "1:4"),
    (b"a: 1\nb: !!python/object:os.system x", "FPC006", "2:4"),
    (b"a: !!python/object/apply:os.system [x]", "FPC006", "1:4"),
    (b"a: !!binary aGVsbG8=", "FPC006", "1:4"),
    (b"a: !!int x", "FPC006", "1:4"),
    (b"!custom {a: 1}", "FPC006", "1:1"),
]  # fmt: skip


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize(("data", "code", "place"), HOSTILE)
def test_hostile_yaml_is_refused_at_once(data: bytes, code: str, place: str | None) -> None:
    """Whatever a file does, the answer is one message, and it does not take long."""
    began = time.monotonic()
    with pytest.raises(UnreadableContract) as caught:
        load(data, "c.yaml")

    assert caught.value.finding.code in code.split()
    assert time.monotonic() - began < 20


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize(("data", "code", "place"), [row for row in HOSTILE if row[2] is not None])
def test_the_message_says_where(data: bytes, code: str, place: str) -> None:
    """Line and column lead to what is refused; of a syntax error the two parsers agree on the line only."""
    with pytest.raises(UnreadableContract) as caught:
        load(data, "c.yaml")

    found = f"{caught.value.finding.mark.line}:{caught.value.finding.mark.column}"
    exact = code != "FPC002"
    assert (place if exact else place.split(":")[0]) == (found if exact else found.split(":")[0])


def test_the_fix_fits_the_mistake() -> None:
    """Somebody who wrote a pattern in double quotes is told to use single ones."""
    with pytest.raises(ContractError, match="single quotes"):
        load(b'p: "\\d+"', "c.yaml")


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    """A missing file, a folder, a pipe and a file of many megabytes are refused; nothing waits."""
    pipe, large = tmp_path / "pipe.yaml", tmp_path / "large.yaml"
    os.mkfifo(pipe)
    with large.open("wb") as file:
        file.truncate(LARGEST_FILE + 1)

    for path in (tmp_path / "missing.yaml", tmp_path, pipe, large, Path("nul\0.yaml")):
        with pytest.raises(UnreadableContract) as caught:
            load_file(path)
        assert "FPC001" == caught.value.finding.code


TEXTS = st.text(alphabet=st.sampled_from(list("ab:-? {}[],&*#|>'\"%@`!~\n\t<0.é😀\x00\x85")), max_size=60)


@given(data=st.binary(max_size=200) | TEXTS.map(str.encode))
@settings(max_examples=400, deadline=None)
def test_any_bytes_give_values_or_a_contract_error(data: bytes) -> None:
    """No bytes at all lead to anything but plain values or a message."""
    try:
        load(data, "c.yaml")
    except ContractError as error:
        assert str(error).startswith("c.yaml:")


WRITTEN = st.text(alphabet=st.characters(min_codepoint=0, max_codepoint=126) | st.sampled_from("é€😀"), max_size=12)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | WRITTEN,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WRITTEN, inner, max_size=4),
    max_leaves=20,
)


@given(content=st.dictionaries(WRITTEN, PLAIN, max_size=4))
@settings(max_examples=200, deadline=None)
def test_json_is_yaml(content: dict[str, Any]) -> None:
    """A contract written as JSON means just what it says, whatever its texts look like."""
    assert content == load(json.dumps(content, ensure_ascii=False).encode(), "c.yaml").value
