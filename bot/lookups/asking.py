"""All look-ups of a question at once: none can stop a draft, and each that fails is named."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

from cachetools import TTLCache

from bot.drafting.facts import Fact, Failed, Found, Question
from bot.log import log
from bot.lookups.answers import Unanswered, plain, titled
from bot.lookups.setting import Lookup
from bot.lookups.variables import MOST, Endless, Variables
from bot.phrases import say

PATIENCE = 10.0  # seconds for all look-ups of a draft together
_MOST_KEPT = 500  # answers of one look-up


class Way(Protocol):
    """How something is looked up."""

    async def ask(self, values: Mapping[str, str]) -> str | None:
        """What is said; None when there is nothing of the kind. Raises `Unanswered`."""

    async def reach(self) -> None:
        """Look whether it could be asked, without asking. Raises `Unanswered`."""


class Asking:
    """One look-up, with the answers it had lately."""

    def __init__(self, setting: Lookup, wanted: list[str], way: Way, clock: Callable[[], float]) -> None:
        """`clock` is in seconds and never goes back."""
        self.setting = setting
        self._variables = Variables(wanted, setting.find)
        self.way = way
        self._kept: TTLCache[tuple[str, ...], tuple[str | None]] = TTLCache(_MOST_KEPT, setting.cache, clock)

    async def look(self, question: Question) -> Found:
        """What it finds for each of the customer's values; nothing when there is none."""
        try:
            errands = self._variables.values(question)
        except Endless:
            return Found(failed=(self.failed(say("lookup.pattern")),))
        told = await asyncio.gather(*map(self._one, errands, range(1, MOST + 1)), return_exceptions=True)
        results = [self.broke(result) if isinstance(result, BaseException) else result for result in told]
        failed = dict.fromkeys(result for result in results if isinstance(result, Failed))
        return Found(tuple(result for result in results if isinstance(result, Fact)), tuple(failed))

    def broke(self, error: BaseException) -> Failed:
        """That something went wrong for which there are no words. The error's own may quote the customer or a key."""
        log.error("lookup_broke", name=self.setting.name, error=type(error).__name__)
        return self.failed(say("lookup.broke"))

    def failed(self, reason: str) -> Failed:
        """That it came to nothing, told to the log as well."""
        log.warning("lookup_failed", name=self.setting.name, why=reason)
        return Failed(self.setting.title, reason)

    async def _one(self, values: Mapping[str, str], number: int) -> Fact | Failed:
        try:
            said = await self._said(values)
        except TimeoutError:
            return self.failed(say("lookup.slow", seconds=f"{self.setting.timeout:g}"))
        except Unanswered as unanswered:
            return self.failed(unanswered.reason)
        ref = f"lookup:{self.setting.name}" + (f":{number}" if number > 1 else "")
        text = plain(said or "") or say("lookup.nothing")
        return Fact(ref, titled(self.setting.title, self._variables.told(values)), text, self.setting.public)

    async def _said(self, values: Mapping[str, str]) -> str | None:
        key = tuple(values.values())
        if kept := self._kept.get(key):
            return kept[0]
        async with asyncio.timeout(self.setting.timeout):
            said = await self.way.ask(values)
        self._kept[key] = (said,)
        return said


class Lookups:
    """`Facts` from the look-ups of the settings."""

    def __init__(
        self,
        askings: tuple[Asking, ...],
        opening: tuple[Callable[[], object], ...],
        closing: tuple[Callable[[], Awaitable[None]], ...],
        patience: float,
    ) -> None:
        """`patience` is for all of them together, in seconds."""
        self._askings = askings
        self._opening = opening
        self._closing = closing
        self._patience = patience

    def open(self) -> None:
        """Begin to connect, so that the first draft need not wait."""
        for begin in self._opening:
            begin()

    async def look(self, question: Question) -> Found:
        """See `Facts.look`."""
        mine = [asking for asking in self._askings if not asking.setting.desks or question.desk in asking.setting.desks]
        if not mine:
            return Found()
        tasks = [asyncio.create_task(asking.look(question)) for asking in mine]
        try:
            await asyncio.wait(tasks, timeout=self._patience)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        founds = [self._result(asking, task) for asking, task in zip(mine, tasks, strict=True)]
        return Found(
            tuple(fact for found in founds for fact in found.facts),
            tuple(failed for found in founds for failed in found.failed),
        )

    def _result(self, asking: Asking, task: asyncio.Task[Found]) -> Found:
        if task.cancelled():
            return Found(failed=(asking.failed(say("lookup.slow", seconds=f"{self._patience:g}")),))
        if error := task.exception():
            return Found(failed=(asking.broke(error),))
        return task.result()

    def settings(self) -> list[Lookup]:
        """What is looked up."""
        return [asking.setting for asking in self._askings]

    def ways(self) -> list[tuple[str, Way]]:
        """How each is looked up, by its name."""
        return [(asking.setting.name, asking.way) for asking in self._askings]

    async def close(self) -> None:
        """Let go of connections and servers."""
        for close in self._closing:
            await close()
