"""What waits: the open reviews of some desks, of one person, and the review that a thread is about."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import BindParameter, ColumnElement, Connection, and_, bindparam, func, select

from bot.channels.base import Thread
from bot.review.model import Review
from bot.store.conversations import IN_THREAD, clean, key_of
from bot.store.reviews import FULL, OF_DESKS, OPEN_AT_DESKS, from_row, open_page
from bot.store.tables import conversations, reviews


def held_by(holder: str | BindParameter[str]) -> ColumnElement[bool]:
    """Whether somebody is on a review. The index holds those somebody is on, so the question has to say that too."""
    return and_(reviews.c.holder == holder, reviews.c.holder != "")


_HELD = and_(held_by(bindparam("holder")), OPEN_AT_DESKS)
_COUNT = select(func.count()).select_from(reviews)
_ALL, _ALL_HELD = _COUNT.where(OPEN_AT_DESKS), _COUNT.where(_HELD)
_MINE = FULL.where(_HELD).order_by(reviews.c.id.desc()).limit(bindparam("limit"))
_OF_THREAD = (
    select(reviews.c.id)
    .join_from(reviews, conversations, conversations.c.id == reviews.c.conversation)
    .where(IN_THREAD)
    .order_by(reviews.c.opened_at.desc(), reviews.c.id.desc())
    .limit(1)
)
_OF_CARD = select(reviews.c.id).where(reviews.c.card_ref == bindparam("ref"), OF_DESKS).limit(1)


def waiting(conn: Connection, desks: Collection[str], limit: int) -> tuple[list[Review], int]:
    """The open reviews of these desks, the newest first, and how many there are in all."""
    count: int = conn.execute(_ALL, {"desks": list(desks)}).scalar_one()
    return open_page(conn, tuple(desks), limit), count


def held(conn: Connection, desks: Collection[str], holder: str, limit: int) -> tuple[list[Review], int]:
    """Those of them that somebody (`channel:person`) is on, likewise."""
    asked = {"desks": list(desks), "holder": clean(holder)}
    count: int = conn.execute(_ALL_HELD, asked).scalar_one()
    return [from_row(row) for row in conn.execute(_MINE, asked | {"limit": limit})], count


def of_thread(conn: Connection, thread: Thread, reviewing: Collection[str]) -> str | None:
    """The newest review of a customer's thread, or the one whose card the thread hangs from.

    `reviewing` are the desks that review in the thread's place. This reads all reviews: for a question that a person
    asks now and then.
    """
    found: str | None = conn.execute(_OF_THREAD, key_of(thread)).scalar()
    if found is None and reviewing:
        found = conn.execute(_OF_CARD, {"ref": clean(thread.root), "desks": list(reviewing)}).scalar()
    return found
