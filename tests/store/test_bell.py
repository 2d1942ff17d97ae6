"""Bells: heard once by everybody they are for, also in other processes on one PostgreSQL."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy import Connection

from bot.store.bell import Bell, Topic, ring_after
from bot.store.engine import Engine
from bot.store.listener import listen
from tests.stage.databases import address

# Long enough for a NOTIFY on this machine, short enough to fail soon.
PATIENCE = 10.0


async def test_a_bell_is_heard_by_those_it_is_for() -> None:
    """By every listener of the topic, by nobody else, and not by those who have gone."""
    bell = Bell()
    with (
        bell.listen(Topic.DRAFTS) as one,
        bell.listen(Topic.DRAFTS, Topic.CARDS) as other,
        bell.listen(Topic.PAGES) as page,
    ):
        bell.ring([Topic.DRAFTS])
        assert [await ear.wait(0) for ear in (one, other, page)] == [True, True, False]
        bell.ring([Topic.CARDS])
        assert [await ear.wait(0) for ear in (one, other, page)] == [False, True, False]
    with bell.listen(Topic.DRAFTS) as late:
        bell.ring([])
        assert not await late.wait(0)


async def test_rings_while_nobody_waits_are_heard_as_one() -> None:
    """A worker that was busy looks once, not once for each ring, and then sleeps."""
    bell = Bell()
    with bell.listen(Topic.DRAFTS) as ear:
        for _ in range(5):
            bell.ring([Topic.DRAFTS])
        assert await ear.wait(0)
        assert not await ear.wait(0)


async def test_a_listener_is_woken_while_it_waits() -> None:
    """Long before its patience ends."""
    bell = Bell()
    with bell.listen(Topic.REPLIES) as ear:
        waiting = asyncio.create_task(ear.wait(60))
        await asyncio.sleep(0)
        bell.ring([Topic.REPLIES])
        assert await asyncio.wait_for(waiting, 5)


@pytest.fixture
async def two(postgresql: sa.URL) -> AsyncIterator[tuple[Engine, Engine]]:
    """Two engines on one database, as two processes have them; the second listens."""
    here, there = Engine(postgresql, Bell()), Engine(postgresql, Bell())
    with there.bell.listen(Topic.PAGES) as ear:
        listening = asyncio.create_task(listen(postgresql, there.bell))
        assert await ear.wait(PATIENCE)  # it rings once when it begins, for what was missed
    yield here, there
    listening.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await listening
    for engine in (here, there):
        await asyncio.to_thread(engine.close)


def _ringing(conn: Connection) -> None:
    ring_after(conn, Topic.DRAFTS, Topic.PAGES)


async def test_a_commit_in_one_process_is_heard_in_another(two: tuple[Engine, Engine]) -> None:
    """And only for the topics it was about."""
    here, there = two
    with there.bell.listen(Topic.DRAFTS) as drafts, there.bell.listen(Topic.REPLIES) as replies:
        await here.write(_ringing)
        assert await drafts.wait(PATIENCE)
        assert not await replies.wait(0)


async def test_work_that_failed_is_not_heard(two: tuple[Engine, Engine]) -> None:
    """What was not committed wakes nobody, anywhere."""
    here, there = two

    def failing(conn: Connection) -> None:
        ring_after(conn, Topic.REPLIES)
        raise LookupError

    with there.bell.listen(Topic.REPLIES) as replies, there.bell.listen(Topic.DRAFTS) as drafts:
        with pytest.raises(LookupError):
            await here.write(failing)
        await here.write(_ringing)
        assert await drafts.wait(PATIENCE)  # which was rung later
        assert not await replies.wait(0)


async def test_a_listener_that_lost_its_connection_listens_again(two: tuple[Engine, Engine]) -> None:
    """The server was restarted: it comes back by itself, and rings for what it may have missed."""
    here, there = two
    with there.bell.listen(Topic.CARDS) as ear:
        with psycopg.connect(address(here.url), autocommit=True) as admin:
            admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND query LIKE 'LISTEN%'"
            )
        assert await ear.wait(PATIENCE)


async def test_an_unknown_topic_does_not_end_the_listener(two: tuple[Engine, Engine]) -> None:
    """A newer program on the same database may ring for things this one does not know."""
    here, there = two
    with there.bell.listen(Topic.DRAFTS) as ear:
        with psycopg.connect(address(here.url), autocommit=True) as other:
            other.execute("SELECT pg_notify('countersign', 'tomorrow,drafts')")
            other.execute("SELECT pg_notify('countersign', '')")
        await here.write(_ringing)
        assert await ear.wait(PATIENCE)
        await here.write(_ringing)
        assert await ear.wait(PATIENCE)
