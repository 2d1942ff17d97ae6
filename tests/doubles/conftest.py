"""A fake Slack whose time runs a hundred times faster, a bot that only listens, and a client that never tries twice."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from tests.doubles.slack import FakeSlack, Limits
from tests.doubles.slack.ear import Ear


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
