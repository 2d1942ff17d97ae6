"""Keeps what took long to compute, and serves it while it is computed again: nobody waits for a year's figures twice."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

from bot.log import log
from bot.store.engine import StoreDown

T = TypeVar("T")
# So many answers are kept.
_MOST = 48
# What has not moved is made again after this time, because figures depend on the hour too (seconds).
_AGE = 60.0
# How long somebody waits for what is made again before they are shown what there was (seconds).
_PATIENCE = 0.15


@dataclass(frozen=True, slots=True)
class Made(Generic[T]):
    """An answer: `value`, as of when (unix seconds), and of which state of the record."""

    value: T
    at: float
    mark: object


class Recent(Generic[T]):
    """Answers by what was asked. Whoever asks the same at the same time waits for the same answer."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._kept: OrderedDict[Hashable, Made[T]] = OrderedDict()
        self._making: dict[Hashable, asyncio.Task[Made[T]]] = {}

    async def get(self, key: Hashable, mark: object, make: Callable[[], Awaitable[T]]) -> Made[T]:
        """The answer to `key`, of the state that `mark` names; or, where that takes long to make, of an earlier state,
        while the other is made behind the scenes. Raises what `make` raises when there is no answer yet."""
        kept = self._kept.get(key)
        if kept is not None:
            self._kept.move_to_end(key)
            if kept.mark == mark and self._clock() - kept.at < _AGE:
                return kept
        making = self._making.get(key)
        if making is None:
            making = asyncio.create_task(self._make(key, mark, make))
            self._making[key] = making
            making.add_done_callback(lambda task: self._made(key, task))
        if kept is not None:
            done, _ = await asyncio.wait({making}, timeout=_PATIENCE)
            if not done:
                return kept
        return await asyncio.shield(making)

    async def _make(self, key: Hashable, mark: object, make: Callable[[], Awaitable[T]]) -> Made[T]:
        began = self._clock()
        value = await make()
        made = Made(value, began, mark)
        self._kept[key] = made
        while len(self._kept) > _MOST:
            self._kept.popitem(last=False)
        return made

    def _made(self, key: Hashable, task: asyncio.Task[Made[T]]) -> None:
        self._making.pop(key, None)
        if not task.cancelled() and isinstance(error := task.exception(), StoreDown):
            log.info("figures_wait", cause=error.cause)
