"""conversations.info, .members, .history and .replies, and users.conversations."""

from __future__ import annotations

from collections.abc import Sequence

from tests.doubles.slack import shapes
from tests.doubles.slack.api.methods import bound, cursor, joined, method, require, scoped, seen, uncursor
from tests.doubles.slack.call import Call
from tests.doubles.slack.core import Core
from tests.doubles.slack.wire import Json, Refused
from tests.doubles.slack.world import Channel, Message

DISTRIBUTED = 15  # messages an answer, for apps sold outside the Marketplace


@method("conversations.info")
def info(core: Core, call: Call) -> Json:
    """https://docs.slack.dev/reference/methods/conversations.info"""
    channel = seen(core, call)
    scoped(core, channel, "read")
    return {"channel": shapes.channel(core.world, channel, bool(call.flag("include_num_members")))}


@method("conversations.members")
def members(core: Core, call: Call) -> Json:
    """https://docs.slack.dev/reference/methods/conversations.members"""
    channel = seen(core, call)
    scoped(core, channel, "read")
    start, most = int(uncursor(call) or 0), call.number("limit", 100, 1000)
    page = [member.id for member in channel.members[start : start + most]]
    more = cursor(str(start + most)) if start + most < len(channel.members) else ""
    return {"members": page, "response_metadata": {"next_cursor": more}}


@method("users.conversations")
def mine(core: Core, call: Call) -> Json:
    """https://docs.slack.dev/reference/methods/users.conversations: the channels the bot is in, on one page."""
    types = (call.text("types") or "public_channel").split(",")
    for kind in types:
        require(core, {"public_channel": "channels:read", "private_channel": "groups:read"}.get(kind, "im:read"))
    found = [
        shapes.channel(core.world, channel)
        for channel in core.world.channels.values()
        if core.app.bot in channel.members
        and ("im" if channel.kind == "im" else "private_channel" if channel.private else "public_channel") in types
        and not (channel.archived and call.flag("exclude_archived"))
    ]
    return {"channels": found, "response_metadata": {"next_cursor": ""}}


@method("conversations.history")
def history(core: Core, call: Call) -> Json:
    """https://docs.slack.dev/reference/methods/conversations.history: newest first, without replies."""
    channel = _readable(core, call)
    top = [message for message in channel.messages.values() if not message.is_reply or message.broadcast]
    found = [message for message in _between(core, call, top) if not message.deleted or message.replies]
    found.sort(key=lambda message: message.ts, reverse=True)
    if last := uncursor(call):
        found = [message for message in found if message.ts < last]
    page = found[: _most(core, call, 100, 999)]
    return {**_page(core, call, page, len(found) > len(page)), "pin_count": 0}


@method("conversations.replies")
def replies(core: Core, call: Call) -> Json:
    """https://docs.slack.dev/reference/methods/conversations.replies: oldest first, the parent heading every page.

    For the ts of a reply only that reply comes (bolt-python#783). The parent comes whatever `oldest` says.
    """
    channel = _readable(core, call)
    parent = channel.messages.get(call.text("ts", needed=True))
    if parent is None or (parent.deleted and not parent.replies) or not core.readable(parent):
        raise Refused("thread_not_found")
    if parent.is_reply:
        return _page(core, call, [parent], more=False)
    found = _between(core, call, parent.replies)
    if last := uncursor(call):
        found = [message for message in found if message.ts > last]
    page = found[: max(1, _most(core, call, 1000, 1000) - 1)]
    return _page(core, call, [parent, *page], len(found) > len(page))


def _readable(core: Core, call: Call) -> Channel:
    channel = joined(core, call)
    scoped(core, channel, "history")
    return channel


def _most(core: Core, call: Call, default: int, most: int) -> int:
    if core.limits.distributed:
        default = most = DISTRIBUTED
    return call.number("limit", default, most)


def _between(core: Core, call: Call, messages: Sequence[Message]) -> list[Message]:
    """Between `oldest` and `latest`, both left out unless `inclusive`."""
    oldest, latest, inclusive = bound(call, "oldest"), bound(call, "latest"), bool(call.flag("inclusive"))

    def fits(ts: str) -> bool:
        if inclusive and ts in (oldest, latest):
            return True
        return (not oldest or ts > oldest) and (not latest or ts < latest)

    return [message for message in messages if fits(message.ts) and core.readable(message)]


def _page(core: Core, call: Call, messages: Sequence[Message], more: bool) -> Json:
    whole = bool(call.flag("include_all_metadata"))
    shown = [shapes.message(core.world, message, metadata=whole, summary=True) for message in messages]
    page: Json = {"messages": shown, "has_more": more}
    if more:
        page["response_metadata"] = {"next_cursor": cursor(messages[-1].ts)}
    return page
