"""Words on their way through Teams: what people typed is read plainly, and what we send can address nobody."""

from __future__ import annotations

import html
import re

from bot.channels.payload import Payload, text
from bot.phrases import say

# What neither JSON nor Teams can carry, and no reader would see.
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f\ufffe\uffff\ud800-\udfff]")
_TAG = re.compile(r"<[^>]*>")


def clean(words: str) -> str:
    """The text as Teams can carry it: on the card and in the thread the same."""
    return _UNSEEN.sub("", words.replace("\r\n", "\n").replace("\r", "\n"))


def cut(words: str, limit: int) -> str:
    """At most `limit` characters; an ellipsis shows that something is missing."""
    return words if len(words) <= limit else words[: max(limit - 1, 0)].rstrip() + "…"


def disclosure(kind: str, team: str, signer: str) -> str:
    """The line beneath a reply that says how it came about; empty when the desk wants none.

    `kind` is `none`, `ai`, `team` or `name`. Where no name is known the team answers for it.
    """
    if kind == "none":
        return ""
    if kind == "ai":
        return say("teams.reply.ai")
    return say("teams.reply.signed", who=signer if kind == "name" and signer else team)


def letters(words: str) -> str:
    """What remains of a text however Teams may have set it: everything but spaces and line breaks."""
    return "".join(clean(words).split())


def letters_of(body: Payload) -> str:
    """The same of the `body` of a message in Graph, where what was posted as plain text may come back as HTML."""
    content = text(body, "content")
    return letters(content if text(body, "contentType") == "text" else html.unescape(_TAG.sub(" ", content)))
