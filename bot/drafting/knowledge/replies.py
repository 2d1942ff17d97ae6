"""What a desk answered before, to similar questions: examples for the same desk and for nobody else.

They are found by their letters alone. A customer's words would have to leave for an embeddings endpoint a second time,
and they are not ours to pass on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from bot.drafting.knowledge.index import Shelf, in_parts


class Approved(Protocol):
    """A reply that a person approved and that was sent, with what the customer had asked; `chosen` to be an example."""

    @property
    def review(self) -> str: ...
    @property
    def customer(self) -> str: ...
    @property
    def question(self) -> str: ...
    @property
    def words(self) -> str: ...
    @property
    def chosen(self) -> bool: ...


# The newest of a desk, newest first; those in `known` may come without being read again, and what was erased is gone.
Fetch = Callable[[str, frozenset[str]], Awaitable[tuple[Sequence[str], Sequence[Approved]]]]


@dataclass(frozen=True, slots=True)
class Example:
    """A reply of the same desk. `customer` is the name it was written for, and must not be told to another."""

    review: str
    customer: str
    question: str
    words: str
    score: float


@dataclass(slots=True)
class _Desk:
    kept: dict[str, Approved] = field(default_factory=dict)
    shelf: Shelf = field(default_factory=lambda: Shelf(()))
    order: tuple[Approved, ...] = ()


class Replies:
    """The replies of each desk, looked up by the question they answered."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._desks: dict[str, _Desk] = {}

    async def refreshed(self, desk: str) -> None:
        """Read what this desk has sent since, and drop what was erased. Raises what `fetch` raises."""
        before = self._desks.get(desk, _Desk())
        newest, fresh = await self._fetch(desk, frozenset(before.kept))
        known = before.kept | {one.review: one for one in fresh}
        kept = {review: known[review] for review in newest if review in known}
        if kept == before.kept:
            return
        order = tuple(kept.values())
        shelf = await asyncio.to_thread(lambda: Shelf(one.question for one in order))
        self._desks[desk] = _Desk(kept, shelf, order)

    async def search(self, desk: str, question: str, most: int = 2) -> list[Example]:
        """The replies of this desk to questions like this one, chosen ones first and then the best; none when none comes
        up to the floor."""
        there = self._desks.get(desk)
        if there is None:
            return []
        found = await asyncio.to_thread(lambda: list(there.shelf.search(in_parts(question))))
        best: dict[int, float] = {}
        for at, score in found:
            best[at] = max(score, best.get(at, 0.0))
        order = sorted(best, key=lambda at: (not there.order[at].chosen, -best[at], at))[:most]
        return [_example(there.order[at], best[at]) for at in order]


def _example(one: Approved, score: float) -> Example:
    return Example(one.review, one.customer, one.question, one.words, score)
