"""What the radar looks at: the reviews of a desk's day, with the words their customers wrote. It reads and never writes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, select

from bot.channels.base import Speaker
from bot.drafting.language import small_words, words_of
from bot.insight.cases import CUSTOMER, OPENED_THEN
from bot.insight.outlines import Outcome
from bot.insight.radar import Case
from bot.review.model import Feeling
from bot.store.statements import few_lengths
from bot.store.tables import conversations, messages, outlines, texts
from bot.store.texts import to_text

__all__ = ["Connection", "Opening", "cases", "openings", "size"]

DAY = 86_400.0
# Of a day with more reviews only the first ones are read.
MOST = 5_000
# Conversations in one statement.
_MANY = 500
_SHORTEST, _LONGEST = 4, 40
_ON_DAY = (outlines.c.desk == bindparam("desk"), OPENED_THEN)
_OUTLINES = (
    select(outlines, CUSTOMER.label("customer"))
    .join_from(outlines, conversations, conversations.c.id == outlines.c.conversation)
    .where(*_ON_DAY)
    .order_by(outlines.c.opened_at)
    .limit(MOST)
)
_VERSIONS = select(outlines.c.version).where(*_ON_DAY).limit(MOST)
_WRITTEN = (
    select(messages.c.conversation, texts.c.body)
    .join_from(messages, texts, texts.c.id == messages.c.text)
    .where(
        messages.c.conversation.in_(bindparam("conversations", expanding=True)),
        messages.c.speaker == Speaker.CUSTOMER.value,
        messages.c.at >= bindparam("since"),
        messages.c.at < bindparam("until"),
    )
)
_OPENINGS = (
    select(outlines.c.review, outlines.c.opened_at, conversations.c.customer_name, conversations.c.erased_at)
    .join_from(outlines, conversations, conversations.c.id == outlines.c.conversation)
    .where(outlines.c.review.in_(bindparam("reviews", expanding=True)))
    .order_by(outlines.c.opened_at)
)


def size(conn: Connection, desk: str, day: int) -> tuple[int, int]:
    """How many reviews a day has and how many steps they took: as long as neither changes, the day is the same. `day` is
    counted from 1970-01-01, in UTC."""
    versions = conn.execute(_VERSIONS, _bounds(desk, day)).scalars().all()
    return len(versions), sum(versions)


def cases(conn: Connection, desk: str, day: int) -> list[Case]:
    """The reviews that were opened on a day, with the words that their customers wrote on it and that stand."""
    asked = _bounds(desk, day)
    rows = conn.execute(_OUTLINES, asked).all()
    written: defaultdict[str, set[str]] = defaultdict(set)
    threads = list(dict.fromkeys(row.conversation for row in rows))
    for start in range(0, len(threads), _MANY):
        values = asked | {"conversations": few_lengths(threads[start : start + _MANY])}
        for said in conn.execute(_WRITTEN, values):
            written[said.conversation].update(_words(to_text(said.body)))
    return [
        Case(
            review=row.review,
            customer=row.customer,
            intent=row.intent,
            angry=row.feeling == Feeling.ANGRY.value,
            rejected=row.outcome == Outcome.REJECTED.value,
            words=frozenset(written[row.conversation]),
        )
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class Opening:
    """Who asked, and when (unix seconds); no name where it was erased."""

    review: str
    name: str
    at: float


def openings(conn: Connection, reviews: Sequence[str]) -> dict[str, Opening]:
    """Who asked in these reviews."""
    rows = conn.execute(_OPENINGS, {"reviews": few_lengths(reviews)}).all() if reviews else []
    return {row.review: Opening(row.review, "" if row.erased_at else row.customer_name, row.opened_at) for row in rows}


def _bounds(desk: str, day: int) -> dict[str, object]:
    return {"desk": desk, "since": day * DAY, "until": (day + 1) * DAY}


def _words(text: str) -> set[str]:
    """What says something about what is asked. Numbers are left out, and so are addresses and mentions."""
    return {word for word in words_of(text) if _SHORTEST <= len(word) <= _LONGEST} - small_words()
