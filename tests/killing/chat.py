"""What the killings in Slack and in Teams have in common: the program as it is shipped dies at a call it makes or at
something it is told, and is begun again.

Nothing of it is patched: it is the fake chat that strikes, at the n-th call of a method, before or after the call took
effect, and before or after something was delivered.
"""

from __future__ import annotations

import asyncio
import itertools
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bot.channels.base import Speaker
from bot.review.model import State
from bot.store import tables, verify
from bot.store.texts import to_text
from tests.channels.slack.process import Bot, Stillborn
from tests.channels.slack.soon import soon
from tests.stage.databases import connected

WORDS = "Dear Kim, it comes tomorrow."
MORE = "And where is my other parcel?"
# Whatever a dead process held is taken up again when its lease has ended (seconds).
PATIENCE = {"draft_lease": 1.0, "send_lease": 1.0, "send": 0.3, "card_lease": 1.0, "again": 0.05}
# A life that has not come to its end by then hangs (seconds).
LONGEST = 40.0
# How many lives go on at once; much of the time they wait for a lease to end.
_LANES = 5
_ATTEMPTS = 3


class Points:
    """Counts the points that are passed; at the chosen one, such as `chat.update, landed #2`, the program is no more."""

    def __init__(self, at: str, kill: Callable[[], None]) -> None:
        self._at, self._kill = at, kill
        self._passed: Counter[str] = Counter()
        self.names: list[str] = []

    @property
    def struck(self) -> bool:
        """Whether it came to that."""
        return self._at in self.names

    def passes(self, point: str) -> bool:
        """Whether it was here that the program died."""
        self._passed[point] += 1
        self.names.append(f"{point} #{self._passed[point]}")
        if self.names[-1] != self._at:
            return False
        self._kill()
        return True


@dataclass
class Life:
    """What became of a life, and of the one after it: the points it passed, and everything that was wrong at the end."""

    at: str
    points: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    struck: bool = False


async def keep_alive(bot: Bot, beat: Callable[[], None]) -> None:
    """Begin the program, and begin it again whenever it dies."""
    while True:
        try:
            await bot.start()
        except Stillborn:
            continue
        beat()
        await soon(lambda: not bot.alive, LONGEST)


async def until_over(bot: Bot, database: sa.URL, people: asyncio.Task[None]) -> None:
    """Once people have done what they do, and nothing is left to do for anybody. Raises what went wrong with them."""
    while not (people.done() and bot.alive and _is_over(database)):
        if people.done():
            people.result()
        await asyncio.sleep(0.02)


def _is_over(database: sa.URL) -> bool:
    with connected(database) as engine, engine.connect() as conn:
        rows = conn.execute(sa.select(tables.reviews)).all()
        return bool(rows) and all(row.state == State.SENT.value and row.card_due is None for row in rows)


# --- everywhere


async def everywhere(
    live: Callable[[Path, str], Awaitable[Life]], folder: Path, chosen: Callable[[list[str]], list[str]]
) -> tuple[set[str], list[str]]:
    """A life that nobody ends, and then one for each of the chosen points it passed: the kinds of points at which lives
    ended, and everything that was wrong."""
    numbers = itertools.count()
    free = asyncio.Semaphore(_LANES)

    async def life(at: str = "") -> Life:
        async with free:
            own = folder / str(next(numbers))
            own.mkdir()
            return await live(own, at)

    async def ended(at: str) -> Life:
        """Some points are passed only when things happen to come in a certain order: then it is tried again."""
        for _ in range(_ATTEMPTS - 1):
            if (one := await life(at)).struck or one.faults:
                return one
        return await life(at)

    whole = await life()
    if whole.faults:
        return set(), whole.faults
    lives = await asyncio.gather(*(ended(point) for point in chosen(whole.points)))
    struck = {_kind(life.at) for life in lives if life.struck}
    return struck, [*_amiss(lives, struck)]


def _amiss(lives: Sequence[Life], struck: set[str]) -> Iterator[str]:
    """Everything that is not as it should be, in lives that ended at these kinds of points."""
    yield from (f"{life.at}: {fault}" for life in lives for fault in life.faults)
    if left := {_kind(life.at) for life in lives} - struck:
        yield f"a point of this kind was never the last: {left}"
    if (missed := sum(not life.struck for life in lives)) > len(lives) / 4:
        yield f"most points are reached again, but not {missed}"


def some(points: Sequence[str], turn: int, turns: int) -> list[str]:
    """The first point of every kind, and of the others those whose turn it is: whoever takes all turns misses none."""
    firsts = {_kind(point): point for point in reversed(points)}.values()
    others = [point for point in points if point not in firsts]
    return [point for point in points if point in firsts or point in others[turn::turns]]


def _kind(point: str) -> str:
    """The point without its count."""
    return re.sub(r" #\d+$", "", point)


# --- what is found afterwards


def recorded(database: sa.URL, written: list[str], cards: Sequence[str]) -> Iterator[str]:
    """What is not as it should be in the store, when customers wrote this, and there are cards of these reviews."""
    with connected(database) as engine, engine.connect() as conn:
        yield from _audit(conn)
        yield from _heard(conn, written)
        reviews = list(conn.execute(sa.select(tables.reviews.c.id)).scalars())
    if Counter(cards) != Counter(reviews):
        yield f"cards of {sorted(cards)}, reviews {sorted(reviews)}"


def sent(database: sa.URL) -> dict[str, str]:
    """The words of each release that counts as sent, by its key, in the order of time."""
    with connected(database) as engine, engine.connect() as conn:
        return {f"{row.review}-{row.version}": to_text(row.body) for row in conn.execute(_SENT)}


_SENT = (
    sa.select(tables.replies.c.review, tables.replies.c.version, tables.texts.c.body)
    .join_from(
        tables.replies,
        tables.releases,
        sa.and_(
            tables.releases.c.review == tables.replies.c.review,
            tables.releases.c.version == tables.replies.c.version,
        ),
    )
    .join(tables.texts, tables.texts.c.id == tables.releases.c.text)
    .order_by(tables.replies.c.at)
)


def _audit(conn: sa.Connection) -> Iterator[str]:
    try:
        verify.verify(conn)
    except verify.Broken as broken:
        yield f"the audit does not hold: {broken.what}"


def _heard(conn: sa.Connection, written: list[str]) -> Iterator[str]:
    """What customers wrote is stored once, in order, and has its answer."""
    rows: list[Any] = list(
        conn.execute(
            sa.select(tables.messages.c.number, tables.texts.c.body, tables.conversations.c.answered)
            .join_from(tables.messages, tables.texts, tables.texts.c.id == tables.messages.c.text)
            .join(tables.conversations)
            .where(tables.messages.c.speaker == Speaker.CUSTOMER.value)
            .order_by(tables.messages.c.number)
        )
    )
    if [to_text(row.body) for row in rows] != written:
        yield f"customers wrote {len(written)} messages, stored are {len(rows)}"
    yield from ("a message is left without an answer" for row in rows if row.number > row.answered)
