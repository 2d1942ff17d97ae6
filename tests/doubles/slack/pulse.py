"""Waiting for something to have happened, without looking again and again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class NotSoon(AssertionError):
    """It did not happen in time."""


class Pulse:
    """Beats whenever anything happens; `until` looks at each beat."""

    def __init__(self) -> None:
        self._next = asyncio.Event()

    def beat(self) -> None:
        self._next.set()
        self._next = asyncio.Event()

    async def until(self, look: Callable[[], T], seconds: float = 5.0, what: str = "") -> T:
        """What `look` returns, once that is true. Raises `NotSoon` after so many real seconds."""
        try:
            async with asyncio.timeout(seconds):
                while not (seen := look()):
                    await self._next.wait()
                return seen
        except TimeoutError:
            raise NotSoon(what or "it did not happen in time") from None
