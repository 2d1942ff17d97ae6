"""Bringing a database up to date, by itself at start and by `countersign migrate`."""

from __future__ import annotations

import fcntl
import importlib.resources
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from bot.store.engine import StoreDown, said
from bot.store.opening import connections

# The newest file in migrations/versions; a test holds the two together. Knowing it saves importing Alembic at start.
HEAD = "0004"
# Any number that nobody else uses as a PostgreSQL advisory lock.
_LOCK = 7_062_301
_VERSION = sa.text("SELECT version_num FROM alembic_version")


def bring_up_to_date(url: sa.URL) -> bool:
    """Create or migrate the database; whether there was anything to do. Raises `StoreDown`.

    Only one process does it; others that start meanwhile wait.
    """
    try:
        with _alone(url) as conn:
            if version(conn) == HEAD:
                return False
            _migrate(conn)
            return True
    except (sa.exc.DBAPIError, OSError) as error:
        raise StoreDown(said(error)) from error


def standing(url: sa.URL) -> str | None:
    """The migration an existing database stands at; None for an empty one. Raises `StoreDown`."""
    try:
        with _connected(connections(url)) as conn:
            return version(conn)
    except sa.exc.DBAPIError as error:
        raise StoreDown(said(error)) from error


def version(conn: sa.Connection) -> str | None:
    """The migration the database stands at; None for an empty one."""
    if not sa.inspect(conn).has_table("alembic_version"):
        return None
    return conn.execute(_VERSION).scalar()


def pulse(conn: sa.Connection) -> str | None:
    """The migration the database stands at, once something that nobody reads was written: a full disk can be read."""
    if conn.dialect.name == "sqlite":
        beat: int = conn.exec_driver_sql("PRAGMA user_version").scalar_one()
        conn.exec_driver_sql(f"PRAGMA user_version = {(beat + 1) % 2**31}")
    else:
        conn.exec_driver_sql("SELECT pg_logical_emit_message(true, 'countersign', 'ready?')")
    return version(conn)


@contextmanager
def _alone(url: sa.URL) -> Iterator[sa.Connection]:
    if url.get_backend_name() == "sqlite":
        path = Path(url.database or "").resolve()
        path.parent.mkdir(parents=True, exist_ok=True)
        # A lock beside the file, because a migration may need several transactions.
        with path.with_name(path.name + ".migrating").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            with _connected(connections(url, create=True)) as conn:
                yield conn
    else:
        with _connected(connections(url)) as conn:
            conn.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
            yield conn


@contextmanager
def _connected(engine: sa.Engine) -> Iterator[sa.Connection]:
    try:
        with engine.begin() as conn:
            if conn.dialect.name == "sqlite":
                conn.exec_driver_sql("BEGIN IMMEDIATE")
            yield conn
    finally:
        engine.dispose()


def _migrate(conn: sa.Connection) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(importlib.resources.files("bot.store") / "migrations"))
    config.attributes["connection"] = conn
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise StoreDown(f"A newer version of this program has changed it. {error}.") from error
