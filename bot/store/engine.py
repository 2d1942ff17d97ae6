"""How work reaches the database: one writer thread with group commit on SQLite, a small pool on PostgreSQL.

The work itself is plain synchronous code on a `Connection`. Measured beforehand, that costs a tenth of an async
driver's CPU, because a thread that owns the database does not pay for waiting (docs/decisions/0002).
"""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol, TypeVar

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from bot.store.bell import Bell, Topic, rung_by

__all__ = ["CHANNEL", "Connection", "Engine", "StoreDown", "T", "Work", "open_postgresql", "open_sqlite", "said"]

T = TypeVar("T")
Work = Callable[[Connection], T]

# Every job that waits when the writer is free shares one commit; more at once would only make the first wait longer.
_BATCH = 64
_POSTGRES_THREADS = 4
# Under this name processes on one PostgreSQL tell each other that there is something to do.
CHANNEL = "countersign"


class StoreDown(Exception):
    """The database cannot be used now. Nothing was written; what was refused may be tried again."""

    def __init__(self, cause: str) -> None:
        super().__init__(f"{type(self).__doc__} It said: {cause}")
        self.cause = cause


class Engine:
    """The database. `await write(work)` returns when the work is durable; `await read(work)` never waits for it."""

    def __init__(self, url: sa.URL, bell: Bell) -> None:
        self.url = url
        self.bell = bell
        self._writer: _Writer
        if url.get_backend_name() == "sqlite":
            path = Path(url.database or "").resolve()
            self.sql = open_sqlite(path)
            self._writer = _SqliteWriter(self.sql, path)
        else:
            self.sql = open_postgresql(url)
            self._writer = _PostgresWriter(self.sql)
        self._readers = ThreadPoolExecutor(2, thread_name_prefix="store-reader")

    async def write(self, work: Work[T]) -> T:
        """Run the work in a transaction of its own and return its result once that is committed.

        Raises what the work raises (and then nothing of it was written), or `StoreDown`.
        """
        future: Future[tuple[T, set[Topic]]] = Future()
        self._writer.put(work, future)
        result, topics = await asyncio.wrap_future(future)
        self.bell.ring(topics)
        return result

    async def read(self, work: Work[T]) -> T:
        """Run the work on a snapshot. Raises what the work raises, or `StoreDown`."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._read, work)

    def _read(self, work: Work[T]) -> T:
        try:
            with self.sql.connect().execution_options(reads=True) as conn, conn.begin():
                return work(conn)
        except OperationalError as error:
            raise StoreDown(said(error)) from error

    def close(self) -> None:
        """Finish what was begun, then let go of the database."""
        self._writer.close()
        self._readers.shutdown()
        self.sql.dispose()


class _Writer(Protocol):
    def put(self, work: Work[Any], future: Future[Any]) -> None: ...
    def close(self) -> None: ...


class _SqliteWriter:
    """One thread, one connection. Whatever is queued when it is free is committed together."""

    def __init__(self, sql: sa.Engine, path: Path) -> None:
        self._sql = sql
        self._path = path
        self._inode: tuple[int, int] | None = None
        self._conn: Connection | None = None
        self._queue: queue.SimpleQueue[tuple[Work[Any], Future[Any]] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._thread.start()

    def put(self, work: Work[Any], future: Future[Any]) -> None:
        self._queue.put((work, future))

    def close(self) -> None:
        self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (first := self._queue.get()) is not None:
            batch = [first]
            while len(batch) < _BATCH and not self._queue.empty():
                following = self._queue.get()
                if following is None:
                    self._queue.put(None)
                    break
                batch.append(following)
            self._commit(batch)
        self._forget()

    def _commit(self, batch: list[tuple[Work[Any], Future[Any]]]) -> None:
        done: list[tuple[Future[Any], Any]] = []
        failed: list[tuple[Future[Any], BaseException]] = []
        try:
            conn = self._connection()
            with conn.begin():
                for work, future in batch:
                    try:
                        done.append((future, self._apart(conn, work)))
                    except OperationalError:
                        raise
                    except Exception as error:
                        failed.append((future, error))
        except (DBAPIError, OSError) as error:
            self._forget()
            down = StoreDown(said(error))
            for _, future in batch:
                future.set_exception(down)
            return
        for future, result in done:
            future.set_result(result)
        for future, error in failed:
            future.set_exception(error)

    @staticmethod
    def _apart(conn: Connection, work: Work[Any]) -> tuple[Any, set[Topic]]:
        """Do one job so that, if it fails, the others in the same commit do not notice."""
        rung_by(conn)
        conn.exec_driver_sql("SAVEPOINT job")
        try:
            result = work(conn)
        except BaseException:
            conn.exec_driver_sql("ROLLBACK TO job")
            conn.exec_driver_sql("RELEASE job")
            raise
        conn.exec_driver_sql("RELEASE job")
        return result, rung_by(conn)

    def _connection(self) -> Connection:
        """The connection, opened anew when the file it belonged to is no longer the one at its path.

        SQLite goes on writing into a file that was deleted or moved away; its words would be lost at the end of
        the process. Raises `FileNotFoundError`.
        """
        stat = self._path.stat()
        inode = (stat.st_dev, stat.st_ino)
        if self._conn is None or inode != self._inode:
            self._forget()
            self._conn = self._sql.connect()
            self._inode = inode
        return self._conn

    def _forget(self) -> None:
        if self._conn is not None:
            self._conn.invalidate()
            self._conn.close()
            self._conn = None


class _PostgresWriter:
    """A few threads, each with a connection of the pool; the version check decides who won."""

    def __init__(self, sql: sa.Engine) -> None:
        self._sql = sql
        self._threads = ThreadPoolExecutor(_POSTGRES_THREADS, thread_name_prefix="store-writer")

    def put(self, work: Work[Any], future: Future[Any]) -> None:
        self._threads.submit(self._commit, work, future)

    def close(self) -> None:
        self._threads.shutdown()

    def _commit(self, work: Work[Any], future: Future[Any]) -> None:
        try:
            with self._sql.connect() as conn, conn.begin():
                rung_by(conn)
                result = work(conn)
                topics = rung_by(conn)
                if topics:
                    conn.exec_driver_sql("SELECT pg_notify(%s, %s)", (CHANNEL, ",".join(sorted(topics))))
        except IntegrityError as error:
            future.set_exception(error)
        except DBAPIError as error:
            future.set_exception(StoreDown(said(error)))
        except Exception as error:
            future.set_exception(error)
        else:
            future.set_result((result, topics))


def said(error: BaseException) -> str:
    """What the database said, in its first line and without the statement or its values."""
    origin = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    return str(origin).strip().split("\n")[0]


def open_sqlite(path: Path, *, create: bool = False) -> sa.Engine:
    """Connections to a SQLite file. Only with `create` may it come into being: one that has gone is an error."""
    uri = f"{path.resolve().as_uri()}?mode={'rwc' if create else 'rw'}"

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(uri, uri=True, timeout=5.0, isolation_level=None, check_same_thread=False)

    engine = sa.create_engine("sqlite://", creator=connect, poolclass=sa.QueuePool, pool_size=4)
    sa.event.listen(engine, "connect", _prepare_sqlite)
    sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def open_postgresql(url: sa.URL) -> sa.Engine:
    """Connections to PostgreSQL through psycopg 3."""
    return sa.create_engine(url.set(drivername="postgresql+psycopg"), pool_size=_POSTGRES_THREADS + 2)


def _prepare_sqlite(connection: sqlite3.Connection, _: object) -> None:
    for pragma in (
        "journal_mode = WAL",
        # An acknowledged message and a release must survive a power cut; group commit pays for it.
        "synchronous = FULL",
        "foreign_keys = ON",
        "recursive_triggers = ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(conn: Connection) -> None:
    # A transaction that reads first and writes later could find its snapshot outdated; a writer takes the lock at once.
    reads = conn.get_execution_options().get("reads", False)
    conn.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")
