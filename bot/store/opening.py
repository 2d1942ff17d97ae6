"""How a database is opened: where it is, and the connections to it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import URL

# How many connections the writers of one process use on PostgreSQL, each a thread's own.
POSTGRES_WRITERS = 4
# How long PostgreSQL may take to answer a new connection (seconds); its own default is more than two minutes.
_CONNECT = "5"
_PRAGMAS = (
    "journal_mode = WAL",
    # An acknowledged message and a release must survive a power cut; group commit pays for it.
    "synchronous = FULL",
    "foreign_keys = ON",
    "recursive_triggers = ON",
    # What is deleted or replaced is overwritten, so that an erased text does not lie on in the file.
    "secure_delete = ON",
)


class BadAddress(Exception):
    """DATABASE_URL cannot be used."""

    def __init__(self, why: str) -> None:
        super().__init__(f"{type(self).__doc__} {why}")


def address(text: str) -> URL:
    """A database's address, as in DATABASE_URL. Raises `BadAddress`."""
    try:
        url = sa.make_url(text)
    except sa.exc.ArgumentError:
        raise BadAddress(
            "It must look like sqlite:///data/countersign.db or postgresql://user:pass@host/name."
        ) from None
    if url.get_backend_name() not in ("sqlite", "postgresql"):
        raise BadAddress(f"It must be sqlite or postgresql, but is {url.get_backend_name()}.")
    if url.get_backend_name() == "sqlite" and not url.database:
        raise BadAddress("SQLite needs a file, as in sqlite:///data/countersign.db.")
    return url


def sqlite_version() -> tuple[int, ...]:
    """The version of the SQLite library that Python came with."""
    return sqlite3.sqlite_version_info


def connections(url: URL, *, create: bool = False) -> sa.Engine:
    """Connections to a database, to PostgreSQL through psycopg 3. Only with `create` may a SQLite file come into being:
    one that has gone is an error.

    Parameters are hidden from errors, because errors reach the log, and customers' words must not.
    """
    if url.get_backend_name() == "sqlite":
        return _to_sqlite(Path(url.database or ""), create=create)
    return _to_postgresql(url)


def _to_sqlite(path: Path, *, create: bool) -> sa.Engine:
    uri = f"{path.resolve().as_uri()}?mode={'rwc' if create else 'rw'}"

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(uri, uri=True, timeout=5.0, isolation_level=None, check_same_thread=False)
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        return connection

    # No event listeners on this engine: with a single one SQLAlchemy asks all of them around every statement.
    return sa.create_engine("sqlite://", creator=connect, hide_parameters=True, poolclass=sa.QueuePool, pool_size=4)


def _to_postgresql(url: URL) -> sa.Engine:
    if "connect_timeout" not in url.query:
        url = url.update_query_dict({"connect_timeout": _CONNECT})
    url = url.set(drivername="postgresql+psycopg")
    return sa.create_engine(url, pool_size=POSTGRES_WRITERS + 2, hide_parameters=True)
