"""When a message may be posted: within what a chat allows, one thread in order, and none while it asked us to wait."""

from __future__ import annotations

import asyncio
from bisect import insort
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from bot.channels.base import Refusal

# How long a post may stand in line before it is better tried again later (seconds). A reply's or a card's lease goes
# on while it waits.
_PATIENCE = 4.0
# How many channels are remembered before those that rest are forgotten.
_MANY = 1000

# How many posts fit into how many seconds, the shortest time first.
Limits = tuple[tuple[int, float], ...]


def loop_time() -> float:
    """The running loop's clock, in seconds."""
    return asyncio.get_running_loop().time()


class Pace:
    """Gives turns. `channel` is what holds for one channel, `overall` for all of them together.

    `why` is the sentence for whoever is put off; `clock` and `sleep` are in seconds.
    """

    def __init__(
        self,
        channel: Limits,
        why: str,
        overall: Limits = (),
        *,
        clock: Callable[[], float] = loop_time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._lines: defaultdict[str, _Line] = defaultdict(lambda: _Line(channel))
        self._overall = _Line(overall)
        self._why = why
        self._clock, self._sleep = clock, sleep
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
                self._shut = max(self._shut, self._clock() + no.wait)
                raise

    async def _wait(self, channel: str) -> None:
        """Stand in line; asked to pause meanwhile, the line stands still."""
        lines = (self._lines[channel], self._overall)
        slot = max(self._clock(), *(line.next() for line in lines))
        self._refuse_beyond(max(slot, self._shut))
        for line in lines:
            line.take(slot)
        while (rest := max(slot, self._shut) - self._clock()) > 0:
            self._refuse_beyond(self._shut)
            await self._sleep(rest)
        if len(self._lines) > _MANY:
            for name in [name for name, line in self._lines.items() if line.rests(self._clock())]:
                del self._lines[name]

    def _refuse_beyond(self, at: float) -> None:
        wait = at - self._clock()
        if wait > _PATIENCE:
            raise Refusal(self._why, wait=wait)

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


class _Line:
    """When posts were given a turn, as far back as a limit reaches."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._most = max((most for most, _ in limits), default=1)
        self._given: list[float] = []

    def next(self) -> float:
        """The earliest time at which all limits leave room for one more."""
        given = self._given
        return max((given[-most] + seconds for most, seconds in self._limits if len(given) >= most), default=0.0)

    def take(self, slot: float) -> None:
        """One more is posted then."""
        insort(self._given, slot)
        del self._given[: -self._most]

    def rests(self, now: float) -> bool:
        """Whether nothing that was posted counts any more."""
        return not self._given or not self._limits or self._given[-1] + self._limits[-1][1] <= now
