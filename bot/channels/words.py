"""Words on their way through a chat, whichever it is: what it can carry, how much of it is shown, and who answers for it."""

from __future__ import annotations

import re

from bot.phrases import say

# What neither JSON nor a chat can carry, and no reader would see.
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f\ufffe\uffff\ud800-\udfff]")


def clean(text: str) -> str:
    """The text as a chat can carry it: on the card and in the thread the same."""
    return _UNSEEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def cut(text: str, limit: int) -> str:
    """At most `limit` characters; an ellipsis shows that something is missing."""
    return text if len(text) <= limit else text[: max(limit - 1, 0)].rstrip() + "…"


def in_one_line(text: str, limit: int) -> str:
    """The text without line breaks, at most `limit` characters of it, the last an ellipsis where something is missing."""
    line = " ".join(text.split())
    return line if len(line) <= limit else f"{line[: limit - 1]}…"


def disclosure(kind: str, team: str, signer: str) -> str:
    """The line beneath a reply that says how it came about; empty when the desk wants none.

    `kind` is `none`, `ai`, `team` or `name`. Where no name is known the team answers for it.
    """
    if kind == "none":
        return ""
    if kind == "ai":
        return say("channel.drafted")
    return say("channel.signed", who=signer if kind == "name" and signer else team)
