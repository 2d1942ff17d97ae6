"""Who paused and resumed the drafting of a desk: lines are only ever added, and the newest says how the desk stands."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, bindparam, func, insert, select

from bot.channels.base import Person
from bot.channels.standing import Pause
from bot.store.bell import Topic, ring_after
from bot.store.conversations import clean
from bot.store.tables import pauses

_NEWEST = (
    select(func.max(pauses.c.number))
    .where(pauses.c.desk.in_(bindparam("desks", expanding=True)))
    .group_by(pauses.c.desk)
)
_STANDING = select(pauses.c.desk, pauses.c.paused, pauses.c.person_name, pauses.c.at).where(
    pauses.c.number.in_(_NEWEST)
)
_ADD = insert(pauses)


def standing(conn: Connection, desks: Collection[str]) -> dict[str, Pause]:
    """The pauses that are on at these desks, by the desk's id."""
    found = conn.execute(_STANDING, {"desks": list(desks)}) if desks else ()
    return {row.desk: Pause(row.person_name, row.at) for row in found if row.paused}


def add(conn: Connection, desk: str, by: Person, at: float, *, paused: bool) -> None:
    """From now on the desk's drafting is paused, or goes on."""
    person = {"person": clean(str(by)), "person_name": clean(by.name)}
    conn.execute(_ADD, {"desk": desk, "paused": paused, "at": at} | person)
    ring_after(conn, Topic.PAGES)
