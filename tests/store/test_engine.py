"""How work reaches the database: together, apart, and answered only when it is durable."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from bot.store.bell import Bell, Topic, ring_after
from bot.store.engine import Engine, StoreDown
from bot.store.tables import told
from tests.stage.databases import address
from tests.store.records import put


def note(conn: Connection, key: str) -> str:
    """Write one row."""
    conn.execute(sa.insert(told), {"key": key, "at": 1.0})
    return key


def noted(conn: Connection) -> list[str]:
    """The rows there are."""
    return [str(key) for key in conn.execute(sa.select(told.c.key).order_by(told.c.key)).scalars()]


class Blocked:
    """Work that keeps the writer busy until it is let go, so that other work queues up behind it."""

    def __init__(self) -> None:
        self._begun = threading.Event()
        self._go = threading.Event()

    def __call__(self, conn: Connection) -> None:
        self._begun.set()
        assert self._go.wait(20)

    async def begun(self) -> None:
        with ThreadPoolExecutor(1) as thread:
            assert await asyncio.get_running_loop().run_in_executor(thread, self._begun.wait, 20)

    def go(self) -> None:
        self._go.set()


async def together(engine: Engine, *works: Callable[[Connection], object]) -> list[object]:
    """Have all these works queue while the writer is busy, so that they share a commit; their outcomes in order."""
    first = Blocked()
    busy = asyncio.create_task(engine.write(first))
    await first.begun()
    tasks = [asyncio.create_task(engine.write(work)) for work in works]
    await asyncio.sleep(0)  # every task has queued its work
    first.go()
    await busy
    return list(await asyncio.gather(*tasks, return_exceptions=True))


async def test_work_returns_what_it_found(engine: Engine) -> None:
    """A result comes back from the writer and from a reader."""
    assert await put(engine, note, "a") == "a"
    assert await engine.read(noted) == ["a"]


async def test_an_exception_comes_back_and_undoes_the_work(engine: Engine) -> None:
    """What the work raises is raised where it was asked for, and nothing of the work remains."""

    def fail(conn: Connection) -> None:
        note(conn, "half")
        raise ZeroDivisionError("on purpose")

    with pytest.raises(ZeroDivisionError, match="on purpose"):
        await engine.write(fail)
    assert await engine.read(noted) == []


async def test_one_that_fails_does_not_take_the_others_down(engine: Engine) -> None:
    """In one commit: a fault of ours, a row that exists, a refusal of the schema; their neighbours are committed."""
    await put(engine, note, "taken")

    def fail(conn: Connection) -> None:
        note(conn, "half")
        raise LookupError("on purpose")

    def strange(conn: Connection) -> None:
        note(conn, "strange")
        raise RuntimeError

    outcomes = await together(
        engine,
        lambda conn: note(conn, "one"),
        fail,
        lambda conn: note(conn, "two"),
        lambda conn: (note(conn, "three"), note(conn, "taken")),
        strange,
        lambda conn: note(conn, "four"),
    )
    kinds = [outcome if isinstance(outcome, str) else type(outcome) for outcome in outcomes]
    assert kinds == ["one", LookupError, "two", IntegrityError, RuntimeError, "four"]
    assert await engine.read(noted) == ["four", "one", "taken", "two"]


async def test_waiting_work_shares_a_commit(light: Engine) -> None:
    """Group commit: what queues while the writer is busy is made durable together."""
    commits = 0

    def count(_: Connection) -> None:
        nonlocal commits
        commits += 1

    sa.event.listen(light.sql, "commit", count)
    await together(light, *(lambda conn, n=n: note(conn, f"{n:02}") for n in range(20)))
    assert commits == 2  # the one that kept the writer busy, and all the others
    assert len(await light.read(noted)) == 20


async def test_nothing_is_answered_before_it_is_durable(light: Engine) -> None:
    """While the first of a group has done its work and the last has not, neither is answered and no one sees a row."""
    slow = Blocked()
    busy = Blocked()
    tasks: list[asyncio.Task[object]] = [asyncio.create_task(light.write(busy))]
    await busy.begun()
    tasks += [asyncio.create_task(put(light, note, "early")), asyncio.create_task(light.write(slow))]
    await asyncio.sleep(0)
    busy.go()
    await slow.begun()
    assert await light.read(noted) == []
    other = sqlite3.connect(light.url.database or "")
    assert other.execute("SELECT count(*) FROM told").fetchone() == (0,)
    other.close()
    assert not tasks[1].done()
    slow.go()
    await asyncio.gather(*tasks)
    assert await light.read(noted) == ["early"]


async def test_readers_do_not_wait_for_the_writer(light: Engine) -> None:
    """A page is answered from the last committed state while the writer is at work."""
    await put(light, note, "a")
    slow = Blocked()
    writing = asyncio.create_task(light.write(slow))
    await slow.begun()
    assert await light.read(noted) == ["a"]
    slow.go()
    await writing


async def test_a_reader_sees_one_state(engine: Engine) -> None:
    """Whatever is committed while a page is being made, the page is of one moment."""
    await put(engine, note, "a")
    looking, written = threading.Event(), threading.Event()

    def look(conn: Connection) -> tuple[list[str], list[str]]:
        before = noted(conn)
        looking.set()
        assert written.wait(20)
        return before, noted(conn)

    reading = asyncio.create_task(engine.read(look))
    await asyncio.to_thread(looking.wait, 20)
    await put(engine, note, "b")
    written.set()
    before, after = await reading
    assert before == after == ["a"]


async def test_one_who_stops_waiting_does_not_stop_the_writer(engine: Engine) -> None:
    """A request that was given up while its work was queued must not keep the next one from being written."""
    first = Blocked()
    busy = asyncio.create_task(engine.write(first))
    await first.begun()
    given_up = asyncio.create_task(put(engine, note, "given up"))
    await asyncio.sleep(0)
    given_up.cancel()
    first.go()
    await busy
    with pytest.raises(asyncio.CancelledError):
        await given_up
    assert await put(engine, note, "next") == "next"
    assert "next" in await engine.read(noted)


async def test_the_bell_rings_after_the_commit_and_only_then(light: Engine) -> None:
    """A worker that is woken finds what it was woken for; work that failed wakes nobody."""

    def ringing(conn: Connection) -> None:
        note(conn, "a")
        ring_after(conn, Topic.DRAFTS)

    def failing(conn: Connection) -> None:
        ring_after(conn, Topic.REPLIES)
        raise LookupError

    with light.bell.listen(Topic.DRAFTS) as drafts, light.bell.listen(Topic.REPLIES) as replies:
        outcomes = await together(light, failing, ringing)
        assert isinstance(outcomes[0], LookupError)
        assert await drafts.wait(0)
        assert await light.read(noted) == ["a"]
        assert not await replies.wait(0)


async def test_closing_finishes_what_was_begun(sqlite: sa.URL) -> None:
    """Work that was queued is written before the database is let go of."""
    engine = Engine(sqlite, Bell())
    tasks = [asyncio.create_task(put(engine, note, f"{number:02}")) for number in range(30)]
    await asyncio.sleep(0)
    await asyncio.to_thread(engine.close)
    await asyncio.gather(*tasks)
    again = Engine(sqlite, Bell())
    assert len(await again.read(noted)) == 30
    await asyncio.to_thread(again.close)


async def test_statements_and_values_do_not_appear_in_what_is_said(engine: Engine) -> None:
    """What the database says may end in a log; what customers wrote must not."""

    def broken(conn: Connection) -> None:
        conn.execute(sa.text("SELECT * FROM nowhere WHERE x = :secret"), {"secret": "my password is hunter2"})

    with pytest.raises(StoreDown) as down:
        await engine.write(broken)
    assert "hunter2" not in str(down.value)
    assert "SELECT" not in str(down.value)
    assert "nowhere" in down.value.cause


async def test_two_that_wait_for_each_other_both_finish(heavy: Engine) -> None:
    """PostgreSQL ends a deadlock by refusing one of the two; it is done again, and nobody is told to come back later."""
    with psycopg.connect(address(heavy.url), autocommit=True) as admin:
        admin.execute(f"ALTER DATABASE \"{heavy.url.database}\" SET deadlock_timeout = '10ms'".encode())
    heavy.sql.dispose()
    await put(heavy, note, "a")
    await put(heavy, note, "b")
    held = {"a": threading.Event(), "b": threading.Event()}

    def add(conn: Connection, first: str, second: str) -> None:
        touch(conn, first)
        held[first].set()
        assert held[second].wait(20)
        touch(conn, second)

    first = asyncio.create_task(put(heavy, add, "a", "b"))
    await asyncio.to_thread(held["a"].wait, 20)
    await asyncio.gather(first, put(heavy, add, "b", "a"))
    assert await heavy.read(lambda conn: conn.execute(sa.select(told.c.at)).scalars().all()) == [3.0, 3.0]


def touch(conn: Connection, key: str) -> None:
    """Change one row."""
    conn.execute(sa.update(told).where(told.c.key == key).values(at=told.c.at + 1))
