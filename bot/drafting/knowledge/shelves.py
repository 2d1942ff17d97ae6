"""All that drafts are made from, kept up with while the program runs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bot.drafting.knowledge.library import Library
from bot.drafting.knowledge.meaning import ByMeaning
from bot.drafting.knowledge.replies import Replies
from bot.drafting.knowledge.retriever import Retriever


@dataclass(frozen=True, slots=True)
class Shelves:
    """The articles, who looks them up, and what the desks have answered before."""

    library: Library
    articles: Retriever
    replies: Replies
    meaning: ByMeaning | None = None

    async def keep_up(self, desks: Iterable[str]) -> None:
        """Read what has changed. Raises what reading replies raises."""
        await self.library.refreshed()
        for desk in desks:
            await self.replies.refreshed(desk)
        if self.meaning:
            await self.meaning.refreshed()

    async def close(self) -> None:
        """Let go of connections."""
        if self.meaning:
            await self.meaning.close()
