"""Every example of one contract."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from fileproc.clock import Clock
from fileproc.quality.check import Limits
from fileproc.quality.contracts.odcs import digest_of, read
from fileproc.quality.contracts.odcs_variables import NONE_ALLOWED, Variables
from fileproc.quality.contracts.yaml_positions import load, read_bytes
from fileproc.quality.trial.case import Case
from fileproc.quality.trial.files import file_cases
from fileproc.quality.trial.run import Run
from fileproc.quality.trial.values import value_cases


def trial(file: Path, clock: Clock, variables: Variables = NONE_ALLOWED) -> Iterator[Case]:
    """Values first, then files.

    Raises:
        UnreadableContract: the contract cannot be read; says file, line and column.
    """
    data = read_bytes(file)
    document = load(data, str(file))
    contract = read(document, digest=digest_of(data), variables=variables)
    with tempfile.TemporaryDirectory(prefix="examples-") as folder:
        run = Run(Path(folder), Limits(samples=1, temp_folder=Path(folder)), clock)
        yield from value_cases(document, contract, run)
        yield from file_cases(file, document, contract, run)
