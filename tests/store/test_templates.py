"""A template whose text changed is a new version, so that a draft can name the one that made it."""

from __future__ import annotations

import asyncio

from bot.store import templates
from bot.store.engine import Engine
from tests.store.records import put, somebody_waits


async def _register(engine: Engine, body: str, name: str = "support_reply") -> int:
    return await put(engine, templates.register, name, body, "Ada", 1.0)


async def test_the_same_text_is_the_same_version(engine: Engine) -> None:
    """Started again without a change, nothing is new."""
    assert [await _register(engine, "one") for _ in range(3)] == [1, 1, 1]


async def test_another_text_is_the_next_version(engine: Engine) -> None:
    """Also when an older text comes back: what was in force then and now are two periods."""
    versions = [await _register(engine, body) for body in ("one", "two", "one")]
    assert versions == [1, 2, 3]
    assert await _register(engine, "one", "other") == 1


async def test_processes_that_start_together_agree(heavy: Engine) -> None:
    """Two replicas with the same new file register one version, and neither stumbles over the other."""
    with heavy.sql.connect() as slow:
        transaction = slow.begin()
        assert templates.register(slow, "support_reply", "one", "Ada", 1.0) == 1
        other = asyncio.create_task(_register(heavy, "one"))
        await somebody_waits(heavy, other)
        transaction.commit()
    assert await other == 1
    assert await _register(heavy, "two") == 2
