"""Searches that people keep for themselves, under a name."""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, delete, func, insert, select

from bot.store.conversations import clean
from bot.store.tables import searches

MOST = 30

_THEIRS = searches.c.person == bindparam("whose")
_NAMED = searches.c.name == bindparam("called")
_OF = select(searches.c.name, searches.c.query).where(_THEIRS).order_by(searches.c.name)
_COUNT = select(func.count()).select_from(searches).where(_THEIRS)
_DELETE = delete(searches).where(_THEIRS, _NAMED)


class TooMany(Exception):
    """Nobody keeps more searches than this."""


def of(conn: Connection, person: str) -> list[tuple[str, str]]:
    """Somebody's searches: name and query, by name."""
    return [(row.name, row.query) for row in conn.execute(_OF, {"whose": clean(person)})]


def keep(conn: Connection, person: str, name: str, query: str, now: float) -> None:
    """Keep a search in the place of the one of that name. Raises `TooMany`."""
    forget(conn, person, name)
    if conn.execute(_COUNT, {"whose": clean(person)}).scalar_one() >= MOST:
        raise TooMany
    row = {"person": clean(person), "name": clean(name), "query": clean(query), "at": now}
    conn.execute(insert(searches), row)


def forget(conn: Connection, person: str, name: str) -> None:
    """Delete a search, if there is one of that name."""
    conn.execute(_DELETE, {"whose": clean(person), "called": clean(name)})
