"""A Teams channel of our own making, in front of the fake Teams, with an inbox that writes down what it is given."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from bot.channels.base import NotStored, Place, Thread
from bot.channels.teams.address import Address, AddressBook
from bot.channels.teams.channel import TeamsChannel
from bot.channels.teams.people import Staff
from bot.channels.teams.setup import NAME, Setup, TeamsDesk
from tests.channels.slack.conftest import Notebook
from tests.doubles.teams import Channel, FakeTeams, Message


@dataclass
class Notes:
    """What was written down of the places, unless it is `down`."""

    values: dict[Place, str] = field(default_factory=dict)
    down: bool = False

    async def note(self, place: Place, value: str) -> None:
        self._up()
        self.values[place] = value

    async def find(self, place: Place) -> str | None:
        self._up()
        return self.values.get(place)

    def _up(self) -> None:
        if self.down:
            raise NotStored


def setup(teams: FakeTeams, **more: Any) -> Setup:
    """The settings that point a channel at the fake Teams."""
    town = teams.town
    desk = TeamsDesk("Nordlys support", frozenset({town.support.id, town.shared.id}), town.review.id, Staff(), "none")
    values: dict[str, Any] = {
        "app_id": teams.app.id,
        "password": teams.app.secret,
        "tenant": teams.app.tenant.id,
        "login_url": teams.login_url,
        "openid_url": teams.openid_url,
        "graph_url": teams.graph_url,
        "service_url": teams.service_url,
        "desks": (desk,),
        "link": lambda review: f"https://countersign.example/audit/{review}",
        "look_again": 0.05,
        "version": "1.2.3",
        "clock": time.time,
    }
    return Setup(**(values | more))


def address(teams: FakeTeams, channel: Channel) -> Address:
    """How a channel is reached, once something was heard from there."""
    team = channel.team
    return Address(teams.service_url, team.tenant.id, team.id, team.group, channel.name)


async def made(teams: FakeTeams, inbox: Notebook, notes: Notes | None = None, **more: Any) -> TeamsChannel:
    """A channel that has heard from every place in town."""
    book = AddressBook(notes or Notes())
    for place in teams.world.channels.values():
        await book.note(Place(NAME, place.id), address(teams, place))
    return TeamsChannel(setup(teams, **more), inbox, book)


def place(channel: Channel) -> Place:
    """A channel as the desk names it."""
    return Place(NAME, channel.id)


def thread(message: Message) -> Thread:
    """The thread a message is in."""
    return Thread(place(message.channel), message.root)
