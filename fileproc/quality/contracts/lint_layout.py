"""Files of fixed width: can every column be found in a line?"""

from __future__ import annotations

from collections.abc import Iterator

from fileproc.quality.contracts.contract import Contract
from fileproc.quality.contracts.lint_finding import LintFinding, finding
from fileproc.quality.contracts.odcs_layout import Misplaced, fields_of
from fileproc.quality.formats import FORMAT_NAMES

FIX = "add the customProperties `width` and, where the columns do not follow each other, `start`"


def layouts(contract: Contract) -> Iterator[LintFinding]:
    """Findings about the places of columns, where a server holds files of fixed width."""
    written = {(server.format or "").lower() for server in contract.servers}
    if "fixed" not in {FORMAT_NAMES.get(one, one) for one in written}:
        return
    for schema in contract.tables:
        for one in fields_of(schema.properties):
            mark = one.property.mark if isinstance(one, Misplaced) else None
            if isinstance(one, Misplaced) and mark is not None:
                yield finding("FPC210", mark, one.reason, FIX)
