"""An engine on an empty database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import sqlalchemy as sa

from bot.store.bell import Bell
from bot.store.engine import Engine


@pytest.fixture
async def engine(database: sa.URL) -> AsyncIterator[Engine]:
    """An engine on an empty database of either kind."""
    engine = Engine(database, Bell())
    yield engine
    await asyncio.to_thread(engine.close)


@pytest.fixture
async def light(sqlite: sa.URL) -> AsyncIterator[Engine]:
    """An engine on an empty SQLite database."""
    engine = Engine(sqlite, Bell())
    yield engine
    await asyncio.to_thread(engine.close)


@pytest.fixture
async def heavy(postgresql: sa.URL) -> AsyncIterator[Engine]:
    """An engine on an empty PostgreSQL database."""
    engine = Engine(postgresql, Bell())
    yield engine
    await asyncio.to_thread(engine.close)
