"""Whoever finds articles for a question, and two of them together."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Protocol

from bot.drafting.knowledge.index import Knowledge
from bot.drafting.knowledge.section import Find

# Cormack, Clarke and Buettcher, "Reciprocal rank fusion outperforms Condorcet" (SIGIR 2009): their constant.
_K = 60
# How many of each are ranked together.
_DEPTH = 20


class Retriever(Protocol):
    """Finds articles. It never raises: what it lacks for the moment is in `trouble`."""

    @property
    def languages(self) -> tuple[str, ...]:
        """ISO 639-1 of the languages there are articles in."""

    @property
    def trouble(self) -> str:
        """What somebody has to see to, as a sentence, or empty."""

    async def search(self, question: str, languages: Sequence[str], most: int = 4) -> list[Find]:
        """What may answer a question, in these languages, best first; nothing when nothing comes up to the floor."""


class Fixed:
    """Articles that nobody changes while they are used, found by their letters."""

    trouble = ""

    def __init__(self, knowledge: Knowledge) -> None:
        self._knowledge = knowledge

    @property
    def languages(self) -> tuple[str, ...]:
        """See `Retriever.languages`."""
        return self._knowledge.languages

    async def search(self, question: str, languages: Sequence[str], most: int = 4) -> list[Find]:
        """See `Retriever.search`."""
        return self._knowledge.search(question, languages, most)


class Fused:
    """Several retrievers as one: what stands high with any of them stands high, and what none finds is not found."""

    def __init__(self, *retrievers: Retriever) -> None:
        """The first says which languages there are."""
        self._retrievers = retrievers

    @property
    def languages(self) -> tuple[str, ...]:
        """See `Retriever.languages`."""
        return self._retrievers[0].languages

    @property
    def trouble(self) -> str:
        """See `Retriever.trouble`."""
        return " ".join(one.trouble for one in self._retrievers if one.trouble)

    async def search(self, question: str, languages: Sequence[str], most: int = 4) -> list[Find]:
        """See `Retriever.search`. The score is the sum of 1 / (60 + rank)."""
        lists = await asyncio.gather(*(one.search(question, languages, _DEPTH) for one in self._retrievers))
        scores: dict[str, float] = {}
        found = {find.section.ref: find.section for finds in lists for find in finds}
        for finds in lists:
            for rank, find in enumerate(finds, start=1):
                scores[find.section.ref] = scores.get(find.section.ref, 0.0) + 1 / (_K + rank)
        best = sorted(scores, key=lambda ref: -scores[ref])[:most]
        return [Find(found[ref], scores[ref]) for ref in best]
