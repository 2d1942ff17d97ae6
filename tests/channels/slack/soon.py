"""Waiting for what happens elsewhere."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


async def soon(look: Callable[[], T], seconds: float = 5.0) -> T:
    """What `look` returns, once that is true. Raises `TimeoutError`."""
    async with asyncio.timeout(seconds):
        while not (seen := look()):  # noqa: ASYNC110 - nothing rings a bell over there
            await asyncio.sleep(0.005)
        return seen
