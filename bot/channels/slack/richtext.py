"""Words as Slack's `rich_text`, in which nothing is parsed: a mention stays letters, and only what we mark is marked.

Models write Markdown. What has a counterpart in Slack is turned into it; the rest stands as it was written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bot.channels.words import clean

Element = dict[str, Any]
# What follows the mark on its line is the language's name; with another mark behind it, it is code in a line.
_FENCE = re.compile(r"\s{0,3}(?:```[^`]*|~~~[^~]*)$")
_HEADING = re.compile(r"#{1,6}\s+(.+?)\s*#*\s*$")
_STARRED = re.compile(r"\*{1,3}([^\s*](?:[^*]*[^\s*])?)\*{1,3}")
_BULLET = re.compile(r"(\s*)[-*+•]\s+(.*)")
_NUMBER = re.compile(r"(\s*)(\d{1,3})[.)]\s+(.*)")
_QUOTE = re.compile(r"\s{0,3}>\s?(.*)")
_RULE = re.compile(r"\s{0,3}([-*_])(\s*\1){2,}\s*$")
_URL = r"(?:https?://|mailto:)[^\s<>\"'`|\\^{}]+"
# Marks count where a word begins and ends, so that names and sums keep theirs.
_OPEN, _SHUT = r"(?<![^\s(\[{\"'“«–—-])", r"(?![^\s.,;:!?)\]}\"'”»…–—-])"


def _marked(name: str, mark: str) -> str:
    letter = re.escape(mark[0])
    return rf"{_OPEN}{re.escape(mark)}(?P<{name}>[^\s{letter}](?:[^{letter}\n]*[^\s{letter}])?){re.escape(mark)}{_SHUT}"


# A single star is bold, as in Slack's own markup: whoever edits a draft in Slack types it so.
_MARKS = (
    *(("bold", "**"), ("bold2", "__"), ("bold3", "*")),
    *(("italic", "_"), ("strike", "~"), ("strike2", "~~")),
)
_INLINE = re.compile(
    r"`(?P<code>[^`\n]+)`"
    rf"|\[(?P<label>[^\[\]\n]+)\]\((?P<target>{_URL}?)\)"
    rf"|(?P<url>{_URL})|" + "|".join(_marked(name, mark) for name, mark in _MARKS)
)
_STYLES = {name: name.rstrip("23") for name, _ in _MARKS}
# Slack indents lists eight deep.
_DEEPEST = 8


@dataclass(frozen=True, slots=True)
class _Row:
    """A line of the words and what it belongs to: `plain`, `code`, `quote`, `bullet` or `ordered`.

    `number` is what an ordered line counts itself as.
    """

    kind: str
    text: str
    indent: int = 0
    number: int = 1


def plain(text: str) -> list[Element]:
    """The text exactly as it stands, as the elements of a section or quote. Never empty."""
    return [{"type": "text", "text": clean(text) or " "}]


def rich(words: str) -> list[Element]:
    """Markdown as the elements of a `rich_text` block. Never empty."""
    rows = _closed_up(list(_rows(clean(words).strip("\n"))))
    elements: list[Element] = []
    at = 0
    while at < len(rows):
        end = at
        while end < len(rows) and (rows[end].kind, rows[end].indent) == (rows[at].kind, rows[at].indent):
            end += 1
        elements += _block(rows[at:end])
        at = end
    return elements or [{"type": "rich_text_section", "elements": plain("")}]


def flat(elements: list[Element]) -> str:
    """What rich elements say, as plain lines: for notifications and screen readers."""
    lines = []
    for element in elements:
        if element["type"] == "rich_text_list":
            for number, item in enumerate(element["elements"], element.get("offset", 0) + 1):
                mark = "•" if element["style"] == "bullet" else f"{number}."
                lines.append(f"{mark} {_said(item['elements'])}")
        else:
            lines.append(_said(element["elements"]))
    return "\n".join(lines)


def _said(elements: list[Element]) -> str:
    return "".join(one.get("text") or one["url"].removeprefix("mailto:") for one in elements)


def _rows(words: str) -> Iterator[_Row]:
    fenced = False
    for line in words.split("\n"):
        if _FENCE.match(line):
            fenced = not fenced
        elif fenced:
            yield _Row("code", line)
        elif _RULE.match(line):
            yield _Row("plain", "")
        elif found := _HEADING.match(line):
            yield _Row("plain", _headline(found[1]))
        elif found := _QUOTE.match(line):
            yield _Row("quote", found[1])
        elif found := _BULLET.match(line):
            yield _Row("bullet", found[2], min(len(found[1]) // 2, _DEEPEST))
        elif found := _NUMBER.match(line):
            yield _Row("ordered", found[3], min(len(found[1]) // 2, _DEEPEST), int(found[2]))
        else:
            yield _Row("plain", line)


def _headline(text: str) -> str:
    """Bold, unless a star in it is meant as one."""
    bare = _STARRED.sub(r"\1", text)
    return bare if "*" in bare else f"**{bare}**"


def _closed_up(rows: list[_Row]) -> list[_Row]:
    """Without the blank lines between the items of one list, which would begin it anew."""
    kept: list[_Row] = []
    for at, row in enumerate(rows):
        after = next((later for later in rows[at + 1 :] if later.text.strip()), None)
        between = kept and after and kept[-1].kind == after.kind and after.kind in ("bullet", "ordered")
        if not (between and row.kind == "plain" and not row.text.strip()):
            kept.append(row)
    return kept


def _block(rows: list[_Row]) -> list[Element]:
    """Rows of one kind as one element; none for blank lines that only set lists or quotes apart."""
    kind = rows[0].kind
    if kind in ("bullet", "ordered"):
        items = [{"type": "rich_text_section", "elements": _inline(row.text)} for row in rows]
        offset = {"offset": rows[0].number - 1} if kind == "ordered" and rows[0].number > 1 else {}
        return [{"type": "rich_text_list", "style": kind, "indent": rows[0].indent, "elements": items} | offset]
    text = "\n".join(row.text for row in rows)
    if kind == "code":
        return [{"type": "rich_text_preformatted", "elements": plain(text)}]
    if not text.strip():
        return []
    # Slack sets elements apart by itself: blank lines at their edges would be one too many.
    inline = _inline(text.strip("\n"))
    return [{"type": "rich_text_quote" if kind == "quote" else "rich_text_section", "elements": inline}]


def _inline(text: str) -> list[Element]:
    elements: list[Element] = []
    at = 0
    for found in _INLINE.finditer(text):
        _add(elements, text[at : found.start()])
        _mark(elements, found)
        at = found.end()
    _add(elements, text[at:])
    return elements or plain("")


def _mark(elements: list[Element], found: re.Match[str]) -> None:
    kind = found.lastgroup or ""
    if kind == "code":
        _add(elements, found["code"], {"code": True})
    elif kind == "url":
        url = found["url"].rstrip(".,;:!?)*_~")
        _link(elements, url)
        _add(elements, found["url"][len(url) :])
    elif kind == "target":
        _masked(elements, found["label"], found["target"])
    else:
        _add(elements, found[kind], {_STYLES[kind]: True})


def _masked(elements: list[Element], label: str, url: str) -> None:
    """A link whose words are not its address shows both: nobody is led elsewhere by a label."""
    if label.strip().rstrip("/") not in {shown.rstrip("/") for shown in (url, url.partition(":")[2].lstrip("/"))}:
        _add(elements, label)
        _add(elements, " (")
        _link(elements, url)
        _add(elements, ")")
    else:
        _link(elements, url)


def _link(elements: list[Element], url: str) -> None:
    # A bare scheme is no address, and Slack takes links of at most 3,000 characters.
    if len(url.partition(":")[2].lstrip("/")) > 0 and len(url) <= 3000:
        elements.append({"type": "link", "url": url})
    else:
        _add(elements, url)


def _add(elements: list[Element], text: str, style: dict[str, bool] | None = None) -> None:
    if text:
        elements.append({"type": "text", "text": text} | ({"style": style} if style else {}))
