"""Bells that ring after a commit, so that workers and open pages need not ask all the time."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable, Iterator
from enum import StrEnum

from sqlalchemy import Connection


class Topic(StrEnum):
    """What may have become worth looking at."""

    DRAFTS = "drafts"
    CARDS = "cards"
    REPLIES = "replies"
    PAGES = "pages"  # anything a person may be looking at


def ring_after(conn: Connection, *topics: Topic) -> None:
    """Ring once the transaction this connection is in has been committed."""
    conn.info.setdefault("topics", set()).update(topics)


def rung_by(conn: Connection) -> set[Topic]:
    """The topics collected since the last call."""
    topics: set[Topic] = conn.info.pop("topics", set())
    return topics


class Ear:
    """One listener. It hears every ring since it last waited, as one."""

    def __init__(self, topics: frozenset[Topic]) -> None:
        self.topics = topics
        self._rung = asyncio.Event()

    def hear(self) -> None:
        self._rung.set()

    async def wait(self, timeout: float) -> bool:
        """Whether the bell rang before `timeout` seconds were over, or since the last wait."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                await self._rung.wait()
        rung = self._rung.is_set()
        self._rung.clear()
        return rung


class Bell:
    """Rung on the loop's own thread. Listeners come and go."""

    def __init__(self) -> None:
        self._ears: set[Ear] = set()
        self._rings = dict.fromkeys(Topic, 0)

    def rings(self, topic: Topic) -> int:
        """How often it has rung for a topic: what was read before that may have changed since."""
        return self._rings[topic]

    def ring(self, topics: Iterable[Topic]) -> None:
        rung = set(topics)
        for topic in rung:
            self._rings[topic] += 1
        for ear in self._ears:
            if rung & ear.topics:
                ear.hear()

    @contextlib.contextmanager
    def listen(self, *topics: Topic) -> Iterator[Ear]:
        """A listener for these topics, while the block lasts."""
        ear = Ear(frozenset(topics))
        self._ears.add(ear)
        try:
            yield ear
        finally:
            self._ears.discard(ear)
