"""How what people and bots write reads in each place: as an activity's text, as rich text, and in Graph.

The shapes are those of activities and chatMessages quoted in Microsoft's own tests and documentation.
"""

from __future__ import annotations

import html
import re

from tests.doubles.teams.wire import Json
from tests.doubles.teams.world import ADAPTIVE, Message, User, World

_MENTION = re.compile(r"<at:([^>]+)>")
Pieces = list[str | User]


def pieces(world: World, words: str) -> Pieces:
    """What somebody typed, with the people they mentioned in between."""
    parts = _MENTION.split(words)
    return [world.users[part] if number % 2 else part for number, part in enumerate(parts) if part]


def at(user: User) -> str:
    """A mention in an activity's text."""
    return f"<at>{html.escape(user.real_name, quote=False)}</at>"


def mentioned(world: World, words: str) -> list[User]:
    """Who is mentioned, in order."""
    return [piece for piece in pieces(world, words) if isinstance(piece, User)]


def plain(world: World, message: Message) -> str:
    """`text` of an activity: plain, but for the mentions."""
    typed = pieces(world, message.words)
    return "".join(piece if isinstance(piece, str) else at(piece) for piece in typed)


def rich(world: World, message: Message) -> str:
    """The original, which the activity carries as an attachment."""
    if message.html:
        return message.html
    spans, count = [], 0
    for piece in pieces(world, message.words):
        if isinstance(piece, User):
            kind = 'itemtype="http://schema.skype.com/Mention" itemscope=""'
            spans.append(f'<span {kind} itemid="{count}">{html.escape(piece.real_name, quote=False)}</span>')
            count += 1
        else:
            spans.append(_lines(piece))
    return f"<p>{''.join(spans)}</p>".replace("</span> ", "</span>&nbsp;")


def body(world: World, message: Message, as_html: bool) -> Json:
    """`body` of a chatMessage. A bot's plain text comes as text, or as HTML when Teams feels like it (`as_html`)."""
    if message.deleted:
        return {"contentType": "html", "content": ""}
    if not message.user.app_id:
        return {"contentType": "html", "content": message.html or f"<p>{_with_ids(world, message)}</p>"}
    cards = "".join(f'<attachment id="{one["id"]}"></attachment>' for one in message.attachments)
    if cards:
        return {"contentType": "html", "content": cards}
    mentions = any(one["type"].lower() == "mention" for one in message.entities)
    if message.text_format == "plain" and not as_html and not mentions:
        return {"contentType": "text", "content": message.text}
    if message.text_format == "xml":
        return {"contentType": "html", "content": f"<div>{message.text}</div>"}
    return {"contentType": "html", "content": f"<p>{_lines(message.text)}</p>"}


def attachments(message: Message) -> list[Json]:
    """`attachments` of a chatMessage: cards, whose content is JSON in a string."""
    empty = {"contentUrl": None, "name": None, "thumbnailUrl": None}
    return [
        {**empty, "id": one["id"], "contentType": one["contentType"], "content": one["text"]}
        for one in message.attachments
        if one.get("contentType") == ADAPTIVE and not message.deleted
    ]


def _with_ids(world: World, message: Message) -> str:
    told, count = "", 0
    for piece in pieces(world, message.words):
        if isinstance(piece, User):
            told += f'<at id="{count}">{html.escape(piece.real_name, quote=False)}</at>'
            count += 1
        else:
            told += _lines(piece)
    return told


def _lines(text: str) -> str:
    return html.escape(text, quote=False).replace("  ", "&nbsp; ").replace("\n", "<br>")
