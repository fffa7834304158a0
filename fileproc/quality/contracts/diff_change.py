"""One difference between two versions of a contract, and whom it breaks.

A contract is a promise with two sides. *Senders* are broken when a file that passed may fail from now on; *readers*
are broken when something that they relied on is no longer promised. What is tightened for the one is never loosened
for the other, so comparing the other way round gives the mirror image: tightened becomes loosened, senders readers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from enum import StrEnum
from typing import Any

from fileproc.quality.contracts.contract import Mark
from fileproc.quality.contracts.lint_finding import shown


class Kind(StrEnum):
    """What happened to a part of the promise."""

    ADDED = "added"
    REMOVED = "removed"
    TIGHTENED = "tightened"
    LOOSENED = "loosened"
    CHANGED = "changed"  # neither stricter nor laxer, or both at once

    @property
    def mirrored(self) -> Kind:
        """What it is when the two contracts change places."""
        return MIRROR.get(self, self)


MIRROR = {
    Kind.ADDED: Kind.REMOVED,
    Kind.REMOVED: Kind.ADDED,
    Kind.TIGHTENED: Kind.LOOSENED,
    Kind.LOOSENED: Kind.TIGHTENED,
}

#: Ends of reasons; each stands behind the sentence that says what is different.
FAILS = "files that passed may now fail"
WARNS = "files that passed may now get a warning"
GONE = "readers can no longer rely on it"
NEVER = "it never failed a file, so nobody could rely on it"
BOTH = "files that passed may now fail, and readers may meet values that they did not before"


@dataclass(frozen=True, slots=True)
class Change:
    """`what` names the part; `old` and `new` are where it stands, or where that stands which would hold it.

    `key` is the way from there to the exact key, in the contract's own words.
    """

    kind: Kind
    what: str
    before: str | None
    after: str | None
    reason: str
    senders: bool = False  # broken: their files may fail
    readers: bool = False  # broken: what they relied on is gone
    old: Mark | None = None
    new: Mark | None = None
    key: tuple[str, ...] = ()

    @property
    def breaking(self) -> bool:
        return self.senders or self.readers

    @property
    def breaks(self) -> tuple[str, ...]:
        """Whom it breaks, in words."""
        return tuple(name for name, broken in (("senders", self.senders), ("readers", self.readers)) if broken)

    def to_document(self) -> dict[str, Any]:
        """JSON values for `--format json`."""
        return {
            "kind": self.kind.value,
            "what": self.what,
            "before": self.before,
            "after": self.after,
            "breaking": self.breaking,
            "breaks": list(self.breaks),
            "reason": self.reason,
            "old": _place(self.old),
            "new": _place(self.new),
        }


def _place(mark: Mark | None) -> dict[str, Any] | None:
    return None if mark is None else {"file": mark.file, "line": mark.line, "column": mark.column}


@dataclass(frozen=True, slots=True)
class Spot:
    """What is being compared: its name for people, and where it stands in both contracts."""

    name: str
    old: Mark | None
    new: Mark | None

    def at(self, name: str, old: Mark | None, new: Mark | None) -> Spot:
        """A part of it."""
        return Spot(f"{self.name}{name}", old, new)

    def tightened(self, what: str, before: Any, after: Any, why: str, *, counts: bool = True, key: str = "") -> Change:
        """Stricter; `counts` when breaking it fails a file rather than warns."""
        reason = f"{why}: {FAILS if counts else WARNS}"
        return self._change(Kind.TIGHTENED, what, before, after, reason, key, senders=counts)

    def loosened(self, what: str, before: Any, after: Any, why: str, *, counts: bool = True, key: str = "") -> Change:
        """Laxer; `counts` when breaking it failed a file until now."""
        reason = f"{why}: {GONE if counts else NEVER}"
        return self._change(Kind.LOOSENED, what, before, after, reason, key, readers=counts)

    def changed(
        self, what: str, before: Any, after: Any, why: str, *,
        senders: bool = True, readers: bool = True, key: str = "",
    ) -> Change:  # fmt: skip
        """Different, and neither stricter nor laxer."""
        reason = f"{why}: {BOTH}" if senders and readers else why
        return self._change(Kind.CHANGED, what, before, after, reason, key, senders=senders, readers=readers)

    def moved(
        self, kind: Kind, what: str, before: Any, after: Any, *,
        tighter: str, looser: str, other: str, counts: bool = True, key: str = "",
    ) -> Change:  # fmt: skip
        """Tightened, loosened or changed, each with its own sentence."""
        if kind is Kind.TIGHTENED:
            return self.tightened(what, before, after, tighter, counts=counts, key=key)
        if kind is Kind.LOOSENED:
            return self.loosened(what, before, after, looser, counts=counts, key=key)
        return self.changed(what, before, after, other, senders=counts, readers=counts, key=key)

    def added(self, what: str, after: Any, why: str, *, senders: bool = False) -> Change:
        """Only in the new contract; its place in the old one is that of what would hold it."""
        return self._change(Kind.ADDED, what, None, after, why, "", senders=senders)

    def removed(self, what: str, before: Any, why: str, *, senders: bool = False, readers: bool = False) -> Change:
        """Only in the old contract; its place in the new one is that of what held it."""
        return self._change(Kind.REMOVED, what, before, None, why, "", senders=senders, readers=readers)

    def same_effect(self, kind: Kind, what: str, before: Any, after: Any, why: str, *, key: str = "") -> Change:
        """Stricter or laxer in its words only: something else asks for the same."""
        return self._change(kind, what, before, after, why, key)

    def rest(self, old: Any, new: Any, looked_at: frozenset[str]) -> Iterator[Change]:
        """Fields of the model that nobody compares by name: a difference there is never passed over."""
        for one in fields(old):
            before, after = getattr(old, one.name), getattr(new, one.name)
            if one.name not in looked_at and before != after:
                what = one.name.replace("_", " ")
                yield self.changed(what, before, after, f"the {what} is different", key=one.name)

    def _change(
        self, kind: Kind, what: str, before: Any, after: Any, reason: str, key: str, *,
        senders: bool = False, readers: bool = False,
    ) -> Change:  # fmt: skip
        name = f"{self.name}: {what}" if what else self.name
        path = tuple(key.split(".")) if key else ()
        return Change(kind, name, in_words(before), in_words(after), reason, senders, readers, self.old, self.new, path)


def in_words(value: Any) -> str | None:
    """A value for people, on one line and not too long; None where there is none."""
    if value is None or value == ():
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if is_dataclass(value) and not isinstance(value, type):
        said = {one.name.replace("_", " "): getattr(value, one.name) for one in fields(value)}
        return in_words([f"{name} {one}" for name, one in said.items() if one is not None])
    if isinstance(value, tuple | list | frozenset):
        return shown(", ".join(str(one) for one in value)).strip("`")
    return shown(str(value)).strip("`")


def as_text(value: Any) -> str:
    """A value of the contract as it would stand in a cell."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
