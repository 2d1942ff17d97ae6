"""Words on their way through Slack: what people typed is read plainly, and what we send can address nobody."""

from __future__ import annotations

import re

from bot.channels.words import clean

# Slack has escaped what people typed: `<...>` is always a reference that its client wrote, never somebody's bracket.
_REFERENCE = re.compile(r"<([^<>\n]*)>")
_ENTITIES = {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;"}


def heard(raw: str) -> str:
    """A message's `text` as its writer saw it: references by their names, and entities unescaped once.

    The escapes are `&amp; &lt; &gt;`: https://docs.slack.dev/messaging/formatting-message-text#escaping
    """
    plain = _REFERENCE.sub(lambda found: _named(found[1]), raw)
    return plain.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _named(reference: str) -> str:
    target, _, label = reference.partition("|")
    kind, name = target[:1], target[1:]
    if kind in ("@", "#"):
        return kind + (label or name).lstrip(kind)
    if kind == "!":
        if name.startswith("date^"):
            return label or name
        return "@" + (label or name.partition("^")[0]).lstrip("@")
    scheme, _, rest = target.partition(":")
    if scheme in ("mailto", "tel"):
        return label or rest
    if not label or label in (target, target.split("://", 1)[-1]):
        return label or target
    return f"{label} ({target})"


def escaped(text: str) -> str:
    """The text for a `text` or `mrkdwn` field: nothing in it can be a mention, a channel or a masked link."""
    return clean(text).translate(_ENTITIES)


def cut_escaped(text: str, limit: int) -> str:
    """The text escaped, and still at most `limit` characters: an entity is never cut in two."""
    whole = clean(text)
    if len(whole.translate(_ENTITIES)) <= limit:
        return whole.translate(_ENTITIES)
    kept: list[str] = []
    room = limit - 1
    for letter in whole:
        room -= len(_ENTITIES.get(ord(letter), letter))
        if room < 0:
            break
        kept.append(letter)
    return "".join(kept).rstrip().translate(_ENTITIES) + "…"
