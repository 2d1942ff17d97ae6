"""Every channel, in front of a desk of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import pytest
import sqlalchemy as sa

from tests.channels.contract.ground import Ground
from tests.channels.contract.slack import SlackGround
from tests.channels.contract.teams import TeamsGround
from tests.channels.contract.web import WebGround

# name -> how to make the channel with its world on an empty database. A new channel adds its line here.
GROUNDS: dict[str, Callable[[sa.URL], Ground]] = {"web": WebGround, "slack": SlackGround, "teams": TeamsGround}


@pytest.fixture(params=GROUNDS)
async def ground(request: pytest.FixtureRequest, sqlite: sa.URL) -> AsyncIterator[Ground]:
    """A channel, its world, and the program behind it."""
    ground = GROUNDS[request.param](sqlite)
    await ground.opens()
    yield ground
    await ground.works.verified()
    await ground.close()
