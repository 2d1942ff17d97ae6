"""Finds what means the same as the question, by the vectors of a model behind an embeddings endpoint."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

from bot.drafting.knowledge.index import Knowledge
from bot.drafting.knowledge.section import Find, Section
from bot.drafting.knowledge.vectors import BadVector, Nearest, Vector, VectorFile, digest, unit
from bot.drafting.privacy import ALL, Mask
from bot.log import log
from bot.phrases import say

_AT_ONCE = 64
# Characters of a question. Whoever writes more tells a story, and its vector means everything and nothing.
_MOST_TEXT = 2_000


class NoVectors(Exception):
    """The endpoint gave no vectors. `reason` is a clause for people, such as "the model was busy"."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Embedder(Protocol):
    """Makes vectors."""

    async def embed(self, texts: Sequence[str], *, patient: bool) -> list[list[float]]:
        """A vector for each text, all of one length. Raises `NoVectors`, after seconds unless one is `patient`."""

    async def close(self) -> None:
        """Let go of connections."""


@dataclass(frozen=True, slots=True)
class _Space:
    """The sections of one language that have vectors."""

    sections: tuple[Section, ...]
    nearest: Nearest


class ByMeaning:
    """Finds what means the same. After a failure nobody is asked again before the next look."""

    def __init__(self, current: Callable[[], Knowledge], embedder: Embedder, floor: float, file: VectorFile) -> None:
        """`floor` is the least cosine; what it should be depends on the model."""
        self._current = current
        self._embedder = embedder
        self._floor = floor
        self._file = file
        self._known: dict[bytes, Vector] = {}
        self._built: Knowledge | None = None
        self._spaces: dict[str, _Space] = {}
        self._trouble = ""
        self._resting = False

    @property
    def languages(self) -> tuple[str, ...]:
        """See `Retriever.languages`."""
        return self._current().languages

    @property
    def trouble(self) -> str:
        """See `Retriever.trouble`."""
        return self._trouble

    async def search(self, question: str, languages: Sequence[str], most: int = 4) -> list[Find]:
        """See `Retriever.search`. A failure finds nothing."""
        spaces = [self._spaces[language] for language in languages if language in self._spaces]
        if self._resting or not spaces or not question.strip():
            return []
        try:
            # An address or a number says nothing about what is meant.
            (asked,) = await self._units([Mask(ALL).hide(question[:_MOST_TEXT])], patient=False)
            found = await asyncio.to_thread(lambda: [self._in(space, asked, most) for space in spaces])
        except NoVectors as none:
            self._failed(none.reason)
            return []
        except BadVector:
            await self._start_over()
            return []
        self._trouble = ""
        return sorted((find for finds in found for find in finds), key=lambda find: -find.score)[:most]

    def _in(self, space: _Space, asked: Vector, most: int) -> list[Find]:
        """What an article said before it was changed is not found any more."""
        knowledge = self._current()
        near = [(space.sections[at], score) for at, score in space.nearest.search(asked, most) if score >= self._floor]
        return [Find(section, score) for section, score in near if knowledge.get(section.ref) == section]

    async def refreshed(self) -> None:
        """Get the vectors of new sections. Before all are there, new ones are not found by their meaning."""
        self._resting = False
        knowledge = self._current()
        if knowledge is self._built:
            return
        try:
            await self._complete(knowledge)
            self._spaces = await asyncio.to_thread(self._arranged, knowledge)
        except NoVectors as none:
            self._failed(none.reason)
        except BadVector:
            await self._start_over()
        else:
            self._built, self._trouble = knowledge, ""

    async def _complete(self, knowledge: Knowledge) -> None:
        texts = {digest(text): text for text in map(_text, knowledge)}
        if missing := texts.keys() - self._known.keys():
            self._known |= await self._kept(missing)
        self._known = {name: self._known[name] for name in texts.keys() & self._known.keys()}
        rest = iter(sorted(texts.keys() - self._known.keys()))
        while batch := list(islice(rest, _AT_ONCE)):
            vectors = await self._units([texts[name] for name in batch], patient=True)
            fresh = dict(zip(batch, vectors, strict=True))
            self._known |= fresh
            await self._keep(fresh)

    async def _units(self, texts: list[str], *, patient: bool) -> list[Vector]:
        numbers = await self._embedder.embed(texts, patient=patient)
        try:
            return [unit(vector) for vector in numbers]
        except BadVector:
            raise NoVectors(say("model.unreadable")) from None

    def _arranged(self, knowledge: Knowledge) -> dict[str, _Space]:
        if len({len(vector) for vector in self._known.values()}) > 1:
            raise BadVector
        spaces: dict[str, _Space] = {}
        for language in knowledge.languages:
            sections = knowledge.of(language)
            spaces[language] = _Space(sections, Nearest([self._known[digest(_text(one))] for one in sections]))
        return spaces

    async def _start_over(self) -> None:
        """Another model answers under this name than the one the vectors are from."""
        self._known, self._spaces, self._built = {}, {}, None
        try:
            await asyncio.to_thread(self._file.forget)
        except OSError as error:
            log.warning("vectors_not_kept", cause=str(error))
        self._failed(say("knowledge.other_vectors"))

    async def _kept(self, names: set[bytes]) -> dict[bytes, Vector]:
        try:
            return await asyncio.to_thread(self._file.read, names)
        except OSError as error:
            log.warning("vectors_not_kept", cause=str(error))
            return {}

    async def _keep(self, fresh: dict[bytes, Vector]) -> None:
        try:
            await asyncio.to_thread(self._file.add, fresh)
        except OSError as error:
            log.warning("vectors_not_kept", cause=str(error))

    def _failed(self, reason: str) -> None:
        if not self._trouble:
            log.warning("no_vectors", reason=reason)
        self._trouble = say("knowledge.no_vectors", reason=reason)
        self._resting = True

    async def close(self) -> None:
        """Let go of connections."""
        await self._embedder.close()


def _text(section: Section) -> str:
    return "\n".join(filter(None, (section.title, section.heading, section.asked, section.text)))
