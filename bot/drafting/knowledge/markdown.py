"""Articles in Markdown, with the fields between `---` on top or without."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from markdown_it import MarkdownIt

from bot.drafting import frontmatter
from bot.drafting.knowledge.article import About, Part

_FIELDS = frozenset({"title", "language", "audience"})
_ALSO = "Also asked:"
# Only what says where a heading is and where there can be none, which makes it ten times as fast.
_BLOCKS = MarkdownIt("zero").enable(["heading", "lheading", "fence", "code"]).disable("inline")


def read(text: str) -> tuple[About, dict[str, int], int, list[Part]]:
    """What the article says of itself, the lines of these fields, the text's first line, and its parts.

    Raises `BadFrontMatter`.
    """
    if not text.removeprefix("\ufeff").lstrip().startswith("---"):
        return About(_first_heading(text)), {}, 1, list(_parts(text))
    page = frontmatter.split(text, _FIELDS, frozenset())
    about = About(**{"title": _first_heading(page.body), **page.fields})
    return about, dict(page.lines), page.first_line, list(_parts(page.body))


def _first_heading(body: str) -> str:
    return next((heading for heading, _, _ in _headings(body)), "")


def _headings(body: str) -> Iterator[tuple[str, int, int]]:
    """Each heading of the first two levels, and the lines on which it begins and its text does, counted from 0."""
    tokens = _BLOCKS.parse(body)
    for token, words in pairwise(tokens):
        if token.type == "heading_open" and token.tag in ("h1", "h2") and token.map:
            yield words.content.strip(), token.map[0], token.map[1]


def _parts(body: str) -> Iterator[Part]:
    """Each heading with its text, where there is any."""
    # Lines as the parser counts them; `splitlines` would also part at U+2028 and others.
    lines = body.split("\n")
    heading, begin = "", 0
    for title, at, below in [*_headings(body), ("", len(lines), len(lines))]:
        words = [line for line in lines[begin:at] if not line.startswith(_ALSO)]
        asked = " ".join(line.removeprefix(_ALSO).strip() for line in lines[begin:at] if line.startswith(_ALSO))
        if text := "\n".join(words).strip():
            yield Part(heading, text, asked)
        heading, begin = title, below
