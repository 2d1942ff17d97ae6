"""What happens in the world and which events come of it: only those subscribed to, allowed and within sight."""

from __future__ import annotations

import html
import re
import uuid
from collections.abc import Callable
from typing import Any

from tests.doubles.slack import shapes
from tests.doubles.slack.clock import Clock
from tests.doubles.slack.courier import Courier, Delivery
from tests.doubles.slack.envelopes import Envelopes
from tests.doubles.slack.pulse import Pulse
from tests.doubles.slack.wire import Json, scribble
from tests.doubles.slack.world import Channel, Message, User, World

NEEDS = {  # subscription -> the scope without which Slack does not deliver it
    "message.channels": "channels:history",
    "message.groups": "groups:history",
    "message.im": "im:history",
    "app_mention": "app_mentions:read",
    "subteam_members_changed": "usergroups:read",
    "reaction_added": "reactions:read",
    "reaction_removed": "reactions:read",
}
_LINK = re.compile(r"<(https?://[^|>]+)[|>]|(https?://\S+)")


class Happenings:
    """Changes the world and tells the bot.

    `unfurls` is whether Slack adds previews to links, which is an edit. Without `own_events` the bot never hears of
    its own posts, as if those events were lost. `watchers` are called with every new message.
    """

    def __init__(self, world: World, clock: Clock, pulse: Pulse, courier: Courier, envelopes: Envelopes) -> None:
        self.world, self.clock, self.pulse, self.courier, self.envelopes = world, clock, pulse, courier, envelopes
        self.unfurls = True
        self.own_events = True
        self.watchers: list[Callable[[Message], None]] = []

    def say(self, channel: Channel, user: User, text: str, **more: Any) -> Message:
        """A message that nobody has been told of yet."""
        message = Message(channel, self.clock.ts(), user, text, **more)
        if not user.bot_id:
            message.client_msg_id = message.client_msg_id or str(uuid.uuid4())
            if text and not message.blocks:
                message.blocks = [_typed(text)]
        elif user is self.world.app.bot:
            self.world.posts.append(message)
        return channel.put(message)

    def said(self, message: Message) -> list[Delivery]:
        """A message is there."""
        self.pulse.beat()
        for watcher in self.watchers:
            watcher(message)
        told = [self._tell_message(message, self.heard(message), message.user)]
        bot = self.world.app.bot
        if f"<@{bot.id}>" in message.text and message.user is not bot:
            told.append(self.tell({**self.heard(message), "type": "app_mention"}, message.channel, message.user))
        if self.unfurls and self._previews(message):
            told += self.unfurled(message)
        return [delivery for delivery in told if delivery]

    def heard(self, message: Message) -> Json:
        """A message as an event, with whatever Slack adds for a sender of another company."""
        event = shapes.message(self.world, message, metadata=True)
        event |= {"channel": message.channel.id, "event_ts": message.ts, "channel_type": _kind(message.channel)}
        if message.channel.ext_shared:
            whose = message.user.team
            event["user_team"] = event["source_team"] = whose.enterprise.id if whose.enterprise else whose.id
            if not whose.same_company(self.world.app.team):
                profile = shapes.user(self.world, message.user)["profile"]
                event["user_profile"] = {**profile, "name": message.user.name, "team": whose.id}
        return event

    def edited(self, message: Message, text: str | None = None, **fields: Any) -> list[Delivery]:
        """A message reads otherwise. With a text somebody edited it; without, Slack or the app changed it."""
        before = shapes.message(self.world, message, metadata=True)
        if text is not None:
            message.text, message.edited = text, {"user": message.user.id, "ts": self.clock.ts()}
            if not message.user.bot_id:
                message.blocks = [_typed(text)] if text else []
        for name, value in fields.items():
            setattr(message, name, value)
        return self._changed(message, before)

    def unfurled(self, message: Message) -> list[Delivery]:
        """Slack adds a preview of a link: message_changed, with the same text."""
        found = _LINK.search(message.text)
        link = next(part for part in found.groups() if part) if found else "https://example.com/"
        preview = {"id": 1, "from_url": link, "original_url": link, "title": "A page", "fallback": "A page"}
        return self.edited(message, attachments=[preview])

    def deleted(self, message: Message) -> list[Delivery]:
        """A message is gone; a parent with replies leaves a tombstone, which Slack reports as a change."""
        before = shapes.message(self.world, message, metadata=True)
        message.deleted = True
        if message.replies:
            return self._changed(message, before)
        now = self.clock.ts()
        event: Json = {"type": "message", "subtype": "message_deleted", "previous_message": before, "hidden": True}
        event |= {"channel": message.channel.id, "deleted_ts": message.ts, "event_ts": now, "ts": now}
        told = self._tell_message(message, {**event, "channel_type": _kind(message.channel)}, message.user)
        return [told] if told else []

    def reacted(self, user: User, message: Message, name: str, *, added: bool) -> Delivery | None:
        """Somebody put an emoji on a message, or took theirs away. The item names no thread."""
        who = message.reactions.setdefault(name, [])
        if added:
            who.append(user)
        else:
            who.remove(user)
        item = {"type": "message", "channel": message.channel.id, "ts": message.ts}
        event: Json = {"type": f"reaction_{'added' if added else 'removed'}", "user": user.id, "reaction": name}
        return self.tell({**event, "item_user": message.user.id, "item": item}, message.channel, user)

    def tell(
        self, event: Json, channel: Channel | None = None, sender: User | None = None, subscription: str = ""
    ) -> Delivery | None:
        """Deliver the event if the app asked for such, may have it and is there to see it."""
        app, wanted = self.world.app, subscription or event["type"]
        self.pulse.beat()
        if app.state != "installed" and wanted not in ("tokens_revoked", "app_uninstalled"):
            return None
        if wanted not in app.events or NEEDS.get(wanted, "") not in {"", *app.scopes}:
            return None
        if channel and app.bot not in channel.members and event.get("user") != app.bot.id:
            return None
        event.setdefault("event_ts", self.clock.ts())
        return self.courier.send("event", self.envelopes.event(event, channel, sender))

    def _changed(self, message: Message, before: Json) -> list[Delivery]:
        now = self.clock.ts()
        event: Json = {
            "type": "message",
            "subtype": "message_changed",
            "message": shapes.message(self.world, message, metadata=True),
            "previous_message": before,
            "channel": message.channel.id,
            "hidden": True,
            "ts": now,
            "event_ts": now,
            "channel_type": _kind(message.channel),
        }
        told = self._tell_message(message, event, message.user)
        return [told] if told else []

    def _tell_message(self, message: Message, event: Json, sender: User) -> Delivery | None:
        if sender is self.world.app.bot and not self.own_events:
            return None
        kind = {"channel": "message.channels", "group": "message.groups", "im": "message.im"}[_kind(message.channel)]
        return self.tell(event, message.channel, sender, kind)

    def _previews(self, message: Message) -> bool:
        off = message.unfurl_links is False and message.unfurl_media is False
        return bool(_LINK.search(message.text)) and not off and not message.subtype


def _kind(channel: Channel) -> str:
    if channel.kind == "im":
        return "im"
    return "group" if channel.private else "channel"


def _typed(text: str) -> Json:
    """Slack's own editor sends what was typed as rich text as well."""
    section = {"type": "rich_text_section", "elements": [{"type": "text", "text": html.unescape(text)}]}
    return {"type": "rich_text", "block_id": scribble(5), "elements": [section]}
