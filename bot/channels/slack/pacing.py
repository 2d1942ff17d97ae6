"""When a message may be posted: about one a second in each channel, and none while Slack asked us to wait."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.channels.base import Refusal
from bot.phrases import say

# How long a post may stand in line before it is better tried again later (seconds). A reply's or a card's lease goes
# on while it waits.
_PATIENCE = 4.0


class Pace:
    """Gives turns. `every` is the shortest time between two posts in one channel (seconds).

    https://docs.slack.dev/apis/web-api/rate-limits: "no more than one message per second per channel".
    """

    def __init__(self, every: float = 1.0) -> None:
        self._every = every
        self._next: dict[str, float] = {}
        self._threads: dict[str, tuple[asyncio.Lock, int]] = {}
        self._shut = 0.0

    @asynccontextmanager
    async def turn(self, channel: str, thread: str = "") -> AsyncIterator[None]:
        """Wait for a turn in the channel; posts in one thread go one after the other, in the order they came.

        Raises `Refusal` when the line is too long; a `Refusal` that asks for a pause inside the block is heeded.
        """
        async with self._in_order(f"{channel}:{thread}" if thread else ""):
            await self._wait(channel)
            try:
                yield
            except Refusal as no:
                self._shut = max(self._shut, _now() + no.wait)
                raise

    async def _wait(self, channel: str) -> None:
        """Stand in line; asked to pause meanwhile, the line stands still."""
        slot = max(_now(), self._next.get(channel, 0.0))
        self._refuse_beyond(max(slot, self._shut))
        self._next[channel] = slot + self._every
        while (rest := max(slot, self._shut) - _now()) > 0:
            self._refuse_beyond(self._shut)
            await asyncio.sleep(rest)
        if len(self._next) > 1000:
            self._next = {name: at for name, at in self._next.items() if at > _now()}

    def _refuse_beyond(self, at: float) -> None:
        if at - _now() > _PATIENCE:
            raise Refusal(say("slack.trouble.limited"), wait=at - _now())

    @asynccontextmanager
    async def _in_order(self, thread: str) -> AsyncIterator[None]:
        if not thread:
            yield
            return
        lock, waiting = self._threads.get(thread) or (asyncio.Lock(), 0)
        self._threads[thread] = (lock, waiting + 1)
        try:
            async with lock:
                yield
        finally:
            lock, waiting = self._threads.pop(thread)
            if waiting > 1:
                self._threads[thread] = (lock, waiting - 1)


def _now() -> float:
    return asyncio.get_running_loop().time()
