"""How a place in Teams is reached: its id alone does not say, so every activity from there tells it anew."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict, dataclass, replace
from typing import Protocol

from bot.channels.base import Place

# How long this process goes by what it knows before it looks what another replica was told (seconds).
_FRESH = 60.0


@dataclass(frozen=True, slots=True)
class Address:
    """Where posts for a place go, and what Microsoft Graph calls it. What is not known is empty.

    `service_url` is the connector's address, which may change; `tenant` the host's id; `team` is `19:…@thread.tacv2`,
    `group` the same team's id in Graph; `name` is the channel's, for people to read.
    """

    service_url: str
    tenant: str
    team: str = ""
    group: str = ""
    name: str = ""

    def over(self, before: Address | None) -> Address:
        """This address, with what it does not tell taken from the one before."""
        if before is None:
            return self
        same = self.team in ("", before.team)
        group = self.group or (before.group if same else "")
        return replace(self, team=self.team or before.team, group=group, name=self.name or before.name)


class Notes(Protocol):
    """What is written down of a channel's places, kept across restarts."""

    async def note(self, place: Place, value: str) -> None:
        """Write down a JSON object. Raises `NotStored`."""

    async def find(self, place: Place) -> str | None:
        """What was written down last, None without. Raises `NotStored`."""


class AddressBook:
    """The addresses, in memory and in the store. An address that says nothing new is not written.

    The connector is reached at one address for a whole tenant, so that what was heard from one place goes for all.
    """

    def __init__(self, notes: Notes) -> None:
        self._notes = notes
        self._known: dict[Place, tuple[float, Address | None]] = {}

    async def note(self, place: Place, address: Address) -> None:
        """The place is reached so from now on, and the rest of its tenant by the same connector. Raises `NotStored`."""
        await self._note(_tenant(place.channel, address.tenant), Address(address.service_url, address.tenant))
        await self._note(place, address)

    async def find(self, place: Place) -> Address | None:
        """How a place is reached; None when nothing was ever heard from there. Raises `NotStored`."""
        address = await self._find(place)
        anywhere = await self.anywhere(place.channel, address.tenant) if address else None
        return replace(address, service_url=anywhere.service_url) if address and anywhere else address

    async def anywhere(self, channel: str, tenant: str) -> Address | None:
        """How a tenant is reached, whatever the place; None when nothing was ever heard from it. Raises `NotStored`."""
        return await self._find(_tenant(channel, tenant))

    async def _note(self, place: Place, address: Address) -> None:
        before = await self._find(place)
        now = address.over(before)
        if now != before:
            await self._notes.note(place, json.dumps(asdict(now)))
            self._remember(place, now)

    async def _find(self, place: Place) -> Address | None:
        until, address = self._known.get(place, (0.0, None))
        if asyncio.get_running_loop().time() >= until:
            said = await self._notes.find(place)
            address = Address(**json.loads(said)) if said else None
            self._remember(place, address)
        return address

    def _remember(self, place: Place, address: Address | None) -> None:
        self._known[place] = (asyncio.get_running_loop().time() + _FRESH, address)


def _tenant(channel: str, tenant: str) -> Place:
    """Under what name it is kept how a whole tenant is reached; no channel of Teams is called so."""
    return Place(channel, f"tenant:{tenant}")
