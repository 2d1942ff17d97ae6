"""What the schema itself refuses, whatever the program above it does."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError

from bot.review.actions import Delivered
from bot.store import changes, seals
from bot.store.changes import What
from bot.store.engine import Engine, StoreDown
from bot.store.tables import audit, erasures, looks, metadata, releases, replies, reviews
from tests.review.lives import NOW, WAYS
from tests.stage.databases import APPEND_ONLY, address
from tests.store.records import contents, led, open_review, put, step

# Their only key is a number that the database counts by itself, and those whose key is a review's version.
_COUNTED = ("changes", "erasures", "looks")
_VERSIONED = ("releases", "replies")
_ERASURE = {"at": NOW, "person": "Ada", "desk": "support", "conversations": 1, "texts": 2}
_REFUSED = (IntegrityError, StoreDown, StatementError)


async def _full(engine: Engine, tmp_path: Path) -> None:
    """A sent review, a seal, a change, an erasure and a look: at least one row in every table that only grows."""
    await engine.write(lambda conn: led(conn, WAYS["sent"]))
    key = seals.load_key(tmp_path / "seal.key")
    await engine.write(lambda conn: seals.seal(conn, key, NOW))
    await engine.write(lambda conn: changes.add(conn, What.SAVED, "support_reply", "Ada", NOW, {"version": 1}))
    await put(engine, _insert, erasures, _ERASURE)
    await engine.write(_look)


def _insert(conn: Connection, table: sa.Table, values: dict[str, Any]) -> None:
    conn.execute(sa.insert(table).values(values))


def _look(conn: Connection) -> None:
    """Somebody opened a review."""
    review = sa.select(sa.func.min(reviews.c.id)).scalar_subquery()
    _insert(conn, looks, {"at": NOW, "person": "web:ana", "person_name": "Ana", "review": review, "page": "story"})


async def _refused(engine: Engine, *statements: str, match: str) -> None:
    """The statement is refused and nothing has changed."""
    before = await engine.read(contents)
    for statement in statements:

        def work(conn: Connection, statement: str = statement) -> None:
            conn.execute(sa.text(statement))

        with pytest.raises(_REFUSED, match=match):
            await engine.write(work)
    assert await engine.read(contents) == before


@pytest.mark.parametrize("table", APPEND_ONLY)
async def test_what_was_recorded_is_neither_changed_nor_removed(table: str, engine: Engine, tmp_path: Path) -> None:
    """An audit line, a release, a reply and a seal stand as they were written."""
    await _full(engine, tmp_path)
    column = "at" if "at" in metadata.tables[table].columns else "digest"
    await _refused(
        engine, f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}", match=f"{table} is append-only"
    )


@pytest.mark.parametrize("table", APPEND_ONLY)
async def test_what_was_recorded_is_not_replaced(table: str, engine: Engine, tmp_path: Path) -> None:
    """REPLACE deletes without saying so, and an upsert updates; both are refused, by every key a row has."""
    await _full(engine, tmp_path)
    columns = metadata.tables[table].columns
    named = ", ".join(column.name for column in columns if column.name != "number")
    again = f"INTO {table} ({named}) SELECT {named} FROM {table}"
    if engine.url.get_backend_name() == "sqlite":
        whole = f"REPLACE INTO {table} SELECT * FROM {table}"
        keyed = () if table in _COUNTED else (f"REPLACE {again}",)
        await _refused(engine, whole, *keyed, match=f"{table} is append-only")
    else:
        keys = {"audit": "review, version", "releases": "review, version", "replies": "review", "seals": "upto"}
        key = keys.get(table, "number")
        again = again if table in keys else f"INTO {table} SELECT * FROM {table}"
        upsert = f"INSERT {again} ON CONFLICT ({key}) DO UPDATE SET {key.split(', ')[0]} = '1'"
        await _refused(engine, upsert, match=f"{table} is append-only")


@pytest.mark.parametrize("table", APPEND_ONLY)
async def test_a_connection_without_our_settings_is_refused_too(table: str, light: Engine, tmp_path: Path) -> None:
    """Somebody with the sqlite3 shell has neither foreign keys nor recursive triggers on; the guard rail holds."""
    await _full(light, tmp_path)
    before = await light.read(contents)
    raw = sqlite3.connect(light.url.database or "")
    for statement in (
        f"UPDATE {table} SET version = 99" if table in _VERSIONED else f"UPDATE {table} SET rowid = rowid + 1",
        f"DELETE FROM {table}",
        f"REPLACE INTO {table} SELECT * FROM {table}",
        f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}",
        f"UPDATE OR REPLACE {table} SET {'version' if table in _VERSIONED else 'at'} = 0",
    ):
        with pytest.raises(sqlite3.IntegrityError, match=f"{table} is append-only"):
            raw.execute(statement)
    raw.close()
    assert await light.read(contents) == before


@pytest.mark.parametrize("table", APPEND_ONLY)
async def test_a_table_is_not_emptied(table: str, heavy: Engine, tmp_path: Path) -> None:
    """TRUNCATE fires no trigger for each row, so it is refused as a statement."""
    await _full(heavy, tmp_path)
    before = await heavy.read(contents)
    with psycopg.connect(address(heavy.url)) as raw:
        for statement in (f"TRUNCATE {table} CASCADE", "TRUNCATE conversations, seals CASCADE"):
            with pytest.raises(psycopg.errors.RaiseException, match="is append-only"):
                raw.execute(statement.encode())
            raw.rollback()
    assert await heavy.read(contents) == before


async def test_no_reply_without_a_release(engine: Engine) -> None:
    """Words that nobody released cannot be noted as having reached a customer."""
    review = await engine.write(lambda conn: led(conn, WAYS["in review"]))
    values = {"review": review.id, "version": review.version, "ref": "m1", "at": NOW}
    with pytest.raises(IntegrityError):
        await put(engine, _insert, replies, values)


async def test_no_second_reply_for_one_review(engine: Engine) -> None:
    """One review, one reply, also against another of its releases."""
    review = await engine.write(lambda conn: led(conn, WAYS["sent"]))
    for version in (review.release, review.release + 1):
        values = {"review": review.id, "version": version, "ref": "m2", "at": NOW}
        with pytest.raises(IntegrityError):
            await put(engine, _insert, replies, values)


async def test_one_decision_one_release(engine: Engine) -> None:
    """A second release for the same decision is refused, and so is one for a decision that is not on record."""
    review = await engine.write(lambda conn: led(conn, WAYS["released"]))

    def again(conn: Connection, version: int) -> None:
        row = conn.execute(sa.select(releases)).mappings().one()
        conn.execute(sa.insert(releases), dict(row) | {"version": version})

    for version in (review.release, review.release + 7):
        with pytest.raises(IntegrityError):
            await put(engine, again, version)


async def test_one_open_review_for_a_conversation(engine: Engine) -> None:
    """However two workers race, a second open review of the same conversation cannot be written."""
    await engine.write(open_review)

    def second(conn: Connection, closed: float | None) -> None:
        row = conn.execute(sa.select(reviews).where(reviews.c.id == "r1")).mappings().one()
        conn.execute(sa.insert(reviews), dict(row) | {"id": f"other{closed}", "closed_at": closed})

    with pytest.raises(IntegrityError):
        await engine.write(lambda conn: second(conn, None))
    await engine.write(lambda conn: second(conn, NOW))


async def test_no_audit_line_twice_for_one_version(engine: Engine) -> None:
    """A version of a review has one line, so nobody can slip another in beside it."""
    await engine.write(open_review)

    def again(conn: Connection) -> None:
        row = conn.execute(sa.select(audit)).mappings().one()
        conn.execute(sa.insert(audit), {name: value for name, value in row.items() if name != "number"})

    with pytest.raises((IntegrityError, DBAPIError)):
        await engine.write(again)


async def test_a_reply_goes_on_record_with_its_release(engine: Engine) -> None:
    """The usual way is open: what was released and delivered is written."""
    sending = await engine.write(lambda conn: led(conn, WAYS["sending"]))
    await engine.write(lambda conn: step(conn, sending, Delivered, ref="m5"))
    row = await engine.read(lambda conn: conn.execute(sa.select(replies)).one())
    assert (row.review, row.version, row.ref) == (sending.id, sending.release, "m5")
