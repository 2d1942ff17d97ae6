"""Conversations are stored as they came in and read as they now stand."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection

from bot.channels.base import Deleted, Edited, Event, Message, Said, Speaker
from bot.store import conversations
from bot.store.conflict import Conflict
from bot.store.conversations import Conversation
from bot.store.engine import Engine
from bot.store.opening import connections
from bot.store.tables import messages
from tests.review.lives import NOW, WAYS
from tests.stage.databases import Sqlite
from tests.store.records import ANA, MIA, deleted, edited, led, put, said, talk, thread


async def _reads(engine: Engine, *events: Event) -> list[tuple[str, bool, bool]]:
    """Text, edited and deleted of each message after these events."""
    await put(engine, talk, *events)
    found = await engine.read(lambda conn: conversations.as_it_reads(conn, "c1")["c1"])
    return [(message.text, message.edited, message.deleted) for message in found]


async def test_an_edit_shows_in_place(engine: Engine) -> None:
    """The message reads as it was last told, where it stood."""
    events = (said("one", "1"), said("two", "2"), edited("uno", "1"), edited("ein", "1"))
    assert await _reads(engine, *events) == [("ein", True, False), ("two", False, False)]


async def test_a_deletion_leaves_no_words(engine: Engine) -> None:
    """It is known that something was there, and nothing of what it said."""
    assert await _reads(engine, said("one"), deleted()) == [("", False, True)]


async def test_an_edit_told_after_the_deletion_brings_no_words_back(engine: Engine) -> None:
    """Channels promise no order; what the customer took back stays away."""
    events = (said("one"), deleted(), edited("secret"))
    assert await _reads(engine, *events) == [("", True, True)]


async def test_a_deletion_that_is_taken_back_brings_the_words_back(engine: Engine) -> None:
    """Said again later than it was deleted, a message reads so and is the newest; a late first telling is not that."""
    again = replace(said("one", "1"), at=NOW + 2, keys=())
    gone = replace(deleted("1"), at=NOW + 1)
    assert await _reads(engine, said("one", "1"), said("two", "2"), gone, again) == [
        ("one", False, False),
        ("two", False, False),
    ]
    found = await engine.read(lambda conn: conversations.as_it_reads(conn, "c1")["c1"])
    assert found[0].number > found[1].number
    await put(engine, conversations.add, "c1", replace(gone, at=NOW + 3))
    found = await engine.read(lambda conn: conversations.as_it_reads(conn, "c1")["c1"])
    assert found[0].deleted


@pytest.mark.parametrize("late", [edited("uno"), deleted()])
async def test_what_is_told_before_the_message_itself_counts(late: Event, engine: Engine) -> None:
    """An edit or deletion that overtook its message is not lost when that arrives."""
    reads = await _reads(engine, late, said("one"))
    assert [(text, gone) for text, _, gone in reads] == [("uno", False) if isinstance(late, Edited) else ("", True)]


async def test_everything_is_stored_as_it_came_in(engine: Engine) -> None:
    """Reading applies edits; storing adds rows and changes none."""
    await put(engine, talk, said("one"), edited("two"), deleted())
    rows = await engine.read(lambda conn: conn.execute(sa.select(messages.c.event).order_by(messages.c.number)).all())
    assert [row.event for row in rows] == ["said", "edited", "deleted"]


async def test_an_attachment_is_kept_by_name(engine: Engine) -> None:
    """The card names it; nobody opens it."""
    await put(engine, talk, said("look", files=("photo.jpg", "bill.pdf")))
    found = await engine.read(lambda conn: conversations.as_it_reads(conn, "c1")["c1"])
    assert found[0].files == ("photo.jpg", "bill.pdf")


async def test_a_link_preview_is_no_edit(engine: Engine) -> None:
    """An edit that changes no word makes no difference; one that does, does."""
    await put(engine, talk, said("see https://example.org"))
    assert not await put(engine, conversations.changes, "c1", edited("see https://example.org"))
    assert await put(engine, conversations.changes, "c1", edited("see https://example.com"))
    assert await put(engine, conversations.changes, "c1", deleted())
    await put(engine, conversations.add, "c1", edited("see nothing"))
    assert await put(engine, conversations.changes, "c1", edited("see https://example.org"))
    assert not await put(engine, conversations.changes, "c1", edited("see nothing"))


# --- told twice


async def test_an_event_is_new_once(engine: Engine) -> None:
    """Told again under the same name, or under another name of the same thing, it is known."""
    assert await put(engine, conversations.is_new, ("event-1", "message-1"), NOW)
    assert not await put(engine, conversations.is_new, ("event-1",), NOW)
    assert not await put(engine, conversations.is_new, ("event-2", "message-1"), NOW)
    assert not await put(engine, conversations.is_new, ("event-2",), NOW)
    assert await put(engine, conversations.is_new, ("event-3",), NOW)


async def test_of_many_that_are_told_the_same_at_once_one_is_first(engine: Engine) -> None:
    """Two processes behind one address get the same retry in the same moment, its names in any order."""
    told = [put(engine, conversations.is_new, keys, NOW) for keys in (("a", "b"), ("b", "a"), ("b",), ("a", "b")) * 3]
    assert sorted(await asyncio.gather(*told)) == [False] * 11 + [True]


async def test_work_that_failed_did_not_hear_it(engine: Engine) -> None:
    """The names are remembered with what followed from them, or not at all."""

    def half(conn: Connection) -> None:
        assert conversations.is_new(conn, ("event-1",), NOW)
        raise LookupError

    with pytest.raises(LookupError):
        await engine.write(half)
    assert await put(engine, conversations.is_new, ("event-1",), NOW)


# --- whose conversation


async def test_a_thread_is_begun_once(engine: Engine) -> None:
    """Who comes second loses with `Conflict` and reads again."""
    await put(engine, talk)
    with pytest.raises(Conflict):
        await put(engine, conversations.start, Conversation("c9", "support", thread(), MIA), NOW)
    found = await put(engine, conversations.of_thread, thread())
    assert found == Conversation("c1", "support", thread(), MIA)
    assert await put(engine, conversations.of_thread, thread("2")) is None


async def test_many_that_begin_a_thread_at_once_begin_one(engine: Engine) -> None:
    """Exactly one of them wins, whatever the database."""
    starts = [put(engine, conversations.start, Conversation(f"c{n}", "support", thread(), MIA), NOW) for n in range(8)]
    outcomes = await asyncio.gather(*starts, return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Conflict"] * 7 + ["NoneType"]


async def test_a_customer_who_joins_becomes_the_customer(engine: Engine) -> None:
    """A thread that a colleague began has no customer until one writes in it."""
    nobody = replace(MIA, id="", name="")
    await put(engine, conversations.start, Conversation("c1", "support", thread(), nobody), NOW)
    await put(engine, conversations.meet, "c1", MIA)
    found = await engine.read(lambda conn: conversations.of_ids(conn, "c1", "nonesuch"))
    assert [conversation.customer for conversation in found.values()] == [MIA]


# --- what is still to be answered


async def test_what_customers_wrote_since_is_unanswered(engine: Engine) -> None:
    """Not what was settled, not what was taken back, and not what colleagues or the bot wrote."""
    colleague = said("on it", "3", by=ANA, speaker=Speaker.STAFF)
    await put(engine, talk, said("old", "1"), said("new", "2"), colleague, said("gone", "4"), deleted("4"))

    def open_questions(conn: Connection, answered: int) -> list[str]:
        return [m.text for m in conversations.unanswered(conversations.as_it_reads(conn, "c1")["c1"], answered)]

    assert await engine.read(lambda conn: open_questions(conn, 0)) == ["old", "new"]
    assert await engine.read(lambda conn: open_questions(conn, 1)) == ["new"]


async def test_settling_never_goes_back(engine: Engine) -> None:
    """An older answer that is recorded late does not open what a later one has settled."""
    await put(engine, talk)
    for upto in (5, 3):
        await put(engine, conversations.settle, "c1", upto)
    assert (await put(engine, conversations.get, "c1")).answered == 5


async def test_a_reply_joins_the_conversation_with_the_released_words(engine: Engine) -> None:
    """The next draft, and whoever reads the card, sees what the customer was told."""
    review = await put(engine, led, WAYS["sent"])
    await put(engine, conversations.add_reply, review, "m9", NOW)
    found = await engine.read(lambda conn: conversations.as_it_reads(conn, review.conversation))
    last = found[review.conversation][-1]
    assert (last.speaker, last.text, last.ref) == (Speaker.BOT, review.words, "m9")


# --- any telling of any conversation

REFS = st.sampled_from(["1", "2", "3"])
EVENTS = st.lists(
    st.one_of(
        st.builds(lambda ref, text: said(text, ref), REFS, st.text(max_size=4)),
        st.builds(lambda ref, text: edited(text, ref), REFS, st.text(max_size=4)),
        st.builds(deleted, REFS),
    ),
    max_size=12,
)


@pytest.fixture(scope="module")
def connection(sqlites: Sqlite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    """One connection for all examples; each is undone."""
    url = sqlites.fresh(tmp_path_factory.mktemp("conversations") / "countersign.db")
    sql = connections(url)
    with sql.connect() as conn:
        yield conn
    sql.dispose()


@given(EVENTS)
def test_any_telling_reads_as_its_last_state(connection: Connection, events: list[Event]) -> None:
    """A message that was deleted once is gone; else it reads as it was last edited, or as it was first said."""
    connection.exec_driver_sql("BEGIN")
    conversation = talk(connection, *(events or [said()]))
    found = {message.ref: message for message in conversations.as_it_reads(connection, conversation)[conversation]}
    connection.exec_driver_sql("ROLLBACK")
    connection.rollback()
    for ref in {event.ref for event in events}:
        assert _shown(found[ref]) == _expected([event for event in events if event.ref == ref])
    assert set(found) == {event.ref for event in events or [said()]}


def _shown(message: Message) -> tuple[str, bool, bool]:
    return message.text, message.edited, message.deleted


def _expected(events: list[Event]) -> tuple[str, bool, bool]:
    gone = any(isinstance(event, Deleted) for event in events)
    edits = [event.text for event in events if isinstance(event, Edited)]
    told = [event.text for event in events if isinstance(event, Said)]
    text = "" if gone else (edits or [*told[:1], ""])[-1 if edits else 0]
    return text, bool(edits), gone
