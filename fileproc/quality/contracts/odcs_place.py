"""A mapping of the contract with the path where it stands: how the reader asks for values.

Every question has one answer or an error with file, line and column, so no value of a wrong kind weakens a promise in
silence: `required: yes` is refused, not read as false.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fileproc.quality.contracts.contract import Mark
from fileproc.quality.contracts.lint_finding import UnreadableContract, refused, shown
from fileproc.quality.contracts.yaml_positions import Located, PathKey


@dataclass(frozen=True, slots=True)
class Place:
    """A mapping somewhere in a document."""

    document: Located
    path: PathKey
    item: dict[str, Any]

    def get(self, key: str) -> Any:
        return self.item.get(key)

    def mark(self, key: str | None = None) -> Mark:
        return self.document.mark(self.path if key is None else (*self.path, key))

    def text(self, key: str) -> str | None:
        """A scalar as it was written, None when it is null or not there."""
        value = self.item.get(key)
        if value is None:
            return None
        if isinstance(value, dict | list):
            raise self.wrong(key, f"{key} must be a text")
        return self.document.text((*self.path, key)) or str(value)

    def flag(self, key: str) -> bool:
        """A boolean, false when it is null or not there."""
        value = self.item.get(key)
        if value is not None and not isinstance(value, bool):
            raise self.wrong(key, f"{key} must be true or false, not {shown(value)}", "write true or false, unquoted")
        return value is True

    def mapping(self, key: str) -> dict[str, Any]:
        """A copy of a mapping, empty when it is null or not there."""
        value = self.item.get(key)
        if value is not None and not isinstance(value, dict):
            raise self.wrong(key, f"{key} must be a mapping of keys to values")
        return dict(value or {})

    def texts(self, *keys: str) -> list[str | None]:
        """A list of scalars below this mapping, each as it was written; nulls stay None."""
        value: Any = self.item
        for key in keys:
            value = value.get(key) if isinstance(value, dict) else None
        values = value if isinstance(value, list) else [value]
        paths = [
            (*self.path, *keys, index) if isinstance(value, list) else (*self.path, *keys)
            for index in range(len(values))
        ]
        return [
            None if one is None else self.document.text(path) or str(one)
            for one, path in zip(values, paths, strict=True)
        ]

    def children(self, key: str) -> list[Place]:
        """The mappings of a list; anything else there is refused."""
        entries = self.item.get(key)
        if entries is None:
            return []
        if not isinstance(entries, list):
            raise self.wrong(key, f"{key} must be a list", "begin each entry with a dash")
        found = []
        for index, entry in enumerate(entries):
            path = (*self.path, key, index)
            if not isinstance(entry, dict):
                message = f"an entry of {key} must be a mapping, not {shown(entry)}"
                raise refused("FPC103", self.document.mark(path), message, "write `- key: value`")
            found.append(Place(self.document, path, entry))
        return found

    def child(self, key: str) -> Place | None:
        """A mapping below this one, or None."""
        value = self.item.get(key)
        return Place(self.document, (*self.path, key), value) if isinstance(value, dict) else None

    def wrong(self, key: str, message: str, fix: str = "") -> UnreadableContract:
        """The error for a value of the wrong kind, placed where the value is."""
        return refused("FPC103", self.document.value_mark((*self.path, key)), message, fix)
