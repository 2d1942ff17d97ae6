"""What a bot may say: the checks of an activity on its way out."""

from __future__ import annotations

import base64
import binascii
import re
import uuid
from typing import Any

from tests.doubles.slack.kit.rules import Findings, Need, Rule, anything, boolean, listing, record
from tests.doubles.teams.kit import cards
from tests.doubles.teams.kit.rules import text, word
from tests.doubles.teams.wire import Json, Refused, dumps, utf16
from tests.doubles.teams.world import ADAPTIVE, User, World

BYTES = 100 * 1024  # of the whole activity, as UTF-16
ADVISED = 80 * 1024
PICTURE = 1024 * 1024
_FORMATTING = re.compile(r"[*_~`<>\[\]|#]")
_PICTURES = ("image/png", "image/jpeg", "image/gif")
_OTHER_CARDS = tuple(f"application/vnd.microsoft.card.{kind}" for kind in ("hero", "thumbnail", "list"))

_account = record({"id": text, "name": text, "aadObjectId": text, "role": text, "tenantId": text})
_attachment = record(
    {"contentType": Need(text), "content": anything, "contentUrl": text, "name": text, "thumbnailUrl": text}
)
_FIELDS: dict[str, Rule | Need] = {
    "type": Need(text),
    "text": text,
    "textFormat": word("plain", "markdown", "xml"),
    "attachments": listing(_attachment, 10, 0),
    "attachmentLayout": word("list", "carousel"),
    "entities": listing(anything, 1000, 0),
    "from": _account,
    "recipient": _account,
    "conversation": anything,
    "channelData": anything,
    **dict.fromkeys(("id", "replyToId", "serviceUrl", "channelId", "locale", "summary", "inputHint", "timestamp"), text),
    **dict.fromkeys(("localTimestamp", "localTimezone", "importance", "deliveryMode", "speak"), text),
    "suggestedActions": anything,
    "value": anything,
    "isTargeted": boolean,
}  # fmt: skip
_known = record(_FIELDS)
_mentioned = record({"id": Need(text), "name": text})
_mention = record({"type": Need(word("mention")), "text": Need(text), "mentioned": Need(_mentioned)})


def check(world: World, people: list[User], given: Json, warnings: list[str]) -> Json:
    """`text`, `text_format`, `attachments` and `entities` of a message. Raises `Refused`.

    What Teams takes silently and shows otherwise than meant goes into `warnings`.
    """
    if given.get("type") not in ("message", "typing"):
        raise Refused(400, "BadArgument", "Unknown activity type")
    found = Findings()
    _known(found, "", {name: value for name, value in given.items() if name in _FIELDS})
    if found.problems:
        raise Refused(400, "BadSyntax", "; ".join(found.problems))
    warnings += [f"an activity has no property {name}" for name in sorted(given.keys() - _FIELDS.keys())]
    counted = {"attachments": [_counted(one) for one in given["attachments"]]} if given.get("attachments") else {}
    size = utf16(dumps(given | counted))
    if size > BYTES:
        raise Refused(413, "MessageSizeTooBig", f"Message size too large: {size} bytes, {BYTES} at most.")
    if size > ADVISED:
        warnings.append(f"an activity of {size} bytes; Teams advises {ADVISED}")
    attachments = [_attached(one, warnings) for one in given.get("attachments", ())]
    if given["type"] == "message" and not given.get("text") and not attachments:
        raise Refused(400, "BadSyntax", "Activity must include non-empty 'text' field or at least 1 attachment")
    text_format = str(given.get("textFormat", "markdown")).lower()
    if text_format != "plain" and _FORMATTING.search(given.get("text", "")):
        warnings.append("the text has formatting signs and does not go as plain")
    return {
        "text": given.get("text", ""),
        "text_format": text_format,
        "attachments": attachments,
        "entities": _entities(world, people, given, warnings),
    }


def _counted(given: Json) -> Json:
    """An attachment as it counts towards the size: "This 100 KB size limitation doesn't include base64 encoded image".

    https://learn.microsoft.com/microsoftteams/platform/bots/how-to/format-your-bot-messages
    """
    inline = given["contentType"] in _PICTURES and str(given.get("contentUrl", "")).startswith("data:")
    return given | {"contentUrl": "data:"} if inline else given


def _attached(given: Json, warnings: list[str]) -> Json:
    kind = given["contentType"]
    if kind == ADAPTIVE:
        card = cards.check(given.get("content"))
        warnings += cards.advice(card)
        return {"id": uuid.uuid4().hex, "contentType": kind, "content": card, "text": dumps(card)}
    if kind not in (*_PICTURES, *_OTHER_CARDS):
        raise Refused(400, "BadSyntax", f"Unknown attachment type {kind}")
    if kind in _PICTURES:
        _picture(str(given.get("contentUrl", "")), kind)
    return {"id": uuid.uuid4().hex, **given}


def _picture(address: str, kind: str) -> None:
    """Fetched by Teams, or in the message itself and then at most 1 MB. Raises `Refused`."""
    start = f"data:{kind};base64,"
    if address.startswith("https://"):
        return
    try:
        held = base64.b64decode(address.removeprefix(start), validate=True) if address.startswith(start) else b""
    except binascii.Error:
        held = b""
    if not 0 < len(held) <= PICTURE:
        raise Refused(400, "BadSyntax", "A picture needs an https address, or its bytes in Base64, at most 1 MB.")


def _entities(world: World, people: list[User], given: Json, warnings: list[str]) -> list[Json]:
    """Entities; of mentions those that work: whoever is named is there, and the text contains what the entity says."""
    kept = []
    for entity in given.get("entities", ()):
        if not isinstance(entity, dict) or not isinstance(entity.get("type"), str):
            raise Refused(400, "BadSyntax", "An entity must have a type")
        if entity["type"].lower() != "mention":
            kept.append(entity)  # such as the label that says a machine wrote it
            continue
        found = Findings()
        _mention(found, "/entities", entity)
        if found.problems:
            raise Refused(400, "BadSyntax", "; ".join(found.problems))
        if world.person(str(entity["mentioned"]["id"])) not in people:
            raise Refused(400, "BadArgument", "The mentioned user is not part of the conversation roster.")
        if not entity["text"] or not _contains(given.get("text", ""), entity["text"]):
            warnings.append(f"the mention {entity['text']} is not in the text, so Teams ignores it")
        else:
            kept.append(entity)
    return kept


def _contains(said: Any, mention: str) -> bool:
    return isinstance(said, str) and mention in said and mention.startswith("<at>") and mention.endswith("</at>")
