"""Custom rules of `engine: fileproc` whose answer is not in the rows of one file: planned elsewhere, never by name."""

from __future__ import annotations

from fileproc.quality.contracts.contract import QualityRule

ENGINE = "fileproc"
HISTORY = "history"
FILE_SET = "fileSet"


def check_named(rule: QualityRule) -> str | None:
    """The check that a custom rule of ours names, None for every other rule."""
    if rule.type != "custom" or (rule.engine or "").lower() != ENGINE or not isinstance(rule.implementation, dict):
        return None
    name = rule.implementation.get("check")
    return name if isinstance(name, str) else None
