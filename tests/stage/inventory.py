"""What a store holds, as far as it can contradict itself or the world outside."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from bot.channels.base import Speaker
from bot.review.machine import replay
from bot.review.model import Review
from bot.store import audit, conversations, reviews
from bot.store.engine import Connection
from bot.store.tables import conversations as conversation_rows
from bot.store.tables import releases, replies, texts
from bot.store.tables import reviews as review_rows
from bot.store.texts import to_text


@dataclass(frozen=True)
class Inventory:
    """`released` maps a release's key to its words and the thread they are for; `sent` are reviews with a reply on
    record; `customers` has, for each thread, the messages of its customers as they read now.

    The lists are conversations and reviews that should not be as they are: with more than one open review, with a
    question that no review covers, and not where their audit leads.
    """

    released: dict[str, tuple[str, str]]
    sent: set[str]
    customers: dict[str, dict[str, str]]
    crowded: list[str]
    forgotten: list[str]
    replayed_elsewhere: list[str]


def take_stock(conn: Connection) -> Inventory:
    """Look at everything."""
    threads = {row.id: row for row in conn.execute(sa.select(conversation_rows))}
    said = conversations.as_it_reads(conn, *threads)
    stand = reviews.of_ids(conn, *conn.execute(sa.select(review_rows.c.id)).scalars())
    crowded, forgotten = [], []
    for name, row in threads.items():
        waiting = [review for review in stand if review.conversation == name and not review.closed]
        if len(waiting) > 1:
            crowded.append(row.root)
        if conversations.unanswered(said[name], row.answered) and not waiting:
            forgotten.append(row.root)
    rows = conn.execute(sa.select(releases, texts.c.body).join(texts, texts.c.id == releases.c.text)).all()
    return Inventory(
        released={f"{row.review}-{row.version}": (to_text(row.body), threads[row.conversation].root) for row in rows},
        sent=set(conn.execute(sa.select(replies.c.review)).scalars()),
        customers={
            row.root: {m.ref: m.text for m in said[name] if m.speaker is Speaker.CUSTOMER}
            for name, row in threads.items()
        },
        crowded=crowded,
        forgotten=forgotten,
        replayed_elsewhere=replayed_elsewhere(conn, stand),
    )


def replayed_elsewhere(conn: Connection, stand: list[Review]) -> list[str]:
    """Which of these reviews are not what their audit leads to, texts and all."""
    entries = audit.entries(conn, *(review.id for review in stand))
    return [review.id for review in stand if replay(entry.line for entry in entries[review.id]) != review]
