"""Who is at which review. People come and go without a trace: a row lasts as long as its person keeps saying so."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, delete, or_, select

from bot.channels.base import Person
from bot.store.bell import Topic, ring_after
from bot.store.conversations import clean
from bot.store.reviews import OF_DESKS
from bot.store.statements import insert_once
from bot.store.tables import presences, reviews

# A page says every 15 s that its reader is still there; whoever missed two of them has gone (seconds).
LASTS = 35.0

_WAS = select(presences.c.review, presences.c.typing).where(
    presences.c.person == bindparam("who"), presences.c.at > bindparam("since")
)
_OTHERS = (
    select(presences.c.person)
    .where(
        presences.c.review.in_(bindparam("reviews", expanding=True)),
        presences.c.person != bindparam("who"),
        presences.c.at > bindparam("since"),
    )
    .limit(1)
)
_GONE = delete(presences).where(or_(presences.c.person == bindparam("who"), presences.c.at <= bindparam("since")))
_THERE = (
    select(presences.c.person, presences.c.person_name, presences.c.review, presences.c.typing)
    .join_from(presences, reviews, reviews.c.id == presences.c.review)
    .where(OF_DESKS, presences.c.at > bindparam("since"))
    .order_by(presences.c.person_name, presences.c.person)
)


@dataclass(frozen=True, slots=True)
class Presence:
    """Somebody (`channel:person`) at a review, perhaps writing."""

    person: str
    name: str
    review: str
    typing: bool


def put(conn: Connection, by: Person, review: str, now: float, *, typing: bool) -> None:
    """Somebody is at this review now (unix seconds), or at none when it is empty.

    The bell rings only where two meet: with it every open page looks again.
    """
    who, since = clean(str(by)), now - LASTS
    before = conn.execute(_WAS, {"who": who, "since": since}).one_or_none()
    conn.execute(_GONE, {"who": who, "since": since})
    if review:
        row = {"person": who, "person_name": clean(by.name), "review": review, "typing": typing, "at": now}
        # From two windows at once it may be there by now, and either is right.
        conn.execute(insert_once(presences, conn.dialect.name), row)
    if (before.review, bool(before.typing)) == (review, typing) if before else not review:
        return
    met = [one for one in (before.review if before else "", review) if one]
    if conn.execute(_OTHERS, {"reviews": met, "who": who, "since": since}).first():
        ring_after(conn, Topic.PAGES)


def there(conn: Connection, desks: Collection[str], now: float) -> list[Presence]:
    """Who is at the reviews of these desks, by name."""
    rows = conn.execute(_THERE, {"desks": list(desks), "since": now - LASTS})
    return [Presence(row.person, row.person_name, row.review, bool(row.typing)) for row in rows]
