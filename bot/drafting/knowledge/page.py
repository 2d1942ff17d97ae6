"""Articles in HTML: what a reader of the page would see, heading by heading."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import accumulate

from selectolax.lexbor import LexborHTMLParser, LexborNode

from bot.drafting.knowledge.article import About, BadArticle, Part

# Characters. Pages carry styles and pictures with them; what is left of them must still be an article's length.
LONGEST_PAGE = 2_000_000
# The parser takes the square of the depth: ten thousand elements within each other are 0.2 seconds, a hundred
# thousand are 15.
_DEEPEST = 10_000
_TAG = re.compile(r"</?(?=[a-z])(?!(?:br|hr|img|input|link|meta|source|wbr)\b)", re.IGNORECASE)
_UNREAD = "script, style, template, noscript, head, nav, svg, iframe, object, button, select, textarea, [hidden]"
_HEADINGS = frozenset({"h1", "h2", "h3"})
_BLOCKS = frozenset(
    {"address", "article", "aside", "blockquote", "dd", "div", "dl", "dt", "figcaption", "figure", "footer", "form"}
) | frozenset({"h4", "h5", "h6", "header", "main", "ol", "p", "pre", "section", "table", "tr", "ul"})
_SPACES = re.compile(r"[^\S\n]+")
_GAPS = re.compile(r" *\n[ \n]*\n *")


def read(text: str) -> tuple[About, list[Part]]:
    """What the page says of itself, and its parts. Raises `BadArticle`."""
    if len(text) > LONGEST_PAGE:
        raise BadArticle(f"it is longer than {LONGEST_PAGE:,} characters; part it into several articles")
    if max(accumulate(-1 if tag == "</" else 1 for tag in _TAG.findall(text)), default=0) > _DEEPEST:
        raise BadArticle("its elements are nested too deeply")
    tree = LexborHTMLParser(text)
    title = tree.css_first("title")
    language = (tree.root.attributes.get("lang") or "") if tree.root else ""
    audience = tree.css_first("meta[name=audience]")
    about = About(
        title=" ".join(title.text().split()) if title else "",
        language=language.lower().partition("-")[0],
        audience=(audience.attributes.get("content") or "") if audience else "",
    )
    for node in tree.css(_UNREAD):
        node.decompose()
    parts = list(_parts(tree.body)) if tree.body else []
    return about if about.title else About(next((p.heading for p in parts), ""), about.language, about.audience), parts


def _parts(body: LexborNode) -> Iterator[Part]:
    heading = ""
    words: list[str] = []
    for entering, node in _walk(body):
        tag = node.tag or ""
        if tag in _HEADINGS and entering:
            if text := _tidy(words):
                yield Part(heading, text)
            heading, words = " ".join(node.text(separator=" ").split()), []
        elif tag == "-text":
            words.append(
                _SPACES.sub(" ", node.text_content.replace("\n", " ")) if entering and node.text_content else ""
            )
        elif tag == "a" and not entering:
            words.append(_address(node))
        else:
            words.append(_between(tag, entering=entering))
    if text := _tidy(words):
        yield Part(heading, text)


def _walk(top: LexborNode) -> Iterator[tuple[bool, LexborNode]]:
    """Each node below when it is entered and when it is left; a heading's inside is not entered."""
    node: LexborNode | None = top.first_child
    while node is not None:
        yield True, node
        inner = None if node.tag in _HEADINGS else node.first_child
        if inner is not None:
            node = inner
            continue
        yield False, node
        while node is not None and node.next is None:
            node = node.parent
            if node is None or node == top:
                return
            yield False, node
        node = node.next if node is not None else None


def _between(tag: str, *, entering: bool) -> str:
    """What parts this element from the words around it."""
    if tag in _BLOCKS:
        return "\n\n"
    if tag == "li":
        return "\n- " if entering else ""
    if tag == "br":
        return "\n" if entering else ""
    return " " if tag in ("td", "th") else ""


def _address(link: LexborNode) -> str:
    """Where a link leads, behind its words, unless these say so."""
    href = link.attributes.get("href") or ""
    return f" ({href})" if href.startswith(("https://", "http://")) and href not in link.text() else ""


def _tidy(words: list[str]) -> str:
    text = _SPACES.sub(" ", "".join(words))
    return re.sub(r" ?\n ?", "\n", _GAPS.sub("\n\n", text)).replace("\n\n- ", "\n- ").strip()
