"""How a place is reached now: from the address book, completed by asking."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from bot.channels.base import NotStored, Place, Refusal, Silence
from bot.channels.payload import text
from bot.channels.teams.address import Address, AddressBook
from bot.channels.teams.connector import Connector
from bot.channels.teams.setup import NAME, Setup
from bot.phrases import say


class Whereabouts:
    """Addresses of channels, by the channel's id."""

    def __init__(self, setup: Setup, book: AddressBook, connector: Connector) -> None:
        self._usual = Address(setup.service_url, setup.tenant)
        self._book = book
        self._connector = connector

    async def of(self, channel: str) -> Address:
        """Where posts go; where nothing was heard from yet, the address that serves everybody. Raises `Refusal`."""
        book, tenant = self._book, self._usual.tenant
        try:
            return await book.find(Place(NAME, channel)) or await book.anywhere(NAME, tenant) or self._usual
        except NotStored as error:
            raise Refusal(say("teams.trouble.not_stored")) from error

    async def in_graph(self, channel: str) -> Address:
        """The same with the team's id in Graph, which not every activity tells. It may remain unknown. Raises `Refusal`."""
        address = await self.of(channel)
        if address.group or not address.team:
            return address
        try:
            address = replace(address, group=await self._connector.group(address))
            await self._book.note(Place(NAME, channel), address)
        except (Refusal, Silence, NotStored):
            # Graph is not asked without it, and whoever wanted to is told so.
            pass
        return address

    async def learn(self, team: Address, channels: Iterable[str]) -> None:
        """Of those channels from which nothing was heard yet, write down which are in this team.

        A review channel would else have no name in Graph before somebody presses a button there. Raises `Refusal`,
        `Silence`, `NotStored`.
        """
        unheard = [channel for channel in channels if await self._book.find(Place(NAME, channel)) is None]
        if not unheard or not team.team or not team.service_url:
            return
        for told in await self._connector.channels(team):
            if (channel := text(told, "id")) in unheard:
                await self._book.note(Place(NAME, channel), replace(team, name=text(told, "name")))
