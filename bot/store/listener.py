"""Hearing the bells of other processes, by PostgreSQL's LISTEN. Bells are lost while nobody listens, so workers also look."""

from __future__ import annotations

import asyncio

import sqlalchemy as sa

from bot.log import log
from bot.store.bell import Bell, Topic
from bot.store.engine import CHANNEL

# The pause before listening again after the connection was lost (seconds).
_PAUSE = 1.0
_KNOWN = frozenset(topic.value for topic in Topic)


async def listen(url: sa.URL, bell: Bell) -> None:
    """Ring this process's bell for what others commit, until cancelled."""
    import psycopg  # a tenth of a second, which nobody has to wait for who runs on SQLite

    address = url.set(drivername="postgresql").render_as_string(hide_password=False)
    while True:
        try:
            async with await psycopg.AsyncConnection.connect(address, autocommit=True) as conn:
                await conn.execute(f"LISTEN {CHANNEL}")
                # What was committed while nobody listened is found by looking.
                bell.ring(Topic)
                async for notice in conn.notifies():
                    # A newer program on the same database may ring for what this one does not know.
                    bell.ring(Topic(topic) for topic in notice.payload.split(",") if topic in _KNOWN)
        except psycopg.Error as error:
            log.warning("listener_lost", error=type(error).__name__)
        await asyncio.sleep(_PAUSE)
