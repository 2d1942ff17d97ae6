"""Teams' time: it can run faster than ours and it can jump."""

from __future__ import annotations

import asyncio

from tests.doubles.slack.clock import Clock as Time
from tests.doubles.slack.clock import Moment

__all__ = ["Clock", "Moment"]

MESSAGE, CLICK = 15.0, 10.0  # seconds a bot has to answer an activity, and an invoke


class Clock(Time):
    """One Teams second takes `scale` real seconds; the fifteen seconds of a deadline take `patience` real seconds."""

    def __init__(self, scale: float = 1.0, patience: float | None = None) -> None:
        super().__init__(scale, MESSAGE * scale if patience is None else patience)
        self._last_id = 0

    async def grace(self, seconds: float) -> None:
        """Wait for a deadline of so many Teams seconds; a jump does not cut it short."""
        await asyncio.sleep(self.patience * seconds / MESSAGE)

    def id(self) -> str:
        """The next message id: milliseconds of real time, and never the same twice."""
        self._last_id = max(int(self.wall() * 1000), self._last_id + 1)
        return str(self._last_id)
