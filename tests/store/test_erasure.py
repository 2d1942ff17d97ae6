"""What is erased is gone from the files too, what was kept for long enough goes by itself, and both are on record."""

from __future__ import annotations

import asyncio
import random
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import cast

import pytest
import sqlalchemy as sa
from sqlalchemy import Connection

from bot.channels.base import Person, Speaker
from bot.store import conversations, erasure, overwriting, reviews
from bot.store.bell import Bell
from bot.store.engine import Engine
from bot.store.erasure import Erased
from bot.store.posts import PostWall
from bot.store.tables import conversations as threads
from bot.store.tables import erasures, metadata, texts
from bot.store.texts import put as put_text
from bot.store.verify import verify
from tests.review.lives import NOW, WAYS
from tests.store.records import ANA, MIA, led, open_review, put, said

DAY = 86_400.0
# Every column of every table, by what an erasure does with it. A new one has to be thought about here.
GONE = {"texts": {"salt", "body"}, "words": {"tokens"}}
RENAMED = {"conversations": {"customer", "customer_name"}, "messages": {"person", "person_name", "files"}}
HUNG = {"posts": {"key", "person", "person_name", "body", "speaker"}}
# What is left says when and by whom of our own people something was done, and how things hang together.
KEPT = {
    "conversations": {"id", "desk", "channel", "place", "root", "answered", "opened_at", "erased_at"},
    "messages": {"number", "conversation", "ref", "event", "speaker", "at", "text"},
    "texts": {"id"},
    "words": {"number", "review"},
    "posts": {"number", "place", "root", "at", "edits", "deleted"},
}
# Nothing that a customer wrote or is called comes into these.
CLEAN = {
    *("told", "reviews", "audit", "releases", "replies", "seals", "templates", "changes", "backtests", "costs"),
    *("backtest_results", "pauses", "wishes", "addresses", "erasures", "proposals", "evidence", "verdicts"),
    *(
        "sessions",
        "arrivals",
        "trials",
        "tokens",
        "presences",
        "searches",
        "looks",
        "exchanges",
        "marks",
        "outlines",
        "thumbs",
        "alerts",
    ),
}


def test_every_column_was_thought_about() -> None:
    """A table or a column that is added does not slip past the eraser unseen."""
    known = {
        name: GONE.get(name, set()) | RENAMED.get(name, set()) | HUNG.get(name, set()) | kept
        for name, kept in KEPT.items()
    }
    assert {table.name for table in metadata.sorted_tables} == known.keys() | CLEAN
    assert {name: {column.name for column in metadata.tables[name].columns} for name in known} == known


def in_files(path: Path, *marks: bytes) -> set[bytes]:
    """Which of these bytes stand in the database's files."""
    raw = b"".join(file.read_bytes() for file in path.parent.iterdir() if file.name.startswith(path.name))
    return {mark for mark in marks if mark in raw}


async def test_the_bytes_are_gone(light: Engine) -> None:
    """From the file and from the journal beside it, also where SQLite moved rows about, while others read and write."""
    path = Path(light.url.database or "")
    other = Engine(light.url, Bell())
    chance = random.Random(7)

    def writes(conn: Connection, number: int) -> None:
        whose = MIA if number % 3 else Person("web", "jon", "Jon Brask")
        words = f"{'zebra' if whose is MIA else 'horse'}{number:04} " + "x" * chance.choice([5, 80, 700, 5000])
        conversation = conversations.Conversation(f"c{number}", "support", said(root=str(number)).thread, whose)
        conversations.start(conn, conversation, NOW)
        conversations.add(conn, conversation.id, said(words, root=str(number), by=whose))

    for number in range(600):
        await put(light if number % 2 else other, writes, number)
    hers = {f"zebra{number:04}".encode() for number in range(600) if number % 3}
    his = {f"horse{number:04}".encode() for number in range(600) if not number % 3}
    assert in_files(path, *hers, *his, b"Mia Lindqvist") == hers | his | {b"Mia Lindqvist"}
    done = await light.write(lambda conn: erasure.erase(conn, MIA, "ana", NOW))
    assert done is not None
    assert done.texts == len(hers)
    assert overwriting.overwrite(light.sql) is True
    assert in_files(path, *hers, *his, b"Mia Lindqvist") == his
    await other.write(lambda conn: put_text(conn, "It still writes."))
    await asyncio.to_thread(other.close)


async def test_what_an_earlier_program_left_in_the_file(light: Engine) -> None:
    """Before rows were overwritten as they go, an erased one stayed where it was. The file is written anew."""
    path = Path(light.url.database or "")
    await light.write(open_review)
    with closing(sqlite3.connect(path)) as careless:
        careless.execute("PRAGMA secure_delete = OFF")
        careless.execute("INSERT INTO texts (salt, body) VALUES (x'00', CAST('zebra' AS BLOB))")
        careless.execute("DELETE FROM texts WHERE salt = x'00'")
        careless.commit()
    assert in_files(path, b"zebra") == {b"zebra"}
    assert overwriting.tidy(light.sql) is True
    assert in_files(path, b"zebra") == {b"zebra"}
    assert overwriting.overwrite(light.sql) is True
    assert in_files(path, b"zebra") == set()


async def test_a_long_reader_is_not_in_the_way_for_ever(light: Engine) -> None:
    """While somebody reads an older state the journal cannot be emptied, and nobody is told that it was."""
    await light.write(open_review)
    with light.snapshot() as reading:
        reading.execute(sa.select(texts)).all()
        await light.write(lambda conn: erasure.erase(conn, MIA, "ana", NOW))
        assert overwriting.tidy(light.sql) is False
    assert overwriting.tidy(light.sql) is True
    assert in_files(Path(light.url.database or ""), b"Where is my parcel?") == set()


async def _expired(engine: Engine, now: float, limit: int = 20, days: float = 30) -> Erased:
    return await engine.write(lambda conn: erasure.expire(conn, "support", now - days * DAY, limit, now))


@pytest.mark.parametrize("way", WAYS)
async def test_what_was_kept_for_long_enough(way: str, engine: Engine) -> None:
    """A thread whose review was closed so long ago goes; one with an open review never does."""
    review = await put(engine, led, WAYS[way])
    assert await _expired(engine, NOW + 29 * DAY) == Erased(0, 0)
    done = await _expired(engine, NOW + 31 * DAY)
    count = await engine.read(lambda conn: conn.execute(sa.select(sa.func.count()).select_from(texts)).scalar_one())
    if review.closed:
        assert (done.threads, count) == (1, 0)
        assert await _expired(engine, NOW + 32 * DAY) == Erased(0, 0)
    else:
        assert (done.threads, count > 0) == (0, True)
    found = await engine.read(verify)
    assert (found.reviews, found.erasures, found.taken) == (1, int(review.closed), done.texts)


async def test_a_thread_that_lives_on_is_kept(engine: Engine) -> None:
    """As long as something was said in it lately, or another of its reviews was closed lately or is open."""

    def goes_on(conn: Connection) -> None:
        led(conn, WAYS["rejected"])
        conversations.add(conn, "c1", said("One more thing", ref="2", at=NOW + 20 * DAY))

    await engine.write(goes_on)
    assert (await _expired(engine, NOW + 40 * DAY)).threads == 0
    assert (await _expired(engine, NOW + 51 * DAY)).threads == 1


async def test_a_batch_at_a_time(engine: Engine) -> None:
    """The longest kept first; each batch is on record for the desk, and no customer is named."""
    for number in range(5):
        await put(engine, led, WAYS["rejected"], str(number))
    later = NOW + 31 * DAY
    assert [(await _expired(engine, later, limit=2)).threads for _ in range(4)] == [2, 2, 1, 0]
    rows = await engine.read(lambda conn: conn.execute(sa.select(erasures).order_by(erasures.c.number)).all())
    assert [(row.person, row.desk, row.conversations) for row in rows] == [("system", "support", n) for n in (2, 2, 1)]
    assert {row.texts for row in rows} == {2 * rows[2].texts, rows[2].texts}
    names = await engine.read(lambda conn: conn.execute(sa.select(threads.c.customer)).scalars().all())
    assert len(set(names)) == 5
    assert all(name.startswith("erased-") for name in names)


async def test_another_desk_keeps_its_own(engine: Engine) -> None:
    """Only the desk whose time is over."""
    await put(engine, led, WAYS["rejected"])
    later = NOW + 400 * DAY
    assert (await engine.write(lambda conn: erasure.expire(conn, "sales", later, 20, later))).threads == 0


async def test_an_erasure_is_one_transaction(engine: Engine) -> None:
    """What fails on the way undoes all of it: half an erasure is none."""
    await put(engine, led, WAYS["in review"])

    def half(conn: Connection) -> None:
        erasure.erase(conn, MIA, "ana", NOW)
        raise LookupError

    with pytest.raises(LookupError):
        await engine.write(half)
    found = await engine.read(verify)
    assert (found.erased, found.erasures) == (0, 0)
    assert (await engine.read(lambda conn: reviews.get(conn, "r1"))).state.value == "in_review"  # type: ignore[union-attr]


async def test_the_workspace_forgets_too(engine: Engine) -> None:
    """The thread hangs there no more and takes no reply, and a reply that hung there is still found by its key."""
    wall = PostWall(engine, "support", lambda: NOW)
    first = await wall.post("web:mia:1", "", Speaker.CUSTOMER, MIA, "zebra")
    assert first is not None
    await wall.post("r1-4", first.ref, Speaker.BOT, Person("web", "countersign", "Countersign"), "Your zebra")
    await wall.post("web:mia:2", "", Speaker.CUSTOMER, MIA, "another zebra, that no desk was told of")
    await wall.post("web:jon:1", "", Speaker.CUSTOMER, Person("web", "jon", "Jon"), "horse")

    def told(conn: Connection) -> Erased | None:
        open_review(conn, first.ref)
        return erasure.erase(conn, MIA, "ana", NOW)

    done = await engine.write(told)
    assert done is not None
    assert done.posts == 2
    assert [thread.posts[0].text for thread in await wall.threads(9)] == ["horse"]
    assert await wall.post("r1-5", first.ref, Speaker.BOT, ANA, "Too late") is None
    reply = await wall.find("r1-4")
    assert reply is not None
    assert (reply.text, reply.deleted) == ("", True)
    assert [post.text for post in await wall.untold()] == ["horse"]


async def test_what_hung_for_long_enough(engine: Engine) -> None:
    """The workspace forgets a thread whose time is over, whoever wrote there."""
    wall = PostWall(engine, "support", lambda: NOW)
    first = await wall.post("web:mia:1", "", Speaker.CUSTOMER, MIA, "zebra")
    assert first is not None
    await put(engine, led, WAYS["rejected"], first.ref)
    assert (await _expired(engine, NOW + 31 * DAY)).threads == 1
    assert await wall.threads(9) == []


async def test_thousands_of_threads(light: Engine) -> None:
    """More than fit into one statement, by the limit that SQLite has where nobody raised it."""
    many = 9_000
    known = {"desk": "support", "channel": "web", "place": "support", "customer": "mia", "customer_name": "Mia"}
    rows = [known | {"id": f"c{n}", "root": str(n), "answered": 0, "opened_at": NOW} for n in range(many)]

    def erase(conn: Connection) -> Erased | None:
        raw = cast("sqlite3.Connection", conn.connection.driver_connection)
        raw.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, 32_766)
        return erasure.erase(conn, MIA, "ana", NOW)

    await light.write(lambda conn: conn.execute(sa.insert(threads), rows))
    done = await light.write(erase)
    assert done is not None
    assert (done.threads, done.texts) == (many, 0)
