"""What is done after a chat has had its answer, such as telling one person something. Nothing is lost unseen."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from bot.channels.base import NotStored, Refusal, Silence
from bot.log import log


class Errands:
    """Short tasks. asyncio keeps no reference to its own, so that they can vanish; these are kept and waited for."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def run(self, name: str, errand: Coroutine[Any, Any, object]) -> None:
        """Do this beside everything else."""
        task = asyncio.create_task(_one(name, errand))
        self._tasks.add(task)
        task.add_done_callback(self._over)

    async def close(self, patience: float = 2.0) -> None:
        """Let what is under way finish, for so many seconds at most."""
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=patience)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def _over(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("errand_broke", exc_info=error)


async def _one(name: str, errand: Coroutine[Any, Any, object]) -> None:
    try:
        await errand
    except (Refusal, Silence, NotStored) as error:
        log.warning("errand_failed", errand=name, error=type(error).__name__, said=str(error))
