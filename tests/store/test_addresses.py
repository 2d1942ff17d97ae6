"""How a place is reached survives a restart, on either database; and Teams' book of addresses makes sense of it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.channels.base import NotStored, Place
from bot.channels.teams.address import Address, AddressBook
from bot.store.addresses import Addresses
from bot.store.bell import Bell
from bot.store.engine import Engine
from tests.review.lives import NOW

SUPPORT, REVIEW = Place("teams", "19:support@thread.tacv2"), Place("teams", "19:review@thread.tacv2")


def _path(engine: Engine) -> Path:
    return Path(engine.url.database or "")


async def test_the_newest_note_of_a_place_counts(engine: Engine) -> None:
    """One row a place, whatever its channel makes of it."""
    notes = Addresses(engine, lambda: NOW)
    assert await notes.find(SUPPORT) is None
    await notes.note(SUPPORT, "{}")
    await notes.note(SUPPORT, '{"a": "\\u0000"}')
    await notes.note(REVIEW, "[]")
    await notes.note(Place("slack", SUPPORT.id), "other")
    found = [await notes.find(place) for place in (SUPPORT, REVIEW)]
    assert found == ['{"a": "\\u0000"}', "[]"]
    assert await engine.read(lambda conn: conn.execute(sa.text("SELECT count(*) FROM addresses")).scalar()) == 3


async def test_two_that_note_the_same_at_once_are_no_trouble(engine: Engine) -> None:
    """Replicas are told of the same place."""
    notes = Addresses(engine, lambda: NOW)
    await asyncio.gather(*(notes.note(SUPPORT, str(number)) for number in range(8)))
    assert await notes.find(SUPPORT) is not None


async def test_a_database_that_is_down_stores_nothing(light: Engine) -> None:
    """Whoever asks is told so, and can have it told again."""
    notes = Addresses(light, lambda: NOW)
    path = _path(light)
    away = path.rename(path.with_name("away.db"))
    with pytest.raises(NotStored):
        await notes.note(SUPPORT, "{}")
    with pytest.raises(NotStored):
        await notes.find(SUPPORT)
    away.rename(path)
    await notes.note(SUPPORT, "{}")


async def test_the_book_keeps_what_it_knew(engine: Engine) -> None:
    """A message tells less than news of a team; a team that was exchanged takes its name in Graph with it."""
    book = AddressBook(Addresses(engine, lambda: NOW))
    assert await book.find(SUPPORT) is None
    whole = Address("https://a.example", "t1", "19:team", "group", "Help")
    await book.note(SUPPORT, whole)
    await book.note(SUPPORT, Address("https://a.example", "t1", "19:team"))
    assert await book.find(SUPPORT) == whole
    await book.note(SUPPORT, Address("https://a.example", "t1", "19:other"))
    assert await book.find(SUPPORT) == Address("https://a.example", "t1", "19:other", "", "Help")


async def test_the_connector_of_a_tenant_is_one_for_all_its_places(sqlite: sa.URL) -> None:
    """What was heard from one place goes for the others, also after a restart, and for places nothing was heard from."""
    engine = Engine(sqlite, Bell())
    book = AddressBook(Addresses(engine, lambda: NOW))
    await book.note(SUPPORT, Address("https://old.example", "t1", "19:team"))
    await book.note(REVIEW, Address("https://new.example", "t1", "19:staff"))
    for known in (book, AddressBook(Addresses(engine, lambda: NOW))):
        assert await known.find(SUPPORT) == Address("https://new.example", "t1", "19:team")
        assert await known.anywhere("teams", "t1") == Address("https://new.example", "t1")
        assert await known.anywhere("teams", "t2") is None
    await asyncio.to_thread(engine.close)
