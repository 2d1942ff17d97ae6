"""A stage on an empty database."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import sqlalchemy as sa

from tests.stage.play import Stage, staged


@pytest.fixture
async def stage(sqlite: sa.URL) -> AsyncIterator[Stage]:
    """A desk on SQLite."""
    async with staged(sqlite) as stage:
        yield stage


@pytest.fixture
async def either(database: sa.URL) -> AsyncIterator[Stage]:
    """A desk on a database of either kind: the test runs on both."""
    async with staged(database) as stage:
        yield stage
