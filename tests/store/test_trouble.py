"""The disk is full, the file is gone, the server says no: nothing is half written, and it works again afterwards."""

from __future__ import annotations

import asyncio
import json
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy import Connection

from bot.channels.base import NotStored, Person, Speaker
from bot.store.bell import Bell
from bot.store.engine import Engine, StoreDown
from bot.store.posts import PostWall
from tests.stage.databases import Sqlite, address
from tests.store.records import put
from tests.store.test_engine import note, noted, together


def _path(engine: Engine) -> Path:
    return Path(engine.url.database or "")


async def _down(engine: Engine) -> str:
    """What is said of a database that takes nothing."""
    with pytest.raises(StoreDown) as down:
        await put(engine, note, "lost")
    assert "lost" not in str(down.value)
    return down.value.cause


async def test_a_database_that_vanished_is_down_and_not_forgotten(light: Engine) -> None:
    """SQLite would go on writing into a file that nobody can find again; here neither a write nor a page pretends."""
    await put(light, note, "before")
    await light.read(noted)
    path = _path(light)
    away = path.rename(path.with_name("away.db"))
    assert "No such file" in await _down(light)
    with pytest.raises(StoreDown):
        await light.read(noted)
    assert not path.exists()
    away.rename(path)
    await put(light, note, "then")
    assert await light.read(noted) == ["before", "then"]


async def test_a_database_that_was_replaced_is_the_new_one(light: Engine, sqlites: Sqlite, tmp_path: Path) -> None:
    """Somebody put a backup back: what is written and read is in the file that is there now."""
    await put(light, note, "old")
    await light.read(noted)
    other = Engine(sqlites.fresh(tmp_path / "backup.db"), Bell())
    await put(other, note, "backup")
    await asyncio.to_thread(other.close)
    path = _path(light)
    path.unlink()
    for beside in ("-wal", "-shm"):
        path.with_name(path.name + beside).unlink(missing_ok=True)
    shutil.move(tmp_path / "backup.db", path)
    assert await light.read(noted) == ["backup"]
    await put(light, note, "new")
    assert await light.read(noted) == ["backup", "new"]


async def test_a_file_that_is_no_database_is_down(light: Engine) -> None:
    """Overwritten with something else: said in a sentence, by writer and reader."""
    path = _path(light)
    await put(light, note, "before")
    path.rename(path.with_name("away.db"))
    path.write_bytes(b"This is not a database at all. " * 400)
    assert "not a database" in await _down(light)
    with pytest.raises(StoreDown):
        await light.read(noted)


async def test_a_locked_database_is_down_until_it_is_let_go(light: Engine) -> None:
    """Another program holds the file: what waited is refused, nothing of it is written, and the next write works."""

    def impatient(conn: Connection) -> None:
        conn.exec_driver_sql("PRAGMA busy_timeout = 1")

    await light.write(impatient)
    other = sqlite3.connect(_path(light))
    other.execute("BEGIN IMMEDIATE")
    assert "locked" in await _down(light)
    assert await light.read(noted) == []
    other.rollback()
    other.close()
    await put(light, note, "then")
    assert await light.read(noted) == ["then"]


async def test_a_disk_that_fills_up_takes_back_the_whole_group(light: Engine) -> None:
    """SQLite undoes the transaction by itself when the disk is full: nobody in it may be told that it was written."""
    await put(light, note, "before")

    def full(conn: Connection) -> None:
        pages = conn.exec_driver_sql("PRAGMA page_count").scalar()
        conn.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        for number in range(2_000):
            note(conn, f"{number:0200}")

    outcomes = await together(light, lambda conn: note(conn, "first"), full, lambda conn: note(conn, "last"))
    assert [type(outcome) for outcome in outcomes] == [StoreDown] * 3
    assert "full" in str(outcomes[0])
    assert await light.read(noted) == ["before"]
    await put(light, note, "then")
    assert await light.read(noted) == ["before", "then"]


_FULL_DISK = """
import asyncio, json, resource, signal, sys
import sqlalchemy as sa
from bot.store.bell import Bell
from bot.store.engine import Engine, StoreDown
from tests.store.test_engine import note, noted

async def main(path):
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    engine = Engine(sa.URL.create("sqlite", database=path), Bell())
    kept, causes = [], []
    resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, resource.RLIM_INFINITY))
    for number in range(400):
        try:
            kept.append(await engine.write(lambda conn: note(conn, f"{number:0500}")))
        except StoreDown as down:
            causes.append(down.cause)
            if len(causes) == 3:
                break
    seen = await engine.read(noted)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    then = await engine.write(lambda conn: note(conn, "then"))
    engine.close()
    print(json.dumps({"kept": kept, "causes": causes, "seen": seen, "then": then}))

asyncio.run(main(sys.argv[1]))
"""


def test_a_full_disk_loses_nothing_that_was_acknowledged(sqlite: sa.URL) -> None:
    """A real limit on the file's size: every answered write is there, no other is, and with room again it works."""
    ran = subprocess.run(
        [sys.executable, "-c", _FULL_DISK, sqlite.database or ""],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    said = json.loads(ran.stdout.splitlines()[-1])
    assert len(said["causes"]) == 3
    assert all("full" in cause or "I/O" in cause for cause in said["causes"])
    assert said["seen"] == sorted(said["kept"])
    conn = sqlite3.connect(sqlite.database or "")
    assert sorted(key for (key,) in conn.execute("SELECT key FROM told")) == sorted([*said["kept"], "then"])
    assert conn.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    conn.close()


async def test_cut_connections_come_back(heavy: Engine) -> None:
    """The server was restarted: what was under way is refused, and soon everything works again."""
    await put(heavy, note, "before")
    with psycopg.connect(address(heavy.url), autocommit=True) as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    written = []
    for number in range(8):
        try:
            written.append(await put(heavy, note, f"after{number}"))
        except StoreDown:
            continue
    assert len(written) >= 4
    assert await heavy.read(noted) == sorted(["before", *written])


async def test_a_server_that_takes_no_writes_is_down(heavy: Engine) -> None:
    """A standby, or a disk that filled up: refused in a sentence, nothing written, and writable again it is written."""
    with psycopg.connect(address(heavy.url), autocommit=True) as admin:
        for mode in ("on", "off"):
            admin.execute(f'ALTER DATABASE "{heavy.url.database}" SET default_transaction_read_only = {mode}'.encode())
            heavy.sql.dispose()
            if mode == "on":
                assert "read-only" in await _down(heavy)
                assert await heavy.read(noted) == []
    await put(heavy, note, "then")
    assert await heavy.read(noted) == ["then"]


async def test_a_server_that_is_not_there_is_down(heavy: Engine) -> None:
    """Neither a write nor a page waits for ever for a database that cannot be reached."""
    engine = Engine(heavy.url.set(database="nonesuch"), Bell())
    assert "nonesuch" in await _down(engine)
    with pytest.raises(StoreDown):
        await engine.read(noted)
    await asyncio.to_thread(engine.close)


async def test_what_a_channel_wants_stored_is_not_acknowledged(light: Engine) -> None:
    """At the channel's side a database that is down is `NotStored`: let it come again."""
    wall = PostWall(light, "support", lambda: 1.0)
    path = _path(light)
    away = path.rename(path.with_name("away.db"))
    mia = Person("web", "mia", "Mia")
    for asked in (
        wall.post("k", "", Speaker.CUSTOMER, mia, "Hello"),
        wall.find("k"),
        wall.get("1"),
        wall.change("1", "x"),
        wall.remove("1"),
        wall.threads(5),
    ):
        with pytest.raises(NotStored):
            await asked
    away.rename(path)
    assert await wall.find("k") is None
