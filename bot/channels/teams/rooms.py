"""Who can read a channel: replies go to whom they were written for, and cards where no other organisation looks."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial

from bot.channels.base import Refusal, Speaker
from bot.channels.payload import Payload, text
from bot.channels.teams.address import Address
from bot.channels.teams.connector import Connector
from bot.channels.teams.graph import Graph
from bot.channels.teams.people import Profile, Staff, account, speaker
from bot.channels.teams.whereabouts import Whereabouts

# How long a look at a channel counts (seconds). Who comes and goes is told of at once, but only to one replica.
_FRESH = 60.0


@dataclass(frozen=True, slots=True)
class Outsider:
    """Somebody in a channel who is not of our own: `home` is their tenant's id, a guest's the domain of their mail.

    A guest lives in the host's tenant, so that it says nothing of where they come from; `?` when nothing does.
    """

    person: Profile
    home: str


@dataclass(frozen=True, slots=True)
class Room:
    """Who is in a channel beside our own people."""

    outsiders: tuple[Outsider, ...] = ()

    @property
    def audience(self) -> str:
        """`private`, and who reads along from elsewhere: `private acme.example`.

        Only members read a channel in Teams, of whichever kind, and the kind of a channel never changes.
        """
        return " ".join(("private", *sorted({one.home for one in self.outsiders})))

    def strangers(self, tenant: str, staff: Staff) -> tuple[Outsider, ...]:
        """Those who do not belong to the staff: drafts are not for them."""
        people = ((one, speaker(one.person, tenant, staff, outsiders=True)) for one in self.outsiders)
        return tuple(one for one, whose in people if whose is Speaker.CUSTOMER)


class Rooms:
    """What this process knows of the channels. Whoever asks for the same one at the same time shares the question."""

    def __init__(self, connector: Connector, graph: Graph, whereabouts: Whereabouts) -> None:
        self._connector, self._graph, self._whereabouts = connector, graph, whereabouts
        self._seen: dict[str, tuple[float, Room]] = {}
        self._asked: dict[str, asyncio.Task[Room]] = {}

    async def look(self, channel: str) -> Room:
        """The room, as it was at most a minute ago. Raises `Refusal` or `Silence`."""
        now = asyncio.get_running_loop().time()
        if (seen := self._seen.get(channel)) is not None and now < seen[0]:
            return seen[1]
        task = self._asked.get(channel)
        if task is None:
            task = self._asked[channel] = asyncio.create_task(self._ask(channel))
            task.add_done_callback(partial(self._answered, channel, now + _FRESH))
        return await asyncio.shield(task)

    async def members(self, address: Address, channel: str) -> list[Payload]:
        """Everybody in a channel, as Graph shows them, which knows those from elsewhere in a shared channel; else as the
        connector does. Raises `Refusal` or `Silence`."""
        try:
            return [member async for member in self._graph.members(address, channel)]
        except Refusal as no:
            if not no.final:
                raise
            return await self._connector.members(address, channel)

    def changed(self) -> None:
        """Somebody came or went in some team: no earlier look counts, nor one that is under way."""
        self._asked.clear()
        self._seen.clear()

    async def close(self) -> None:
        """Stop asking."""
        left = list(self._asked.values())
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    async def _ask(self, channel: str) -> Room:
        address = await self._whereabouts.in_graph(channel)
        found = [_outsider(member, address.tenant) for member in await self.members(address, channel)]
        return Room(tuple(one for one in found if one))

    def _answered(self, channel: str, until: float, task: asyncio.Task[Room]) -> None:
        # Asking for the exception also keeps asyncio from complaining when nobody waits for the answer any more.
        failed = task.cancelled() or task.exception() is not None
        if self._asked.get(channel) is not task:
            return
        del self._asked[channel]
        if not failed:
            self._seen[channel] = (until, task.result())


def _outsider(member: Payload, ours: str) -> Outsider | None:
    """A member of a channel, as Graph or the connector shows one; None for our own."""
    person = account(member)
    if person.tenant not in ("", ours.casefold()):
        return Outsider(person, person.tenant)
    return Outsider(person, text(member, "email").casefold().rpartition("@")[2] or "?") if person.guest else None
