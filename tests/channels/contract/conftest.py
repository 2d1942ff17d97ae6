"""Every channel, in front of a desk of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import sqlalchemy as sa

from tests.channels.contract.ground import Ground
from tests.channels.contract.slack import SlackGround
from tests.channels.contract.teams import TeamsGround
from tests.channels.contract.web import WebGround

# name -> how to make the channel with its world on an empty database. A new channel adds its line here.
GROUNDS: dict[str, type[WebGround | SlackGround | TeamsGround]] = {
    "web": WebGround,
    "slack": SlackGround,
    "teams": TeamsGround,
}


@pytest.fixture(params=GROUNDS)
async def ground(request: pytest.FixtureRequest, sqlite: sa.URL) -> AsyncIterator[Ground]:
    """A channel, its world, and the program behind it."""
    async with _opened(GROUNDS[request.param](sqlite)) as ground:
        yield ground


@pytest.fixture(params=GROUNDS)
async def holding(request: pytest.FixtureRequest, sqlite: sa.URL) -> AsyncIterator[Ground]:
    """The same at a desk that holds every draft back."""
    kind = type("Holding", (GROUNDS[request.param],), {"hold_back": 1.0})
    async with _opened(kind(sqlite)) as ground:
        yield ground


@asynccontextmanager
async def _opened(ground: Ground) -> AsyncIterator[Ground]:
    await ground.opens()
    yield ground
    await ground.works.verified()
    await ground.close()
