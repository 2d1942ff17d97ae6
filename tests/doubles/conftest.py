"""A fake Slack and a fake Teams whose time runs a hundred times faster, bots that only listen, and clients that never
try twice.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from tests.doubles.slack import FakeSlack, Limits
from tests.doubles.slack.ear import Ear
from tests.doubles.teams import FakeTeams
from tests.doubles.teams import Limits as TeamsLimits
from tests.doubles.teams.ear import Ear as TeamsEar
from tests.doubles.teams.mouth import Mouth


@pytest.fixture
async def ear() -> AsyncIterator[Ear]:
    """The listening bot."""
    async with Ear() as listening:
        yield listening


@pytest.fixture
async def slack(ear: Ear) -> AsyncIterator[FakeSlack]:
    """Slack; its deadlines are real seconds, all else is a hundredth, and bursts of posts are long."""
    async with FakeSlack(ear.url, scale=0.01, patience=3.0, limits=Limits(burst=50)) as server:
        yield server


@pytest.fixture
def client(slack: FakeSlack) -> AsyncWebClient:
    """The client that the bot would use."""
    return AsyncWebClient(slack.app.bot_token, base_url=slack.api_url, retry_handlers=[])


@pytest.fixture
async def listener() -> AsyncIterator[TeamsEar]:
    """The bot that listens to Teams."""
    async with TeamsEar() as listening:
        yield listening


@pytest.fixture
async def teams(listener: TeamsEar) -> AsyncIterator[FakeTeams]:
    """Teams; its deadlines are real seconds, all else is a hundredth."""
    async with FakeTeams(listener.url, scale=0.01, patience=15.0, limits=TeamsLimits.none()) as server:
        listener.app_id, listener.openid_url = server.app.id, server.openid_url
        yield server


@pytest.fixture
async def mouth(teams: FakeTeams) -> AsyncIterator[Mouth]:
    """The bot that speaks in Teams."""
    async with Mouth(teams) as speaking:
        yield speaking
