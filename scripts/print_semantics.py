#!/usr/bin/env python3
"""Print docs/reference/semantics.md from the tests that show it; `--write` puts it there."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "reference" / "semantics.md"


def main() -> int:
    """The page on stdout, or into its file."""
    sys.path.insert(0, str(ROOT))
    import tests.unit.quality.test_semantics  # noqa: F401 - its tests name the questions they answer
    from tests.unit.quality.semantics import page

    if "--write" in sys.argv[1:]:
        PAGE.write_text(page())
    else:
        sys.stdout.write(page())
    return 0


if __name__ == "__main__":
    sys.exit(main())
