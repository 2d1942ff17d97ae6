"""A fake Teams, an inbox that writes down what it is given, and a channel between the two over real sockets; or a whole
Countersign at work there."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
import uvicorn

from bot.channels.teams.address import AddressBook
from bot.channels.teams.channel import TeamsChannel
from bot.channels.teams.people import Staff
from bot.channels.teams.setup import TeamsDesk
from tests.channels.slack.conftest import Notebook
from tests.channels.teams.house import QUESTION, House, decidable, living
from tests.channels.teams.office import Notes, made, setup
from tests.doubles.teams import Channel, FakeTeams, Limits, Message, Town, User
from tests.doubles.teams.wire import Json

__all__ = ["Notebook"]


@dataclass
class Bench:
    """A channel that does not run, with its door open; `notes` is what it keeps of the places."""

    teams: FakeTeams
    inbox: Notebook
    notes: Notes
    channel: TeamsChannel
    client: httpx2.AsyncClient

    @property
    def town(self) -> Town:
        """The people and places."""
        return self.teams.town

    def message(self, words: str = "Where is my parcel?", **more: Any) -> Json:
        """An activity with a message of Kim's that nobody has brought yet."""
        town = self.town
        said = self.teams.happenings.say(town.support, town.kim, words=words)
        return self.teams.activities.said(said) | more

    def token(self) -> str:
        """A good one."""
        return self.teams.passport.token(self.teams.service_url)

    async def post(self, body: bytes | Json, token: str | None = None, **headers: str) -> httpx2.Response:
        """Anybody's request, with a good token unless another is given."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        shown = self.token() if token is None else token
        sent = {"content-type": "application/json", "authorization": f"Bearer {shown}"} | headers
        return await self.client.post("/api/messages", content=raw, headers=sent)


def desk(town: Town, **more: Any) -> TeamsDesk:
    """A desk that listens to two channels and reviews in a third. Ana and Lea are its people."""
    staff = Staff(frozenset({town.ana.aad, town.lea.aad}))
    values: dict[str, Any] = {"listens": frozenset({town.support.id, town.shared.id}), "staff": staff}
    return TeamsDesk(**({"name": "Northwind support", "reviews": town.review.id} | values | more))


@asynccontextmanager
async def benched(town: Town | None = None, **more: Any) -> AsyncIterator[Bench]:
    """The bench, while the block lasts. `more` changes the channel's setup."""
    listening = socket.create_server(("127.0.0.1", 0))
    address = f"http://127.0.0.1:{listening.getsockname()[1]}"
    teams = FakeTeams(f"{address}/api/messages", scale=0.01, patience=10.0, limits=Limits.none(), town=town)
    async with teams:
        teams.courier.retries = ()
        inbox, notes = Notebook(), Notes()
        channel = TeamsChannel(setup(teams, **({"desks": (desk(teams.town),)} | more)), inbox, AddressBook(notes))
        server = uvicorn.Server(uvicorn.Config(channel.door(), log_config=None, lifespan="off"))
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            async with httpx2.AsyncClient(base_url=address, timeout=30.0) as client:
                yield Bench(teams, inbox, notes, channel, client)
        finally:
            server.should_exit = True
            await serving
            await channel.close()


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    """A bench with everything as it mostly is."""
    async with benched() as made:
        yield made


@pytest.fixture
async def teams() -> AsyncIterator[FakeTeams]:
    """Microsoft Teams without a bot's door: it limits nothing unless a test says so."""
    async with FakeTeams(limits=Limits.none()) as teams:
        yield teams


@pytest.fixture
def inbox() -> Notebook:
    """The desk's side."""
    return Notebook()


@pytest.fixture
async def channel(teams: FakeTeams, inbox: Notebook) -> AsyncIterator[TeamsChannel]:
    """A channel that has heard from every place in town."""
    channel = await made(teams, inbox)
    yield channel
    await channel.close()


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """A house as it is shipped."""
    async with living(tmp_path) as made:
        yield made


async def asked(
    house: House, user: User | None = None, words: str = QUESTION, channel: Channel | None = None
) -> tuple[Message, Message]:
    """A customer's question, Kim's unless somebody else is named, and the card that stands for it."""
    town, known = house.teams.town, house.cards()
    question = await house.teams.act.write(user or town.kim, channel or town.support, words)
    return question, await house.card(lambda post: decidable(post) and post not in known)
