"""chat.update, chat.delete and reactions.add: what can be done to a message that is there."""

from __future__ import annotations

import re

from tests.doubles.slack import shapes
from tests.doubles.slack.api.chat import content, metadata
from tests.doubles.slack.api.methods import joined, message, method
from tests.doubles.slack.call import Call
from tests.doubles.slack.core import Core
from tests.doubles.slack.wire import Json, Refused

UPDATED_TEXT = 4_000  # UTF-8 bytes: 1,993 characters of Chinese were refused, though the reference says characters
_EMOJI = re.compile(r"[a-z0-9_+'-]{1,100}(::skin-tone-[2-6])?")


@method("chat.update", "chat:write")
def update(core: Core, call: Call) -> Json:
    """https://docs.slack.dev/reference/methods/chat.update"""
    channel = joined(core, call)
    found = message(channel, call.text("ts", needed=True))
    if found.user is not core.app.bot:
        raise Refused("cant_update_message")
    if channel.archived:
        raise Refused("is_inactive")
    if len(call.text("text").encode()) > UPDATED_TEXT:
        raise Refused("msg_too_long")
    changes = content(core, call)
    if call.given("metadata"):
        changes["metadata"] = metadata(call)  # without the argument the old one stays
    if not call.given("text") and call.given("blocks"):
        del changes["text"]
    if changes["blocks"]:
        changes["edited"] = found.edited  # with blocks nothing says "(edited)"
    core.happenings.edited(found, **changes)
    shape = shapes.message(core.world, found, metadata=True)
    return {"channel": channel.id, "ts": found.ts, "text": found.text, "message": shape}


@method("chat.delete", "chat:write")
def delete(core: Core, call: Call) -> Json:
    """https://docs.slack.dev/reference/methods/chat.delete"""
    channel = joined(core, call)
    found = message(channel, call.text("ts", needed=True))
    if found.user is not core.app.bot:
        raise Refused("cant_delete_message")
    core.happenings.deleted(found)
    return {"channel": channel.id, "ts": found.ts}


@method("reactions.add", "reactions:write")
def add_reaction(core: Core, call: Call) -> Json:
    """https://docs.slack.dev/reference/methods/reactions.add"""
    name = call.text("name", needed=True)
    if not call.given("channel") or not call.given("timestamp"):
        raise Refused("no_item_specified")
    channel = joined(core, call)
    found = message(channel, call.text("timestamp"))
    if channel.archived:
        raise Refused("is_archived")
    if not _EMOJI.fullmatch(name):
        raise Refused("invalid_name")
    if core.app.bot in found.reactions.get(name, ()):
        raise Refused("already_reacted")
    found.reactions.setdefault(name, []).append(core.app.bot)
    core.pulse.beat()
    return {}
