"""Who opened a customer's words, at desks that want to know. Lines are only ever added."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, insert, select

from bot.channels.base import Person
from bot.store.conversations import clean
from bot.store.tables import looks

_ADD = insert(looks)
_OF = (
    select(looks).where(looks.c.review == bindparam("review")).order_by(looks.c.number.desc()).limit(bindparam("limit"))
)


@dataclass(frozen=True, slots=True)
class Look:
    """Somebody opened a page at a time (unix seconds). `person` is `channel:person`."""

    at: float
    person: str
    name: str
    page: str


def add(conn: Connection, who: Person, review: str, page: str, now: float) -> None:
    """Record that somebody opened a review on a page."""
    values = {"at": now, "person": clean(str(who)), "person_name": clean(who.name), "review": review, "page": page}
    conn.execute(_ADD, values)


def of(conn: Connection, review: str, limit: int) -> list[Look]:
    """The last looks at a review, the newest first."""
    rows = conn.execute(_OF, {"review": review, "limit": limit})
    return [Look(row.at, row.person, row.person_name, row.page) for row in rows]
