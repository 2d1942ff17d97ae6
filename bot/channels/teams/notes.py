"""A note to colleagues as an Adaptive Card, in which nothing is parsed."""

from __future__ import annotations

from typing import Any

from bot.channels.base import Note
from bot.channels.teams.cards import TYPE
from bot.channels.teams.runs import Element, line, run, said
from bot.channels.words import clean, cut
from bot.phrases import say

_LINES, _LINE, _TITLE = 20, 600, 150


def message(key: str, note: Note) -> dict[str, Any]:
    """The activity. `key` is the id of its first element, which Graph gives back with the card."""
    title = cut(clean(note.title), _TITLE) or "-"
    body: list[Element] = [line(run(" ".join(title.split()), size="Medium", weight="Bolder"), id=key)]
    body += [said(cut(clean(one), _LINE)) for one in note.lines[:_LINES]]
    card: dict[str, Any] = {"type": "AdaptiveCard", "version": "1.5", "body": body}
    if note.link:
        card["actions"] = [{"type": "Action.OpenUrl", "title": say("leads.open"), "url": note.link}]
    return {"summary": title, "attachments": [{"contentType": TYPE, "content": card}]}
