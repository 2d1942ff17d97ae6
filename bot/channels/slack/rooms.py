"""Who can read a channel: cards go where no other organisation looks, and replies to whom they were written for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from bot.channels.base import Refusal, Silence
from bot.channels.slack.client import SlackClient, SlackRefusal
from bot.channels.slack.payload import Payload, part, text
from bot.phrases import say

# How long a look at a channel counts (seconds). An event about it ends that at once, but only for the replica that is
# told, and Slack allows some fifty looks a minute.
_FRESH = 60.0


@dataclass(frozen=True, slots=True)
class Room:
    """A channel as `conversations.info` shows it.

    `shared` is whether another organisation is in it: `is_ext_shared`, because `is_shared` is also true among our own
    workspaces, and the first letter of an id says nothing. `others` are the ids of those organisations, sorted.
    https://docs.slack.dev/apis/slack-connect/
    """

    id: str
    name: str
    private: bool
    shared: bool
    archived: bool
    member: bool
    others: tuple[str, ...] = ()

    @property
    def audience(self) -> str:
        """`private` or `public`, and who reads along from elsewhere: `public E0ACME T0GLOBEX`."""
        return " ".join(("private" if self.private else "public", *self.others))


def room_of(channel: Payload) -> Room:
    """The room in a `channel` object."""
    shared = channel.get("is_ext_shared") is True
    return Room(
        id=text(channel, "id"),
        name=text(channel, "name"),
        private=channel.get("is_private") is True,
        shared=shared,
        archived=channel.get("is_archived") is True,
        member=channel.get("is_member") is True,
        others=_others(channel) if shared else (),
    )


def _others(channel: Payload) -> tuple[str, ...]:
    """The other organisations, `?` where Slack names none.

    `connected_team_ids` has those beyond Slack Connect, `shared_team_ids` everybody, `internal_team_ids` our own:
    https://docs.slack.dev/reference/objects/channel-object
    """
    ours = {*_ids(channel, "internal_team_ids"), text(channel, "context_team_id")}
    theirs = {*_ids(channel, "connected_team_ids"), *_ids(channel, "shared_team_ids")} - ours
    return tuple(sorted(theirs)) or ("?",)


def _ids(channel: Payload, name: str) -> tuple[str, ...]:
    found = channel.get(name)
    return tuple(one for one in found if isinstance(one, str)) if isinstance(found, list) else ()


class Rooms:
    """What this process knows of the channels. Whoever asks for the same one at the same time shares the question."""

    def __init__(self, client: SlackClient, clock: Callable[[], float]) -> None:
        self._client = client
        self._clock = clock
        self._seen: dict[str, tuple[float, Room]] = {}
        self._asked: dict[str, asyncio.Task[Room]] = {}
        self._missing: set[str] = set()

    async def look(self, channel: str) -> Room:
        """The room, as it was at most a minute ago. Raises `Refusal` or `Silence`."""
        now = self._clock()
        # A clock that was set back must not make a look last longer.
        if (seen := self._seen.get(channel)) is not None and 0.0 <= now - seen[0] < _FRESH:
            return seen[1]
        task = self._asked.get(channel)
        if task is None:
            task = self._asked[channel] = asyncio.create_task(self._ask(channel))
            task.add_done_callback(partial(self._answered, channel, now))
        return await asyncio.shield(task)

    def changed(self, channel: str) -> None:
        """Somebody shared the channel, or stopped: no earlier look counts, nor one that is under way."""
        self._asked.pop(channel, None)
        if seen := self._seen.get(channel):
            self._seen[channel] = (float("-inf"), seen[1])

    def shared(self, channels: Iterable[str]) -> list[str]:
        """Those of the channels that were shared with another organisation when they were last looked at."""
        return [channel for channel in channels if (seen := self._seen.get(channel)) and seen[1].shared]

    def lost(self, channels: Iterable[str]) -> list[str]:
        """Those of the channels from which nothing comes any more, as far as they were looked at: the app is not in it,
        it is archived, or there is none of this id."""
        gone = {channel for channel, (_, room) in self._seen.items() if room.archived or not room.member}
        return [channel for channel in channels if channel in gone | self._missing]

    async def for_cards(self, channel: str) -> None:
        """Refuse a review channel in which another organisation would read the drafts. Raises `Refusal`, `Silence`."""
        if (await self.look(channel)).shared:
            raise Refusal(say("slack.room.shared"), final=True)

    async def close(self) -> None:
        """Stop asking."""
        left = list(self._asked.values())
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    async def _ask(self, channel: str) -> Room:
        try:
            answer = await self._client.ask("conversations.info", channel=channel)
        except SlackRefusal as no:
            if no.code == "channel_not_found":
                self._missing.add(channel)
            raise
        self._missing.discard(channel)
        room = room_of(part(answer, "channel"))
        if not room.id:
            raise Silence
        return room

    def _answered(self, channel: str, at: float, task: asyncio.Task[Room]) -> None:
        # Asking for the exception also keeps asyncio from complaining when nobody waits for the answer any more.
        failed = task.cancelled() or task.exception() is not None
        if self._asked.get(channel) is not task:
            return
        del self._asked[channel]
        if not failed:
            self._seen[channel] = (at, task.result())
