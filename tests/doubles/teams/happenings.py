"""What happens in the world and which activities come of it: only those that consent and installation allow."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from tests.doubles.slack.pulse import Pulse
from tests.doubles.teams import markup
from tests.doubles.teams.activities import Activities
from tests.doubles.teams.clock import Clock
from tests.doubles.teams.courier import Courier, Delivery
from tests.doubles.teams.wire import Json
from tests.doubles.teams.world import MESSAGES, Channel, Message, User, World

_ROOT = re.compile(r"(?P<channel>[^;]+)(;messageid=(?P<root>\d+))?")


class Happenings:
    """Changes the world and tells the bot. `watchers` are called with every new message."""

    def __init__(self, world: World, clock: Clock, pulse: Pulse, courier: Courier, activities: Activities) -> None:
        self.world, self.clock, self.pulse, self.courier, self.activities = world, clock, pulse, courier, activities
        self.watchers: list[Callable[[Message], None]] = []

    def say(self, channel: Channel, user: User, *, root: str = "", **more: Any) -> Message:
        """A message that nobody has been told of yet."""
        own = self.clock.id()
        message = Message(channel, own, user, root or own, int(own) / 1000, **more)
        channel.messages[own] = message
        if user is self.world.app.bot:
            self.world.posts.append(message)
        for watcher in self.watchers:
            watcher(message)
        self.pulse.beat()
        return message

    def said(self, message: Message) -> Delivery | None:
        """A message is there. Of what bots say, bots are not told."""
        return self._tell_of(message, self.activities.said)

    def edited(self, message: Message, words: str, rich: str = "") -> Delivery | None:
        """Its author wrote it anew."""
        message.words, message.html, message.edited_at = words, rich, self.clock.wall()
        return self._tell_of(message, self.activities.edited)

    def deleted(self, message: Message) -> Delivery | None:
        """Its author took it away."""
        message.deleted_at = self.clock.wall()
        self.pulse.beat()
        return self._tell_of(message, self.activities.deleted)

    def undeleted(self, message: Message) -> Delivery | None:
        """And put it back."""
        message.deleted_at = None
        return self._tell_of(message, self.activities.undeleted)

    def reacted(self, user: User, message: Message, kind: str, *, added: bool) -> Delivery | None:
        """A reaction; the bot is told when it is to its own message."""
        who = message.reactions.setdefault(kind, [])
        if added:
            who.append(user)
        else:
            who.remove(user)
        message.reacted_at = int(self.clock.id()) / 1000  # later than all that was said
        if message.user is not self.world.app.bot:
            return None
        return self.tell(self.activities.reacted(user, message, kind, added=added), message.channel)

    def redrawn(self, message: Message, **fields: Any) -> None:
        """The bot changed its own message, of which it is not told."""
        for name, value in fields.items():
            setattr(message, name, value)
        message.edited_at = self.clock.wall()
        self.pulse.beat()

    def tell(self, activity: Json, channel: Channel) -> Delivery | None:
        """Deliver it, if the bot is there to hear."""
        self.pulse.beat()
        return self.courier.send("activity", activity) if channel.reachable else None

    def place(self, conversation: str) -> tuple[Channel, str] | None:
        """The channel and the first message of the thread that a conversation id names."""
        named = _ROOT.fullmatch(conversation)
        channel = self.world.channels.get(named["channel"]) if named else None
        if named is None or channel is None or (named["root"] and not _is_root(channel, named["root"])):
            return None
        return channel, named["root"] or ""

    def _tell_of(self, message: Message, shape: Callable[[Message], Json]) -> Delivery | None:
        bot = self.world.app.bot
        consented = MESSAGES in message.channel.team.consent
        if message.user.app_id or not (consented or bot in markup.mentioned(self.world, message.words)):
            return None
        return self.tell(shape(message), message.channel)


def _is_root(channel: Channel, own: str) -> bool:
    found = channel.messages.get(own)
    return found is not None and not found.is_reply
