"""What people set for themselves. A wish nobody has uttered is not there; what it then means is the asker's to say."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, bindparam, select

from bot.store.conversations import clean
from bot.store.statements import few_lengths, insert_or_change
from bot.store.tables import wishes

_OF_PEOPLE = select(wishes.c.person, wishes.c.value).where(
    wishes.c.name == bindparam("wish"), wishes.c.person.in_(bindparam("people", expanding=True))
)


def of_people(conn: Connection, people: Collection[str], name: str) -> dict[str, str]:
    """What these people (`channel:person`) said on one matter, those who said something."""
    if not people:
        return {}
    found = conn.execute(_OF_PEOPLE, {"wish": name, "people": few_lengths([clean(one) for one in people])})
    return {row.person: row.value for row in found}


def put(conn: Connection, person: str, name: str, value: str) -> None:
    """From now on the person wishes it so."""
    row = {"person": clean(person), "name": name, "value": value}
    conn.execute(insert_or_change(wishes, conn.dialect.name), row)
