"""The sinks file: what it means, and that a mistake in it is told with its line before anything starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from fileproc.errors import SettingsError
from fileproc.sinks.config import SinkConfig, load_sinks, wanted_by

SECRET = "0123456789abcdef01234567"


def read(tmp_path: Path, text: str, **environ: str) -> tuple[SinkConfig, ...]:
    file = tmp_path / "sinks.yaml"
    file.write_text(text)
    return load_sinks(file, environ)


def wrong(tmp_path: Path, text: str, **environ: str) -> str:
    with pytest.raises(SettingsError) as caught:
        read(tmp_path, text, **environ)
    return str(caught.value)


def test_what_is_not_said_is_what_people_expect(tmp_path: Path) -> None:
    """A sink is called what it is, hears all verdicts of all files, and quarantine only takes what failed."""
    sns, quarantine = read(
        tmp_path,
        "sinks:\n  - {to: sns, topic: 'arn:aws:sns:eu-west-1:123456789012:t'}\n"
        "  - {to: quarantine, prefix: 's3://bucket/q'}\n",
    )

    assert ("sns", "event", {"pass", "warn", "fail", "error"}) == (sns.name, sns.values["send"], sns.on)
    assert ({"fail"}, "s3://bucket/q/") == (quarantine.on, quarantine.values["prefix"])


def test_a_sink_hears_only_of_what_it_asked_for(tmp_path: Path) -> None:
    """Verdict, bucket and contract must all fit; patterns are the shell's."""
    sinks = read(
        tmp_path,
        "sinks:\n  - {name: all, to: tags}\n"
        "  - {name: acme, to: tags, on: fail, buckets: [acme-*], contracts: ['orders*']}\n",
    )

    def told(verdict: str, bucket: str, contract: str | None) -> list[str]:
        return wanted_by(sinks, {"verdict": verdict, "file": {"bucket": bucket}, "contract": {"name": contract}})

    assert ["all", "acme"] == told("fail", "acme-drop", "orders-v2")
    assert ["all"] == told("pass", "acme-drop", "orders-v2")
    assert ["all"] == told("fail", "globex", "orders-v2")
    assert ["all"] == told("fail", "acme-drop", None)
    assert [] == told("skipped", "acme-drop", "orders-v2")


def test_secrets_come_from_variables_or_files_and_are_never_shown(tmp_path: Path) -> None:
    """From NAME, or from the file that NAME_FILE names; the settings' own picture of a sink leaves them out."""
    (tmp_path / "secret").write_text(f"{SECRET}\n")
    text = "sinks:\n  - {to: webhook, url: 'https://h.example/x', secret: '${HOOK}'}\n"
    (by_name,) = read(tmp_path, text, HOOK=SECRET)
    (by_file,) = read(tmp_path, text, HOOK_FILE=str(tmp_path / "secret"))

    assert SECRET.encode() == by_name.values["secret"] == by_file.values["secret"]
    assert SECRET not in repr(by_name)


def test_every_mistake_is_told_at_once_with_its_line(tmp_path: Path) -> None:
    """What, where, and the word that was meant; never the secret itself."""
    told = wrong(
        tmp_path,
        "sinks:\n"
        "  - {to: snss}\n"
        "  - {to: sns, topik: x}\n"
        "  - {to: webhook, url: 'https://user:pw@h/', secret: short}\n"
        "  - {to: s3, prefix: 's3://bucket'}\n"
        "  - {to: tags, on: [failed]}\n"
        "  - {name: Tags, to: tags}\n"
        "  - {to: webhook, url: 'ftp://h/', secret: '${GONE}'}\n"
        "  - {name: one, to: webhook, url: 'https://h/', secret: '${not a name}'}\n"
        "  - {name: dup, to: tags}\n"
        "  - {name: dup, to: tags}\n",
    )

    for expected in (
        "sinks.yaml:2:6: there is no sink 'snss'; did you mean `sns`?",
        "sinks.yaml:3:", "sns has no 'topik'; did you mean `topic`?", "sns needs `topic`",
        "`url` holds a name or password", "`secret` is shorter than 24 bytes",
        "`prefix` must be an S3 prefix",
        "`on` must be some of pass, warn, fail, error, skipped",
        "`name` must be 1 to 63 of",
        "`url` must be an https:// address", "names the variable GONE, which is not set",
        "holds ${ without a variable's name",
        "two sinks are called 'dup'",
    ):  # fmt: skip
        assert expected in told, told
    assert "pw@" not in told
    assert "short" not in told.replace("shorter", "")


def test_a_file_that_is_no_list_of_sinks_is_refused(tmp_path: Path) -> None:
    """Empty, a list, something else beside it, thousands, a name that is not there."""
    for text in ("", "- a\n", "sinks: {}\n", "sinks: []\nother: 1\n", "sinks: [" + "{to: tags}," * 60 + "]\n"):
        assert "sinks.yaml" in wrong(tmp_path, text)
    with pytest.raises(SettingsError, match="cannot be read"):
        load_sinks(tmp_path / "none.yaml", {})


def test_what_contracts_may_read_is_no_secret(tmp_path: Path) -> None:
    """A variable cannot be both: a contract could ask for it by its name."""
    file = tmp_path / "sinks.yaml"
    file.write_text("sinks:\n  - {to: webhook, url: 'https://h/', secret: '${HOOK}'}\n")
    with pytest.raises(SettingsError, match="FILEPROC_CONTRACT_VARIABLES shows to contracts"):
        load_sinks(file, {"HOOK": SECRET}, shared=["HOOK"])
