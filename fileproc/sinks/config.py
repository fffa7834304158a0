"""The file that `FILEPROC_SINKS` names: which sinks there are, what each hears of, and where it goes.

    sinks:
      - to: sns
        topic: arn:aws:sns:eu-west-1:123456789012:verdicts
      - name: partner-desk
        to: webhook
        url: https://hooks.example.com/fileproc
        secret: ${HOOK_SECRET}
        on: [fail, error]
        contracts: [acme-*]

`${NAME}` is the environment's NAME, or what the file NAME_FILE holds; so that no secret stands in this one.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from fileproc.errors import ContractError, SettingsError
from fileproc.quality.contracts.yaml_positions import Located, PathKey, load_file
from fileproc.quality.suggest import did_you_mean
from fileproc.sinks import fields
from fileproc.sinks.kinds import COMMON, KINDS

VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]{0,99})\}")

#: A file with more sinks than this was made by a program that went wrong.
MOST_SINKS = 50


@dataclass(frozen=True, slots=True)
class SinkConfig:
    """One sink. `values` are its kind's own fields, checked; those that are secret are named in `repr` by nobody."""

    name: str
    to: str
    on: frozenset[str]
    buckets: tuple[str, ...] = ()
    contracts: tuple[str, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def wants(self, report: Mapping[str, Any]) -> bool:
        """Whether it is to hear of this report."""
        bucket = str((report.get("file") or {}).get("bucket") or "")
        contract = str((report.get("contract") or {}).get("name") or "")
        return (
            report.get("verdict") in self.on and _matches(bucket, self.buckets) and _matches(contract, self.contracts)
        )


def wanted_by(sinks: Sequence[SinkConfig], report: Mapping[str, Any]) -> list[str]:
    """The names of those that want to hear of it."""
    return [sink.name for sink in sinks if sink.wants(report)]


def load_sinks(
    path: Path, environ: Mapping[str, str] | None = None, *, shared: Collection[str] = ()
) -> tuple[SinkConfig, ...]:
    """All sinks of the file. The variables `shared` may be read by contracts, so no secret may stand in them.

    Raises:
        SettingsError: names everything that is wrong with it, each with its line.
    """
    try:
        document = load_file(path)
    except ContractError as error:
        raise SettingsError([f"FILEPROC_SINKS: {error}"]) from None
    reader = _Reader(document, os.environ if environ is None else environ, shared)
    sinks = reader.sinks()
    if reader.problems:
        raise SettingsError(reader.problems)
    return sinks


def _hint(name: str, known: Collection[str]) -> str:
    meant = did_you_mean(name, known)
    return f"; {meant}" if meant else ""


def _matches(text: str, patterns: Sequence[str]) -> bool:
    return not patterns or any(fnmatchcase(text, pattern) for pattern in patterns)


class _Reader:
    """Reads on after a mistake, so that all of them are told at once."""

    def __init__(self, document: Located, environ: Mapping[str, str], shared: Collection[str]) -> None:
        self._document = document
        self._environ = environ
        self._shared = shared
        self.problems: list[str] = []

    def sinks(self) -> tuple[SinkConfig, ...]:
        value = self._document.value
        listed = value.get("sinks") if isinstance(value, dict) else None
        if not isinstance(listed, list) or set(value) != {"sinks"}:
            self._wrong((), "the file must hold `sinks:` and nothing else, with a list below it")
            return ()
        if len(listed) > MOST_SINKS:
            self._wrong(("sinks",), f"there are more than {MOST_SINKS} sinks")
            return ()
        read = [self._sink(("sinks", place), entry) for place, entry in enumerate(listed)]
        found = tuple(sink for sink in read if sink is not None)
        self._refuse_twins(found)
        return found

    def _sink(self, path: PathKey, entry: Any) -> SinkConfig | None:
        if not isinstance(entry, dict) or not isinstance(entry.get("to"), str):
            self._wrong(path, f"a sink says where it goes: `to:` is one of {', '.join(KINDS)}")
            return None
        to = entry["to"]
        kind = KINDS.get(to)
        if kind is None:
            self._wrong((*path, "to"), f"there is no sink {to[:60]!r}{_hint(to, KINDS)}")
            return None
        known = (*COMMON, *kind.needs, *kind.may)
        for name in entry:
            if name not in known:
                self._wrong((*path, name), f"{to} has no {str(name)[:60]!r}{_hint(str(name), known)}")
        for name in kind.needs:
            if entry.get(name) is None:
                self._wrong(path, f"{to} needs `{name}`")
        own = {name: self._value((*path, name), name, entry[name]) for name in (*kind.needs, *kind.may)
               if entry.get(name) is not None}  # fmt: skip
        if kind.sends is not None:
            own.setdefault("send", kind.sends)
        return SinkConfig(
            name=self._value((*path, "name"), "name", entry.get("name", to)),
            to=to,
            on=frozenset(self._value((*path, "on"), "on", entry.get("on", list(kind.on))) or ()),
            buckets=tuple(self._value((*path, "buckets"), "buckets", entry.get("buckets", [])) or ()),
            contracts=tuple(self._value((*path, "contracts"), "contracts", entry.get("contracts", [])) or ()),
            values=own,
        )

    def _value(self, path: PathKey, name: str, value: Any) -> Any:
        """The value with its variables replaced, if it may stand there; None if not, and a problem is noted."""
        try:
            value = self._resolved(value)
            check = fields.CHECKS.get(name)
            return value if check is None else check(value)
        except ValueError as error:
            self._wrong(path, f"`{name}` {error}")
            return None

    def _resolved(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: self._resolved(one) for key, one in value.items()}
        if isinstance(value, list):
            return [self._resolved(one) for one in value]
        if not isinstance(value, str) or "${" not in value:
            return value
        if "${" in VARIABLE.sub("", value):  # taken as it is, it would be a secret that everybody can guess
            raise ValueError("holds ${ without a variable's name and }; write ${NAME}")
        return VARIABLE.sub(self._variable, value)

    def _variable(self, match: re.Match[str]) -> str:
        name = match[1]
        if name in self._shared:
            raise ValueError(f"names the variable {name}, which FILEPROC_CONTRACT_VARIABLES shows to contracts")
        if name in self._environ:
            return self._environ[name]
        file = self._environ.get(f"{name}_FILE")
        if file is None:
            raise ValueError(f"names the variable {name}, which is not set; set it, or {name}_FILE")
        try:
            return Path(file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError, ValueError):
            raise ValueError(f"cannot be read from the file that {name}_FILE names") from None

    def _refuse_twins(self, found: Sequence[SinkConfig]) -> None:
        for name in _twice(sink.name for sink in found):
            self._wrong(("sinks",), f"two sinks are called {name!r}; give each its own `name`")

    def _wrong(self, path: PathKey, what: str) -> None:
        self.problems.append(f"{self._document.mark(path)}: {what}")


def _twice(names: Iterator[str]) -> list[str]:
    seen: set[str] = set()
    return list(dict.fromkeys(name for name in names if name in seen or seen.add(name)))  # type: ignore[func-returns-value]
