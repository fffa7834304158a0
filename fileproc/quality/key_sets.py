"""Sets of keys, remembered from accepted files, so that other files' references can be held against them.

One Parquet file for each referred-to set of columns. A newer accepted file replaces it at once; nothing ever sees half
of one.
"""

from __future__ import annotations

import hashlib
from pathlib import Path


def key_set_path(folder: Path, contract_id: str, schema: str, columns: tuple[str, ...]) -> Path:
    """Where the keys of these columns are; names of contracts are hostile, so the file's name is a digest."""
    named = "\0".join((contract_id, schema, *columns))
    return folder / f"{hashlib.sha256(named.encode()).hexdigest()[:32]}.parquet"
