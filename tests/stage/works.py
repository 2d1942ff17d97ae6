"""The program behind a channel: store, front desk and workers, run one step at a time, at the time the test says."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bot import loops
from bot.desk import FrontDesk
from bot.discretion import Secrets
from bot.review.model import Review
from bot.setting import Desk, Patience
from bot.store import reviews
from bot.store.bell import Bell
from bot.store.engine import Connection, Engine
from bot.store.tables import conversations as conversation_rows
from bot.store.tables import reviews as review_rows
from bot.store.verify import Findings, verify
from tests.stage.drafter import ScriptedDrafter
from tests.stage.inventory import replayed_elsewhere

NOON = 1_790_000_000.0
# A second of the real clock is the longest that anything here may hang; leases and pauses are in the stage's own time.
PATIENCE = Patience(send=1.0)


class Clock:
    """Time that stands still until somebody moves it."""

    def __init__(self, now: float = NOON) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def move(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds


class Works:
    """One process of the program, without a channel yet. `name` keeps the ids of several apart."""

    def __init__(
        self,
        url: sa.URL,
        desk: Desk,
        patience: Patience,
        clock: Clock,
        name: str = "a",
        secrets: Secrets | None = None,
    ) -> None:
        self.clock = clock
        self.setting = desk
        self.drafter = ScriptedDrafter()
        self.engine = Engine(url, Bell())
        ids = count(1)
        self.desk = FrontDesk(
            *((desk,), self.engine, self.drafter, clock, lambda: f"{next(ids):06}{name}", patience),
            secrets or Secrets(),
        )
        self.broken = 0
        self.drafting, self.showing, self.delivering = (self._noting(line) for line in loops.lines(self.desk, 32))

    async def close(self) -> None:
        """Let go of the database."""
        await asyncio.to_thread(self.engine.close)

    async def drafts(self) -> int:
        """Make the drafts that are due; how many."""
        return await self._do(self.drafting)

    async def shows(self) -> int:
        """Draw the cards that are due; how many."""
        return await self._do(self.showing)

    async def delivers(self) -> int:
        """Send the replies that are due; how many."""
        return await self._do(self.delivering)

    async def works(self) -> None:
        """Do everything that is due now, and what falls due by it, until nothing is."""
        while await self.drafts() + await self.delivers() + await self.shows():
            pass

    async def settles(self) -> None:
        """The customer has finished writing, and everything due is done."""
        self.clock.move(self.setting.settle)
        await self.works()

    async def _do(self, line: loops.Line[Any]) -> int:
        taken = await line.take(line.slots)
        for claim in taken.claims:
            await loops._one(line, claim, loops._unheard)
        return len(taken.claims)

    def _noting(self, line: loops.Line[Any]) -> loops.Line[Any]:
        """Workers survive whatever breaks; a test should not."""

        async def broke(claim: Any) -> None:
            self.broken += 1
            await line.broke(claim)

        return replace(line, broke=broke)

    @contextmanager
    def gone(self) -> Iterator[None]:
        """While the block lasts, the SQLite file is not where it was."""
        path = Path(self.engine.url.database or "")
        away = path.rename(path.with_name("away.db"))
        try:
            yield
        finally:
            away.rename(path)

    async def reviews(self, root: str = "1") -> list[Review]:
        """All reviews of a thread, the oldest first."""
        return await self.engine.read(lambda conn: _of_thread(conn, root))

    async def review(self, root: str = "1") -> Review:
        """The newest review of a thread."""
        return (await self.reviews(root))[-1]

    async def verified(self) -> Findings:
        """The whole record, verified, and every review replayed to its row, texts and all; and nothing broke but what
        the drafter was told to break."""
        assert self.broken == self.drafter.raised
        assert await self.engine.read(_replayed_elsewhere) == []
        return await self.engine.read(verify)


def _of_thread(conn: Connection, root: str) -> list[Review]:
    ids = conn.execute(
        sa.select(review_rows.c.id)
        .join(conversation_rows, conversation_rows.c.id == review_rows.c.conversation)
        .where(conversation_rows.c.root == root)
        .order_by(review_rows.c.opened_at, review_rows.c.id)
    ).scalars()
    return [review for review in (reviews.get(conn, name) for name in ids) if review is not None]


def _replayed_elsewhere(conn: Connection) -> list[str]:
    ids = conn.execute(sa.select(review_rows.c.id)).scalars()
    return replayed_elsewhere(conn, reviews.of_ids(conn, *ids))
