"""The articles as their files read now: looked at now and then, and taken into use as a whole or not at all."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence

from bot.drafting.knowledge.index import Knowledge
from bot.drafting.knowledge.reading import Contents, Origin, Reader
from bot.drafting.knowledge.section import Find, Section
from bot.log import log
from bot.phrases import say


class Library:
    """What is in use. While a file cannot be read, the last articles that could be stay in use, all of them."""

    def __init__(self, origins: Sequence[Origin]) -> None:
        """Raises `BadKnowledge`: at the start there is nothing older to use."""
        self._reader = Reader(origins)
        contents = self._reader.read()
        if contents.problems:
            raise contents.problems[0]
        self._sections = tuple(contents.sections)
        self._current = Knowledge(self._sections)
        self._guard: Callable[[Iterable[Section]], None] = _unguarded
        self._trouble = ""

    @property
    def current(self) -> Knowledge:
        """The articles in use."""
        return self._current

    @property
    def trouble(self) -> str:
        """Why newer articles are not in use, as a sentence; empty when they are."""
        return self._trouble

    def guard(self, learn: Callable[[Iterable[Section]], None]) -> None:
        """Have somebody `learn` of all sections, of those in use now and of others before they are; in any thread."""
        self._guard = learn
        learn(self._current)

    async def refreshed(self) -> bool:
        """Look at the files, and take what changed into use. Whether there was something."""
        return await asyncio.to_thread(self._refresh)

    def _refresh(self) -> bool:
        contents = self._reader.read()
        self._report(contents)
        if contents.problems:
            return False
        sections = tuple(contents.sections)
        if sections == self._sections:
            return False
        fresh = Knowledge(sections, before=self._current)
        # First: nothing new may be quoted before it is known what of it must not be.
        self._guard(fresh)
        self._sections, self._current = sections, fresh
        log.info("knowledge_read", sections=len(fresh), languages=fresh.languages)
        return True

    def _report(self, contents: Contents) -> None:
        trouble = ""
        if contents.problems:
            trouble = say("knowledge.not_read", problem=contents.problems[0], more=len(contents.problems) - 1)
        if trouble and trouble != self._trouble:
            log.warning("knowledge_not_read", problems=[str(problem) for problem in contents.problems[:10]])
        self._trouble = trouble


def _unguarded(_: Iterable[Section]) -> None:
    """Nobody guards anything."""


class ByLetters:
    """Finds what shares letters with the question. It needs nothing and nobody."""

    def __init__(self, library: Library) -> None:
        self._library = library

    @property
    def languages(self) -> tuple[str, ...]:
        """See `Retriever.languages`."""
        return self._library.current.languages

    @property
    def trouble(self) -> str:
        """See `Retriever.trouble`."""
        return self._library.trouble

    async def search(self, question: str, languages: Sequence[str], most: int = 4) -> list[Find]:
        """See `Retriever.search`."""
        return await asyncio.to_thread(self._library.current.search, question, languages, most)
