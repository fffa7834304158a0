"""Parts of split files must not land where files are watched: each would be a new file to be checked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fileproc.quality.contracts.binding import bindings_of
from fileproc.quality.contracts.contract import Contract, Mark
from fileproc.quality.contracts.lint_finding import LintFinding, finding
from fileproc.quality.formats import EXTENSIONS

#: Names as parts have them, without folders and with some.
PLACES = ("{name}", "orders/{name}", "a/b/c/{name}")
ENDINGS = (*EXTENSIONS, "csv.gz", "json.gz", "ndjson.gz", "csv.zst", "csv.zip")


def watched(contracts: Iterable[Contract], prefix: str) -> Iterator[LintFinding]:
    """Locations at which parts below `prefix` would be found, one finding for each server."""
    names = [f"orders.0123456789ab.{part}.{ending}" for part in ("accepted", "rejected") for ending in ENDINGS]
    samples = [prefix + place.format(name=name) for place in PLACES for name in (*names, "orders.manifest.json")]
    for contract in contracts:
        told = set()
        for binding in bindings_of(contract):
            server = binding.server
            below = binding.pattern.prefix.startswith(prefix)
            if server.name in told or not (below or any(binding.pattern.matches(one) for one in samples)):
                continue
            told.add(server.name)
            mark = server.mark or Mark(contract.file, 1, 1)
            message = f"the location {binding.pattern.text} holds {prefix}, where parts of split files are written"
            fix = "tell the locations apart, or choose another FILEPROC_SPLIT_TO; parts are never split again"
            yield finding("FPC211", mark, message, fix)
