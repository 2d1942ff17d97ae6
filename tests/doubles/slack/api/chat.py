"""chat.postMessage, chat.postEphemeral and chat.getPermalink."""

from __future__ import annotations

import json
import math
import re
from typing import Any

from tests.doubles.slack import shapes
from tests.doubles.slack.api.methods import joined, message, method, require, seen
from tests.doubles.slack.call import Call
from tests.doubles.slack.core import Core
from tests.doubles.slack.kit.blocks import MARKDOWN, message_blocks
from tests.doubles.slack.wire import Json, Refused, escaped
from tests.doubles.slack.world import Channel, Message

TEXT, ADVISED = 40_000, 4_000
METADATA = 8_000  # the real limit is not published
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_POSTED_TS = re.compile(r"\d{10}\.\d{6}")


def content(core: Core, call: Call) -> Json:
    """`text` and `blocks` of a message, checked. Raises `Refused`."""
    text, markdown = call.text("text"), call.text("markdown_text")
    blocks = message_blocks(call.args["blocks"]) if call.given("blocks") else []
    if markdown:
        if text or blocks:
            raise Refused("markdown_text_conflict")
        if len(markdown) > MARKDOWN:
            raise Refused("msg_too_long")
        text, blocks = escaped(markdown), message_blocks([{"type": "markdown", "text": markdown}])
    elif not text and not blocks:
        raise Refused("no_text")
    elif not text:
        core.warnings.append(f"{call.method}: blocks without text, which notifications and screen readers need")
    if len(text) > ADVISED and not markdown:
        core.warnings.append(f"{call.method}: a text of {len(text)} characters; Slack advises at most {ADVISED}")
    return {"text": text, "blocks": blocks}


def metadata(call: Call) -> Json | None:
    """Metadata with plain names and flat values. Raises `Refused`."""
    given: Any = call.structure("metadata", "invalid_metadata_format")
    if given == {}:
        return None
    if not isinstance(given, dict) or given.keys() != {"event_type", "event_payload"}:
        raise Refused("invalid_metadata_format")
    kind, payload = given["event_type"], given["event_payload"]
    if not isinstance(kind, str) or not isinstance(payload, dict):
        raise Refused("invalid_metadata_format")
    if not all(_NAME.fullmatch(name) for name in (kind, *payload)):
        raise Refused("invalid_metadata_schema")
    if not all(isinstance(value, str | int | float | bool) for value in payload.values()):
        raise Refused("invalid_metadata_schema")
    if len(json.dumps(given)) > METADATA:
        raise Refused("metadata_too_large")
    return given


def below(call: Call, channel: Channel) -> str:
    """The `thread_ts`, which has to be a parent's. Raises `Refused`."""
    ts = call.text("thread_ts")
    if not ts:
        return ""
    if not _POSTED_TS.fullmatch(ts):
        raise Refused("invalid_arguments", response_metadata={"messages": ["[ERROR] invalid thread_ts"]})
    parent = channel.messages.get(ts)
    if parent is None or (parent.deleted and not parent.replies):
        raise Refused("thread_not_found")
    if parent.is_reply:
        raise Refused("cannot_reply_to_message")
    if parent.locked:
        raise Refused("restricted_action_thread_locked")
    return ts


def _target(core: Core, call: Call) -> Channel:
    """By id, by name, or by the id of a person, which means the direct conversation."""
    asked = call.text("channel", needed=True)
    if person := core.world.users.get(asked):
        return core.world.dm(person)
    for channel in core.world.channels.values():
        if asked.removeprefix("#") == channel.name and channel.kind != "im" and not channel.private:
            call.args["channel"] = channel.id
    return joined(core, call)


@method("chat.postMessage", "chat:write")
def post_message(core: Core, call: Call) -> Json:
    """https://docs.slack.dev/reference/methods/chat.postMessage"""
    channel = _target(core, call)
    core.meter.post(channel.id)
    if channel.archived:
        raise Refused("is_archived")
    if channel.refuses:
        raise Refused(channel.refuses)
    if any(call.given(name) for name in ("username", "icon_emoji", "icon_url")):
        require(core, "chat:write.customize")
    if call.flag("link_names") or call.args.get("parse") == "full":
        core.warnings.append("chat.postMessage: link_names or parse=full turns names in the text into mentions")
    fields = content(core, call)
    if len(fields["text"]) > TEXT:
        fields["text"] = fields["text"][:TEXT]
        call.notes.append("message_truncated")
    fields["metadata"] = metadata(call) if call.given("metadata") else None
    thread = below(call, channel)
    broadcast = bool(thread and call.flag("reply_broadcast"))
    posted = core.happenings.say(
        channel,
        core.app.bot,
        **fields,
        thread_ts=thread,
        broadcast=broadcast,
        subtype="thread_broadcast" if broadcast else "",
        unfurl_links=call.flag("unfurl_links"),
        unfurl_media=call.flag("unfurl_media"),
    )
    core.happenings.said(posted)
    if call.fault and call.fault.kind == "unreadable":
        posted.hidden_for, posted.hidden_since = call.fault.seconds or math.inf, core.clock.mark()
    return {"channel": channel.id, "ts": posted.ts, "message": shapes.message(core.world, posted, metadata=True)}


@method("chat.postEphemeral", "chat:write")
def post_ephemeral(core: Core, call: Call) -> Json:
    """https://docs.slack.dev/reference/methods/chat.postEphemeral: only one person sees it, and nobody can edit it."""
    channel = joined(core, call)
    person = core.world.users.get(call.text("user", needed=True))
    if channel.archived:
        raise Refused("is_archived")
    if person is None or person not in channel.members:
        raise Refused("user_not_in_channel")
    fields = content(core, call)
    if len(fields["text"]) > TEXT:
        raise Refused("msg_too_long")
    whisper = Message(channel, core.clock.ts(), core.app.bot, **fields, thread_ts=below(call, channel))
    whisper.more = {"to": person.id}
    core.world.ephemerals.append(whisper)
    core.pulse.beat()
    return {"message_ts": whisper.ts}


@method("chat.getPermalink")
def get_permalink(core: Core, call: Call) -> Json:
    """https://docs.slack.dev/reference/methods/chat.getPermalink"""
    channel = seen(core, call)
    found = message(channel, call.text("message_ts", needed=True))
    return {"channel": channel.id, "permalink": shapes.permalink(core.world, found)}
