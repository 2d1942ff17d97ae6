"""Where a process dies: at a named point, by SIGKILL, so that nothing gets a chance to tidy up."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections import Counter

import sqlalchemy as sa

from bot.desk import Taken
from bot.store.bell import Bell
from bot.store.engine import Connection, Engine, T, Work


class Death:
    """Counts the points that are passed; at the chosen one the process is no more."""

    def __init__(self, at: str = "") -> None:
        self._at = at
        self._passed: Counter[str] = Counter()
        self._lock = threading.Lock()  # writes are made in threads
        self.points: list[str] = []

    def passes(self, point: str) -> None:
        """The point, with how often it has been passed: `send_reply, landed #1`."""
        with self._lock:
            self._passed[point] += 1
            name = f"{point} #{self._passed[point]}"
            if name == self._at:
                os.kill(os.getpid(), signal.SIGKILL)
            self.points.append(name)


class MortalEngine(Engine):
    """The store, with a point right before and right after every commit; a worker that found nothing does not count."""

    def __init__(self, url: sa.URL, bell: Bell, death: Death) -> None:
        super().__init__(url, bell)
        self._death = death

    async def write(self, work: Work[T]) -> T:
        """See `Engine.write`."""
        name = work.__qualname__.replace(".<locals>", "").removesuffix(".<lambda>").removesuffix(".work")

        def deadly(conn: Connection) -> T:
            result = work(conn)
            if not _nothing(result):
                self._death.passes(f"{name}, before its commit")
            return result

        result = await super().write(deadly)
        if not _nothing(result):
            self._death.passes(f"{name}, after its commit")
        # Between a commit and whoever waits for it other tasks may run.
        await asyncio.sleep(0)
        return result


def _nothing(result: object) -> bool:
    return isinstance(result, Taken) and not result.claims
