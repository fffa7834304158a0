"""Every knob of the program, in one table; the environment is read once and frozen.

Each row says name, type, default, unit and why that default. The names are promises to scripts: rows are added, never
renamed. `.env.example` and docs/reference/settings.md are written from this table (`fileproc config docs`), and a
test keeps them in step. Only `cli`, the two `__main__` modules and `bootstrap` read settings; everyone else receives
values.
"""

from __future__ import annotations

from fileproc.settings.display import MASK, env_example, mask_url, masked, reference_table
from fileproc.settings.loading import contract_variables, load, require_topics
from fileproc.settings.table import BY_NAME, DEFAULT_RUNTIME_DIR, TABLE, Knob
from fileproc.settings.values import Settings

__all__ = [
    "BY_NAME",
    "DEFAULT_RUNTIME_DIR",
    "MASK",
    "TABLE",
    "Knob",
    "Settings",
    "contract_variables",
    "env_example",
    "load",
    "mask_url",
    "masked",
    "reference_table",
    "require_topics",
]
