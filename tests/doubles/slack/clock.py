"""Slack's time: it can run faster than ours and it can jump, so that no test sleeps through five minutes."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

DEADLINE = 3.0  # seconds Slack gives an app to acknowledge, and a trigger_id to be used


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in Slack's time."""

    real: float
    skipped: float


class Clock:
    """One Slack second takes `scale` real seconds; the three seconds of a deadline take `patience` real seconds.

    Deadlines have a measure of their own because a busy machine does not get faster with the scale: scaled by a
    hundred, every acknowledgement would be late. Timestamps of messages and signatures are real time, `off` by so many
    seconds when the two machines disagree.
    """

    def __init__(self, scale: float = 1.0, patience: float | None = None) -> None:
        self.scale = scale
        self.patience = DEADLINE * scale if patience is None else patience
        self.off = 0.0
        self._skipped = 0.0
        self._moved = asyncio.Event()
        self._last = 0

    def mark(self) -> Moment:
        """Now, for `since`."""
        return Moment(time.monotonic(), self._skipped)

    def since(self, moment: Moment) -> float:
        """Slack seconds that have passed."""
        return (time.monotonic() - moment.real) / self.scale + self._skipped - moment.skipped

    def overdue(self, moment: Moment) -> bool:
        """Whether the three seconds that began then are over."""
        real = (time.monotonic() - moment.real) * DEADLINE / self.patience if self.patience else DEADLINE
        return real + self._skipped - moment.skipped >= DEADLINE

    def skip(self, seconds: float) -> None:
        """Slack's time jumps ahead; whoever waits for something in between is woken."""
        self._skipped += seconds
        self._moved.set()
        self._moved = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        """Wait so many Slack seconds."""
        began, scale = self.mark(), self.scale
        while scale:
            moved = self._moved
            left = seconds - (time.monotonic() - began.real) / scale - (self._skipped - began.skipped)
            if left <= 0:
                return
            try:
                async with asyncio.timeout(left * scale):
                    await moved.wait()
            except TimeoutError:
                pass

    async def deadline(self) -> None:
        """Wait the three seconds of an acknowledgement; a jump does not cut them short."""
        await asyncio.sleep(self.patience)

    def wall(self) -> float:
        """What Slack's clock on the wall shows (unix seconds)."""
        return time.time() + self.off

    def ts(self) -> str:
        """The next message timestamp: microseconds of real time, and never the same twice."""
        self._last = max(int(self.wall() * 1_000_000), self._last + 1)
        return f"{self._last // 1_000_000}.{self._last % 1_000_000:06d}"
