"""Locations: what `servers[].location` means, as a pattern over whole addresses.

`*` and `?` stay within one part of the path, `**` crosses parts (`**/` is none or more whole parts), `{model}` is the
name of a schema object, a trailing `/` is everything below. All else means itself, also brackets, quotes and newlines.

Keys are hostile and so are contracts, so a pattern must not backtrack without bound: each `*` takes the nearest place
that lets its literal follow and never gives it back (atomic groups), which loses no match because a later `*` can
always make up for the distance. What remains is at most quadratic in the address.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

#: A wildcard, with its place known: `**/` only where a part of the path begins.
_SIGNS = re.compile(r"(?<![^/])\*\*/|\*\*|\*|\?|\{model\}")

#: Other names of the same scheme.
_S3 = re.compile(r"s3[an]://")
_BUCKET_ONLY = re.compile(r"[a-z0-9]+://[^/*?{]+")

Token = tuple[str, str]  # (kind, text): kind is `literal` or the wildcard itself


@dataclass(frozen=True, slots=True)
class Pattern:
    """A location, ready to match. `prefix` is the literal beginning; `specificity` compares two that both match."""

    text: str
    prefix: str
    regex: re.Pattern[str]
    specificity: tuple[int, int, int]

    def matches(self, address: str) -> bool:
        return address.startswith(self.prefix) and self.regex.fullmatch(address) is not None


def holds_name(file: str, name: str) -> bool:
    """Whether a schema object's name stands in a file's name as a word, whatever its case."""
    word = re.escape(name.casefold())
    return re.search(rf"(?<![^\W\d_]){word}(?![^\W\d_])", file.casefold()) is not None


def normal(address: str) -> str:
    """An address with the one spelling of its scheme."""
    return _S3.sub("s3://", address, count=1) if address.startswith(("s3a://", "s3n://")) else address


def tokens_of(location: str) -> list[Token]:
    """The parts of a location: literals, wildcards and `{model}`."""
    text = normal(location)
    if _BUCKET_ONLY.fullmatch(text):
        text += "/"
    if text.endswith("/"):
        text += "**"
    tokens, end = [], 0
    for sign in _SIGNS.finditer(text):
        if sign.start() > end:
            tokens.append(("literal", text[end : sign.start()]))
        tokens.append((sign[0], sign[0]))
        end = sign.end()
    if end < len(text):
        tokens.append(("literal", text[end:]))
    return tokens


def compile_location(location: str, *, model: str | None = None, base: str = "") -> Pattern:
    """The pattern of a location; `model` is put in for `{model}`, and `base` (no pattern) before it."""
    tokens = [
        ("literal", model) if kind == "{model}" and model is not None else (kind, text)
        for kind, text in tokens_of(location)
    ]
    tokens = _joined([("literal", base), *tokens])
    prefix = tokens[0][1] if tokens and tokens[0][0] == "literal" else ""
    literals = sum(len(text) for kind, text in tokens if kind == "literal")
    wildcards = sum(kind != "literal" for kind, _ in tokens)
    regex = re.compile(_regex(tokens), re.DOTALL)
    return Pattern(location, prefix, regex, (len(prefix), literals, -wildcards))


def _joined(tokens: list[Token]) -> list[Token]:
    """Neighbouring literals as one."""
    joined: list[Token] = []
    for kind, text in tokens:
        if kind == "literal" and joined and joined[-1][0] == "literal":
            joined[-1] = ("literal", joined[-1][1] + text)
        elif text:
            joined.append((kind, text))
    return joined


def _regex(tokens: list[Token]) -> str:
    """Runs between `**` signs, each atomic but the last, which must reach the end."""
    runs: list[tuple[str, list[Token]]] = [("", [])]
    for token in tokens:
        if token[0] in ("**", "**/"):
            runs.append((token[0], []))
        else:
            runs[-1][1].append(token)
    parts = []
    for number, (sign, run) in enumerate(runs, 1):
        last = number == len(runs)
        gap = {"": "", "**": ".*?", "**/": "(?:.*?/)??"}[sign]
        body = gap + _run(run, last=last)
        parts.append(body if last or not sign else f"(?>{body})")
    return "".join(parts)


def _run(tokens: list[Token], *, last: bool) -> str:
    """Tokens within which nothing crosses a `/` unless it is written."""
    pieces = [""]
    for kind, text in tokens:
        if kind in ("*", "{model}"):
            pieces.append("")
        else:
            pieces[-1] += "[^/]" if kind == "?" else re.escape(text)
    out = pieces[0]
    for number, piece in enumerate(pieces[1:], 1):
        ends = last and number == len(pieces) - 1
        out += f"[^/]*{piece}" if ends else f"(?>[^/]*?{piece})"
    return out
