"""Who can read a channel: cards go where no other organisation looks, and replies to whom they were written for."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from bot.channels.base import Refusal
from bot.channels.slack.client import SlackClient
from bot.channels.slack.payload import Payload, part, text
from bot.phrases import say

# How long a look at a channel counts (seconds); events about it end that at once.
_FRESH = 600.0


@dataclass(frozen=True, slots=True)
class Room:
    """A channel as `conversations.info` shows it.

    `shared` is whether another organisation is in it: `is_ext_shared`, because `is_shared` is also true among our own
    workspaces, and the first letter of an id says nothing. https://docs.slack.dev/apis/slack-connect/
    """

    id: str
    name: str
    private: bool
    shared: bool
    archived: bool
    member: bool


def room_of(channel: Payload) -> Room:
    """The room in a `channel` object."""
    return Room(
        id=text(channel, "id"),
        name=text(channel, "name"),
        private=channel.get("is_private") is True,
        shared=channel.get("is_ext_shared") is True,
        archived=channel.get("is_archived") is True,
        member=channel.get("is_member") is True,
    )


class Rooms:
    """What is known of the channels. `_changed` holds those whose audience changed since the program started."""

    def __init__(self, client: SlackClient) -> None:
        self._client = client
        self._seen: dict[str, tuple[float, Room]] = {}
        self._changed: dict[str, float] = {}
        self._warned: set[str] = set()

    async def look(self, channel: str) -> Room:
        """The room, as it was at most ten minutes ago. Raises `Refusal` or `Silence`."""
        now = asyncio.get_running_loop().time()
        until, room = self._seen.get(channel, (0.0, None))
        if room is None or until <= now:
            room = room_of(part(await self._client.ask("conversations.info", channel=channel), "channel"))
            self._seen[channel] = (now + _FRESH, room)
        return room

    def changed(self, channel: str, at: float) -> None:
        """Somebody shared the channel, or stopped; what was known of it counts no more. `at` in unix seconds."""
        self._seen.pop(channel, None)
        self._changed[channel] = at

    async def for_cards(self, channel: str) -> None:
        """Refuse a review channel in which another organisation would read the drafts. Raises `Refusal`, `Silence`."""
        if (await self.look(channel)).shared:
            raise Refusal(say("slack.room.shared"), final=True)

    def for_reply(self, channel: str, review: str) -> None:
        """Refuse once when the audience changed while the reply was on its way: a person has to look again.

        Raises `Refusal`.
        """
        if channel in self._changed and review not in self._warned:
            self._warned.add(review)
            raise Refusal(say("slack.room.changed"), final=True)
