"""Pauses and wishes as they are kept: a history of pauses, and what each person said last."""

from __future__ import annotations

import asyncio

import sqlalchemy as sa

from bot.channels.base import Person
from bot.channels.standing import Pause
from bot.store import pauses, wishes
from bot.store.bell import Topic
from bot.store.engine import Engine
from bot.store.tables import pauses as rows
from tests.store.records import put, somebody_waits

LEA, LEO = Person("slack", "U0LEA", "Lea"), Person("web", "leo", "Leo \x00")


async def test_the_newest_line_says_how_a_desk_stands(engine: Engine) -> None:
    """Each desk for itself; and who did what when stays on record."""
    with engine.bell.listen(Topic.PAGES) as ear:
        await put(engine, pauses.add, "support", LEA, 1.0, paused=True)
        assert await ear.wait(0.0), "open pages are told"
    await put(engine, pauses.add, "sales", LEO, 2.0, paused=True)
    await put(engine, pauses.add, "support", LEO, 3.0, paused=False)
    found = await engine.read(lambda conn: pauses.standing(conn, ("support", "sales", "other")))
    assert found == {"sales": Pause("Leo \ufffd", 2.0)}
    await put(engine, pauses.add, "support", LEA, 4.0, paused=True)
    assert await engine.read(lambda conn: pauses.standing(conn, ("support",))) == {"support": Pause("Lea", 4.0)}
    assert await engine.read(lambda conn: pauses.standing(conn, ())) == {}
    kept = await engine.read(lambda conn: conn.execute(sa.select(rows.c.person, rows.c.paused)).all())
    assert [tuple(row) for row in kept if row.person == str(LEA)] == [(str(LEA), True)] * 2


async def test_a_wish_is_what_was_said_last(engine: Engine) -> None:
    """One for each person and matter; whoever said nothing is not there."""
    for value in ("no", "yes", "no"):
        await put(engine, wishes.put, "slack:U0LEA", "call", value)
    await put(engine, wishes.put, "slack:U0ANA", "call", "yes")
    await put(engine, wishes.put, "slack:U0LEA", "other", "yes")
    people = ("slack:U0LEA", "slack:U0ANA", "slack:U0TOM\x00")
    assert await engine.read(lambda conn: wishes.of_people(conn, people, "call")) == {
        "slack:U0LEA": "no",
        "slack:U0ANA": "yes",
    }
    assert await engine.read(lambda conn: wishes.of_people(conn, (), "call")) == {}


async def test_two_who_wish_at_once_do_not_stumble(heavy: Engine) -> None:
    """A double click on two replicas: the later one stands."""
    with heavy.sql.connect() as slow:
        transaction = slow.begin()
        wishes.put(slow, "slack:U0LEA", "call", "no")
        other = asyncio.create_task(put(heavy, wishes.put, "slack:U0LEA", "call", "yes"))
        await somebody_waits(heavy, other)
        transaction.commit()
    await other
    assert await heavy.read(lambda conn: wishes.of_people(conn, ("slack:U0LEA",), "call")) == {"slack:U0LEA": "yes"}
