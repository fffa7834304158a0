"""All explanations as one page of Markdown: `docs/reference/codes.md` is this text, and nothing else."""

from __future__ import annotations

from fileproc.quality.explanations import FAMILIES, Explanation, explanations

HEAD = """# Codes

Every code that a finding about a file (`decimal_comma`) or about a contract (`FPC304`) can have: what it means, why it
matters and how it is mended. `fileproc explain CODE` says the same in a terminal. A code is a promise to people who
filter on it: it is never reused for something else. This page is made from the program's own texts
(`fileproc explain --format md`).
"""


def page() -> str:
    """The page, family after family."""
    known = explanations().values()
    parts = [HEAD]
    for family, title in FAMILIES.items():
        parts.append(f"## {title}\n")
        parts += [_section(one) for one in known if one.family == family]
    return "\n".join(parts)


def _section(one: Explanation) -> str:
    examples = f"- not so: {_code(one.bad)}\n- but so: {_code(one.good)}"
    ways = f"- whoever sends the file: {one.partner}\n- whoever keeps the contract: {one.contract}"
    return f"### `{one.code}`\n\n**{one.title}.** {one.meaning} {one.why}\n\n{examples}\n{ways}\n"


def _code(example: str) -> str:
    """A span of code, or a block where the example has several lines."""
    if "\n" in example:
        indented = "\n".join(f"  {line}" for line in example.splitlines())
        return f"\n\n  ```\n{indented}\n  ```\n"
    fence = "``" if "`" in example else "`"
    pad = " " if "`" in example or example != example.strip() else ""
    return f"{fence}{pad}{example}{pad}{fence}"
