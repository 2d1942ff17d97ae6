"""A note to colleagues as a message of Slack's, in which nothing is parsed."""

from __future__ import annotations

from typing import Any

from bot.channels.base import Note
from bot.channels.slack.blocks import HEADER
from bot.channels.slack.buttons import plain_text
from bot.channels.slack.events import NOTE
from bot.channels.slack.words import cut_escaped
from bot.channels.words import clean, cut
from bot.phrases import say

_LINES, _LINE, _TEXT = 20, 600, 3000


def message(channel: str, key: str, note: Note) -> dict[str, Any]:
    """What `chat.postMessage` takes. `key` stands in its metadata."""
    shown = [cut(clean(line), _LINE) or " " for line in note.lines[:_LINES]]
    elements: list[dict[str, Any]] = [{"type": "text", "text": "\n".join(shown)}] if shown else []
    if note.link:
        elements += [{"type": "text", "text": "\n"}] if shown else []
        elements.append({"type": "link", "url": note.link, "text": say("leads.open")})
    layout: list[dict[str, Any]] = [{"type": "header", "text": plain_text(cut(clean(note.title), HEADER) or "-")}]
    if elements:
        layout.append({"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": elements}]})
    return {
        "channel": channel,
        "text": cut_escaped(note.text, _TEXT) or "-",
        "blocks": layout,
        "metadata": {"event_type": NOTE, "event_payload": {"key": key}},
    }
