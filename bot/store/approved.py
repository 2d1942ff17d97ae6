"""Replies that a person approved and that were sent, each with the question it answered: what a desk learns from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, bindparam, func, select

from bot.review.model import State
from bot.store.conversations import as_it_reads, unanswered
from bot.store.proposals import CHOSEN
from bot.store.statements import few_lengths
from bot.store.tables import conversations, releases, replies, reviews, texts
from bot.store.texts import ERASED, to_text

# Newer ones are worth more: articles and prices change.
MOST = 500

# A text that was erased is in `texts` no more, so its reply is not here either.
_REPLIES = (
    reviews.join(replies, replies.c.review == reviews.c.id)
    .join(releases, (releases.c.review == replies.c.review) & (releases.c.version == replies.c.version))
    .join(texts, texts.c.id == releases.c.text)
)
_KEPT: Select[Any] = (
    select(reviews.c.id).select_from(_REPLIES).where(reviews.c.desk == bindparam("desk")).order_by(reviews.c.id.desc())
)
_SENT = _KEPT.limit(bindparam("most"))
_CHOSEN = _KEPT.where(CHOSEN)
_earlier = reviews.alias("earlier")
# What an earlier reply in the conversation had answered is no part of this one's question.
_ANSWERED = (
    select(func.coalesce(func.max(_earlier.c.covers), 0))
    .where(_earlier.c.conversation == reviews.c.conversation, _earlier.c.id < reviews.c.id)
    .where(_earlier.c.state == State.SENT.value)
    .scalar_subquery()
)
_WORDS: Select[Any] = (
    select(
        reviews.c.id,
        reviews.c.conversation,
        reviews.c.covers,
        conversations.c.customer_name,
        texts.c.body,
        _ANSWERED.label("answered"),
        CHOSEN.label("chosen"),
    )
    .select_from(_REPLIES.join(conversations, conversations.c.id == reviews.c.conversation))
    .where(reviews.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(reviews.c.id.desc())
)


@dataclass(frozen=True, slots=True)
class Approved:
    """A sent reply: the review, the customer's name, what they had asked, and the words that reached them.

    `chosen` means that an admin accepted it as an example for its desk.
    """

    review: str
    customer: str
    question: str
    words: str
    chosen: bool = False


def newest(conn: Connection, desk: str, most: int = MOST) -> list[str]:
    """The reviews of this desk whose replies were sent and are still kept, newest first."""
    return list(conn.execute(_SENT, {"desk": desk, "most": most}).scalars())


def chosen(conn: Connection, desk: str) -> list[str]:
    """Those of them that an admin accepted as examples, however old they are."""
    return list(conn.execute(_CHOSEN, {"desk": desk}).scalars())


def of_reviews(conn: Connection, ids: Iterable[str]) -> list[Approved]:
    """These replies; without those whose question was erased or taken back."""
    wanted = list(ids)
    rows = conn.execute(_WORDS, {"ids": few_lengths(wanted)}).all() if wanted else []
    threads = as_it_reads(conn, *{row.conversation for row in rows})
    found = []
    for row in rows:
        asked = unanswered(threads[row.conversation], row.answered)
        question = "\n".join(message.text for message in asked if message.number <= row.covers)
        if question.strip() and ERASED not in question:
            found.append(Approved(row.id, row.customer_name, question, to_text(row.body), bool(row.chosen)))
    return found
