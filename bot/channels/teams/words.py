"""The letters of a text, by which a reply is known again however Teams has set it."""

from __future__ import annotations

import html
import re

from bot.channels.payload import Payload, text
from bot.channels.words import clean

_TAG = re.compile(r"<[^>]*>")


def letters(words: str) -> str:
    """What remains of a text however Teams may have set it: everything but spaces and line breaks."""
    return "".join(clean(words).split())


def letters_of(body: Payload) -> str:
    """The same of the `body` of a message in Graph, where what was posted as plain text may come back as HTML."""
    content = text(body, "content")
    return letters(content if text(body, "contentType") == "text" else html.unescape(_TAG.sub(" ", content)))
